"""The build told top to bottom: find, cut, record, embed, publish."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import ANALYZER_VERSION, simplified
from course_index.card import card_id, card_text
from course_index.centring import Centring, centring_fingerprint, learn_centring, load_centring
from course_index.course import Course, Lesson, Passage
from course_index.embedders.embedder import Embedder, TokenEmbedder
from course_index.errors import IndexMismatch, IndexProblem, SourceProblem
from course_index.language import language_of
from course_index.phrases import refresh_phrases
from course_index.reading import LessonReaders, ReadLesson
from course_index.sources.document import Notice
from course_index.sources.lesson_file import LessonSource, content_hash
from course_index.sources.library import CourseDraft, Library, id_digest, read_library
from course_index.sources.source import Source
from course_index.store.generations import Generation, IndexHome
from course_index.store.journal import Journalled, VectorJournal
from course_index.store.legs import VectorLeg
from course_index.store.records import Counts, Records
from course_index.store.tokens import PassageVectors, TokenStore, in_bytes
from course_index.stretches import STRETCHES_VERSION, stretches
from course_index.tokens import count_tokens

# How many texts are embedded between two notes in the journal: what a killed build loses at most.
_EMBED_BATCH = 256

# The fact of a generation that holds the ids of courses that are gone, in digests.
RETIRED = "retired"
_LOST = "it was damaged and is made anew: only what these paths hold is in it"

# Called with the stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Show nothing."""


@dataclass(slots=True)
class BuildReport:
    """What a build did. `seconds` are wall time; `embedded` counts texts that no earlier build had embedded."""

    notices: list[Notice] = field(default_factory=list)
    courses: int = 0
    lessons_read: int = 0
    lessons_unchanged: int = 0
    lessons_removed: int = 0
    courses_removed: int = 0
    embedded: int = 0
    taken_from_journal: int = 0
    totals: Counts = field(default_factory=lambda: Counts(0, 0, 0, 0))
    seconds: float = 0.0
    generation: str = ""
    # By course the parts that its platform knows, as {"chapter": 6}.
    outlines: dict[str, dict[str, int]] = field(default_factory=dict)


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
        lost = rebuild and home.is_damaged()
        with home.draft(keep_search=not rebuild, keep_records=not lost) as draft:
            if not rebuild:
                refuse_mismatch(draft.records.meta(), embedder)
            library = read_library(sources, draft.records.sources(), _retired(draft.records))
            report.notices = library.notices
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
            _make_searchable(draft, journal, embedder, report, progress)
        journal.discard()
        report.generation = home.current() or ""
        report.seconds = time.perf_counter() - started
        home.note_build(as_plain(report))
    return report


def as_plain(report: BuildReport) -> dict[str, Any]:
    """A report as plain values."""
    return {
        "generation": report.generation,
        "seconds": round(report.seconds, 2),
        "courses": report.courses,
        "courses_removed": report.courses_removed,
        "lessons_read": report.lessons_read,
        "lessons_unchanged": report.lessons_unchanged,
        "lessons_removed": report.lessons_removed,
        "embedded": report.embedded,
        "taken_from_journal": report.taken_from_journal,
        "totals": {name: getattr(report.totals, name) for name in ("courses", "lessons", "passages", "tokens")},
        "outlines": {id_: outline for id_, outline in report.outlines.items() if outline},
        "notices": [{"where": n.where, "what": n.what, "skipped": n.skipped} for n in report.notices],
    }


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
            _make_searchable(draft, journal, embedder, BuildReport(), progress)
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
        forgotten = _drop_stale(draft)
        _note_terms(draft, forgotten)
        _note_course_terms(draft, forgotten)
        refresh_phrases(draft.records)


def refuse_mismatch(meta: dict[str, str], embedder: Embedder) -> None:
    """Raise IndexMismatch when an index with this `meta` was built with other parts than those now set."""
    for part, now in _parts(embedder).items():
        built_with = meta.get(part, now)
        if built_with != now:
            raise IndexMismatch(
                f"the index was built with {part} {built_with}, and {now} is set now; "
                "set the former again, or run: companion-index build --rebuild PATH..."
            )


