"""Advice in words: sentences built from the facts that ranked, ordered or counted; nothing else is said."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from companion.guidance.adviser import Way
from companion.guidance.credits import Balance, Clause, Entry, Rules, Standing
from companion.guidance.need import Need
from companion.guidance.occupations import Match
from companion.guidance.pathway import Hindrance, Pathway, Step
from companion.guidance.recommend import Recommendation, Recommended
from companion.guidance.sayings import Sayings, audience_named, sayings
from companion.guidance.shelf import Session
from companion.guidance.skills import Gap
from companion.guidance.weighing import Why
from companion.sentences import citing_nothing
from companion.words import Locale, words

# A sentence of more facts is not read.
_FACTS_SAID = 4


def reason(one: Recommendation, need: Need, lessons: Mapping[str, str], locale: Locale) -> str:
    """Why a course is shown: the facts that ranked it, the weightiest first. `lessons` are titles by passage id."""
    say = sayings(locale)
    said = [_said(why, one, lessons, say, locale) for why in one.why if why.weight > 0]
    conditions = _conditions(one, need, say, locale)
    told = [text for text in (*said, *conditions) if text][: _FACTS_SAID + len(conditions)] or _plain(one, say)
    return say.between.join(dict.fromkeys(told)) + (say.stop if told else "")


def _said(why: Why, one: Recommendation, lessons: Mapping[str, str], say: Sayings, locale: Locale) -> str:
    values = why.values
    match why.fact:
        case "lesson":
            title = lessons.get(values[0], "")
            return say.lesson.format(title) if title else ""
        case "place":
            return session_told(one.session, locale) if one.session else ""
        case fact if fact in _SAID:
            return _SAID[fact](say, values, locale)
    return ""


def _standing(say: Sayings, values: Sequence[str], _: Locale) -> str:
    names = {"new": "start_low", "some": "go_on", "advanced": "go_deep"}
    template: str = getattr(say, names.get(values[0], values[0]))
    return template.format(values[1])


# How a fact is said with its values.
_SAID: Mapping[str, Callable[[Sayings, Sequence[str], Locale], str]] = {
    "terms": lambda say, values, locale: say.terms.format(_list(values, locale)),
    "card": lambda say, *_: say.card,
    "occupation_named": lambda say, values, _: say.occupation_named.format(values[0]),
    "occupation": lambda say, values, locale: say.occupation.format(values[0], _list(values[1:], locale)),
    "audience": lambda say, values, locale: say.audience.format(audience_named(values[0], locale)),
    "standing": _standing,
    "followed": lambda say, values, _: say.followed.format(*values),
    "rated": lambda say, values, _: say.rated.format(*values),
    "nearest": lambda say, *_: say.among_the_nearest,
    "cheap": lambda say, values, _: say.free if values[0] == "0" else say.price.format(values[0]),
    "interest": lambda say, values, _: say.interest.format(values[0]),
}


def _plain(one: Recommendation, say: Sayings) -> list[str]:
    """What the record says of a course that nothing else speaks for but that it is there."""
    course = one.course
    told = [say.level.format(course.level)] if course.level is not None else []
    return told + ([say.fresh.format(course.updated_at.isoformat())] if course.updated_at else [])


def _conditions(one: Recommendation, need: Need, say: Sayings, locale: Locale) -> list[str]:
    """What was asked for and is so."""
    course = one.course
    told = [say.of_provider.format(course.provider)] if need.providers and course.provider else []
    if need.free:
        told.append(say.free)
    elif need.max_price is not None and course.price:
        told.append(say.price.format(f"{course.price.amount:g}") if course.price.amount else say.free)
    if need.step_free and one.session and one.session.offering.step_free:
        told.append(say.step_free)
    if need.delivery and "online" in need.delivery:
        told.append(say.online)
    if need.level is not None:
        told.append(say.level.format(need.level))
    if need.language and not course.language:
        told.append(say.written_in_english if need.language == "en" else say.written_in_chinese)
    elif need.language == "en":
        told.append(say.english)
    if need.max_hours is not None and course.hours is not None:
        told.append(say.path_hours.format(f"{course.hours:g}"))
    if need.credits and course.credits:
        told.append(say.path_credits.format(f"{course.credits:g}"))
    if need.says_when and one.session:
        told.append(session_told(one.session, locale))
    return told


def session_told(session: Session, locale: Locale) -> str:
    """Where and when a session is, and about how far."""
    say, offering = sayings(locale), session.offering
    place = "".join(filter(None, (offering.city, offering.district, offering.town)))
    if not place:
        return ""
    day = offering.start.isoformat() if offering.start else say.no_date
    return say.near_session.format(place, day) + _km(session, say)


def courses_told(found: Recommended, locale: Locale) -> str:
    """What kept courses out, and what the goal was taken for; empty where there is nothing to say."""
    say = sayings(locale)
    said = ""
    if found.in_the_way:
        ways = [say.so_many.format(getattr(say, f"way_{name}"), count) for name, count in found.in_the_way.items()]
        if found.about_something:
            said += say.nothing_meets + say.in_the_way.format(_list(ways, locale)) + barred_told(found, locale)
        else:
            said += say.in_the_way_of_any.format(_list(ways, locale))
    return said


def barred_told(found: Recommended, locale: Locale) -> str:
    """The courses that teach what was named and do not meet the conditions, with what their records state."""
    say = words(locale)
    stated = {citing_nothing(course.title): say.facts(course) for course in reversed(found.barred)}
    return "".join(
        f"\n\n- {say.record_says.format(title=title, facts=facts) if facts else title}"
        for title, facts in reversed(stated.items())
    )


def nearest_told(found: Recommended, locale: Locale) -> tuple[str, bool]:
    """The nearest class in person of what is recommended, and whether there is one."""
    say, place = sayings(locale), found.need.place or found.need.around
    held = [(one.course.title, one.session) for one in found.courses if one.session is not None]
    if not held:
        return (say.none_near.format(place.named), False) if place and place.named else ("", False)
    title, session = min(held, key=lambda one: _distance(one[1]))
    return class_told(title, session, locale), True


def class_told(title: str, session: Session, locale: Locale) -> str:
    """The nearest class in person: of which course, where and when."""
    say, offering = sayings(locale), session.offering
    where = "".join(filter(None, (offering.city, offering.district, offering.town, offering.address)))
    day = offering.start.isoformat() if offering.start else say.no_date
    return say.nearest.format(title, where, day, _km(session, say))


def gap_told(match: Match, gap: Gap, locale: Locale) -> str:
    """What an occupation takes: what is had, what is taught here, and what is not."""
    say = sayings(locale)
    said = say.means.format(match.occupation.title)
    said += say.sample_data if match.occupation.sample else ""
    said += say.had.format(_list(gap.had, locale)) if gap.had else ""
    said += say.taught.format(_list(gap.taught, locale)) if gap.taught else ""
    return said + (say.not_taught.format(_list(gap.missing, locale)) if gap.missing else "")


def work_told(match: Match, locale: Locale) -> str:
    """What an occupation's record says of its work, where it names no skills."""
    say, occupation = sayings(locale), match.occupation
    said = say.means.format(occupation.title)
    said += say.sample_data if occupation.sample else ""
    if occupation.tasks:
        said += say.work.format(_list(occupation.tasks[:3], locale), occupation.source)
    return said + say.no_skills_named


