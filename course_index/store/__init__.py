"""What is indexed, at rest: records, vectors and the lexical index, one folder a generation."""
