"""What goes wrong with the data folder, said in a sentence: a full disk, a folder that is not ours, a damaged file."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from course_index.errors import IndexDamaged, IndexProblem

REBUILD = "run: companion-index build --rebuild PATH..., with all paths that are to be in it"
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
# Of the rest of OSError much is no matter of the disk: what a network lets through is one too.
_OF_THE_DISK = (
    *_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.EIO,
)  # fmt: skip
# shutil and SQLite tell it in words alone.
_FULL_WORDS = ("No space left", "File too large", "quota exceeded", "disk is full")
_DAMAGED_WORDS = ("not a database", "malformed", "no such table", "no such column")


@contextmanager
def disk_explained() -> Iterator[None]:
    """Raise IndexProblem, or IndexDamaged, for what the disk, SQLite and the rights of files let through."""
    try:
        yield
    except (OSError, sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, sqlite3.Error | shutil.Error) and getattr(cause, "errno", None) not in _OF_THE_DISK:
            raise
        raise _explained(cause) from error


def _explained(cause: BaseException | None) -> IndexProblem:
    said = _words(cause)
    if (isinstance(cause, OSError) and cause.errno in _FULL) or any(words in said for words in _FULL_WORDS):
        return IndexProblem(f"the disk is full ({said}); free some space and try again, the index is as it was")
    if isinstance(cause, OSError) and cause.errno == errno.EIO:
        return IndexProblem(f"the disk failed ({said}); see whether it is full, and try again, the index is as it was")
    if isinstance(cause, sqlite3.Error) and any(words in said for words in _DAMAGED_WORDS):
        return IndexDamaged(f"a file of the index is damaged ({said}); {REBUILD}")
    return IndexProblem(f"{said}; COMPANION_DATA_DIR must be a folder that this user may read and write")


def _words(cause: BaseException | None) -> str:
    if isinstance(cause, shutil.Error) and cause.args and isinstance(cause.args[0], list):
        _, target, why = cause.args[0][0]  # the first of many
        return f"{target}: {why}"
    if isinstance(cause, OSError) and cause.strerror:
        return f"{cause.filename}: {cause.strerror}" if cause.filename else cause.strerror
    return str(cause)
