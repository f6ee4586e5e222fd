"""The build told top to bottom: find, cut, record, embed, publish."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course_index.build_report import BuildReport, Progress, as_plain
from course_index.centring import Centring
from course_index.course import Course, Lesson, Passage
from course_index.embedders.embedder import Embedder
from course_index.errors import IndexProblem, SourceProblem
from course_index.language import language_of
from course_index.reading import LessonReaders, ReadLesson
from course_index.searchable import forget_removed, make_searchable, refuse_mismatch
from course_index.sources.course_ids import id_digest
from course_index.sources.document import Notice
from course_index.sources.lesson_file import LessonSource, content_hash
from course_index.sources.library import CourseDraft, Library, below, missing_place, read_library
from course_index.sources.source import Source
from course_index.store.generations import IndexHome
from course_index.store.journal import VectorJournal
from course_index.store.records import Records
from course_index.tokens import count_tokens

# The fact of a generation that holds the ids of courses that are gone, in digests.
RETIRED = "retired"
_LOST = "it was damaged, or of a newer version, and is made anew: only what these paths hold is in it"


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Show nothing."""


class NothingRead(IndexProblem):
    """None of the sources held a course that could be read, so the index stays as it is; `report` says why."""

    def __init__(self, report: BuildReport) -> None:
        """Say the first reasons in one line."""
        why = "; ".join(f"{one.where}: {one.what}" for one in report.notices[:3])
        super().__init__(f"nothing could be read, and the index stays as it is: {why or 'the sources are empty'}")
        self.report = report


def build_index(
    sources: Sequence[Path | Source],
    home: IndexHome,
    embedder: Embedder,
    *,
    rebuild: bool = False,
    workers: int = 1,
    progress: Progress = _silent,
) -> BuildReport:
    """Bring the courses of `sources` into the index, and take out those that are gone from there.

    `workers` is how many processes read files that are not plain text; with more than one they read all. With `rebuild`
    everything in the index is embedded anew, which a change of embedder needs. Raises IndexLocked while another process
    builds, IndexMismatch when the index was built with other parts and `rebuild` is False, and NothingRead.
    """
    started = time.perf_counter()
    report = BuildReport()
    with home.writing():
        lost = rebuild and home.is_lost()
        with home.draft(keep_search=not rebuild, keep_records=not lost) as draft:
            if not rebuild:
                refuse_mismatch(draft.records.meta(), embedder)
            library = read_library(sources, draft.records.sources(), _retired(draft.records))
            report.notices = [*library.notices, *_no_longer_there(draft.records.sources(), library)]
            if lost:
                report.notices.append(Notice("the index", _LOST, skipped=False))
            with LessonReaders(workers) as readers:
                _record(library, draft.records, report, readers, progress)
            library.close()
            # A first build leaves an index that opens, empty as it is.
            if home.current() and not (report.courses or report.courses_removed):
                report.totals, report.generation = draft.records.counts(), home.current() or ""
                report.seconds = time.perf_counter() - started
                raise NothingRead(report)
            journal = VectorJournal(home.journal)
            make_searchable(draft, journal, embedder, report, progress)
        journal.discard()
        report.generation = home.current() or ""
        report.seconds = time.perf_counter() - started
        home.note_build(as_plain(report))
    return report


def index_entries(
    entries: Iterable[tuple[str, str, str]],
    home: IndexHome,
    embedder: Embedder,
    *,
    centring: Centring | None = None,
    progress: Progress = _silent,
) -> None:
    """Make an index of (id, title, text) as they are: each is one passage with that id, of a lesson with that title.

    For data sets whose passages are given; `centring` in place of the means that ship is for measuring. Raises
    IndexLocked as `build_index` does.
    """
    with home.writing():
        with home.draft(keep_search=False) as draft:
            draft.records.put_course(Course("entries", "entries", None), "entries")
            draft.records.put_lessons([_entry_lesson(n, *entry) for n, entry in enumerate(entries)])
            if centring:
                centring.save(draft.folder)
            journal = VectorJournal(home.journal)
            make_searchable(draft, journal, embedder, BuildReport(), progress)
        journal.discard()


