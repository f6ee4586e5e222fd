"""Which source each course id belongs to: learners' records are kept under it, so it goes to no other course."""

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

_NONE: Mapping[str, str] = MappingProxyType({})


class Taken(dict[str, str]):
    """Which source each course id belongs to.

    `retired` has the digests of ids that were taken out, and of their sources: of what is gone nothing else is kept.
    """

    def __init__(self, known: Mapping[str, str] = _NONE, retired: Mapping[str, str] = _NONE) -> None:
        super().__init__(known)
        self._retired = retired

    def is_of_another(self, id_: str, source: str) -> bool:
        """Whether the id belongs to another source, or did: what learners have under it is not that source's."""
        owner = self.get(id_)
        return owner != source if owner else self._retired.get(id_digest(id_)) not in (None, id_digest(source))

    def the_one_of(self, source: str) -> str | None:
        """The id of the source's course, if it has one and no other."""
        own = [id_ for id_, owner in self.items() if owner == source]
        return own[0] if len(own) == 1 else None

    def free(self, name: str, source: str) -> str:
        """An id made of the name: the one this source has already, or the first that no other source has."""
        base = re.sub(r"[^\w.:+-]+", "-", name).strip("-") or "course"
        number, id_ = 1, base
        while self.is_of_another(id_, source):
            number += 1
            id_ = f"{base}-{number}"
        self[id_] = source
        return id_


def id_digest(text: str) -> str:
    """What is kept of the id of a course that is gone, and of its source."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
