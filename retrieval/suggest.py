"""Typing ahead: what a learner may be about to type, from the titles, subjects and skills of the library."""

from course_index.store.records import Records
from course_index.suggestions import KEY_CHARACTERS, Suggestion, folded

# More is not typed by hand.
_MAX_TYPED = 200
# A title may be found by several of its keys at once, and counts once.
_KEYS_A_SUGGESTION = 8


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
