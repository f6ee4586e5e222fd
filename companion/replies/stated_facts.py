"""What the record of a course states of what was asked, in sentences; that it states nothing is said too."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from companion.guidance.places import Place, same_city
from companion.guidance.sayings import audience_named
from companion.understanding.facts import FILE
from companion.understanding.wholly import Kind, kinds_in, slots_in
from companion.words import Locale, to_traditional
from course_index.course import Course, Offering

# Whatever is asked of several courses, these are what one compares them by.
_BY_WHAT = ("price", "hours", "level", "delivery", "where", "audience", "updated")
# What has a name, before its value; of others the whole sentence says that nothing is stated.
_HAVE_A_NAME = frozenset({*_BY_WHAT, "credits", "when", "prerequisites", "language", "step_free"})
_QUOTED = frozenset({"other"})
_OF_SESSIONS = frozenset({"when", "where", "times", "seats", "step_free"})
_WEEKDAYS = {
    "zh": "一二三四五六日",
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
# The facts by which one of several may be told to be the least, or the most, and how that is said.
_LEAST: Mapping[str, tuple[str, str, Callable[[Course], float | None]]] = {
    "price": ("cheapest", "dearest", lambda course: course.price.amount if course.price else None),
    "hours": ("shortest", "longest", lambda course: course.hours),
    "level": ("easiest", "hardest", lambda course: course.level),
    "updated": ("newest", "oldest", lambda course: -course.updated_at.toordinal() if course.updated_at else None),
}


def stated(
    course: Course,
    facts: Sequence[str],
    locale: Locale,
    course_of: Callable[[str], Course | None],
    place: Place | None = None,
    audience: str | None = None,
) -> str:
    """A sentence for each of the facts, which are kinds of facts.toml; `course_of` finds a course by its id. Of the
    sessions those at the `place` that was named, and whether it is for the `audience` that was.
    """
    language = _language(locale)
    there = _held_there(course, place)
    asked = set(facts)
    if "when" in asked and there.delivery == "online" and not _days(there, language):
        asked.add("delivery")  # what is online waits for no date
    kinds = [kind for kind in kinds_in(FILE) if kind.name in asked]
    told = [_fact(there, kind, language, locale, course_of) for kind in kinds if kind.name not in _QUOTED]
    # The summary is quoted as it is written.
    quoted = [_quoting(there, kind, language, locale) for kind in kinds if kind.name in _QUOTED]
    if place and there is course and course.offerings and asked & _OF_SESSIONS and not _is_held_there(course, place):
        told.insert(0, _slot("none_there", language).format(place.named))
    if "audience" in asked and audience and course.audience and not {audience, "everyone"} & set(course.audience):
        told.append(_slot("not_for", language).format(_whom(audience, language, locale)) + _end(language))
    between = " " if language == "en" else ""
    return between.join(filter(None, (_in_script(between.join(filter(None, told)), locale), *quoted)))


def _quoting(course: Course, kind: Kind, language: str, locale: Locale) -> str:
    frame = str(kind.entry[language if course.summary else f"no_{language}"])
    return _in_script(frame, locale).format(course.summary)


def of_record(course: Course, locale: Locale) -> str:
    """What is said of where facts are from, where the whole record was told before."""
    language = _language(locale)
    day = _slot("of_date", language).format(course.updated_at.isoformat()) if course.updated_at else ""
    return _in_script(_slot("of_record", language), locale).format(title=course.title, date=day)


def of_each(courses: Sequence[Course], facts: Sequence[str], locale: Locale, place: Place | None) -> str:
    """What the record of each of the courses states of the facts; of the sessions, those at the `place` named."""
    language = _language(locale)
    there = [course for course in courses if place and _is_held_there(course, place)]
    told = [_held_there(course, place) for course in there or courses]
    none = bool(place and not there and _OF_SESSIONS & set(facts))
    first = _slot("none_there", language).format(place.named) if none and place else ""
    opening = f"{first}{' ' if first and language == 'en' else ''}{_slot('each', language)}"
    return _in_script(f"{opening}\n\n{_lines(told, facts, language, locale)}", locale)


def _held_there(course: Course, place: Place | None) -> Course:
    """A course with those of its sessions that are at a place, in its district where any is, else in its city; the
    course itself where none is.
    """
    if place is None:
        return course
    city = tuple(one for one in course.offerings if same_city(place.city, one.city))
    district = tuple(one for one in city if place.district and one.district == place.district)
    return replace(course, offerings=district or city) if city else course


def _is_held_there(course: Course, place: Place) -> bool:
    return any(same_city(place.city, one.city) for one in course.offerings)


def comparison(courses: Sequence[Course], facts: Sequence[str], locale: Locale, *, most: bool = False) -> str:
    """The courses beside each other, by what was asked and by what one usually compares; first which is the least, or
    the `most`.
    """
    language = _language(locale)
    asked = [name for name in facts if name != "compare"]
    by_what = {*asked, *(name for name in _BY_WHAT if not (asked and name == "updated"))}
    lines = _lines(courses, by_what, language, locale)
    silent = [] if len(courses) < 2 else _stated_by_none(courses, asked, language, locale)
    if silent and len(silent) == len(asked):  # what was asked is among what no record states
        return _in_script(lines, locale)
    first = "".join(_least(courses, name, language, most=most) for name in asked)
    first = first or _slot("each" if asked else "judge", language)
    return _in_script(f"{first.strip()}\n\n{lines}", locale)


def with_what(course: Course | None, locale: Locale) -> str:
    """What is asked of who wants a comparison and named one course, or none."""
    language = _language(locale)
    asked = _slot("with_what", language).format(course.title) if course else _slot("which_two", language)
    return _in_script(asked, locale)


def _lines(courses: Sequence[Course], facts: Collection[str], language: str, locale: Locale) -> str:
    """A line for each course; what no record states of several is said once, below."""
    between = "; " if language == "en" else "；"
    silent = _stated_by_none(courses, facts, language, locale) if len(courses) > 1 else []
    left = {name for name in facts if name not in [kind.name for kind in silent]}
    told = {course.id: [_plain(course, kind, language, locale) for kind in _shown(course, left)] for course in courses}
    stated = any(map(any, told.values()))
    lines = [f"- {name}{between.join(filter(None, told[id_]))}" for id_, name in _titles(courses, language).items()]
    none = _slot("none_states", language).format(_list([_named(kind, language) for kind in silent], language))
    return "\n".join([*(lines if stated else ()), *(("",) if stated and silent else ()), *((none,) if silent else ())])


def _stated_by_none(courses: Sequence[Course], facts: Collection[str], language: str, locale: Locale) -> list[Kind]:
    """The facts, of those that have a name, that no record has anything of."""
    named = (kind for kind in kinds_in(FILE) if kind.name in facts and kind.name in _HAVE_A_NAME)
    return [
        kind
        for kind in named
        if not any(_value(course, kind.name, language, locale, lambda _: None) for course in courses)
    ]


def _titles(courses: Sequence[Course], language: str) -> dict[str, str]:
    """How each course begins its line by its id: by its title, with its provider where another has that title."""
    titles = Counter(course.title for course in courses)
    provided = {
        course.id: f"（{course.provider}）" if language == "zh" else f" ({course.provider})" for course in courses
    }
    return {
        course.id: _quoted(course.title, language)
        + (provided[course.id] if course.provider and titles[course.title] > 1 else "")
        + (": " if language == "en" else "：")
        for course in courses
    }


def _shown(course: Course, facts: Collection[str]) -> list[Kind]:
    """The facts in the file's order; that a course is online is said once."""
    once = {"where"} if "delivery" in facts and course.delivery == "online" and not course.offerings else set()
    return [kind for kind in kinds_in(FILE) if kind.name in facts and kind.name not in once]


