"""A library of a few lessons that a test wrote, indexed and open."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from course_index.build import build_index
from course_index.embedders.embedder import Embedder
from course_index.store.generations import IndexHome
from retrieval.search import Search


@contextmanager
def searching(folder: Path, lessons: Mapping[str, str], embedder: Embedder, **parts: Any) -> Iterator[Search]:
    """The search over lessons by their file names; `parts` are more of what it is made of."""
    for name, text in lessons.items():
        (folder / name).write_text(text, "utf-8")
    home = IndexHome(folder / "data")
    build_index(sorted(folder.glob("*.md")), home, embedder)
    with closing(home.open_current()) as generation:
        yield Search(generation, embedder, **parts)
