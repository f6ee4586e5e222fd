"""What learners need and nobody teaches: needs clustered by topic, counted by audience, place and week, k-anonymous."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from course_index.analyze import normalise
from course_index.course import Course
from retrieval.query import content_parts

# No cell stands for fewer learners.
K = 5
# Needs belong to one topic up to this distance, average linkage, where so much of the likeness is by shared words and
# the rest by the cosine of centred vectors. Chosen on half of the wishes of eval/cases, whose courses say which belong
# together; those are long and told in everybody's own way, and few of their pairs are found (decision 7).
_ONE_TOPIC, _BY_WORDS = 0.65, 0.3
# A linkage of more needs would not fit into memory: the rest joins the nearest topic.
_LINKED_AT_ONCE = 4_000
_WEAK_REASONS = {"low_confidence", "disliked"}
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z][a-z-]{2,}")
_LONGEST_NAME = 6
# Words by which one wishes, not what one wishes for.
_WISHING = re.compile(
    r"想学|学习|学会|有没有|有冇|课程|教我|教人|怎么|什么|可以|需要|培训|网课|老师|一个|一门|附近|哪里|推荐|"
    r"\b(?:learn|course|class|courses|classes|want|how|about|teach|find|where|need|any|some|the|and|for)\b"
)


class Need(Protocol):
    """A need as it was counted; `who` tells learners apart."""

    @property
    def who(self) -> str:
        """A pseudonym; of who neither signed in nor had a visitor's token, the conversation."""
        ...

    @property
    def known(self) -> bool:
        """Whether `who` is a person, whatever they say in how many conversations."""
        ...

    @property
    def at(self) -> datetime:
        """When."""
        ...

    @property
    def reason(self) -> str:
        """Why no course met it."""
        ...

    @property
    def words(self) -> str:
        """Masked."""
        ...

    @property
    def audience(self) -> str | None:
        """Whom it is about."""
        ...

    @property
    def place(self) -> str | None:
        """Where."""
        ...


@dataclass(frozen=True, slots=True)
class Cell:
    """How many learners, for one value of one dimension; None is fewer than K, or hidden so that none can be told."""

    value: str
    learners: int | None


@dataclass(frozen=True, slots=True)
class Topic:
    """A need that many have. `terms` are words that at least K learners used; nobody's sentence is in it.

    `conversations` are those of the learners of whom nothing is known but a conversation each: one person may be some.
    """

    terms: tuple[str, ...]
    learners: int
    conversations: int | None
    weight: float
    reasons: tuple[Cell, ...]
    audiences: tuple[Cell, ...]
    places: tuple[Cell, ...]
    weeks: tuple[Cell, ...]
    nearest_course: str | None


@dataclass(frozen=True, slots=True)
class Outdated:
    """A course that wants looking after, with what speaks for it."""

    course_id: str
    title: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemandReport:
    """What was needed from a day to another, the last not included. Topics of fewer than K learners are counted.

    `conversations` as of a topic.
    """

    since: date
    until: date
    learners: int | None
    conversations: int | None
    needs: int
    topics: tuple[Topic, ...]
    hidden_topics: int
    outdated: tuple[Outdated, ...]


def report(
    needs: Sequence[Need],
    since: date,
    until: date,
    embed: Callable[[list[str]], NDArray[np.float32]],
    nearest: Callable[[str], str | None] | None = None,
    outdated: Sequence[Outdated] = (),
) -> DemandReport:
    """Cluster and count. `embed` gives centred unit vectors, (texts, dimension); `nearest` the course for words."""
    told = [need for need in needs if need.words.strip()]
    groups = _topics(told, embed)
    topics = []
    hidden = 0
    for members in groups:
        learners = len({need.who for need in members})
        terms = _terms(members)
        if learners < K or not terms:
            hidden += 1
            continue
        topics.append(_topic(members, terms, learners, nearest))
    everybody = len({need.who for need in told})
    return DemandReport(
        since,
        until,
        everybody if everybody >= K else None,
        _conversations(told) if everybody >= K else None,
        len(told) if everybody >= K else 0,
        tuple(sorted(topics, key=lambda topic: (-topic.learners, topic.terms))),
        hidden,
        tuple(outdated),
    )


