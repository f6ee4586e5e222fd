"""What of a course's record a message asks for, where it asks for nothing else: 要上多少课时, 这两个有什么区别."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from companion.patterns import for_normalised, read_at_start
from companion.understanding.wholly import kinds_in, says_something, without_titles

# 线上的呢, 免费的有吗 say what another course is to be.
_WANTED = for_normalised(r"^(?!.*(?:谁|边|几|多少|什么|咩|哪)).*(?:的|嘅)(?:呢|有吗|有没有|有冇|有无|先)?[?？\s]*$")
FILE = Path(__file__).with_name("facts.toml")


def facts_asked(message: str, titles: Sequence[str] = ()) -> tuple[str, ...]:
    """The facts that a message asks for, as facts.toml calls them, `compare` for who asks of two courses which; none
    where it says anything else than that and the `titles`, which are normalised.
    """
    said = without_titles(message, titles)
    asks = said and not _WANTED.match(said)
    kinds = [kind for kind in kinds_in(FILE) if asks and kind.is_said(said)]
    left = said
    for kind in kinds:
        left = kind.says.sub(" ", left)
    for kind in kinds:
        left = kind.beside.sub(" ", left)
    names = [kind.name for kind in kinds]
    if "teacher" in names and "compare" in names:
        names.remove("compare")  # 边个教 asks of one course
    return () if says_something(left) else tuple(names)


read_at_start(partial(kinds_in, FILE))
