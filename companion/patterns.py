"""Patterns that people write, sought in text that was normalised."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from course_index.analyze import simplified

# As `normalise` leaves these marks; those that are operators of a pattern, for themselves.
_MARKS = str.maketrans({"，": ",", "；": ";", "：": ":", "！": "!", "？": r"\?", "（": r"\(", "）": r"\)"})
_HAN = re.compile(r"[\u3400-\u9fff]")


# More than those that ship: `re` itself keeps 512, fewer than that, and would compile all of them for each companion.
@lru_cache(maxsize=2_048)
def for_normalised(pattern: str) -> re.Pattern[str]:
    """A pattern whose marks and characters are those that normalising leaves: [^，。] ends at the comma of such text,
    and 嗰 finds what OpenCC makes of it.
    """
    return re.compile(_HAN.sub(lambda found: _simplified_character(found[0]), pattern.translate(_MARKS)))


@cache
def _simplified_character(character: str) -> str:
    return simplified(character)


def pattern(entry: Mapping[str, Sequence[str]], **named: str) -> re.Pattern[str]:
    """One of an entry's `anywhere`, or of its `words` as a whole word of a Latin script; {name} is what is `named`.

    For patterns that are kept as data, in a TOML file beside the code that uses them.
    """
    words = [rf"\b(?:{'|'.join(entry['words'])})\b"] if "words" in entry else []
    joined = "|".join([*entry.get("anywhere", ()), *words])
    for name, value in named.items():
        joined = joined.replace(f"{{{name}}}", value)
    return for_normalised(joined)
