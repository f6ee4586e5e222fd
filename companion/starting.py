"""Questions to begin with: what the library is sure to answer, for the page and the learner they are shown to."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice, zip_longest
from pathlib import Path

from companion.finding.find import Scope, find
from companion.guidance.sayings import audience_named
from companion.guidance.shelf import may_be_for
from companion.words import Locale, in_locale
from course_index.course import Course
from course_index.language import language_of
from retrieval.live import LiveIndex
from retrieval.search import Search

# Everyday wordings for the sample courses. Another library answers few of them, and those it does not are not shown.
SAMPLES = Path(__file__).with_name("starters.json")
_SHOWN = 6
_LOOKED_AT = 24  # candidates that are tried: each costs a search
_COURSES = 12
_PASSAGES = 4

# A heading that asks is a question as it stands.
_ASKS = re.compile(
    r"^(?:什么是|怎[么样]|如何)|(?:是什么|怎么办|怎[么样]\w{1,3})$|^(?:How|What|Why|When|Where|Which|Who)\b"
)

Questions = Mapping[str, Sequence[str]]


class StartersUnreadable(Exception):
    """A file of starting questions cannot be used; the message says where and why."""


def read_starters(path: Path) -> Questions:
    """A JSON object of locale to questions. Raises StartersUnreadable."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StartersUnreadable(f"{path} cannot be read: {error}; mend it or unset COMPANION_STARTERS") from error
    well_formed = isinstance(found, dict) and all(
        isinstance(asked, list) and all(isinstance(one, str) and one.strip() for one in asked)
        for asked in found.values()
    )
    if not well_formed:
        raise StartersUnreadable(f'{path}: a JSON object is needed, such as {{"zh-Hans": ["怎样量血压？"]}}')
    return {locale: tuple(asked) for locale, asked in found.items()}


class Starting:
    """Starting questions over the index that serves; each set is worked out once for a generation."""

    def __init__(self, index: LiveIndex, questions: Questions) -> None:
        self._index = index
        self._questions = questions
        self._worked_out = lru_cache(maxsize=512)(self._work_out)
        self._known = lru_cache(maxsize=1)(self._look_up)
        self._answering = lru_cache(maxsize=1_024)(self._look_for)  # written questions are tried for each audience

    def questions(self, locale: Locale, audience: str = "", course_id: str = "", lesson_id: str = "") -> list[str]:
        """Up to six questions that are answered, and what else one can ask for there."""
        search = self._index.search
        generation = search.generation.name
        # What the library does not know is not worked out: anybody may ask here, and an answer costs some searches.
        audiences, with_lessons = self._known(generation)
        lesson = search.records.lessons_by_id([lesson_id]).get(lesson_id) if lesson_id else None
        within = lesson_id if lesson and lesson.course_id == course_id else ""
        page = (course_id, within) if course_id in with_lessons else ("", "")
        if course_id and not page[0] and course_id not in search.records.courses([course_id]):
            return []
        return list(self._worked_out(generation, locale, audience if audience in audiences else "", *page))

    def _look_up(self, _generation: str) -> tuple[frozenset[str], frozenset[str]]:
        """Whom there are courses for, and which courses have lessons here."""
        records = self._index.search.records
        courses = records.courses(records.course_ids())
        audiences = frozenset(audience for course in courses.values() for audience in course.audience)
        return audiences, frozenset(lesson.course_id for lesson in records.all_lessons())

    def _work_out(
        self, _generation: str, locale: Locale, audience: str, course_id: str, lesson_id: str
    ) -> tuple[str, ...]:
        search = self._index.search
        scope = Scope(course_id or None, lesson_id or None)
        if course_id:
            course = search.records.courses([course_id])[course_id]
            candidates: Iterable[str] = _of_course(search, course, lesson_id, locale)
            besides = _besides(locale)
        else:
            written = self._questions.get(locale, ())
            audiences, with_lessons = self._known(search.generation.name)
            if audience:
                named = [audience_named(one, locale) for one in audiences]  # who they are is known
                written = [question for question in written if not any(one in question for one in named)]
            candidates = [*written, *_of_library(search, with_lessons, locale, audience)]
            besides = [_wish_of(audience, locale)] if audience else []
        fitting = (
            one for one in list(dict.fromkeys(candidates))[:_LOOKED_AT] if self._is_answered(one, scope, audience)
        )
        return (*islice(fitting, _SHOWN - len(besides)), *besides)

    def _is_answered(self, question: str, scope: Scope, audience: str) -> bool:
        """Whether a question is answered; of the whole library, by a course that may be for the audience."""
        course = self._answering(self._index.search.generation.name, question, scope)
        return course is not None and (not audience or bool(scope.course_id) or may_be_for(course, audience))

    def _look_for(self, _generation: str, question: str, scope: Scope) -> Course | None:
        """The course that answers a question."""
        found = find(self._index.search, question, _PASSAGES, scope)
        return found.hits[0].course if found.answers else None


def _of_course(
    search: Search, course: Course, lesson_id: str, locale: Locale, language: str | None = None
) -> list[str]:
    """A question for each heading, the lessons by turns; with `language` only for headings that are in it."""
    by_lesson: dict[str, list[str]] = {}
    ids = search.records.passages_within(course.id, lesson_id or None)
    for passage in sorted(search.records.passages(ids).values(), key=lambda one: ids.index(one.id)):
        heading = passage.heading_path[-1] if passage.heading_path else ""
        if heading and language in (None, language_of(heading)):
            by_lesson.setdefault(passage.lesson_id, []).append(heading)
    turns = zip_longest(*(dict.fromkeys(headings) for headings in by_lesson.values()))
    return [_about(heading, locale) for turn in turns for heading in turn if heading]


def _of_library(search: Search, with_lessons: frozenset[str], locale: Locale, audience: str) -> list[str]:
    """Questions for the headings of the courses in the learner's language and for this audience, by turns."""
    language = "en" if locale == "en" else "zh"
    courses = search.records.courses(sorted(with_lessons)).values()
    fitting = [
        course
        for course in courses
        if (course.language or language).startswith(language) and (not audience or audience in course.audience)
    ]
    turns = zip_longest(*(_of_course(search, course, "", locale, language) for course in fitting[:_COURSES]))
    return [question for turn in turns for question in turn if question]


def _about(heading: str, locale: Locale) -> str:
    if heading.endswith(("?", "？")):
        return heading
    if _ASKS.search(heading):
        return in_locale(locale, f"{heading}？", f"{heading}?")
    return in_locale(locale, f"“{heading}”讲了什么？", f"What should I know about “{heading}”?")


def _besides(locale: Locale) -> list[str]:
    return [
        in_locale(locale, "考考我这门课", "Quiz me on this course"),
        in_locale(locale, "每周学三小时，帮我排个学习计划", "Make me a study plan for three hours a week"),
    ]


def _wish_of(audience: str, locale: Locale) -> str:
    chinese, english = audience_named(audience, "zh-Hans"), audience_named(audience, "en")
    return in_locale(locale, f"有适合{chinese}的课程吗？", f"Are there courses for {english}?")
