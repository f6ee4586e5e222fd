"""A lesson's text put together again from its passages, with the headings that stand between them, as Markdown."""

from collections.abc import Collection, Iterable

from course_index.chunk import BELOW, BESIDE
from course_index.course import Passage

Path = tuple[str, ...]


def whole_text(title: str, passages: Iterable[Passage]) -> str:
    """The passages in their order. A heading that begins one stands in its path alone, those further down in its text
    too.
    """
    told: list[str] = []
    here: Path = ()
    for passage in passages:
        paragraphs = passage.text.split("\n\n")
        within = {one.strip() for one in paragraphs}
        sections = _sections(passage.heading_path, within, title)
        beginning = _beginning(sections[0], within)
        told += _headings(beginning, here)
        here = beginning or here
        paths = {path[:end][-1]: path[:end] for path in sections for end in range(1, len(path) + 1)}
        for one in paragraphs:
            path = paths.get(one.strip(), here)
            told += _headings(path, here) or [one]
            here = path
    return "\n\n".join(told)


def _sections(heading_path: Path, paragraphs: Collection[str], title: str) -> list[Path]:
    """The path of each section that a passage joins, the first of them first; the lesson's title is on none."""
    *shared, last = heading_path or ("",)
    first, *others = last.split(BESIDE)
    joined = [first]
    for part in others:
        if part.split(BELOW)[-1] in paragraphs:
            joined.append(part)
        else:  # 读 / 写 is one heading
            joined[-1] += BESIDE + part
    return [tuple(name for name in (*shared, *part.split(BELOW)) if name not in ("", title)) for part in joined]


def _beginning(path: Path, paragraphs: Collection[str]) -> Path:
    """As much of the path as the passage begins under: what comes before its first heading stands above that."""
    for at, name in enumerate(path):
        if name in paragraphs:
            return path[:at]
    return path


def _headings(path: Path, before: Path) -> list[str]:
    """The headings of a path that are new behind another."""
    same = 0
    while same < min(len(path), len(before)) and path[same] == before[same]:
        same += 1
    return [f"{'#' * depth} {name}" for depth, name in enumerate(path[same:], same + 1)]
