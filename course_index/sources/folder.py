"""A folder that is looked through: which files are really in it, in which order, and what a report calls them."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course_index.sources.package import Wishes

FRONT_PAGES = ("index", "readme")
_JUNK = ("__MACOSX",)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk, what a report calls it (`shown`), and which source it belongs to (`key`).

    Where that source is one file of the folder, the file has the source's name and not one below it.
    """

    path: Path
    shown: str
    key: str
    wishes: Wishes
    depth: int = 0
    is_for_one_file: bool = False

    def where(self, path: Path) -> str:
        """What a report calls a file in it."""
        if path == self.path:
            return self.shown
        relative = path.relative_to(self.path).as_posix()
        return str(path) if self.shown == str(self.path) else f"{self.shown}!{relative}"

    def source(self, path: Path) -> str:
        """What is noted of a course as its source."""
        if path == self.path or self.is_for_one_file:
            return self.key
        return f"{self.key.rstrip('/')}/{path.relative_to(self.path).as_posix()}"

    def link(self, path: Path) -> str | None:
        """The address that the operator named for a file, by its path in the source or else by its name."""
        within = path.relative_to(self.path).as_posix() if path.is_relative_to(self.path) else path.name
        return self.wishes.links.get(within) or self.wishes.links.get(path.name)

    def unpacked(self, archive: Path, at: Path) -> "Folder":
        """An archive in it, unpacked."""
        return Folder(at, self.where(archive), self.source(archive), self.wishes, self.depth + 1)

    def files(self, says: Callable[[str, str], None]) -> Iterator[Path]:
        """Every file that is really below it, hidden ones left out, in natural order; `says` is told of links."""
        for folder, folders, names in os.walk(self.path):
            kept = [name for name in folders if not name.startswith(".") and name not in _JUNK]
            for name in kept:
                if Path(folder, name).is_symlink():
                    says(self.where(Path(folder, name)), "it links to a folder, which is not followed; copy it in")
            folders[:] = sorted(kept, key=natural_order)
            for name in sorted((name for name in names if not name.startswith(".")), key=natural_order):
                path = Path(folder, name)
                if path.is_symlink() and not path.resolve().is_relative_to(self.path):
                    says(self.where(path), "it links to a place outside the folder; copy the file in")
                elif path.is_file():
                    yield path
                elif not path.exists():
                    says(self.where(path), "it links to a file that does not exist; mend the link")


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """A sort key by which chapter_2 comes before chapter_10, and front pages before all."""
    front = 0 if name.lower().split(".")[0] in FRONT_PAGES else 1
    parts = re.split(r"(\d+)", name.lower())
    return [(front, 0, "")] + [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts if part]
