"""What a course must be, and what would suit: read from a message, told by a profile, or asked for by a page."""

import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from companion.guidance.places import Place, names_of_places, place_in
from companion.guidance.profile import Profile, Standing
from companion.guidance.whom import age_in, audience_of, whom
from companion.patterns import Patterns
from companion.quantities import MONTH, month_number, quantities, small_number
from course_index.analyze import normalise
from course_index.course import Delivery
from course_index.language import language_of

# What somebody calls short that says no number: a day's work.
_SHORT_HOURS = 8.0
_MINUTES = 60.0
# What may be asked for and no record states: days and hours, certificates, captions, what can be heard, reviews,
# whether a telephone will do, and in how many weeks it is done.
UNSTATED = ("times", "certified", "captions", "heard", "rated", "device", "span")
_FILE = Path(__file__).with_name("need.toml")
_CONDITION = Patterns(_FILE, "condition", month=MONTH)
_SAID = Patterns(_FILE, "said", month=MONTH)
_AUDIENCE, _INITIATIVE = Patterns(_FILE, "audience"), Patterns(_FILE, "initiative")


def conditions() -> tuple[re.Pattern[str], ...]:
    """What of a message names a condition, and so not what the course is to be about."""
    return tuple(_CONDITION.values())


def _first_said(kind: Patterns, said: str) -> str | None:
    """The first name of a kind that is said."""
    return next((name for name, found in kind.items() if found.search(said)), None)


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed. The first group must hold of a course, as its record states it; the second only ranks.

    `near` asks for a session in person. `level` is the level asked for, as records state it. `begins` is the month in
    which a session is to begin, `months_ahead` the same told from now: 0 is this month. `providers` are who is to
    teach it, `not_of` who is not. `unstated` is what was asked for that no record states, by the names of UNSTATED.
    `stays` is of who cannot go far. `for_another` is for somebody else than who asks.
    """

    text: str = ""
    free: bool = False
    max_price: float | None = None
    max_hours: float | None = None
    delivery: frozenset[Delivery] = frozenset()
    language: str | None = None
    level: int | None = None
    max_level: int | None = None
    min_level: int | None = None
    credits: bool = False
    begins: int | None = None
    months_ahead: int | None = None
    place: Place | None = None
    near: bool = False
    step_free: bool = False
    exclude: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    not_of: frozenset[str] = frozenset()
    skip_without_prerequisites: bool = False

    audience: str | None = None
    initiative: str | None = None
    standing: Standing | None = None
    occupation: str | None = None
    locale_language: str = ""
    around: Place | None = None  # where the learner is, when no session there is asked for
    cheap: bool = False
    unstated: tuple[str, ...] = ()
    stays: bool = False
    for_another: bool = False
    young: bool = False  # of whom a child's course is to be

    @property
    def in_person(self) -> bool:
        """Whether a session at a place is asked for."""
        return self.near or bool(self.delivery and "online" not in self.delivery)

    @property
    def says_when(self) -> bool:
        """Whether it is said when a session is to begin."""
        return self.begins is not None or self.months_ahead is not None

    def month(self, today: date) -> int | None:
        """The month, 1 to 12, in which a session is to begin; None where any will do."""
        return self.begins if self.months_ahead is None else (today.month - 1 + self.months_ahead) % 12 + 1


def need_of(message: str, audience: str | None = None) -> Need:
    """What a message asks of a course."""
    said = normalise(message)
    place = place_in(said)
    near = _says(_CONDITION["near"], said)
    delivery = _delivery(said)
    step_free = _says(_CONDITION["step_free"], said)
    # Whether one can get in matters only where one goes.
    goes_there = near or "offline" in delivery or (step_free and not delivery)
    class_there = place is not None and (goes_there or says_only_where(said) or _asks_for_a_class_in(said, place))
    begins, months_ahead = _month(said)
    free = bool(_CONDITION["free"].search(said) or _CONDITION["free_english"].search(said)) and not _SAID[
        "not_free"
    ].search(said)
    other = whom(said)
    return Need(
        text=message,
        free=free,
        max_price=None if free else _limit(_CONDITION["price"], said, only_with=_SAID["money"]),
        max_hours=_limit(_CONDITION["hours"], said)
        or ((_limit(_CONDITION["minutes"], said) or 0.0) / _MINUTES)
        or (_SHORT_HOURS if _CONDITION["short"].search(said) else None),
        delivery=delivery,
        language="en"
        if _says(_CONDITION["in_english"], said)
        else "zh"
        if _says(_CONDITION["in_chinese"], said)
        else None,
        level=_level(said),
        credits=_says(_CONDITION["with_credits"], said),
        begins=begins,
        months_ahead=months_ahead,
        place=place if class_there else None,
        near=near or class_there,
        step_free=step_free,
        audience=audience_in(message) or (None if other else audience),
        for_another=other is not None,
        young=audience_in(message) == "child" and bool(_SAID["young"].search(said)),
        initiative=_first_said(_INITIATIVE, said),
        standing=standing_in(said),
        # Who reads another language as well is not kept from what is in it.
        locale_language="" if not message.strip() or _CONDITION["speaks"].search(said) else language_of(message),
        around=place,
        cheap=_says(_CONDITION["cheap"], said),
        unstated=tuple(name for name in UNSTATED if _says(_CONDITION[name], said)),
        stays=bool(_CONDITION["stays"].search(said)),
    )


def says_only_where(message: str) -> bool:
    """Whether a message says where somebody is, and nothing else: 我在佛山."""
    left = names_of_places().sub("@", normalise(message))
    return bool(_SAID["only_where"].fullmatch(left))


def carried_on(before: Need, now: Need) -> Need:
    """A need with conditions added by a later message, which goes first where both say: 线下 and then 那线上的呢."""
    return replace(
        before,
        free=now.free or (before.free and now.max_price is None),
        max_price=None if now.free else before.max_price if now.max_price is None else now.max_price,
        max_hours=before.max_hours if now.max_hours is None else now.max_hours,
        delivery=now.delivery or before.delivery,
        language=now.language or before.language,
        level=before.level if now.level is None else now.level,
        credits=before.credits or now.credits,
        begins=now.begins if now.says_when else before.begins,
        months_ahead=now.months_ahead if now.says_when else before.months_ahead,
        place=now.place or (None if "online" in now.delivery else (before.place and (now.around or before.place))),
        near=now.near or (before.near and "online" not in now.delivery),
        step_free=before.step_free or now.step_free,
        audience=now.audience or before.audience,
        standing=now.standing or before.standing,
        around=now.around or before.around,
        cheap=before.cheap or now.cheap,
        providers=now.providers or before.providers,
        not_of=before.not_of | now.not_of,
        unstated=tuple(dict.fromkeys((*before.unstated, *now.unstated))),
        stays=before.stays or now.stays,
        for_another=before.for_another or now.for_another,
        young=before.young or now.young,
    )


def with_profile(need: Need, profile: Profile) -> Need:
    """The same with what the learner has told before: the message goes first, and only filters become facts.

    Of who asks for another only what is of the house: where they are, and what it may cost.
    """
    if need.for_another:
        own = replace(profile, audience=None, standing=None, occupation=None, language=None, step_free=False)
        return with_profile(replace(need, for_another=False), own)
    place = need.place or (profile.place if need.near else None)
    language = profile.language.split("-", maxsplit=1)[0] if profile.language else ""
    return replace(
        need,
        free=need.free or (profile.free_only and need.max_price is None),
        step_free=need.step_free or profile.step_free,
        place=place,
        audience=need.audience or profile.audience,
        standing=need.standing or profile.standing,
        occupation=need.occupation or profile.occupation,
        locale_language=need.locale_language or language,
        around=need.around or profile.place,
    )


def audience_in(message: str) -> str | None:
    """Whom a message is about, in the catalogue's words; None where it does not say. Who is to learn goes first."""
    said = normalise(message)
    if other := whom(said):
        return other.audience
    age = age_in(said)
    if age is not None and (so_old := audience_of(age)):
        return so_old
    return _first_said(_AUDIENCE, said)


