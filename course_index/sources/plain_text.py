"""Plain text lessons: blank lines part paragraphs; chapters and articles are found when the text is cut."""

import re

from course_index.sources.document import Block, Document

_LONGEST_TITLE = 60


def read_plain_text(text: str) -> Document:
    """The text as a Document; a short first line standing alone is its title."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = [part.strip() for part in re.split(r"\n[ \t\u3000]*\n", text) if part.strip()]
    title = None
    if len(parts) > 1 and "\n" not in parts[0] and len(parts[0]) <= _LONGEST_TITLE:
        title = parts.pop(0)
    return Document(title, tuple(Block("paragraph", part) for part in parts))
