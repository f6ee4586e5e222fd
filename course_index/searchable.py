"""Vectors and terms made to agree with the records, whatever an index held before."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from course_index.analyze import ANALYZER_VERSION, simplified
from course_index.build_report import BuildReport, Progress
from course_index.card import card_id, card_text
from course_index.centring import Centring, centring_fingerprint, learn_centring, load_centring
from course_index.embedders.embedder import Embedder, TokenEmbedder
from course_index.errors import IndexMismatch
from course_index.language import language_of
from course_index.phrases import refresh_phrases
from course_index.store.generation import Generation
from course_index.store.journal import Journalled, VectorJournal
from course_index.store.legs import VectorLeg
from course_index.store.records import Records
from course_index.store.tokens import PassageVectors, TokenStore, in_bytes
from course_index.stretches import STRETCHES_VERSION, stretches

# How many texts are embedded between two notes in the journal: what a killed build loses at most.
_EMBED_BATCH = 256


def make_searchable(
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
    draft.records.set_meta(parts_of(embedder))
    report.totals = draft.records.counts()


def forget_removed(draft: Generation) -> None:
    """Take out of the search what the records do not have any more."""
    forgotten = _drop_stale(draft)
    _note_terms(draft, forgotten)
    _note_course_terms(draft, forgotten)
    refresh_phrases(draft.records)


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


def parts_of(embedder: Embedder) -> dict[str, str]:
    """What an index is made with: another of these wants another index."""
    return {
        "embedder": embedder.fingerprint,
        "dimension": str(embedder.dimension),
        "centring": centring_fingerprint(),
        "analyzer": str(ANALYZER_VERSION),
        "stretches": str(STRETCHES_VERSION),
    }


def refuse_mismatch(meta: dict[str, str], embedder: Embedder) -> None:
    """Raise IndexMismatch when an index with this `meta` was built with other parts than those now set."""
    for part, now in parts_of(embedder).items():
        built_with = meta.get(part, now)
        if built_with != now:
            raise IndexMismatch(
                f"the index was built with {part} {built_with}, and {now} is set now; "
                "set the former again, or run: companion-index build --rebuild PATH..."
            )


# -- records ---------------------------------------------------------------------------------------------------------
