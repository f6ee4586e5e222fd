"""Recommendation on data that others made: everyday job titles to occupations, and courses at the learner's level.

Each is held against popularity and against plain catalogue search over the same records, in the same run.
"""

import csv
import hashlib
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import ir_measures
from ir_measures import RR, R, Success, nDCG

from companion.guidance.following import Following
from companion.guidance.need import need_of
from companion.guidance.occupations import Occupation, Occupations, OccupationsUnreadable, import_classification
from companion.guidance.recommend import Recommender
from companion.guidance.shelf import Shelf
from companion.guidance.skills import SkillMap
from companion.guidance.subject import subject_of
from companion.understanding.wish import course_subject
from course_index.build import build_index
from course_index.course import Course
from course_index.embedders.embedder import Embedder
from course_index.store.generations import IndexHome
from course_index.terminal import OnProgress
from eval.errors import DataProblem
from retrieval.live import LiveIndex
from retrieval.search import Search

T = TypeVar("T")
_TODAY = date(2026, 11, 24)
_DEEP = 10
# What people say of how far they are.
_STANDINGS: Mapping[str, Sequence[str]] = {
    "Beginner": ("I'm new to {}, where do I start?", "Never studied {} before, something easy please", "a first course in {} for a complete novice"),  # noqa: E501
    "Intermediate": ("I know the basics of {} and want the next level", "some experience with {}, looking to build on it", "an intermediate course on {}"),  # noqa: E501
    "Advanced": ("I've worked with {} for years and want something in-depth", "an advanced course on {}", "expert-level {} for an experienced person"),  # noqa: E501
}  # fmt: skip
# The data's own words for levels, as numbers in their order; Mixed is said to be none of them.
_LEVELS = {"Beginner": 1, "Intermediate": 2, "Advanced": 3}
_WORD = re.compile(r"[a-z][a-z+#-]{1,}")
_NO_TOPIC = frozenset(
    "the a an of in and for with to on from introduction intro fundamentals foundations specialization course your you how "  # noqa: E501
    "part basics advanced beginner beginners intermediate using applied essentials getting started understanding practical "  # noqa: E501
    "concepts principles i ii iii its is are by at as into level first guide everyone learning skills techniques tools".split()  # noqa: E501
)
_ENOUGH_TITLES = 6


@dataclass(frozen=True, slots=True)
class Figures:
    """How one way of recommending did: means over the questions, 0 to 1."""

    way: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AdviceReport:
    """What was asked of a data set, and how ours and the baselines did."""

    data: str
    questions: int
    ways: tuple[Figures, ...]


def _silent(*_: Any) -> None:
    """For who wants to see nothing."""


def is_advice_data(folder: Path) -> bool:
    """Whether a folder holds a table that one of the two evaluations reads."""
    return folder.is_dir() and any(_kind(file) for file in folder.glob("*.csv"))


def evaluate_advice(
    folder: Path, embedder: Embedder, limit: int | None = None, progress: OnProgress = _silent
) -> Iterator[AdviceReport]:
    """Evaluate every table of a folder that can be. Raises DataProblem."""
    for file in sorted(folder.glob("*.csv")):
        match _kind(file):
            case "occupations":
                yield _occupations(file, embedder, limit, progress)
            case "levels":
                yield _levels(file, embedder, limit, progress)


def _kind(file: Path) -> str | None:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        columns = set(next(csv.reader(lines), []))
    if {"code", "name", "definition"} <= columns:
        return "occupations"
    return "levels" if {"course_title", "course_difficulty"} <= columns else None


# -- everyday job titles to occupations -----------------------------------------------------------------------------