def way_told(way: Way, locale: Locale, *, official: bool, counted: bool = False) -> str:
    """A pathway as lines that any screen shows; `official` tells that rules on credits are loaded, `counted` that
    what is not taught is noted as a need.
    """
    say, path = sayings(locale), way.pathway
    if path.hindrances and not path.steps:
        return _hindered(path.hindrances, say, locale)
    intro = say.path_intro.format(path.goal.title, len(path.steps)) if path.goal.title else ""
    lines = [intro or say.path_intro_plain.format(len(path.steps)), ""]
    lines += [_step(number, step, say, locale) for number, step in enumerate(path.steps, 1)]
    lines.append("")
    lines.append(totals_told(path, locale))
    if path.hindrances:
        lines += ["", _hindered(path.hindrances, say, locale)]
    if path.goal.missing:
        lines += ["", say.path_missing.format(_list(path.goal.missing, locale)) + (say.counted if counted else "")]
    if way.alternatives:
        lines += ["", say.path_alternatives]
        lines += [f"- {_alternative(other, say, locale)}" for other in way.alternatives]
    if way.destination.diploma:
        lines += ["", say.path_no_diploma]
    if not official or way.destination.diploma:
        lines += ["", say.path_unofficial]
    return "\n".join(lines)


def totals_told(path: Pathway, locale: Locale) -> str:
    """What the steps still to be taken come to, and when the last one ends."""
    say = sayings(locale)
    if not path.left:
        return say.path_already
    told = say.path_total.format(f"{path.hours:g}") if path.hours else ""
    if path.without_hours:
        told += say.path_no_hours.format(path.without_hours)
    if path.credits:
        told += say.path_total_credits.format(f"{path.credits:g}")
    if path.terms.days:
        names = words(locale).plan_day_names.split()
        told += say.path_days.format(_list([names[day] for day in sorted(path.terms.days)], locale))
        if any(step.session and step.begins for step in path.left):
            told += say.no_times
    if path.ends and path.terms.hours_a_week:
        told += say.path_ends.format(
            f"{path.terms.hours_a_week:g}", path.terms.start.isoformat(), path.ends.isoformat()
        )
    elif not path.terms.hours_a_week:
        told += say.path_ask_hours
    return told


