"""What the companion says itself is said in every language, and with the same slots."""

import string
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from companion import words as spoken
from companion.guidance import sayings as advice
from companion.http import portal_words as portal
from companion.words import Words, in_locale, phrases, words

TEXTS = {
    Path(spoken.__file__).with_name("words.toml"): spoken.Words,
    Path(advice.__file__).with_name("sayings.toml"): advice.Sayings,
    Path(portal.__file__).with_name("portal_words.toml"): portal.PortalWords,
}
PHRASES = [
    pytest.param(wordings, id=f"{file.stem}.{name}")
    for file in TEXTS
    for name, wordings in tomllib.loads(file.read_text("utf-8")).items()
]


def slots(text: str) -> set[str]:
    """The slots of a phrase; those without a name are counted by their place."""
    named = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    return {name or str(place) for place, name in enumerate(named)}


@pytest.mark.parametrize("wordings", PHRASES)
def test_every_phrase_is_there_in_both_languages_with_the_same_slots(wordings: dict[str, str]) -> None:
    assert set(wordings) == {"zh", "en"}
    assert wordings["zh"].strip()
    assert slots(wordings["zh"]) == slots(wordings["en"])


@pytest.mark.parametrize(("file", "kind"), TEXTS.items(), ids=lambda one: getattr(one, "stem", ""))
def test_the_files_hold_the_phrases_that_the_code_says_and_no_others(file: Path, kind: type) -> None:
    assert set(tomllib.loads(file.read_text("utf-8"))) == {field.name for field in fields(kind)}


def test_a_phrase_that_a_language_lacks_is_no_empty_one(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('language.zh = "简体中文"\n', "utf-8")
    with pytest.raises(TypeError, match="en"):
        phrases(Words, tmp_path / "words.toml", "zh-Hans")


def test_traditional_script_is_made_of_the_simplified_and_english_counts_in_the_singular() -> None:
    assert words("zh-Hant").quoted == "課程裏是這樣寫的："
    assert words("zh-Hant").plan_week.startswith("第 {week} 週")
    assert in_locale("zh-Hant", "第 13 周，每周两次，周恩来", "") == "第 13 週，每週兩次，周恩來"
    assert words("en").plan_week_hours.format(1) == ", 1 hour"
