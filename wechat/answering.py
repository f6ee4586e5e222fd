"""One message, told top to bottom: understand what is wanted of the door, ask the tutor, cut, send, park the rest."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from companion.events import joined
from companion.heard import Ask
from companion.state.database import StateUnavailable
from companion.state.state import State
from companion.state.wechat_inbox import Letter
from companion.state.wechat_people import Part, Person, Why
from companion.turns import TooManyTurns, Turns
from wechat import sayings
from wechat.admitting import Admitting
from wechat.client import Client, WechatProblem
from wechat.cutting import Links, halves, parts, told
from wechat.sayings import steer_of
from wechat.seal import Seal, Unreadable

log = logging.getLogger(__name__)

# Typing lasts 15 seconds and cannot be shown anew before; a quick answer needs none.
_QUICK_SECONDS = 0.3
_TYPING_SECONDS = 15.5
_STATE_AGAIN_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0
_STOPPED = 409


@dataclass(frozen=True, slots=True)
class Manner:
    """How answers are sent: the operator's settings."""

    text_bytes: int = 2_000
    parts: int = 4
    ai_mark: bool = True
    ai_words: str = "（内容由AI生成）"
    links: Links = field(default_factory=lambda: Links(""))
    greeting_hours: float = 24
    tries: int = 6
    check: bool = False
    check_fails: Literal["open", "closed"] = "closed"


@dataclass(frozen=True, slots=True)
class Say:
    """What a message gets. `unparks`: what waited for the learner is among it, or is not wanted any more."""

    parts: tuple[Part, ...] = ()
    unparks: bool = False


class NotNow(Exception):
    """It cannot be answered now and may be later; the message says why, without the learner's words."""


class NotWanted(Exception):
    """The learner, or who erased them, does not want this answer any more."""


