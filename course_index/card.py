"""A course's card: what is embedded and searched to find the course itself."""

import hashlib

from course_index.course import Course

_MARK = "#"


def card_text(course: Course) -> str:
    """The title, a new line, and what the record says the course is about and where it is held."""
    about = (course.summary, *course.subjects, *course.skills, *course.occupations)
    places = dict.fromkeys(
        place for offering in course.offerings for place in (offering.city, offering.district, offering.town)
    )
    return f"{course.title}\n{' '.join(part for part in (*about, *places) if part)}".strip()


def card_id(course: Course) -> str:
    """The course id with a mark of the card's text, so that a changed card is a new one."""
    return f"{course.id}{_MARK}{hashlib.sha256(card_text(course).encode('utf-8', 'replace')).hexdigest()[:12]}"


def course_id_of(card: str) -> str:
    """The course whose card this is."""
    return card.rsplit(_MARK, 1)[0]
