"""What protects a turn: personal numbers, bounds, and text that others wrote."""