def _least(courses: Sequence[Course], name: str, language: str, *, most: bool) -> str:
    """Which of the courses are the cheapest, or the like; empty where a record does not say."""
    currencies = {course.price.currency for course in courses if course.price}
    if name not in _LEAST or (name == "price" and len(currencies) > 1):
        return ""
    least, greatest, of = _LEAST[name]
    values = [of(course) for course in courses]
    known = [value for value in values if value is not None]
    if len(known) < len(courses):
        return ""
    if len(set(known)) == 1:
        kind = next(kind for kind in kinds_in(FILE) if kind.name == name)
        return _slot("same", language).format(_named(kind, language))
    sought = max(known) if most else min(known)
    said = greatest if most else "free_of_them" if name == "price" and not sought else least
    such = [course.title for course, value in zip(courses, known, strict=True) if value == sought]
    return _slot(said, language).format(_list([_quoted(one, language) for one in such], language))


def _fact(course: Course, kind: Kind, language: str, locale: Locale, course_of: Callable[[str], Course | None]) -> str:
    value = _value(course, kind.name, language, locale, course_of)
    if not value:
        return str(kind.entry.get(f"no_{language}", ""))
    said = str(kind.entry[language].format(value))
    return said if said.endswith((".", "。")) else f"{said}{_end(language)}"


def _end(language: str) -> str:
    return "." if language == "en" else "。"


def _named(kind: Kind, language: str) -> str:
    """What a fact is called; what stands before its value, where it has no name of its own."""
    if name := kind.entry.get(f"name_{language}"):
        return str(name)
    return str(kind.entry[language]).partition("：" if language == "zh" else ":")[0].lower()