def hindrance_told(one: Hindrance, locale: Locale) -> str:
    """Why a goal cannot be reached."""
    say = sayings(locale)
    if one.obstacle == "circle":
        return say.circle.format(_list(one.values, locale))
    template: str = getattr(say, one.obstacle)
    return template.format(*one.values)


def balance_told(held: Balance, known: bool, rules: Rules, standings: Sequence[Standing], locale: Locale) -> str:
    """What a ledger holds, and how far targets are; `known` tells that somebody is signed in."""
    say = sayings(locale)
    if not known:
        return say.credits_no_ledger + ("" if rules.are_loaded else say.credits_none_loaded)
    told = say.credits_total.format(_number(held.total), len(held.counted)) if held.counted else say.credits_empty
    if held.expired:
        told += say.credits_expired.format(_number(sum((entry.credits for entry in held.expired), Decimal(0))))
    if not rules.are_loaded:
        return told + say.credits_none_loaded
    return told + "".join(f"\n\n{standing_told(one, locale)}" for one in standings)


def standing_told(one: Standing, locale: Locale) -> str:
    """How far a target is, with the clause it rests on."""
    say, target = sayings(locale), one.target
    told = say.credits_target.format(target.title, _number(target.credits), _number(one.counted))
    told += say.credits_reached if one.reached else ""
    told += say.credits_missing.format(_number(one.missing)) if one.missing else ""
    told += "".join(say.credits_missing_at.format(level, _number(missing)) for level, missing in one.missing_at)
    return told + rule_told(target, locale)


def rule_told(rule: Clause, locale: Locale) -> str:
    """The clause, its source and since when; a sample is called one."""
    say = sayings(locale)
    told = say.credits_rule.format(rule.clause, rule.source, rule.effective_from.isoformat())
    return told + (say.credits_sample if rule.sample else "")


def would_add_told(added: Sequence[Entry], silent: Sequence[str], locale: Locale) -> str:
    """What courses would add to a ledger."""
    say = sayings(locale)
    told = say.credits_would.format(_number(sum((entry.credits for entry in added), Decimal(0))))
    return told + (say.credits_silent.format(_list(silent, locale)) if silent else "")


def _step(number: int, step: Step, say: Sayings, locale: Locale) -> str:
    course = step.course
    told = [
        say.path_done if step.done else say.path_again if step.again else "",
        say.path_hours.format(f"{course.hours:g}") if course.hours is not None else "",
        say.path_level.format(course.level) if course.level is not None else "",
        say.path_credits.format(f"{course.credits:g}") if course.credits is not None else "",
        say.path_dates.format(step.begins, step.ends) if step.begins and step.ends else "",
    ]
    if step.session and not step.done:
        offering = step.session.offering
        place = "".join(filter(None, (offering.city, offering.district, offering.town)))
        day = offering.start.isoformat() if offering.start else say.no_date
        told.append(say.near_session.format(place, day) + _km(step.session, say) if place else "")
    elif step.elsewhere and not step.done and (class_ := session_told(step.elsewhere, locale)):
        told.append(say.path_or_class.format(class_))
    return f"{say.path_step.format(number, course.title)}{say.between}{say.between.join(filter(None, told))}"


def _alternative(path: Pathway, say: Sayings, locale: Locale) -> str:
    name: str = getattr(say, f"path_{path.preference}")
    titles = _list([step.course.title for step in path.left], locale)
    told = [
        "" if path.without_hours else say.path_hours.format(f"{path.hours:g}"),
        "" if path.price is None else say.price.format(f"{path.price:g}"),
    ]
    facts = say.between.join(filter(None, told))
    return f"{name}{say.between}{titles}{say.between}{facts}" if facts else f"{name}{say.between}{titles}"


def _hindered(hindrances: Sequence[Hindrance], say: Sayings, locale: Locale) -> str:
    return say.path_impossible + say.between.join(hindrance_told(one, locale) for one in hindrances) + say.stop


def _km(session: Session, say: Sayings) -> str:
    return say.near_km.format(round(session.km)) if session.km is not None and session.km >= 1 else ""


def _distance(session: Session | None) -> float:
    return session.km if session and session.km is not None else 1e6


def _list(items: Sequence[str], locale: Locale) -> str:
    return (", " if locale == "en" else "、").join(items)


def _number(value: Decimal) -> str:
    """Without the zeros at its end: 2.50 is 2.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
