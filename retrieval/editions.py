"""Which courses and lessons are editions of one work: their names differ by a year, a date or a revision."""

import re
from datetime import date
from functools import lru_cache

from course_index.analyze import normalise

_OPEN, _CLOSE, _INSIDE = r"[(\[【〔]", r"[)\]】〕]", r"[^()\[\]【】〔〕]*"
# What tells editions of one thing apart in its title.
_EDITION = re.compile(rf"{_OPEN}{_INSIDE}(?:(?:19|20)\d\d|第[\d一二三四五六七八九十]+版|修[订正]){_INSIDE}{_CLOSE}")
_DAY = re.compile(r"((?:19|20)\d\d)(?:[-年./](\d{1,2})(?:[-月./](\d{1,2}))?)?")


@lru_cache(maxsize=512)
def work_of(title: str) -> str:
    """The title in any script and edition."""
    return re.sub(r"\s", "", _EDITION.sub("", normalise(title)))


@lru_cache(maxsize=512)
def date_in(title: str) -> date | None:
    """The date of its edition that a title names, the first of the year or month where it names no more."""
    mark = _EDITION.search(normalise(title))
    day = mark and _DAY.search(mark[0])
    if not day:
        return None
    year, month, of_month = (int(part or 1) for part in day.groups())
    try:
        return date(year, month, of_month)
    except ValueError:
        return date(year, 1, 1)
