"""Texts to vectors: one Protocol, one file an engine."""
