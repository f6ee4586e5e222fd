"""Archives of strangers, unpacked where they can harm nothing: into a folder of their own, within limits."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from course_index.errors import SourceProblem
from course_index.sources.document import Notice

# What is never read as course text is not unpacked either: it is most of an export, and nobody misses it here.
_MEDIA = frozenset(
    ".mp4 .m4v .mov .avi .mkv .webm .flv .wmv .mp3 .m4a .wav .ogg .aac .png .jpg .jpeg .gif .bmp .tif .tiff .svg .ico "
    ".webp .psd .ttf .otf .woff .woff2 .eot .css .swf .exe .dll .so .dylib .class .jar .map".split()
)
_SUFFIXES = (".zip", ".imscc", ".mbz", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".pif")
_CHUNK = 1 << 20
# The flag of a member whose name is UTF-8.
_UTF_8 = 0x800
_DECOMPRESSED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
# What stands before a file in a tar: its name, its time, and which stretches of it are empty.
_MOST_OF_A_HEAD = 1 << 20
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What an archive may hold at most. `ratio` is unpacked to packed size, of a member above `ratio_from` bytes."""

    members: int = 50_000
    member_bytes: int = 300_000_000
    total_bytes: int = 4_000_000_000
    ratio: int = 200
    ratio_from: int = 5_000_000
    name_characters: int = 400


def is_archive(path: Path) -> bool:
    """Whether the file is a zip or a (compressed) tar: by its name, so that a broken one is told, or its bytes."""
    if path.suffix.lower() in _SUFFIXES:
        return True
    try:
        if zipfile.is_zipfile(path):
            return True
        with _tar(path, ArchiveLimits()):
            return True
    except (*_BROKEN, SourceProblem):
        return False


def unpack(path: Path, into: Path, limits: ArchiveLimits | None = None) -> list[Notice]:
    """Write the archive's files below `into`, and tell what was left behind and why.

    Raises SourceProblem for an archive that is broken, empty, encrypted, or would be too much for the machine: a bomb
    is noticed while it unpacks, by what it really holds and not by what it says.
    """
    limits = limits or ArchiveLimits()
    if not path.stat().st_size:
        raise SourceProblem("it is empty; export it again")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as opened:
                return _write_all(_zip_members(opened, limits), path, into, limits)
        with _tar(path, limits) as (tar, stream):
            return _write_all(_tar_members(tar, stream, path, limits), path, into, limits)
    except _BROKEN as error:
        raise SourceProblem(f"the archive is broken ({type(error).__name__}); export it again") from error


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    is_file: bool
    is_link: bool
    stated: int
    packed: int
    opened: IO[bytes] | None


def _zip_members(opened: zipfile.ZipFile, limits: ArchiveLimits) -> Iterator[_Member]:
    infos = opened.infolist()
    if len(infos) > limits.members:
        raise SourceProblem(f"it has {len(infos):,} files, and an archive may have {limits.members:,}; split it")
    if any(info.flag_bits & 0x1 for info in infos):
        raise SourceProblem("it is encrypted; export it without a password")
    for info in infos:
        link = stat.S_ISLNK(info.external_attr >> 16)
        wanted = not info.is_dir() and not link and not _is_media(info.filename)
        with opened.open(info) if wanted else nullcontext() as file:
            yield _Member(_name(info), not info.is_dir(), link, info.file_size, info.compress_size, file)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name, also where a Chinese Windows wrote it as it writes all names: Python takes it for cp437."""
    if info.flag_bits & _UTF_8:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return info.filename


class _Stream:
    """The bytes of a tar, unpacked, of which there are `most`.

    tarfile reads what stands before a file whole, however much that says it is, and unpacks what is passed over too:
    both have an end here. Raises SourceProblem beyond it.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most
        self._left_of_head = 0
        self._in_head = False

    def head(self) -> None:
        """What is read from here on stands before a file."""
        self._left_of_head, self._in_head = _MOST_OF_A_HEAD, True

    def body(self) -> None:
        """What is read from here on is a file."""
        self._in_head = False

    def read(self, size: int) -> bytes:
        """The next bytes."""
        if self._in_head:
            self._left_of_head -= size
        if self._in_head and self._left_of_head < 0:
            raise SourceProblem("a name in it is longer than names are: a bomb; leave it out")
        self._refuse_beyond(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, offset: int) -> int:
        """Go to a byte."""
        self._refuse_beyond(offset)
        return self._file.seek(offset)

    def tell(self) -> int:
        """The byte that is read next."""
        return self._file.tell()

    def _refuse_beyond(self, offset: int) -> None:
        if offset > self._most:
            raise SourceProblem("it unpacks to more than an archive of its size may: a bomb; leave it out")


