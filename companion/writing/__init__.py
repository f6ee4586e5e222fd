"""What a model writes: what it is given, what it costs, and when it is left alone."""
