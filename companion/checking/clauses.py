"""A sentence in its clauses."""

import re

_ENDS = re.compile(r"[,;:。!?\n]+")


def clauses(text: str) -> list[str]:
    """The clauses of a text as `normalise` leaves it; one of a single character says nothing."""
    return [clause for clause in map(str.strip, _ENDS.split(text)) if len(clause) > 1]
