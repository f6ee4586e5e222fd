"""The stretches of a passage: what is compared with a question, and quoted, on its own."""

import re
from dataclasses import dataclass

from course_index.sentences import split_sentences

# Raise this when the same text would be cut otherwise: token vectors are kept by stretch.
STRETCHES_VERSION = 1
# A fenced listing with all its blank lines, or what stands up to the next blank line.
_BLOCK = re.compile(r"(`{3,})[^`\n]*\n.*?\n\1(?:\n+|$)|.+?(?:\n{2,}|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sentence, list item or code block, where it stands in its passage, and in which paragraph."""

    start: int
    end: int
    block: int
    text: str

    @property
    def is_code(self) -> bool:
        """Whether it is a fenced listing."""
        return self.text.startswith("```")


def stretches(text: str) -> list[Stretch]:
    """The stretches of a passage in order; joined together they are `text` again."""
    found, start = [], 0
    for number, block in enumerate(match[0] for match in _BLOCK.finditer(text)):
        parts = [block] if block.startswith("```") else split_sentences(block)
        for part in parts:
            found.append(Stretch(start, start + len(part), number, part))
            start += len(part)
    return found