@contextmanager
def _tar(path: Path, limits: ArchiveLimits) -> Iterator[tuple[tarfile.TarFile, _Stream]]:
    with path.open("rb") as file:
        start = file.read(6)
    opened: Callable[..., Any] = next((of for mark, of in _DECOMPRESSED if start.startswith(mark)), open)
    with opened(path, "rb") as unpacked:
        stream = _Stream(unpacked, max(20 * limits.ratio_from, path.stat().st_size * limits.ratio))
        stream.head()
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as tar:
            yield tar, stream


def _tar_members(tar: tarfile.TarFile, stream: _Stream, path: Path, limits: ArchiveLimits) -> Iterator[_Member]:
    whole = max(path.stat().st_size, 1)
    for number in count():
        stream.head()
        info = tar.next()
        if info is None:
            return
        if number >= limits.members:
            raise SourceProblem(f"it has more than {limits.members:,} files; split it")
        stream.body()
        link = info.issym() or info.islnk()
        if not info.isfile() and not link and not info.isdir():
            link = True  # a device or a pipe
        file = tar.extractfile(info) if info.isfile() and not _is_media(info.name) else None
        yield _Member(info.name, info.isfile(), link, info.size, whole, file)


def _write_all(members: Iterator[_Member], path: Path, into: Path, limits: ArchiveLimits) -> list[Notice]:
    notices: list[Notice] = []
    most = min(limits.total_bytes, max(20 * limits.ratio_from, path.stat().st_size * limits.ratio))
    total = written = 0
    for member in members:
        where = f"{path}!{member.name[:120]}"
        if member.is_link:
            notices.append(Notice(where, "it is a link, which may lead anywhere; put the file itself in"))
            continue
        if not member.is_file or member.opened is None:
            continue
        target = _inside(member.name, into, limits)
        if target is None:
            notices.append(Notice(where, "its name leads out of the archive or is none; name it plainly"))
            continue
        size = _write(member, target, limits, most - total)
        if size is None:
            what = f"it has more than {limits.member_bytes / 1e6:,.0f} MB; split it or leave it out"
            notices.append(Notice(where, what))
            continue
        total, written = total + size, written + 1
    if not written:
        raise SourceProblem("there is nothing to read in the archive; export it again with its content")
    return notices


def _inside(name: str, into: Path, limits: ArchiveLimits) -> Path | None:
    """Where a member goes; None for names that are absolute, climb out, or no file system takes."""
    plain = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in plain.parts if part not in (".", "")]
    drive = bool(parts) and len(parts[0]) == 2 and parts[0][1] == ":"
    if not parts or plain.is_absolute() or drive or ".." in parts or "\0" in name or len(name) > limits.name_characters:
        return None
    if any(len(part.encode("utf-8", "replace")) > 250 for part in parts):
        return None
    target = into.joinpath(*parts)
    return target if target.resolve().is_relative_to(into.resolve()) else None


def _write(member: _Member, target: Path, limits: ArchiveLimits, left: int) -> int | None:
    """The bytes written, or None for a member above the limit. Raises SourceProblem for a bomb."""
    assert member.opened is not None
    if member.stated > limits.member_bytes:
        return None
    most = max(limits.ratio_from, member.packed * limits.ratio)
    size = 0
    if target.is_dir() or any(parent.is_file() for parent in target.parents):
        raise SourceProblem("one name is a file and a folder in it; export it again")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        while chunk := member.opened.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise SourceProblem(
                    f"a file in it grows to over {limits.ratio} times its packed size: a bomb; leave it out"
                )
            if size > left:
                raise SourceProblem("it unpacks to more than an archive of its size may; split it")
            if size > limits.member_bytes:
                target.unlink()
                return None
            file.write(chunk)
    return size


def _is_media(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _MEDIA
