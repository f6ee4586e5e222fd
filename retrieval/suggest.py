"""Typing ahead: what a learner may be about to type, from the titles, subjects and skills of the library."""

import re
from collections import Counter

from course_index.sounds import readings
from course_index.store.records import Records
from course_index.suggestions import KEY_CHARACTERS, Suggestion, folded

# More is not typed by hand.
_MAX_TYPED = 200
# A title may be found by several of its keys at once, and counts once.
_KEYS_A_SUGGESTION = 8
_PINYIN = re.compile(r"[a-z]{4,30}")
# What stands between two words: 力之 is none.
_JOINT = re.compile("[之的了和与及在是]")
# How many suggestions are asked how they write what was typed.
_READ = 20


def suggest(records: Records, typed: str, limit: int) -> list[Suggestion]:
    """At most `limit` suggestions whose start, or a word inside, begins as typed: written, in pinyin, or by initials.

    The start of a title goes before its inside, lessons come last, and then the shorter comes first.
    """
    prefix = folded(typed[:_MAX_TYPED])[:KEY_CHARACTERS]
    if not prefix:
        return []
    found: dict[str, Suggestion] = {}
    for suggestion in records.phrases.suggested(prefix, limit * _KEYS_A_SUGGESTION):
        found.setdefault(folded(suggestion.text), suggestion)
    return list(found.values())[:limit]


def written(records: Records, typed: str) -> str | None:
    """What is typed in pinyin as titles, subjects and skills write it: shufa is 书法. None for anything else.

    One syllable is too many words, and many an English one.
    """
    sound = folded(typed)
    if not _PINYIN.fullmatch(sound):
        return None
    found = Counter(word for one in suggest(records, typed, _READ) for word in {_sounding(one.text, sound)} if word)
    return max(found, key=lambda word: (found[word], word), default=None)


def _sounding(text: str, sound: str) -> str | None:
    """The first part of a text that is read as `sound`, of two characters at least."""
    words = (_begun(text[start:], sound) for start in range(len(text)))
    return next((word for word in words if len(word) > 1 and not _JOINT.search(word)), None)


def _begun(text: str, sound: str) -> str:
    """The beginning of a text that is read as `sound`, whole; empty where there is none."""
    if not sound:
        return ""
    for syllable in readings(text[0]) if text else ():
        if sound == syllable:
            return text[0]
        if sound.startswith(syllable) and (rest := _begun(text[1:], sound[len(syllable) :])):
            return text[0] + rest
    return ""
