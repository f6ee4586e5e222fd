"""Keeps what typing ahead and spelling help need in step with the courses."""

import hashlib

from course_index.spellings import spelling_terms
from course_index.store.records import Records
from course_index.suggestions import suggestions

_DIGEST = "phrases"


def refresh_phrases(records: Records) -> None:
    """Make suggestions and spelling terms agree with the records; nothing is done when no name in them changed."""
    courses = list(records.courses(records.course_ids()).values())
    lessons = records.all_lessons()
    headings = records.headings()
    offered = suggestions(courses, lessons)
    digest = _digest([*(repr(one) for one in offered), *headings])
    if records.meta().get(_DIGEST) == digest:
        return
    records.phrases.keep_suggestions(offered)
    titles = {*(course.title for course in courses), *(lesson.title for lesson in lessons), *headings}
    names = {name for course in courses for name in (*course.subjects, *course.skills)}
    records.phrases.keep_terms(spelling_terms(titles, names))
    records.set_meta({_DIGEST: digest})


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\0".join(sorted(texts)).encode("utf-8", "replace")).hexdigest()
