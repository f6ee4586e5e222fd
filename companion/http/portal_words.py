"""What the portal's pages say (portal_words.toml), in their languages."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from companion.words import Locale, in_locale, phrases


@dataclass(frozen=True, slots=True)
class PortalWords:
    """The words of the pages; `{}` is filled."""

    site: str
    tagline: str
    skip: str
    search: str
    search_for: str
    all_courses: str
    total: str
    none_found: str
    ask_instead: str
    did_you_mean: str
    filters: str
    take_away: str
    page_of: str
    previous: str
    following: str
    initiative: str
    audience: str
    level: str
    level_of: str
    delivery: str
    city: str
    language: str
    provider: str
    hours: str
    credits: str
    price: str
    free: str
    skills: str
    before: str
    sessions: str
    start: str
    place: str
    seats: str
    step_free: str
    steps: str
    lessons: str
    no_lessons: str
    valid_until: str
    updated: str
    licence: str
    original: str
    unknown: str
    no_script: str
    sample: str
    sample_note: str
    everyone: str
    delivery_online: str
    delivery_offline: str
    delivery_blended: str
    missing: str
    missing_how: str
    not_ready: str
    not_ready_how: str
    contents: str


_INITIATIVES = {
    "ideology": ("思想引领", "Ideas and values"),
    "academic": ("学历提升", "Academic advancement"),
    "skills": ("技能成才", "Skills"),
    "culture": ("文化艺术", "Culture and arts"),
    "key_groups": ("重点群体", "Key groups"),
    "network": ("城乡学习网络", "Learning network"),
}
_LANGUAGES = {
    "zh-Hans": ("简体中文", "Simplified Chinese"),
    "zh-Hant": ("繁体中文", "Traditional Chinese"),
    "en": ("英语", "English"),
}


@cache
def portal_words(locale: Locale) -> PortalWords:
    """The words of a locale."""
    return phrases(PortalWords, Path(__file__).with_name("portal_words.toml"), locale)


def initiative_named(initiative: str, locale: Locale) -> str:
    """One of the six initiatives; an operator's own word stays."""
    return in_locale(locale, *_INITIATIVES.get(initiative, (initiative, initiative)))


def language_named(language: str, locale: Locale) -> str:
    """A language by its tag; a tag that has no name here stays."""
    return in_locale(locale, *_LANGUAGES.get(language, (language, language)))
