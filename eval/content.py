"""What a subject answers from, as a name: a run that is taken up again must be over the same."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from course_index.store.records import Records


def content_of(records: Records) -> str:
    """The name of all courses and lessons of an index, whenever and wherever it was built."""
    lessons = sorted((lesson.id, lesson.title, lesson.content_hash) for lesson in records.all_lessons())
    courses = {id_: asdict(course) for id_, course in records.courses(records.course_ids()).items()}
    return name_of(lessons, courses)


def name_of(*content: Any) -> str:
    """A short name of any content: the same for the same."""
    told = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]
