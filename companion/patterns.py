"""Patterns that people write, sought in text that was normalised."""

import re

from course_index.analyze import simplified

# As `normalise` leaves these marks. Not ？ and brackets, which are operators of a pattern.
_MARKS = str.maketrans("，；：！", ",;:!")
_HAN = re.compile(r"[\u3400-\u9fff]")


def for_normalised(pattern: str) -> re.Pattern[str]:
    """A pattern whose marks and characters are those that normalising leaves: [^，。] ends at the comma of such text,
    and 嗰 finds what OpenCC makes of it.
    """
    return re.compile(_HAN.sub(lambda found: simplified(found[0]), pattern.translate(_MARKS)))
