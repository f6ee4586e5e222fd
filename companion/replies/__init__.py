"""What makes the replies of a turn, each of a kind, and the courses and records that they tell of."""
