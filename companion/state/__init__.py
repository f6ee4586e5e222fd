"""What outlives a turn: conversations and what the model has cost, in a database."""