def rows(found: DemandReport) -> Iterable[dict[str, object]]:
    """The report as a table: a row a cell that may be told."""
    for topic in found.topics:
        name = " ".join(topic.terms)
        yield {"topic": name, "dimension": "all", "value": "", "learners": topic.learners}
        if topic.conversations:
            yield {"topic": name, "dimension": "all", "value": "conversations", "learners": topic.conversations}
        dimensions: Mapping[str, tuple[Cell, ...]] = {
            "reason": topic.reasons,
            "audience": topic.audiences,
            "place": topic.places,
            "week": topic.weeks,
        }
        for dimension, cells in dimensions.items():
            for cell in cells:
                if cell.learners is not None:
                    yield {"topic": name, "dimension": dimension, "value": cell.value, "learners": cell.learners}


def outdated_courses(
    courses: Sequence[Course],
    today: date,
    complained: Mapping[str, int],
    before: Mapping[str, tuple[int, int]],
    lately: Mapping[str, tuple[int, int]],
) -> list[Outdated]:
    """Courses whose facts have expired, that at least K learners found outdated or wrong, or that fewer complete.

    `before` and `lately` are (begun, completed) by course, of two times of the same length.
    """
    found = []
    for course in courses:
        why = []
        if course.valid_until and course.valid_until < today:
            why.append(f"{course.valid_until.isoformat()} 已过期")
        passed = [one for one in course.offerings if one.start and (one.end or one.start) < today]
        if course.offerings and len(passed) == len(course.offerings):
            why.append("写明的班次都已结束")
        if complained.get(course.id, 0) >= K:
            why.append(f"{complained[course.id]} 位学习者说有错或过时")
        if (fall := _fall(before.get(course.id), lately.get(course.id))) is not None:
            why.append(f"完成率从 {fall[0]:.0%} 降到 {fall[1]:.0%}")
        if why:
            found.append(Outdated(course.id, course.title, tuple(why)))
    return found


def _fall(before: tuple[int, int] | None, lately: tuple[int, int] | None) -> tuple[float, float] | None:
    """Shares completed, where both rest on at least K learners and the fall is beyond two standard errors."""
    if not before or not lately or before[0] < K or lately[0] < K:
        return None
    one, other = before[1] / before[0], lately[1] / lately[0]
    error = (one * (1 - one) / before[0] + other * (1 - other) / lately[0]) ** 0.5
    return (one, other) if one - other > max(0.1, 2 * error) else None


def _topics(needs: Sequence[Need], embed: Callable[[list[str]], NDArray[np.float32]]) -> list[list[Need]]:
    if not needs:
        return []
    words = list(dict.fromkeys(need.words for need in needs))
    first, rest = words[:_LINKED_AT_ONCE], words[_LINKED_AT_ONCE:]
    vectors = embed(words)
    labels = _linked(vectors[: len(first)], first)
    if rest:
        numbers = sorted(set(labels))
        middles = np.stack([vectors[: len(first)][np.asarray(labels) == number].mean(axis=0) for number in numbers])
        middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-9)
        labels += [numbers[at] for at in (vectors[len(first) :] @ middles.T).argmax(axis=1).tolist()]
    label_of = dict(zip(words, labels, strict=True))
    groups: dict[int, list[Need]] = {}
    for need in needs:
        groups.setdefault(label_of[need.words], []).append(need)
    return list(groups.values())


def _linked(vectors: NDArray[np.float32], words: Sequence[str]) -> list[int]:
    """Labels by average linkage over meaning and the words that two needs share."""
    from scipy.cluster.hierarchy import fcluster, linkage  # .2 s, which a start need not wait for
    from scipy.spatial.distance import squareform

    if len(words) == 1:
        return [0]
    alike = (1 - _BY_WORDS) * (vectors @ vectors.T) + _BY_WORDS * _shared(words)
    apart = np.clip(1 - alike, 0, 2).astype(np.float64)
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average")
    return [int(label) for label in fcluster(tree, _ONE_TOPIC, "distance")]