def standing_in(message: str) -> Standing | None:
    """How far somebody says they are; who denies experience is new, whatever else is said."""
    said = normalise(message)
    if _CONDITION["new"].search(said):
        return "new" if _says(_CONDITION["new"], said) else "some"  # 不要入门的
    if _SAID["advanced"].search(said):
        return "advanced"
    return "some" if _SAID["some"].search(said) else None


def _says(pattern: re.Pattern[str], said: str) -> bool:
    found = pattern.search(said)
    return found is not None and not _SAID["not"].search(said[: found.start()])


def _delivery(said: str) -> frozenset[Delivery]:
    """Who wants to be taught in person has that in a blended course; who wants to learn online only has not."""
    online, offline = _says(_CONDITION["online"], said), _says(_CONDITION["offline"], said)
    if online and not offline:
        return frozenset({"online"})
    return frozenset({"offline", "blended"}) if offline and not online else frozenset()


def _asks_for_a_class_in(said: str, place: Place) -> bool:
    """在佛山有没有班 asks for a class there; 我在佛山送快递 tells where one is."""
    name = next((part for part in (place.district, place.city) if part), "")
    stem = name[:2]
    return bool(
        re.search(
            rf"{stem}[^，。？?]{{0,8}}(?:有没有|有冇|有无|有[吗么课班]|有什么|有咩|有哪些|哪里有|边度有|开班|开的|办的|可以(?:去|报|上)|能(?:去|报|上)|上课|的班|的课|报名|面授)"
            rf"|(?:有没有|有冇|哪里有|边度有|想(?:在|去|喺)|能(?:在|去)|可以(?:在|去))[^，。？?]{{0,6}}{stem}",
            said,
        )
        # I want to learn English, I live in Foshan tells where one is.
        or re.search(
            r"\b(?:class|classes|course|courses|session|sessions|learn|take|attend)\b(?:(?!\bi\b)[^.?!]){0,40}\bin (?:the )?"
            rf"(?:{names_of_places().pattern})",
            said,
        )
    )


def _limit(pattern: re.Pattern[str], said: str, only_with: re.Pattern[str] | None = None) -> float | None:
    found = pattern.search(said)
    if not found or (only_with and not only_with.search(said[found.start() : found.end() + 3])):
        return None
    text = next(filter(None, found.groups()))
    (number, *_) = quantities(f"{text}个") or quantities(text) or (None,)
    return number.value if number else None


def _month(said: str) -> tuple[int | None, int | None]:
    """The month that is named, and how many ahead the one is that is told from now."""
    found = _CONDITION["begins"].search(said)
    if not found or (found["only"] and not _SAID["a_class"].search(said[: found.start()])):
        return None, None
    if soon := found["soon"] or found["soon_en"]:
        return None, int(soon.startswith(("下", "next")))
    return month_number(found["a"] or found["b"]), None


def _level(said: str) -> int | None:
    found = _CONDITION["level"].search(said)
    if not found:
        return None
    return small_number(found["a"] or found["b"])


def languages_fit(course_language: str | None, wanted: str) -> bool:
    """Whether a course is in the language wanted, in any variant."""
    return bool(course_language) and str(course_language).split("-", maxsplit=1)[0].lower() == wanted