def _entry_lesson(ordinal: int, id_: str, title: str, text: str) -> Lesson:
    passage = Passage(id_, "entries", id_, 0, text, (), "lesson", title, language_of(text), count_tokens(text))
    return Lesson(
        id_, "entries", ordinal, title, "entries", content_hash(text.encode("utf-8", "replace")), None, (passage,)
    )


def remove_courses(ids: Sequence[str], home: IndexHome) -> None:
    """Take courses out of the index, with every passage, vector and term of theirs.

    Raises SourceProblem when an id is not indexed; then nothing is removed.
    """
    with home.writing(), home.draft() as draft:
        unknown = [id_ for id_ in ids if id_ not in draft.records.sources()]
        if unknown:
            raise SourceProblem(
                f"no course is called {', '.join(unknown)}; companion-index status --courses lists them"
            )
        _retire(ids, draft.records)
        forget_removed(draft)


def move_source(old: str, new: str, home: IndexHome) -> int:
    """Note that what was at `old` is now at `new`, and of how many courses: they keep their ids there.

    Raises SourceProblem where no course came from `old`, or one from below `new` already.
    """
    with home.writing(), home.draft() as draft:
        sources = draft.records.sources()
        moved = [source for source in sources.values() if below(source, old)]
        if not moved:
            raise SourceProblem(f"no course came from {old}; companion-index status --courses says where they are from")
        if there := next((source for source in sources.values() if below(source, new)), None):
            raise SourceProblem(f"courses came from {there} too; take those out first (companion-index remove)")
        draft.records.move_source(old, new)
    return len(moved)


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A lesson to be read: its id, its place in the course, its fingerprint."""

    id: str
    ordinal: int
    fingerprint: str


def _record(
    library: Library, records: Records, report: BuildReport, readers: LessonReaders, progress: Progress
) -> None:
    reading = _Recording(records, report, readers, progress, sum(len(draft.lessons) for draft in library.drafts))
    for draft in library.drafts:
        if reading.course(draft):
            report.courses += 1
            report.outlines[draft.course.id] = draft.outline
    found = {draft.course.id for draft in library.drafts}
    sources = records.sources().items()
    gone = [id_ for id_, source in sources if id_ not in found and library.is_gone(id_, source)]
    _retire(gone, records)
    report.courses_removed = len(gone)


def _no_longer_there(sources: Mapping[str, str], library: Library) -> Iterator[Notice]:
    """Of courses whose files are not where they were, and were looked for nowhere: they may have been moved."""
    elsewhere = [source for source in sources.values() if not any(below(source, root) for root in library.roots)]
    places = Counter(str(place) for source in elsewhere if (place := missing_place(source)))
    for where, courses in places.items():
        stay = f"nothing is there now, and its courses stay ({courses})"
        yield Notice(where, f"{stay}. If it was moved: companion-index moved {where} NEW", skipped=False)


def _retire(ids: Sequence[str], records: Records) -> None:
    """Take courses out, and note in digests whose their ids were: what learners did under them is no other course's."""
    sources = records.sources()
    noted = _retired(records) | {id_digest(id_): id_digest(sources[id_]) for id_ in ids}
    records.remove_courses(ids)
    records.set_meta({RETIRED: json.dumps(noted)})


def _retired(records: Records) -> dict[str, str]:
    noted: dict[str, str] = json.loads(records.meta().get(RETIRED, "{}"))
    return noted


# How many lessons are written at a time, and so held in memory.
_LESSON_BATCH = 32


