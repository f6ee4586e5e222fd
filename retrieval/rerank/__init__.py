"""A second reading of the best passages: one Protocol, one file a kind."""
