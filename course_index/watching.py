"""An index kept in step with its sources: built again when files change, and now and then for what does not tell."""

import time
from collections.abc import Callable, Generator, Sequence, Set
from contextlib import closing
from pathlib import Path
from threading import Event

from watchfiles import watch

from course_index.errors import IndexLocked, IndexProblem

# Files are often written in several strokes: a build waits until nothing has changed for so long.
_QUIET_MILLISECONDS = 2_000
_BUSY_SECONDS = 30.0


def keep_in_step(
    build: Callable[[], None],
    paths: Callable[[], Sequence[Path]],
    seconds: float,
    says: Callable[[str], None],
    stop: Event | None = None,
) -> None:
    """Build now, after each change below `paths`, and `seconds` after the last build; until `stop` or Ctrl-C.

    `paths` is asked time and again: a source that a sources file names later, or that is put there later, is one too.
    What goes wrong is said and tried again: a source that is broken today is mended tomorrow.
    """
    stop = stop or Event()
    is_over = False
    while not is_over:
        # First the watch, then the build: what is saved while it reads is a change after it.
        watched, due = _at(paths()), 0.0
        with closing(_changes([path for path, there in watched.items() if there], stop)) as changes:
            for changed in changes:
                if _at(paths()) != watched:
                    break
                if changed or time.monotonic() >= due:
                    _try(build, says, stop)
                    due = time.monotonic() + seconds
            else:  # the watch ends by itself only on `stop` or Ctrl-C
                is_over = True


def _at(paths: Sequence[Path]) -> dict[Path, tuple[int, int] | None]:
    """What lies at each path. A watch stays with what was replaced, as an editor does with the file that it saves."""
    return {path: _identity(path) for path in paths}


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        there = path.stat()
    except OSError:  # between two strokes of whoever replaces it
        return None
    return there.st_dev, there.st_ino


def _changes(paths: Sequence[Path], stop: Event) -> Generator[Set[object]]:
    """What changed below the paths, a set for each burst of changes; an empty one each second without any."""
    return watch(
        *paths, debounce=_QUIET_MILLISECONDS * 5, step=_QUIET_MILLISECONDS // 4, stop_event=stop, yield_on_timeout=True,
        rust_timeout=1_000, raise_interrupt=False,
    )  # fmt: skip


def _try(build: Callable[[], None], says: Callable[[str], None], stop: Event) -> None:
    while not stop.is_set():
        try:
            build()
        except IndexLocked as error:  # somebody else builds: their build may have read what changed, or not
            says(str(error))
            stop.wait(_BUSY_SECONDS)
            continue
        except IndexProblem as error:
            says(str(error))
        return
