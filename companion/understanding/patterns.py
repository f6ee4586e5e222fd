"""Regular expressions that are kept as data: entries of a TOML file beside the code that uses them."""

import re
from collections.abc import Mapping, Sequence


def pattern(entry: Mapping[str, Sequence[str]], **named: str) -> re.Pattern[str]:
    """One of an entry's `anywhere`, or of its `words` as a whole word of a Latin script; {name} is what is `named`."""
    words = [rf"\b(?:{'|'.join(entry['words'])})\b"] if "words" in entry else []
    joined = "|".join([*entry.get("anywhere", ()), *words])
    for name, value in named.items():
        joined = joined.replace(f"{{{name}}}", value)
    return re.compile(joined)
