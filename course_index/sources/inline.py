"""What signs within a line say by where they stand or by what they show: raised ones, and pictures."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

_RAISED = str.maketrans("0123456789+-−–=()nio", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ°")
_WRITABLE = re.compile(r"[0-9+\-−–=()nio,，\s]+")
# An ordinal, a mark of a note, a trade mark: as clear beside the word as above it.
_PLAIN_ENOUGH = re.compile(r"[^\W\d_]{2,}|\W*|[\[［【].*|.*[\u3400-\u9fff].*", re.DOTALL)
# A file's name, or what Word guessed of a picture, says nothing of it.
_NO_PICTURE = re.compile(r"^\S+\.(?:png|jpe?g|gif|svg|webp|bmp)$|已自动生成|automatically generated", re.IGNORECASE)


def raised(text: str) -> str:
    """Raised signs as a line can hold them: 10⁶, e^x, 1st. As plain ones they would make 10⁶ a hundred and six."""
    said = text.strip()
    if _PLAIN_ENOUGH.fullmatch(said):
        return text
    if _WRITABLE.fullmatch(said):
        return said.translate(_RAISED)
    return f"^{said}" if len(said) == 1 else f"^({said})"


def picture_words(said: object, address: object = "") -> str:
    """What a picture shows, in its author's words for who cannot see it; empty where they say nothing, or no more than
    what its file at this address is called.
    """
    words = " ".join(str(said or "").split())
    named = PurePosixPath(unquote(str(address or ""))).stem
    return "" if words == named or _NO_PICTURE.search(words) else words
