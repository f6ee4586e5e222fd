"""What the record of a course states of what was asked, in sentences; that it states nothing is said too."""

from collections.abc import Callable, Collection, Mapping, Sequence

from companion.guidance.sayings import audience_named
from companion.understanding.facts import FILE
from companion.understanding.wholly import Kind, kinds_in, slots_in
from companion.words import Locale, to_traditional
from course_index.course import Course, Offering

# Whatever is asked of several courses, these are what one compares them by.
_BY_WHAT = ("price", "hours", "level", "delivery", "where", "audience")
# What the sentence on a record has in any case, where it is stated.
_IN_THE_RECORD = ("price", "hours", "credits", "when", "level")
# The facts by which one of several may be told to be the least, and how that is said.
_LEAST: Mapping[str, tuple[str, Callable[[Course], float | None]]] = {
    "price": ("cheapest", lambda course: course.price.amount if course.price else None),
    "hours": ("shortest", lambda course: course.hours),
    "level": ("easiest", lambda course: course.level),
}


def stated(course: Course, facts: Sequence[str], locale: Locale, course_of: Callable[[str], Course | None]) -> str:
    """A sentence for each of the facts, which are kinds of facts.toml, that the sentence on the whole record does not
    say; `course_of` finds a course by its id.
    """
    language = _language(locale)
    told = [
        _fact(course, kind, language, locale, course_of)
        for kind in kinds_in(FILE)
        if kind.name in facts
        and not (kind.name in _IN_THE_RECORD and _value(course, kind.name, language, locale, course_of))
    ]
    return _in_script(" ".join(filter(None, told)) if language == "en" else "".join(filter(None, told)), locale)


def of_each(courses: Sequence[Course], facts: Sequence[str], locale: Locale) -> str:
    """What the record of each of the courses states of the facts."""
    language = _language(locale)
    return _in_script(f"{_slot('each', language)}\n\n{_lines(courses, facts, language, locale)}", locale)


def comparison(courses: Sequence[Course], facts: Sequence[str], locale: Locale) -> str:
    """The courses beside each other, by what was asked and by what one usually compares; first which is the least."""
    language = _language(locale)
    asked = [name for name in facts if name != "compare"]
    otherwise = _slot("each" if asked else "judge", language)
    first = "".join(_least(courses, name, language) for name in asked) or otherwise
    return _in_script(f"{first.strip()}\n\n{_lines(courses, {*asked, *_BY_WHAT}, language, locale)}", locale)


def with_what(course: Course | None, locale: Locale) -> str:
    """What is asked of who wants a comparison and named one course, or none."""
    language = _language(locale)
    asked = _slot("with_what", language).format(course.title) if course else _slot("which_two", language)
    return _in_script(asked, locale)


def _lines(courses: Sequence[Course], facts: Collection[str], language: str, locale: Locale) -> str:
    between = "; " if language == "en" else "；"
    told = {course.id: [_plain(course, kind, language, locale) for kind in _shown(course, facts)] for course in courses}
    return "\n".join(f"- {_title(course, language)}{between.join(filter(None, told[course.id]))}" for course in courses)


def _shown(course: Course, facts: Collection[str]) -> list[Kind]:
    """The facts in the file's order; that a course is online is said once."""
    once = {"where"} if "delivery" in facts and course.delivery == "online" and not course.offerings else set()
    return [kind for kind in kinds_in(FILE) if kind.name in facts and kind.name not in once]


def _least(courses: Sequence[Course], name: str, language: str) -> str:
    """Which of the courses are the cheapest, or the like; empty where a record does not say."""
    currencies = {course.price.currency for course in courses if course.price}
    if name not in _LEAST or (name == "price" and len(currencies) > 1):
        return ""
    said, of = _LEAST[name]
    values = [of(course) for course in courses]
    known = [value for value in values if value is not None]
    if len(known) < len(courses):
        return ""
    if len(set(known)) == 1:
        kind = next(kind for kind in kinds_in(FILE) if kind.name == name)
        return _slot("same", language).format(_named(kind, language))
    said = "free_of_them" if name == "price" and not min(known) else said
    least = [course.title for course, value in zip(courses, known, strict=True) if value == min(known)]
    return _slot(said, language).format(_list([_quoted(one, language) for one in least], language))


def _fact(course: Course, kind: Kind, language: str, locale: Locale, course_of: Callable[[str], Course | None]) -> str:
    value = _value(course, kind.name, language, locale, course_of)
    if not value:
        return str(kind.entry.get(f"no_{language}", ""))
    end = "." if language == "en" else "。"
    return f"{kind.entry[language].format(value)}{end}"


def _named(kind: Kind, language: str) -> str:
    """What a fact is called: what stands before its value."""
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
    "teacher": lambda course, _: course.provider or "",
    "seats": _seats,
    "step_free": _without_steps,
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


def _title(course: Course, language: str) -> str:
    return _quoted(course.title, language) + (": " if language == "en" else "：")


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
