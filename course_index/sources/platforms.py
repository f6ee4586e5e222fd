"""Which folders and files are a platform's export, and what reads each."""

from collections.abc import Callable, Iterable
from pathlib import Path

from course_index.sources.cartridge import is_cartridge, read_cartridge
from course_index.sources.folder import natural_order
from course_index.sources.launchable import is_launchable, read_launchable
from course_index.sources.moodle import is_moodle, read_moodle
from course_index.sources.olx import is_olx, read_olx
from course_index.sources.opencourseware import is_open_courseware, read_open_courseware
from course_index.sources.openstax import is_openstax, read_openstax
from course_index.sources.package import PackageReader

_PLATFORMS: tuple[tuple[Callable[[Path], bool], PackageReader], ...] = (
    (is_open_courseware, read_open_courseware),
    (is_cartridge, read_cartridge),
    (is_moodle, read_moodle),
    (is_olx, read_olx),
    (is_openstax, read_openstax),
    (is_launchable, read_launchable),
)
# The files by which a package's folder is known without asking each folder.
_MARKS = ("imsmanifest.xml", "moodle_backup.xml", "moodle.xml", "course.xml", "library.xml", "cmi5.xml", "tincan.xml")


def package_reader(path: Path) -> PackageReader | None:
    """What reads a platform's export; None where it is none."""
    return next((read for is_of_it, read in _PLATFORMS if is_of_it(path)), None)


def package_folders(files: Iterable[Path]) -> list[Path]:
    """The outermost folders of these files that are a platform's export."""
    files = list(files)
    marked = {path.parent for path in files if path.name in _MARKS or path.suffix.lower() == ".crs"}
    marked |= {path.parent.parent for path in files if path.name.endswith(".collection.xml")}
    found: list[Path] = []
    # In an order of their own: of two with one id the first keeps it, in whatever order a set gives them.
    for folder in sorted(marked, key=lambda one: (len(one.parts), natural_order(str(one)))):
        if not any(folder.is_relative_to(outer) for outer in found) and package_reader(folder):
            found.append(folder)
    return found