def _occupations(file: Path, embedder: Embedder, limit: int | None, progress: OnProgress) -> AdviceReport:
    """Other names of occupations, which what is searched does not have; and job titles of a table beside it."""
    try:
        records = import_classification(file, file.name, "2022")
    except OccupationsUnreadable as error:
        raise DataProblem(str(error)) from error
    known = [
        Occupation(one.id, one.title, (), one.definition, tuple(one.tasks), (), one.source, one.as_of, False)
        for one in records
    ]
    asked = [(name, one.id) for one in records for name in one.aliases]
    asked += _job_titles(file.parent, {one.id for one in records})
    asked = _drawn(asked, limit)
    if not asked:
        raise DataProblem(f"{file} has no names in a column `alias`, and no table of job titles is beside it")
    courses = [
        Course(one.id, one.title, file.name, "；".join((one.definition, *one.tasks))[:1_500], "zh-Hans")
        for one in known
    ]
    popular = [code for code, _ in Counter(code for _, code in asked).most_common(_DEEP)]
    with tempfile.TemporaryDirectory() as folder:
        search = _search_over(courses, Path(folder), embedder, progress)
        ours = Occupations(known, search.embed_plainly)
        ways: dict[str, Callable[[str], list[str]]] = {
            "ours": lambda words: [match.occupation.id for match in ours.match(words, _DEEP)],
            "catalogue search": lambda words: [hit.course.id for hit in search.courses(search.query(words), _DEEP)],
            "popularity": lambda _: popular,
        }
        found = _ranked(ways, [words for words, _ in asked])
        search.generation.close()
    wanted = {str(number): {code: 1} for number, (_, code) in enumerate(asked)}
    measures = {"recall@1": R @ 1, "recall@5": R @ 5, "mrr@10": RR @ 10}
    return AdviceReport(f"{file.name}: {len(known)} occupations", len(asked), _figures(found, wanted, measures))


def _job_titles(folder: Path, codes: set[str]) -> list[tuple[str, str]]:
    """(title, code) of a table in the same folder that has job titles with the code of their occupation."""
    found: list[tuple[str, str]] = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        if _kind(file) or not rows:
            continue
        coded = next((name for name in rows[0] if rows[0][name] in codes), None)
        titled = next((name for name in rows[0] if name and re.search(r"title|job|职|岗|query|text", name)), None)
        if coded and titled and coded != titled:
            found += [(row[titled], row[coded]) for row in rows if row[titled] and row[coded] in codes]
    return found


# -- courses at the learner's level ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Levelled:
    """A table of courses with their levels, as the data names those; all by id."""

    courses: list[Course]
    titles: dict[str, str]
    difficulty: dict[str, str]
    # By how many a course was rated, and their mean from 0 to 1.
    ratings: dict[str, tuple[int, float]]


def _levels(file: Path, embedder: Embedder, limit: int | None, progress: OnProgress) -> AdviceReport:
    """Topics that several titles name, asked for by who is new to them, who knows the basics, and an expert."""
    table = _levelled(file)
    asked = _drawn(_asked_by_standing(table), limit)
    with tempfile.TemporaryDirectory() as folder:
        search = _search_over(table.courses, Path(folder), embedder, progress)
        found = _ranked(_ways_to_levels(table, search), [words for words, _ in asked])
        search.generation.close()
    wanted = {str(number): suits for number, (_, suits) in enumerate(asked)}
    exact = {number: {id_: 1 for id_, grade in suits.items() if grade == 2} for number, suits in wanted.items()}
    fitting = _figures(found, wanted, {"ndcg@5": nDCG @ 5, "hit@3": Success @ 3})
    of_level = _figures(found, exact, {"level_first": Success @ 1})
    both = [Figures(one.way, {**one.figures, **other.figures}) for one, other in zip(fitting, of_level, strict=True)]
    return AdviceReport(f"{file.name}: {len(table.courses)} courses", len(asked), tuple(both))


def _levelled(file: Path) -> _Levelled:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = {f"c{number}": row for number, row in enumerate(csv.DictReader(lines))}
    return _Levelled(
        [
            Course(
                id_,
                row["course_title"],
                row.get("course_organization") or "?",
                language="en",
                level=_LEVELS.get(row["course_difficulty"]),
            )
            for id_, row in rows.items()
        ],
        {id_: row["course_title"] for id_, row in rows.items()},
        {id_: row["course_difficulty"] for id_, row in rows.items()},
        {
            id_: (_students(row), (float(row["course_rating"]) - 1) / 4)
            for id_, row in rows.items()
            if row.get("course_rating")
        },
    )