class Answering:
    """Answers messages of the inbox by the same tutor, limits and learners as every other door."""

    def __init__(
        self,
        state: State,
        turns: Turns,
        admitting: Admitting,
        client: Client,
        seal: Seal,
        manner: Manner,
    ) -> None:
        self._state = state
        self._inbox = state.wechat_inbox
        self._people = state.wechat_people
        self._turns = turns
        self._admitting = admitting
        self._client = client
        self._seal = seal
        self._manner = manner

    async def answer(self, letter: Letter) -> None:
        """Answer one message; a store that is away meanwhile is waited for, and nothing is sent twice."""
        while True:
            try:
                await self._answer(letter)
                return
            except StateUnavailable:
                await asyncio.sleep(_STATE_AGAIN_SECONDS)
            except Exception:
                # The words are not in it: they are in no exception of ours.
                log.exception("a message of %s could not be answered", letter.person)
                await self._leave(letter)
                return
            letter = await self._as_it_stands(letter)

    async def _leave(self, letter: Letter) -> None:
        """What failed in a way that nobody foresaw is tried some times more, and then given up."""
        try:
            if letter.tries < self._manner.tries:
                await asyncio.to_thread(self._inbox.put_back, letter, _wait(letter))
            else:
                await asyncio.to_thread(self._inbox.finish, letter)
        except StateUnavailable:
            log.error("a message of %s stays with this process until it ends", letter.person)

    async def _as_it_stands(self, letter: Letter) -> Letter:
        while True:
            try:
                return await asyncio.to_thread(self._inbox.read, letter) or replace(letter, number=-1)
            except StateUnavailable:
                await asyncio.sleep(_STATE_AGAIN_SECONDS)

    async def _answer(self, letter: Letter) -> None:
        try:
            openid = self._seal.open(letter.address)
        except Unreadable as error:
            log.error("a message of %s cannot be answered: %s", letter.person, error)
            await asyncio.to_thread(self._inbox.finish, letter)
            return
        try:
            if not letter.answered:
                letter = await self._composed(letter, openid)
        except NotWanted:
            await asyncio.to_thread(self._inbox.finish, letter)
            return
        except NotNow as error:
            log.warning("a message of %s is not answered yet: %s", letter.person, error)
            await asyncio.to_thread(self._inbox.put_back, letter, _wait(letter))
            return
        await self._deliver(letter, openid)

    # What is said.

    async def _composed(self, letter: Letter, openid: str) -> Letter:
        """The message with its whole answer, which is kept before any of it is sent."""
        person = await asyncio.to_thread(self._people.get, letter.person)
        if person is None:
            raise NotWanted
        try:
            say = await self._said(letter, person, openid)
        except NotNow as error:
            if letter.tries < self._manner.tries:
                raise
            log.error("a message of %s is not answered at all: %s", letter.person, error)
            say = Say((Part(sayings.SORRY),))
        except (StateUnavailable, NotWanted):
            raise
        except Exception as error:
            log.exception("a message of %s failed", letter.person)
            if letter.tries < self._manner.tries:
                raise NotNow(type(error).__name__) from None
            say = Say((Part(sayings.SORRY),))
        told = self._with_notice(say.parts)
        if not await asyncio.to_thread(self._inbox.say, letter, told, answered=True, unparks=say.unparks):
            raise NotWanted
        return replace(letter, answer=told, answered=True)

    async def _said(self, letter: Letter, person: Person, openid: str) -> Say:
        match letter.kind:
            case "entered":
                greets = await asyncio.to_thread(self._people.may_greet, letter.person, self._manner.greeting_hours)
                return Say((Part(sayings.GREETING),) if greets or letter.tries > 1 else ())
            case "unread":
                return Say((Part(sayings.ONLY_TEXT),))
            case "end":
                return await self._ended(letter)
        return await self._steered(letter, person, openid)

    async def _ended(self, letter: Letter) -> Say:
        """At once, without a word to keep them: what is being written for them is stopped."""
        for turn_id in await asyncio.to_thread(self._inbox.turns_of, letter.person):
            await self._turns.cancel(turn_id)
        await asyncio.to_thread(self._inbox.drop_others, letter)
        await asyncio.to_thread(self._people.begin_anew, letter.person)
        return Say((Part(sayings.GOODBYE),), unparks=True)

    async def _steered(self, letter: Letter, person: Person, openid: str) -> Say:
        if letter.tries == 1 and (too_often := await self._admitting.too_often(person.owner)):
            return Say((Part(too_often),))
        match steer := steer_of(letter.words):
            case "new_topic":
                await asyncio.to_thread(self._people.begin_anew, letter.person)
                return Say((Part(sayings.NEW_TOPIC),), unparks=True)
            case "up" | "down":
                return await self._rated(person, steer)
            case "agree" | "withdraw":
                return Say((Part(await self._admitting.consented(person.owner, steer == "agree")),))
            case "more" if person.parked:
                return Say(person.parked, unparks=True)
        return _behind_what_waited(await self._asked(letter, person, openid), person)

    async def _rated(self, person: Person, rating: Literal["up", "down"]) -> Say:
        given = bool(person.turn_id) and await asyncio.to_thread(
            self._state.feedback.give, person.owner, person.turn_id or "", rating, (), ""
        )
        thanks = sayings.THANKS_UP if rating == "up" else sayings.THANKS_DOWN
        return Say((Part(thanks if given else sayings.NOTHING_TO_RATE),))

    # The tutor.

    async def _asked(self, letter: Letter, person: Person, openid: str) -> tuple[Part, ...]:
        """What the tutor says, as messages."""
        if refused := await self._admitting.refusal(person.owner, letter.words):
            return (Part(refused),)
        if self._manner.check and not await self._is_fit(openid, letter.words):
            return (Part(sayings.UNFIT),)
        async with self._typing(openid):
            answer = await self._told_before(letter) or await self._turn(letter, person)
        text, ai = told(answer, self._manner.links), answer.get("aigc") is not None
        if not text:
            return (Part(sayings.SORRY),)
        if ai and self._manner.check and not await self._is_fit(openid, text):
            return (Part(sayings.UNFIT),)
        room = self._manner.text_bytes - len(f"{sayings.BEFORE}\n{sayings.MORE}".encode())
        return parts(text, room, ai, self._manner.ai_words)

    async def _told_before(self, letter: Letter) -> dict[str, Any] | None:
        """The answer of a turn that another process began for this message, if it came to its end."""
        if not letter.turn_id:
            return None
        events = [event async for event in self._turns.follow(letter.turn_id) if event]
        if not events or events[-1].name != "done":
            return None
        return joined((event.name, event.data) for event in events)

    async def _turn(self, letter: Letter, person: Person) -> dict[str, Any]:
        """The whole answer of a turn. Raises NotNow, NotWanted."""
        ask = Ask(letter.words, person.conversation_id, "zh-Hans", learner=person.owner)
        try:
            turn_id = await self._turns.begin(ask)
        except TooManyTurns:
            raise NotNow("as many turns are under way as this process takes on") from None
        events = self._turns.follow(turn_id)
        if not await asyncio.to_thread(self._inbox.began, letter, turn_id):
            await self._turns.cancel(turn_id)
            raise NotWanted
        await asyncio.to_thread(self._people.asked, letter.person, turn_id)
        whole = [event async for event in events if event]
        end = whole[-1] if whole else None
        if end is not None and end.name == "done":
            return joined((event.name, event.data) for event in whole)
        if end is not None and end.data.get("status") == _STOPPED:
            raise NotWanted
        raise NotNow(str(end.data.get("title")) if end else "the turn is not known any more")

    async def _is_fit(self, openid: str, text: str) -> bool:
        try:
            return await self._client.is_fit(openid, text)
        except WechatProblem as error:
            log.warning("WeChat's check cannot be had (%s); it counts as %s", error, self._manner.check_fails)
            return self._manner.check_fails == "open"

    @asynccontextmanager
    async def _typing(self, openid: str) -> AsyncIterator[None]:
        showing = asyncio.create_task(self._show_typing(openid))
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show_typing(self, openid: str) -> None:
        await asyncio.sleep(_QUICK_SECONDS)
        while True:
            await self._client.typing(openid)
            await asyncio.sleep(_TYPING_SECONDS)

    # How it is sent.

    def _with_notice(self, some: Sequence[Part]) -> tuple[Part, ...]:
        """The messages, the last one that is sent now saying that there are more."""
        most = self._manner.parts
        if len(some) <= most:
            return tuple(some)
        last = replace(some[most - 1], text=f"{some[most - 1].text}\n{sayings.MORE}")
        return (*some[: most - 1], last, *some[most:])

    async def _deliver(self, letter: Letter, openid: str) -> None:
        """Send what is to be sent now; what cannot be is parked."""
        whole, number, most = list(letter.answer), letter.sent, self._manner.parts
        while number < min(len(whole), most):
            match await asyncio.to_thread(self._inbox.step, letter, number):
                case "lost":
                    return
                case "used_up":
                    await self._park(letter, whole[number:], "unsent")
                    return
            part = whole[number]
            match await self._client.send_text(openid, part.text, part.ai and self._manner.ai_mark):
                case "sent" | "unknown":
                    number += 1
                case "too_long":
                    pieces = halves(part, self._manner.ai_words)
                    if len(pieces) < 2:
                        log.error("a message of %s bytes is too long for WeChat", len(part.text.encode()))
                        number += 1
                        continue
                    whole[number : number + 1] = pieces
                    most += len(pieces) - 1
                    await self._undone(letter, number, whole)
                case "too_late" | "used_up":
                    await asyncio.to_thread(self._people.used_up, letter.person)
                    await self._park(letter, whole[number:], "unsent")
                    return
                case "later":
                    await self._undone(letter, number, whole)
                    if letter.tries < self._manner.tries:
                        await asyncio.to_thread(self._inbox.put_back, letter, _wait(letter))
                    else:
                        log.error("messages to %s could not be sent, and wait for the next of theirs", letter.person)
                        await self._park(letter, whole[number:], "unsent")
                    return
                case "refused":
                    await self._undone(letter, number, whole)
                    await self._park(letter, whole[number:], "unsent")
                    return
        await self._park(letter, whole[number:], "long")

    async def _undone(self, letter: Letter, number: int, whole: Sequence[Part]) -> None:
        """A message was not sent after all: it is begun anew, and does not count."""
        await asyncio.to_thread(self._people.give_back, letter.person)
        await asyncio.to_thread(self._inbox.step_back, letter, number, whole)

    async def _park(self, letter: Letter, left: Sequence[Part], why: Why) -> None:
        # A greeting or a word on pictures is nothing to come back to.
        kept = left if letter.kind == "text" else ()
        await asyncio.to_thread(self._inbox.finish, letter, kept, why if kept else "")


def _behind_what_waited(asked: tuple[Part, ...], person: Person) -> Say:
    """The answer behind what could not be sent before; the rest of a long answer is for who asks for more of it."""
    if not person.parked or person.parked_why != "unsent":
        return Say(asked, unparks=bool(person.parked))
    first, *rest = person.parked
    if not first.text.startswith(sayings.BEFORE):
        first = replace(first, text=f"{sayings.BEFORE}{first.text}")
    return Say((first, *rest, *asked), unparks=True)


def _wait(letter: Letter) -> float:
    return min(_LONGEST_WAIT_SECONDS, 2.0**letter.tries)
