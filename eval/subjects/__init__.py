"""Who is evaluated: each answers questions with the events of a turn."""
