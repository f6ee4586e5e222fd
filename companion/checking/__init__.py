"""What a model wrote is held against the passages that it read, sentence by sentence."""
