"""Data sets that others made, as they are distributed: a corpus, questions, and what answers them."""