@dataclass(slots=True)
class _Recording:
    """Reads what changed of each course, and writes it as it comes: no more than a batch of lessons is in memory."""

    records: Records
    report: BuildReport
    readers: LessonReaders
    progress: Progress
    total: int
    done: int = 0

    def course(self, draft: CourseDraft) -> bool:
        """Whether the course got in: one that has lessons of which none can be read does not."""
        before = self.records.lesson_hashes(draft.course.id)
        fresh, kept = self._parted(draft, before)
        self.records.put_course(draft.course, draft.source)
        stored = self._store(draft.course, fresh, before, kept)
        if draft.lessons and not (stored or kept):
            self.records.remove_courses([draft.course.id])
            return False
        gone = before.keys() - kept.keys() - stored
        self.records.set_lesson_ordinals(kept)
        self.records.remove_lessons(gone)
        if len(draft.lessons) == 1 and draft.course.provider is None and not draft.outline:
            title = self.records.lessons(draft.course.id)[0].title
            self.records.put_course(replace(draft.course, title=title), draft.source)
        self.report.lessons_read += len(stored)
        self.report.lessons_unchanged += len(kept)
        self.report.lessons_removed += len(gone)
        return True

    def _parted(self, draft: CourseDraft, before: dict[str, str]) -> tuple[dict[LessonSource, _Fresh], dict[str, int]]:
        """The lessons that must be read, and the places of those that are as they were."""
        fresh: dict[LessonSource, _Fresh] = {}
        kept: dict[str, int] = {}
        ids: set[str] = set()
        for ordinal, lesson in enumerate(draft.lessons):
            id_ = f"{draft.course.id}/{lesson.relative}"
            if id_ in ids:
                self.report.notices.append(Notice(lesson.where, "two lessons have this name; the first was taken"))
                self._advance()
                continue
            ids.add(id_)
            try:
                fingerprint = lesson.fingerprint()
            except SourceProblem as error:
                self._left_out(lesson, error, _Fresh(id_, ordinal, ""), before, kept)
                self._advance()
                continue
            if before.get(id_) == fingerprint:
                kept[id_] = ordinal
                self._advance()
            else:
                fresh[lesson] = _Fresh(id_, ordinal, fingerprint)
        return fresh, kept

    def _store(
        self, course: Course, fresh: dict[LessonSource, _Fresh], before: dict[str, str], kept: dict[str, int]
    ) -> set[str]:
        """Read and write the lessons; the ids of those that got in. One that is broken now stays as it was."""
        stored: set[str] = set()
        batch: list[Lesson] = []
        for source, read in self.readers.read(list(fresh)):
            told = fresh[source]
            self._advance()
            if isinstance(read, SourceProblem):
                self._left_out(source, read, told, before, kept)
                continue
            self.report.notices += [Notice(source.where, look, skipped=False) for look in read.looks]
            batch.append(_lesson(source, read, course, told))
            stored.add(told.id)
            if len(batch) == _LESSON_BATCH:
                self.records.put_lessons(batch)
                batch = []
        self.records.put_lessons(batch)
        return stored

    def _left_out(
        self, source: LessonSource, why: SourceProblem, told: _Fresh, before: dict[str, str], kept: dict[str, int]
    ) -> None:
        """Tell that a lesson cannot be read; one that was read before stays as it was."""
        stays = told.id in before
        if stays:
            kept[told.id] = told.ordinal
        what = f"{why}{'. Until then the former version stays' if stays else ''}"
        self.report.notices.append(Notice(source.where, what))

    def _advance(self) -> None:
        self.done += 1
        self.progress("reading", self.done, self.total)


def _lesson(source: LessonSource, read: ReadLesson, course: Course, told: _Fresh) -> Lesson:
    return Lesson(
        id=told.id,
        course_id=course.id,
        ordinal=told.ordinal,
        title=read.title,
        source=source.where,
        content_hash=told.fingerprint,
        updated_at=read.document.updated_at or course.updated_at,
        passages=tuple(_passages(read, told.id, course.id)),
        questions=read.questions,
    )


def _passages(read: ReadLesson, lesson_id: str, course_id: str) -> list[Passage]:
    """Passages named by what they say and where: unchanged content keeps its id, and so its vector and its links."""
    seen: Counter[str] = Counter()
    passages = []
    for ordinal, piece in enumerate(read.pieces):
        content = "\0".join((lesson_id, read.title, *piece.heading_path, piece.locator, piece.text))
        seen[content] += 1
        id_ = hashlib.sha256(f"{content}\0{seen[content]}".encode("utf-8", "replace")).hexdigest()[:24]
        passages.append(
            Passage(
                id=id_,
                course_id=course_id,
                lesson_id=lesson_id,
                ordinal=ordinal,
                text=piece.text,
                heading_path=piece.heading_path,
                locator_kind=piece.locator_kind,
                locator=piece.locator,
                language=language_of(piece.text),
                tokens=piece.tokens,
                anchor=piece.place.machine if piece.place else None,
                url=(piece.place and piece.place.url) or read.document.url,
            )
        )
    return passages