def _parts(embedder: Embedder) -> dict[str, str]:
    return {
        "embedder": embedder.fingerprint,
        "dimension": str(embedder.dimension),
        "centring": centring_fingerprint(),
        "analyzer": str(ANALYZER_VERSION),
        "stretches": str(STRETCHES_VERSION),
    }


# -- records ---------------------------------------------------------------------------------------------------------


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
    gone = [id_ for id_, source in sources if id_ not in found and library.is_gone(source)]
    _retire(gone, records)
    report.courses_removed = len(gone)


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


# -- search ----------------------------------------------------------------------------------------------------------


def _make_searchable(
    draft: Generation, journal: VectorJournal, embedder: Embedder, report: BuildReport, progress: Progress
) -> None:
    """Make vectors and terms agree with the records, whatever the draft held before."""
    forgotten = _drop_stale(draft)
    passages, cards = (draft.passage_vectors, draft.passage_tokens), (draft.course_vectors, draft.course_tokens)
    new_passages = _Texts(
        draft.records.passage_ids_by_length(_present(*passages)), partial(_passage_texts, draft.records)
    )
    course_texts = _course_texts(draft.records, _present(*cards))
    new_courses = _Texts(sorted(course_texts), lambda ids: {id_: course_texts[id_] for id_ in ids})
    embed = _Embedding(
        embedder, _centring(draft, embedder), journal, report, progress, len(new_passages.ids) + len(course_texts)
    )
    embed.into(*passages, new_passages)
    embed.into(*cards, new_courses)
    _note_terms(draft, forgotten)
    _note_course_terms(draft, forgotten)
    refresh_phrases(draft.records)
    draft.records.set_meta(_parts(embedder))
    report.totals = draft.records.counts()


def _centring(draft: Generation, embedder: Embedder) -> Centring:
    """The means the draft's vectors have already, or newly learned ones for a draft without vectors."""
    try:
        return load_centring(draft.folder)
    except FileNotFoundError:
        centring = learn_centring(embedder)
        centring.save(draft.folder)
        return centring


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """Whether there were passages, and courses, among what was taken out of an index."""

    passages: bool
    courses: bool


def _drop_stale(draft: Generation) -> _Forgotten:
    """Take out what the records do not have any more."""
    passage_ids = draft.records.passage_ids()
    course_ids = {card_id(course) for course in draft.records.courses(draft.records.course_ids()).values()}
    forgotten = []
    for vectors, tokens, lexical, wanted in (
        (draft.course_vectors, draft.course_tokens, draft.course_terms, course_ids),
        (draft.passage_vectors, draft.passage_tokens, draft.passage_terms, passage_ids),
    ):
        stale = lexical.ids() - wanted
        vectors.delete(sorted(vectors.ids() - wanted))
        tokens.delete(sorted(tokens.ids() - wanted))
        lexical.change([], sorted(stale))
        forgotten.append(bool(stale))
    of_courses, of_passages = forgotten
    return _Forgotten(of_passages, of_courses)


def _present(vectors: VectorLeg, tokens: TokenStore) -> set[str]:
    return vectors.ids() & tokens.ids()


