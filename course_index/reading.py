"""Lessons are read and cut: text in our own process, files of strangers in others, which may fail without harm."""

import multiprocessing
import resource
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, replace

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from course_index.chunk import Piece, cut
from course_index.course import PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Document
from course_index.sources.lesson_file import LessonSource

# What one lesson may take. A scanned book of 500 pages is read by OCR in half an hour; nothing else takes minutes.
_SECONDS = 120.0
_SECONDS_OF_A_PDF = 1_800.0
_MEMORY_BYTES = 4_000_000_000
# How many lessons a worker has waiting: enough to be never idle, few enough to hold little.
_AHEAD = 4
_WORTH_A_PROCESS = 50


@dataclass(frozen=True, slots=True)
class ReadLesson:
    """A lesson read and cut. `looks` are what its provider should look at."""

    title: str
    document: Document
    pieces: tuple[Piece, ...]
    questions: tuple[PracticeQuestion, ...]
    looks: tuple[str, ...]


def read_lesson(lesson: LessonSource) -> ReadLesson:
    """Raises SourceProblem for what cannot be read."""
    document = lesson.document()
    title = document.title or lesson.relative.rsplit("/", 1)[-1]
    pieces = tuple(cut(document, title))
    bare = replace(document, title=title, blocks=(), questions=(), looks=())
    return ReadLesson(title, bare, pieces, document.questions, document.looks)


class LessonReaders:
    """The processes that read. None is started before a lesson needs one."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._pool: ProcessPool | None = None

    def __enter__(self) -> "LessonReaders":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()

    def read(self, lessons: Sequence[LessonSource]) -> Iterator[tuple[LessonSource, ReadLesson | SourceProblem]]:
        """Each lesson with what was read of it, or why it cannot be; in order, a few ahead of who takes them."""
        # A process takes as long to start as some dozens of plain lessons take to read.
        many = self._workers > 1 and len(lessons) >= _WORTH_A_PROCESS
        waiting: deque[tuple[LessonSource, ProcessFuture[ReadLesson] | None]] = deque()
        for lesson in lessons:
            apart = not lesson.is_plain or many
            waiting.append((lesson, self._start(lesson) if apart else None))
            if len(waiting) > _AHEAD * self._workers:
                yield self._finished(*waiting.popleft())
        while waiting:
            yield self._finished(*waiting.popleft())

    def _start(self, lesson: LessonSource) -> ProcessFuture[ReadLesson]:
        if self._pool is None:
            # Threads of an embedder do not survive a fork.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPool(self._workers, max_tasks=500, initializer=_confine, context=context)
        return self._pool.schedule(read_lesson, args=(lesson,), timeout=_seconds(lesson))

    def _finished(
        self, lesson: LessonSource, future: ProcessFuture[ReadLesson] | None
    ) -> tuple[LessonSource, ReadLesson | SourceProblem]:
        try:
            return lesson, future.result() if future else read_lesson(lesson)
        except SourceProblem as problem:
            return lesson, problem
        except TooLong:
            return lesson, SourceProblem(f"reading it takes more than {_seconds(lesson) / 60:.0f} minutes; split it")
        except ProcessExpired:
            return lesson, SourceProblem("reading it crashed the reader, which nothing sound does; export it again")
        except MemoryError:
            return lesson, SourceProblem("it takes more memory than a lesson may; split it")
        except Exception as error:  # whatever a library lets through: one lesson never stops a build
            return lesson, SourceProblem(f"its reader failed ({type(error).__name__}); export it again")


def _seconds(lesson: LessonSource) -> float:
    return _SECONDS_OF_A_PDF if lesson.relative.lower().endswith(".pdf") else _SECONDS


def _confine() -> None:
    """A worker gets no more memory than a lesson may take, and leaves no core file."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
