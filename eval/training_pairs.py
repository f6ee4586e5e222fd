"""Neighbouring passages of our own with questions on them: what it is to answer is learned from them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from course_index.analyze import simplified
from course_index.centring import Centring, learn_centring
from course_index.embedders.embedder import TokenEmbedder
from course_index.language import language_of
from course_index.store.tokens import PassageVectors, in_bytes
from course_index.stretches import stretches
from retrieval.query import Query, read_query

PAIRS = Path(__file__).with_name("training") / "pairs"
# Of so many topics one is held out: nothing is learned from it.
HELD_OUT = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """Passages of one chapter, alike in words, each by language (`zh`, `en`), under a title by language.

    `questions[n]` are answered by `passages[n]` alone; `unanswered` are on the same subject, and none answers them.
    """

    name: str
    titles: Mapping[str, str]
    passages: tuple[Mapping[str, str], ...]
    questions: tuple[tuple[str, ...], ...]
    unanswered: tuple[str, ...]


def read_topics(folder: Path = PAIRS) -> list[Topic]:
    """All topics of the folder's files, in their order. Raises ValueError, naming the line that is no topic."""
    return [topic for path in sorted(folder.glob("*.jsonl")) for topic in _topics(path)]


def _topics(path: Path) -> Iterator[Topic]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            yield _topic(json.loads(line))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}, line {number} is no topic: {error!r}") from error


def _topic(row: Mapping[str, Any]) -> Topic:
    passages = tuple({language: text for language, text in one.items() if text} for one in row["passages"])
    asked: tuple[list[str], ...] = tuple([] for _ in passages)
    for question in row["questions"]:
        asked[question["of"]].append(question["text"])
    if not all(passages) or not all(asked):
        raise ValueError("every passage needs a text and a question")
    unanswered = tuple(question["text"] for question in row["unanswered"])
    return Topic(row["topic"], row["title"], passages, tuple(map(tuple, asked)), unanswered)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A topic as the index and the search see it: of each passage its forms by language; questions with their answer.

    `questions` pairs each with the number of its passage, -1 for none.
    """

    passages: tuple[Mapping[str, PassageVectors], ...]
    questions: tuple[tuple[Query, int], ...]


def read_chapters(topics: Sequence[Topic], embedder: TokenEmbedder, say: Callable[[str], None]) -> list[Chapter]:
    """Embed all topics, as course_index.build and retrieval.search do."""
    centring = learn_centring(embedder)
    chapters = []
    for number, topic in enumerate(topics):
        chapters.append(_chapter(topic, embedder, centring))
        if number % 50 == 0:
            say(f"embedded {number} of {len(topics)} chapters")
    return chapters


def _chapter(topic: Topic, embedder: TokenEmbedder, centring: Centring) -> Chapter:
    def encode(parts: Sequence[str], language: str) -> Any:
        (encoded,) = embedder.encode([parts], "query", [language])
        return centring.apply(encoded.vector[None], "query", [language])[0], encoded.tokens, encoded.stretches

    def passage(title: str, text: str) -> PassageVectors:
        language = language_of(text)
        parts = [simplified(part) for part in (title and f"{title}\n", *(one.text for one in stretches(text))) if part]
        (encoded,) = embedder.encode([parts], "passage", [language])
        vector = centring.apply(encoded.vector[None], "passage", [language])[0]
        ends = np.searchsorted(encoded.stretches, np.arange(len(parts)), side="right").astype(np.int32)
        return PassageVectors(language, vector, in_bytes(encoded.tokens), ends)

    passages = tuple(
        {language: passage(topic.titles.get(language, ""), text) for language, text in forms.items()}
        for forms in topic.passages
    )
    asked = [(text, number) for number, texts in enumerate(topic.questions) for text in texts]
    asked += [(text, -1) for text in topic.unanswered]
    return Chapter(passages, tuple((read_query(text, encode), number) for text, number in asked))
