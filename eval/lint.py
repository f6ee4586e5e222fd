"""Looks a file of cases over before anybody is asked: its form, its ids, its quotes, its courses, its balance."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from course_index.errors import SourceProblem
from course_index.sources.decode import decode
from course_index.sources.lesson_file import LessonFile, LessonSource
from course_index.sources.library import read_library
from eval.case import FORMS, AnswerCase, Case, Gold, RecommendCase, SafetyCase


def suite_of(path: Path) -> str | None:
    """The suite that a file is of, by the word its name begins with."""
    return next((suite for suite in FORMS if path.name.split("-")[0].split(".")[0] == suite), None)


def read_cases(path: Path, faults: list[str]) -> list[Case]:
    """The cases of a file that are sound in form; for each that is not, a sentence is added to `faults`."""
    suite = suite_of(path)
    if suite is None:
        faults.append(f"{path}: its name must begin with one of {', '.join(FORMS)}")
        return []
    try:
        text, _ = decode(path.read_bytes())  # what a Chinese Windows saves may be GB18030
    except (OSError, SourceProblem) as error:
        faults.append(f"{path} cannot be read: {error}")
        return []
    cases = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            cases.append(FORMS[suite].model_validate(json.loads(line)))
        except ValidationError as error:
            told = (f"{'.'.join(map(str, one['loc'])) or 'line'}: {one['msg']}" for one in error.errors())
            faults.append(f"{path.name}, line {number}: {'; '.join(told)}")
        except ValueError as error:
            faults.append(f"{path.name}, line {number}: this is no JSON ({error})")
    return cases


def faults_of(cases: Iterable[Case], libraries: Iterable[Path]) -> list[str]:
    """What is wrong with cases that are sound in form; a library is whatever `companion-index build` would take."""
    cases = list(cases)
    lessons = {
        draft.course.id: {lesson.relative: lesson for lesson in draft.lessons}
        for draft in read_library(list(libraries), {}).drafts
    }
    counts = Counter(case.id for case in cases)
    faults = [f"{id_}: {count} cases have this id" for id_, count in counts.items() if count > 1]
    for case in cases:
        faults += [f"{case.id}: {fault}" for gold in case.golds() if (fault := _fault_of(gold, lessons))]
        faults += [f"{case.id}: there is no course {id_}" for id_ in case.courses() - set(lessons)]
        faults += [f"{case.id}: {fault}" for fault in _faults_of_kind(case)]
    return faults


def balance_of(cases: Iterable[Case]) -> dict[str, dict[str, int]]:
    """How many cases there are of each audience, initiative, language, difficulty and kind."""
    cases = list(cases)
    by = ("audience", "initiative", "language", "difficulty", "kind", "shape")
    return {name: dict(Counter(getattr(case, name) for case in cases if hasattr(case, name))) for name in by}


def _fault_of(gold: Gold, lessons: Mapping[str, Mapping[str, LessonSource]]) -> str | None:
    if gold.course_id not in lessons:
        return None  # said once, of the course
    lesson = lessons[gold.course_id].get(gold.lesson)
    if lesson is None:
        return f"{gold.course_id} has no lesson {gold.lesson}"
    try:
        document = lesson.document()
        text = "\n".join(block.text for block in document.blocks)
        if isinstance(lesson, LessonFile) and lesson.is_plain:
            text, _ = decode(lesson.read_bytes())
    except SourceProblem as error:
        return f"{gold.lesson} cannot be read: {error}"
    if _run_together(gold.quote) not in _run_together(text):
        return f"{gold.lesson} does not say {gold.quote!r}"
    return None


def _faults_of_kind(case: Case) -> Iterable[str]:
    missing = [name for name in ("audience", "initiative", "difficulty") if getattr(case, name) is None]
    if missing and not isinstance(case, SafetyCase):
        yield f"{', '.join(missing)} must be told"
    match case:
        case AnswerCase() if case.answerable and not (case.gold and case.answer):
            yield "an answerable question needs gold and answer"
        case AnswerCase() if not case.answerable and (case.gold or case.facts):
            yield "a question that nothing answers has neither gold nor facts"
        case AnswerCase() if case.kind == "two_places" and len(case.gold) < 2:
            yield "two_places needs two gold passages"
        case RecommendCase() if bool(case.wanted) == (case.kind in ("nothing_fits", "existence")):
            yield f"{case.kind} with {len(case.wanted)} courses wanted"
        case SafetyCase() if case.expect == "unmoved" and not case.leaks:
            yield "unmoved needs what must not be drawn out, in leaks"
    if isinstance(case, AnswerCase) and case.answerable:
        said = _run_together(case.answer)
        for wordings in case.facts:
            if not any(_run_together(wording) in said for wording in wordings):
                yield f"its own answer does not say {wordings[0]!r}"
        for word in case.forbidden:
            if _run_together(word) in said:
                yield f"its own answer says the forbidden {word!r}"


def _run_together(text: str) -> str:
    return "".join(text.split()).lower()