def _shared(words: Sequence[str]) -> NDArray[np.float32]:
    """What share of the words of the shorter text two texts have in common, (texts, texts)."""
    said = [sorted(_words(text)) for text in words]
    number = {term: at for at, term in enumerate(sorted({term for terms in said for term in terms}))}
    held = csr_matrix(
        (
            np.ones(sum(map(len, said)), np.float32),
            ([at for at, terms in enumerate(said) for _ in terms], [number[term] for terms in said for term in terms]),
        ),
        shape=(len(words), max(1, len(number))),
    )
    common = np.asarray((held @ held.T).todense(), np.float32)
    sizes = np.maximum(1, np.array([len(terms) for terms in said], np.float32))
    return np.asarray(common / np.minimum(sizes[:, None], sizes[None, :]), np.float32)


def _topic(
    members: Sequence[Need], terms: tuple[str, ...], learners: int, nearest: Callable[[str], str | None] | None
) -> Topic:
    weight = sum(0.5 if need.reason in _WEAK_REASONS else 1.0 for need in members)
    return Topic(
        terms,
        learners,
        _conversations(members),
        weight,
        _cells(members, lambda need: need.reason),
        _cells(members, lambda need: need.audience or ""),
        _cells(members, lambda need: need.place or ""),
        tuple(sorted(_cells(members, lambda need: _week(need.at)), key=lambda cell: cell.value)),
        nearest(" ".join(terms)) if nearest else None,
    )


def _conversations(members: Sequence[Need]) -> int | None:
    """How many of the learners are conversations; None where these or the others are too few to be told."""
    known = len({need.who for need in members if need.known})
    unknown = len({need.who for need in members if not need.known})
    return unknown if all(not count or count >= K for count in (known, unknown)) else None


def _cells(members: Sequence[Need], value_of: Callable[[Need], str]) -> tuple[Cell, ...]:
    """Learners by value. Where one cell alone is too small to be told, the smallest other is hidden with it: from the
    total it could be counted back.
    """
    who: dict[str, set[str]] = {}
    for need in members:
        who.setdefault(value_of(need), set()).add(need.who)
    counted = sorted(((value, len(learners)) for value, learners in who.items()), key=lambda pair: (-pair[1], pair[0]))
    small = [value for value, count in counted if count < K]
    hidden = set(small)
    if len(small) == 1 and len(counted) > 1:
        hidden.add(next(value for value, _ in reversed(counted) if value not in hidden))
    return tuple(Cell(value, None if value in hidden else count) for value, count in counted)


def _terms(members: Sequence[Need]) -> tuple[str, ...]:
    """Words that at least K of the learners used, the longest of those that contain each other, most used first."""
    users: dict[str, set[str]] = {}
    for need in members:
        for term in _words(need.words):
            users.setdefault(term, set()).add(need.who)
    common = {term: len(who) for term, who in users.items() if len(who) >= K}
    # A longer word stands for the shorter in it where nearly as many used it.
    kept = [
        term
        for term, count in common.items()
        if not any(term != other and term in other and common[other] >= 0.7 * count for other in common)
    ]
    ranked = sorted(kept, key=lambda term: (-common[term] * (1 + 0.2 * min(len(term), _LONGEST_NAME)), term))
    told: list[str] = []
    for term in ranked:
        if not any(set(term) & set(other) and (term in other or other in term) for other in told):
            told.append(term)
    return tuple(told[:3])


def _words(text: str) -> set[str]:
    """Runs of two to six characters of what is asked about, and Latin words."""
    found: set[str] = set()
    said = _WISHING.sub(" ", _bare(text))
    for run in _HAN_RUN.findall(said):
        if run[0] < "\u3400":
            found.add(run)
            continue
        for length in range(2, _LONGEST_NAME + 1):
            found.update(run[at : at + length] for at in range(len(run) - length + 1))
    return found


def _bare(text: str) -> str:
    return " ".join(part for part, says in content_parts(normalise(text)) if says)


def _week(at: datetime) -> str:
    day = at.date()
    return (day - timedelta(days=day.weekday())).isoformat()
