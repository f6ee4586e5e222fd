"""Credits, by arithmetic over the learner's account and the rules that the operator has loaded."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from companion.catalogue import card_of
from companion.events import CoursesFound, Done, Event, TextAdded
from companion.guidance.adviser import Adviser
from companion.guidance.book import Book
from companion.guidance.credits import Clause, Target, balance, standing, would_add
from companion.guidance.telling import balance_told, rule_told, would_add_told
from companion.heard import Heard
from companion.patterns import Patterns
from course_index.analyze import normalise
from course_index.course import Course

_ASKS = Patterns(Path(__file__).with_name("crediting.toml"))


class Crediting:
    """Tells what an account holds, what targets lack, and what courses would add."""

    def __init__(self, adviser: Adviser, book: Book) -> None:
        self._adviser = adviser
        self._book = book

    def asks_for_own_credits(self, heard: Heard) -> bool:
        """Whether a message asks what is in the learner's account, or would be; or how credits count, if we know."""
        said = normalise(heard.question)
        own = _ASKS["own"].search(said) and not _ASKS["elsewhere"].search(said)
        return bool(own or _ASKS["would_add"].search(said)) or self.knows_the_rule(heard.question)

    def knows_the_rule(self, message: str) -> bool:
        """Whether a message asks about credits as such, and rules on them are loaded."""
        return self._adviser.rules.are_loaded and bool(_ASKS["as_such"].search(normalise(message)))

    async def credits(self, heard: Heard, talked_of: Course | None) -> AsyncGenerator[Event, None]:
        """What the learner's account holds, what targets lack, and what courses that are named would add, else the one
        `talked_of` where that is asked; arithmetic alone.
        """
        owner, rules, day = heard.conversation.owner, self._adviser.rules, self._adviser.today()
        entries = await asyncio.to_thread(self._book.entries, owner) if owner else ()
        held = balance(entries, rules, day)
        standings = [standing(target, held.counted) for target in rules.targets(day)]
        named = await asyncio.to_thread(self._courses_named, heard)
        if not named and talked_of and _ASKS["would_add"].search(normalise(heard.message)):
            named = [talked_of]
        added, silent = would_add(named, entries, day)
        if named:
            yield CoursesFound(tuple(card_of(course, heard.say.reason_record) for course in named))
        text = "" if named and not owner else balance_told(held, bool(owner), rules, standings, heard.locale)
        if named:
            text = f"{would_add_told(added, [course.title for course in silent], heard.locale)}\n\n{text}".strip()
        if not named:
            told = rules.in_force(day) if not owner else [one for one in rules.in_force(day) if not _is_target(one)]
            text += "".join(f"\n\n{rule_told(rule, heard.locale)}" for rule in told)
        yield TextAdded(text)
        yield Done("catalogue", None)

    def _courses_named(self, heard: Heard) -> list[Course]:
        asked = normalise(heard.question)
        return [course for course in self._adviser.recommender().shelf.courses if normalise(course.title) in asked]


def _is_target(rule: Clause) -> bool:
    return isinstance(rule, Target)