def _asked_by_standing(table: _Levelled) -> list[tuple[str, dict[str, int]]]:
    """Wishes, each with the courses that suit: those that name the topic and are of the level (2) or mixed (1)."""
    asked: list[tuple[str, dict[str, int]]] = []
    for topic in _topics(table.titles.values()):
        on_it = {id_: table.difficulty[id_] for id_, title in table.titles.items() if topic in _words_of(title)}
        for level, ways_to_say in _STANDINGS.items():
            suits = {id_: 2 if own == level else 1 for id_, own in on_it.items() if own in (level, "Mixed")}
            if 2 in suits.values():
                asked += [(way.format(topic), suits) for way in ways_to_say]
    return asked


def _ways_to_levels(table: _Levelled, search: Search) -> dict[str, Callable[[str], list[str]]]:
    embed = search.embed_plainly
    recommender = Recommender(search, Occupations([], embed), SkillMap(table.courses, embed), Shelf(table.courses))
    following = Following({}, {}, table.ratings)
    popular = sorted(table.titles, key=lambda id_: -table.ratings.get(id_, (0, 0.0))[0])[:_DEEP]

    def ours(words: str) -> list[str]:
        bare = subject_of(words)
        subject = course_subject(bare) if bare else words
        found = recommender.recommend(need_of(words), None, _DEEP, _TODAY, following, subject)
        return [one.course.id for one in found.courses]

    return {
        "ours": ours,
        "catalogue search": lambda words: [hit.course.id for hit in search.courses(search.query(words), _DEEP)],
        "popularity": lambda _: popular,
    }


def _topics(titles: Iterable[str]) -> list[str]:
    counted: Counter[str] = Counter()
    for title in titles:
        counted.update(_words_of(title))
    return sorted(word for word, count in counted.items() if count >= _ENOUGH_TITLES)


def _words_of(title: str) -> set[str]:
    return {word for word in _WORD.findall(title.lower()) if word not in _NO_TOPIC}


def _students(row: Mapping[str, str]) -> int:
    text = (row.get("course_students_enrolled") or "0").lower()
    factor = {"k": 1e3, "m": 1e6}.get(text[-1:], 1.0)
    return int(float(text.rstrip("km")) * factor)


# -- common ---------------------------------------------------------------------------------------------------------


def _search_over(courses: Sequence[Course], folder: Path, embedder: Embedder, progress: OnProgress) -> Search:
    catalogue = folder / "catalogue" / "courses.jsonl"
    catalogue.parent.mkdir()
    lines = (
        {
            key: value
            for key, value in {
                "id": one.id, "title": one.title, "provider": one.provider, "summary": one.summary or None,
                "language": one.language, "level": one.level,
            }.items()
            if value is not None
        }
        for one in courses
    )  # fmt: skip
    catalogue.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    home = IndexHome(folder / "index")
    build_index([catalogue.parent], home, embedder, progress=progress)
    return LiveIndex(home, embedder).search


def _ranked(
    ways: Mapping[str, Callable[[str], list[str]]], asked: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    return {
        name: {
            str(number): {id_: float(-rank) for rank, id_ in enumerate(way(words))}
            for number, words in enumerate(asked)
        }
        for name, way in ways.items()
    }


def _figures(
    found: Mapping[str, Mapping[str, Mapping[str, float]]],
    wanted: Mapping[str, Mapping[str, int]],
    measures: Mapping[str, Any],
) -> tuple[Figures, ...]:
    told = []
    for way, run in found.items():
        kept = {number: dict(ranks) for number, ranks in run.items() if ranks}
        means = ir_measures.calc_aggregate(list(measures.values()), {n: dict(s) for n, s in wanted.items()}, kept)
        told.append(Figures(way, {name: round(float(means[one]), 4) for name, one in measures.items()}))
    return tuple(told)


def _drawn(asked: list[tuple[str, T]], limit: int | None) -> list[tuple[str, T]]:
    """The same ones every time, whatever the order of the file."""
    if limit is None or len(asked) <= limit:
        return asked
    return sorted(asked, key=lambda pair: hashlib.sha256(str(pair[0]).encode()).digest())[:limit]
