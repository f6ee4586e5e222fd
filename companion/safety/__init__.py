"""What protects a turn: personal numbers masked, bounds kept, foreign text defused."""