def _plain(course: Course, kind: Kind, language: str, locale: Locale) -> str:
    return _fact(course, kind, language, locale, lambda _: None).rstrip("。.")


def _value(course: Course, fact: str, language: str, locale: Locale, course_of: Callable[[str], Course | None]) -> str:
    """What the record has of a fact; empty where it has nothing."""
    if fact == "audience":
        return _list([_whom(one, language, locale) for one in course.audience], language)
    if fact == "prerequisites":
        first = [found.title if (found := course_of(id_)) else id_ for id_ in course.prerequisites]
        return _list([_quoted(one, language) for one in first], language)
    return _VALUES[fact](course, language) if fact in _VALUES else ""


def _price(course: Course, language: str) -> str:
    if not course.price or not course.price.amount:
        return _slot("free", language) if course.price else ""
    amount = f"{course.price.amount:g}"
    if language == "zh" and course.price.currency != "CNY":
        return f"{amount} {course.price.currency}"
    return _slot("price", language).format(amount=amount, currency=course.price.currency)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _days(course: Course, language: str) -> str:
    return _list([f"{one.start.isoformat()}{_at(one, language)}" for one in course.offerings if one.start], language)


def _first_days(course: Course, language: str) -> str:
    """The dates with the day of the week that each is, which the calendar says."""
    said = []
    for one in course.offerings:
        if one.start:
            weekday = _WEEKDAYS[language][one.start.weekday()]
            named = weekday if language == "en" else f"星期{weekday}"
            where = _place(one)
            beside = (
                ", ".join(filter(None, (named, where))) if language == "en" else "，".join(filter(None, (named, where)))
            )
            said.append(
                f"{one.start.isoformat()} ({beside})" if language == "en" else f"{one.start.isoformat()}（{beside}）"
            )
    return _list(said, language)


def _places(course: Course, language: str) -> str:
    places = [f"{_place(one)}{one.address or ''}" for one in course.offerings if _place(one) or one.address]
    online = _slot("online", language) if course.delivery == "online" else ""
    return _list(places, language) or online


def _seats(course: Course, language: str) -> str:
    told = _slot("seats", language)
    known = [one for one in course.offerings if one.seats is not None and _place(one)]
    return _list([told.format(place=_place(one), seats=one.seats) for one in known], language)


def _without_steps(course: Course, language: str) -> str:
    return _list([f"{_place(one)}{one.address or ''}" for one in course.offerings if one.step_free], language)


def _changed(course: Course, language: str) -> str:
    """When the record says that the course was last changed, and until when it is vouched for."""
    if not course.updated_at:
        return ""
    day = course.updated_at.isoformat()
    return _slot("until", language).format(day, course.valid_until.isoformat()) if course.valid_until else day


def _spoken(course: Course, language: str) -> str:
    if not course.language:
        return ""
    spoken = course.language.split("-", maxsplit=1)[0].lower()
    return slots_in(FILE).get(f"in_{spoken}_{language}", course.language)


# By fact what a record has of it, in a language.
_VALUES: Mapping[str, Callable[[Course, str], str]] = {
    "price": _price,
    "hours": lambda course, _: _number(course.hours),
    "credits": lambda course, _: _number(course.credits),
    "level": lambda course, _: _number(course.level),
    "when": _days,
    "where": _places,
    "times": _first_days,
    "other": lambda course, _: course.summary or "",
    "teacher": lambda course, _: course.provider or "",
    "seats": _seats,
    "step_free": _without_steps,
    "updated": _changed,
    "language": _spoken,
    "delivery": lambda course, language: _slot(course.delivery, language) if course.delivery else "",
}


def _whom(audience: str, language: str, locale: Locale) -> str:
    return _slot("everyone", language) if audience == "everyone" else audience_named(audience, locale)


def _at(offering: Offering, language: str) -> str:
    place = _place(offering)
    return (f" ({place})" if language == "en" else f"（{place}）") if place else ""


def _place(offering: Offering) -> str:
    return "".join(filter(None, (offering.city, offering.district, offering.town)))


def _quoted(title: str, language: str) -> str:
    return f"“{title}”" if language == "en" else f"《{title}》"


def _list(parts: Sequence[str], language: str) -> str:
    return (", " if language == "en" else "、").join(parts)


def _slot(name: str, language: str) -> str:
    return slots_in(FILE)[f"{name}_{language}"]


def _language(locale: Locale) -> str:
    return "en" if locale == "en" else "zh"


def _in_script(text: str, locale: Locale) -> str:
    return to_traditional(text) if locale == "zh-Hant" else text
