"""One reader a format: bytes of a course file in, a Document out."""
