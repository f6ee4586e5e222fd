"""What advice says (sayings.toml), in the learner's language and script."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.words import Locale, in_locale, phrases


@dataclass(frozen=True, slots=True)
class Sayings:
    """One phrase a situation."""

    # Why a course is shown: each is a fact that ranked it.
    lesson: str
    terms: str
    card: str
    occupation: str
    occupation_named: str
    audience: str
    start_low: str
    go_on: str
    go_deep: str
    near_session: str
    near_km: str
    no_date: str
    step_free: str
    free: str
    price: str
    online: str
    followed: str
    rated: str
    interest: str
    fresh: str
    level: str
    english: str
    written_in_english: str
    written_in_chinese: str
    of_provider: str
    again: str
    between: str
    stop: str
    # What stands in the way.
    so_many: str
    way_open: str
    way_finished: str
    way_free: str
    way_price: str
    way_hours: str
    way_level: str
    way_credits: str
    way_begins: str
    way_language: str
    way_delivery: str
    way_place: str
    way_step_free: str
    way_prerequisites: str
    way_provider: str
    way_excluded: str
    way_audience: str
    in_the_way: str
    nothing_meets: str
    closest_courses: str
    no_such_course: str
    may_suit: str
    # Places.
    nearest: str
    none_near: str
    among_the_nearest: str
    online_instead: str
    no_times: str
    no_certificates: str
    no_captions: str
    no_heard: str
    no_rated: str
    no_span: str
    no_device: str
    nothing_on_conditions: str
    in_the_way_of_any: str
    counted: str
    not_on_all: str
    undecided: str
    no_others: str
    # Occupations and gaps.
    means: str
    taught: str
    had: str
    not_taught: str
    sample_data: str
    work: str
    no_skills_named: str
    title_low: str
    title_high: str
    # Pathways.
    path_intro: str
    path_intro_plain: str
    path_no_diploma: str
    path_step: str
    path_hours: str
    path_credits: str
    path_level: str
    path_session: str
    path_dates: str
    path_done: str
    path_again: str
    path_total: str
    path_total_credits: str
    path_ends: str
    path_days: str
    path_no_hours: str
    path_ask_hours: str
    path_missing: str
    path_unofficial: str
    path_alternatives: str
    path_fewest_hours: str
    path_cheapest: str
    path_online: str
    path_already: str
    path_impossible: str
    no_skill: str
    no_level: str
    no_credits: str
    no_course: str
    no_time: str
    no_prerequisite: str
    no_session: str
    too_late: str
    past: str
    path_or_class: str
    path_nth: str
    circle: str
    # Credits.
    credits_none_loaded: str
    credits_total: str
    credits_no_ledger: str
    credits_empty: str
    credits_expired: str
    credits_target: str
    credits_missing: str
    credits_missing_at: str
    credits_reached: str
    credits_rule: str
    credits_sample: str
    credits_would: str
    credits_silent: str


# The catalogue's words for whom a course is for.
_AUDIENCES = {
    "courier": ("快递员和骑手", "couriers and riders"),
    "senior": ("长者", "seniors"),
    "farmer": ("农民", "farmers"),
    "child": ("孩子", "children"),
    "parent": ("家长", "parents"),
    "worker": ("工人", "workers"),
    "youth": ("青年", "young people"),
    "migrant": ("来粤人员", "newcomers"),
    "teacher": ("教师和社区工作者", "teachers and community workers"),
}


@cache
def sayings(locale: Locale) -> Sayings:
    """What is said in a locale."""
    return phrases(Sayings, Path(__file__).with_name("sayings.toml"), locale)


def audience_named(audience: str, locale: Locale) -> str:
    """Whom a catalogue's word means; the word itself where it is an operator's own."""
    return in_locale(locale, *_AUDIENCES.get(audience, (audience, audience)))
