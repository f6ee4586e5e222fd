"""What a message wants, and what it is about, without a model."""
