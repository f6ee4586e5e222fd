"""Readers fuzzed with damaged copies of real files: `python -m bench.fuzz SECONDS [FOLDER...]`.

Each copy has bytes flipped, cut, doubled or swapped for what parsers stumble over; in archives it is a member that is
damaged, packed again. A reader may refuse with SourceProblem; anything else, a crash, or more than ten seconds of a
processor is a finding, and its file is kept in FINDINGS with a name that says what happened.
"""

import faulthandler
import io
import multiprocessing
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from course_index.errors import SourceProblem
from course_index.sources.library import read_library

FINDINGS = Path("/tmp/fuzz-findings")
_SECONDS_A_FILE = 10  # of a processor: other work on the machine is no fault of a reader
_MEMORY = 3_000_000_000
_LARGEST = 2_000_000
_SPITE = [
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"<![CDATA[", b"]]>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"&#x0;",
    b"&#1114112;", b"%PDF-", b"endobj", b"stream", b"PK\x03\x04", b"-1", b"99999999999999999999", b"1e999", b"NaN",
    b"../../", b"\r\n\r\n", b"00:00:00,000 --> 99:99:99,999", b"WEBVTT", b"{\\", b"\\N", b"\xed\xa0\x80",
    "𠮷\u202e\u200b".encode(), b"<" * 2_000, b"(" * 2_000,
]  # fmt: skip


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The bytes with a few things done to them."""
    changed = bytearray(data[:_LARGEST])
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(7):
            case 0:
                changed[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del changed[at : at + dice.choice((1, 8, 200, 5_000))]
            case 2:
                changed[at:at] = dice.choice(_SPITE)
            case 3:
                part = bytes(changed[at : at + dice.choice((4, 60, 900))])
                changed[at:at] = part * dice.choice((1, 2, 40))
            case 4:
                other = dice.randrange(len(changed) + 1)
                changed[at : at + 40], changed[other : other + 40] = changed[other : other + 40], changed[at : at + 40]
            case 5:
                changed = changed[: max(1, at)]
            case _:
                changed[at : at + 8] = bytes(dice.randrange(256) for _ in range(8))
    return bytes(changed)


def damaged(path: Path, dice: random.Random) -> bytes:
    """A damaged copy of a file; of an archive now and then a member, so that the damage is not only to the wrapping."""
    data = path.read_bytes()
    if dice.random() < 0.8:
        if zipfile.is_zipfile(path):
            return _zip_with_damage(data, dice)
        if tarfile.is_tarfile(path):
            return _tar_with_damage(data, dice)
    return mutated(data, dice)


def _zip_with_damage(data: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = [name for name in source.namelist() if not name.endswith("/")]
        victims = {dice.choice(names) for _ in range(dice.randint(1, 3))} if names else set()
        for name in names:
            member = source.read(name)
            target.writestr(name, mutated(member, dice) if name in victims else member)
    return out.getvalue()


def _tar_with_damage(data: bytes, dice: random.Random) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as source, tarfile.open(fileobj=out, mode="w") as target:
        members = [(info, source.extractfile(info)) for info in source if info.isfile()]
        victims = {dice.randrange(len(members)) for _ in range(dice.randint(1, 6))} if members else set()
        for number, (info, file) in enumerate(members):
            member = file.read() if file else b""
            if number in victims:
                member = mutated(member, dice)
            info.size = len(member)
            target.addfile(info, io.BytesIO(member))
    return out.getvalue()


class TooSlow(BaseException):
    """A reader took too long; not an Exception, so that no reader swallows it."""


def _too_slow(*_: object) -> None:
    raise TooSlow


def read_all(path: Path) -> None:
    """What a build does with a file, up to its documents."""
    library = read_library([path], {})
    try:
        for draft in library.drafts:
            for lesson in draft.lessons:
                try:
                    lesson.fingerprint()
                    lesson.document()
                except SourceProblem:
                    continue
    finally:
        library.close()


def _work(number: int, seconds: float, folders: list[Path], told: "multiprocessing.Queue[tuple[str, str]]") -> None:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGPROF, _too_slow)
    dice = random.Random(time.time_ns() ^ number)
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    ends = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        while time.monotonic() < ends:
            victim = dice.choice(files)
            path = Path(folder, f"under-way-{number}-{victim.name}")
            path.write_bytes(damaged(victim, dice))
            shutil.copy(path, FINDINGS / f"last-{number}")  # what is left when the process dies
            signal.setitimer(signal.ITIMER_PROF, _SECONDS_A_FILE)
            try:
                read_all(path)
                told.put(("read", victim.suffix))
            except TooSlow:
                _keep(path, "slow", told)
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                _keep(path, f"{type(error).__name__}-{Path(where.filename).stem}-{where.lineno}", told)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            path.unlink(missing_ok=True)


def _keep(path: Path, what: str, told: "multiprocessing.Queue[tuple[str, str]]") -> None:
    shutil.copy(path, FINDINGS / f"{what}--{path.name}")
    told.put(("found", what))


def main() -> None:
    """Two processes for so many seconds; one that dies is a finding, and another takes its place."""
    seconds = float(sys.argv[1])
    folders = [Path(one) for one in sys.argv[2:]]
    FINDINGS.mkdir(exist_ok=True)
    told: multiprocessing.Queue[tuple[str, str]] = multiprocessing.Queue()
    ends = time.monotonic() + seconds
    counts: Counter[tuple[str, str]] = Counter()
    workers: dict[int, multiprocessing.Process] = {}
    crashes = 0
    while time.monotonic() < ends or any(worker.is_alive() for worker in workers.values()):
        for number in range(2):
            worker = workers.get(number)
            if worker and not worker.is_alive() and worker.exitcode:
                crashes += 1
                kept = FINDINGS / f"last-{number}"
                kept.rename(FINDINGS / f"crash-{worker.exitcode}-{crashes}") if kept.exists() else None
            if (worker is None or not worker.is_alive()) and time.monotonic() < ends:
                workers[number] = multiprocessing.Process(
                    target=_work, args=(number, ends - time.monotonic(), folders, told)
                )
                workers[number].start()
        while not told.empty():
            counts[told.get()] += 1
        time.sleep(1)
    read = sum(count for (kind, _), count in counts.items() if kind == "read")
    print(f"{read} damaged files read or refused in {seconds:.0f} s by two processes; {crashes} crashes")
    for (kind, what), count in sorted(counts.items()):
        print(f"  {kind} {what}: {count}")


if __name__ == "__main__":
    main()