@dataclass(frozen=True, slots=True)
class _Text:
    """What is embedded and searched: the titles with a new line, then the stretches of the text."""

    parts: tuple[str, ...]

    @property
    def whole(self) -> str:
        return "".join(self.parts)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts by id, read when they are needed: a library does not fit into memory."""

    ids: list[str]
    of: Callable[[list[str]], dict[str, _Text]]

    def batches(self) -> Iterator[dict[str, _Text]]:
        """The texts in the order of the ids, so many at a time as are embedded between two notes."""
        for start in range(0, len(self.ids), _EMBED_BATCH):
            yield self.of(self.ids[start : start + _EMBED_BATCH])


def _note_terms(draft: Generation, forgotten: _Forgotten) -> None:
    """Bring the passages' lexical index up to date. What was deleted keeps its words in it until segments are merged:
    where anything was, the index is written anew, which costs a hundredth of embedding.
    """
    if forgotten.passages:
        draft.passage_terms.clear()
    missing = draft.records.passage_ids_by_length(draft.passage_terms.ids())
    for texts in _Texts(missing, partial(_passage_texts, draft.records)).batches():
        draft.passage_terms.change([(id_, text.whole) for id_, text in texts.items()], [])


def _note_course_terms(draft: Generation, forgotten: _Forgotten) -> None:
    if forgotten.courses:
        draft.course_terms.clear()
    unknown = _course_texts(draft.records, draft.course_terms.ids())
    for texts in _Texts(sorted(unknown), lambda ids: {id_: unknown[id_] for id_ in ids}).batches():
        draft.course_terms.change([(id_, text.whole) for id_, text in texts.items()], [])


def _passage_texts(records: Records, ids: list[str]) -> dict[str, _Text]:
    passages = records.passages(ids)
    titles = records.lesson_of_passages(ids)
    texts = {}
    for id_, passage in passages.items():
        above = passage.titles(titles[id_])
        texts[id_] = _Text((f"{above}\n" if above else "", *(stretch.text for stretch in stretches(passage.text))))
    return texts


def _course_texts(records: Records, present: set[str]) -> dict[str, _Text]:
    courses = records.courses(records.course_ids()).values()
    return {card_id(course): _Text((card_text(course),)) for course in courses if card_id(course) not in present}


@dataclass(frozen=True, slots=True)
class _Embedding:
    embedder: Embedder
    centring: Centring
    journal: VectorJournal
    report: BuildReport
    progress: Progress
    total: int

    def into(self, vectors: VectorLeg, tokens: TokenStore, every: _Texts) -> None:
        for texts in every.batches():
            ids = list(texts)
            languages = [language_of(texts[id_].whole) for id_ in ids]
            encoded = self._encoded(list(texts.values()), languages)
            centred = self.centring.apply(np.stack([one.vector for one in encoded]), "passage", languages)
            vectors.upsert(ids, centred)
            tokens.put(
                (id_, PassageVectors(language, vector, one.tokens, one.ends))
                for id_, language, vector, one in zip(ids, languages, centred, encoded, strict=True)
            )

    def _encoded(self, texts: list[_Text], languages: list[str]) -> list[Journalled]:
        keys = [self._key(text) for text in texts]
        known = self.journal.get(keys)
        missing = [number for number, key in enumerate(keys) if key not in known]
        if missing:
            fresh = self._fresh([texts[number] for number in missing], [languages[number] for number in missing])
            rows = [(keys[number], row) for number, row in zip(missing, fresh, strict=True)]
            self.journal.put(rows)
            known.update(rows)
        self.report.embedded += len(missing)
        self.report.taken_from_journal += len(texts) - len(missing)
        self.progress("embedding", self.report.embedded + self.report.taken_from_journal, self.total)
        return [known[key] for key in keys]

    def _fresh(self, texts: list[_Text], languages: list[str]) -> list[Journalled]:
        if not isinstance(self.embedder, TokenEmbedder):
            vectors = self.embedder.embed([simplified(text.whole) for text in texts], "passage")
            return [Journalled(vector, np.zeros((0, 1), np.int8), np.zeros(0, np.int32)) for vector in vectors]
        encoded = self.embedder.encode(
            [[simplified(part) for part in text.parts] for text in texts], "passage", languages
        )
        return [
            Journalled(one.vector, in_bytes(one.tokens), _ends(one.stretches, len(text.parts)))
            for one, text in zip(encoded, texts, strict=True)
        ]

    def _key(self, text: _Text) -> str:
        content = "\0".join((self.embedder.fingerprint, *text.parts)).encode("utf-8", "replace")
        return hashlib.sha256(content).hexdigest()


def _ends(stretch_of_token: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """For each of `count` parts the number of tokens up to its end."""
    return np.searchsorted(stretch_of_token, np.arange(count), side="right").astype(np.int32)
