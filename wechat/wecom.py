"""Enterprise WeChat's robot: an answer that grows, told as a whole each time that the robot is asked how far it is."""

import asyncio
import json
import logging
import re
import time
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from companion.events import joined
from companion.heard import Ask
from companion.http.problems import Problem
from companion.identity import pseudonym
from companion.state.database import StateUnavailable
from companion.state.feedback import Rating
from companion.state.state import State
from companion.turns import KeyUsedOtherwise, Numbered, TooManyTurns, Turns
from wechat import sayings
from wechat.admitting import Admitting
from wechat.crypto import NotFromWechat, signature
from wechat.cutting import Links, cut, with_what_is_shown
from wechat.messages import read_body
from wechat.sayings import steer_of
from wechat.seal import digest
from wechat.verifying import Checks

log = logging.getLogger(__name__)
CALLBACK = "/wecom/callback"
# Enterprise WeChat waits for five seconds, and asks again each second or so while a message is not finished.
_ANSWER_SECONDS = 3.0
_LOOK_SECONDS = 0.05
_MOST_BYTES = 20_480
_MENTION = re.compile(r"^\s*@\S+\s*")
_GONE = "这条回答已经不在了，请再问一次。"


@dataclass(frozen=True, slots=True)
class Grown:
    """A message as far as it is; `id` is what the next question for it names."""

    id: str
    content: str
    finished: bool


class Robot:
    """Answers a message by a turn, and a question for how far it is by what the turn has said till then."""

    def __init__(self, state: State, turns: Turns, admitting: Admitting, secret: str, ai_words: str) -> None:
        self._people = state.wechat_people
        self._state = state
        self._turns = turns
        self._admitting = admitting
        self._secret = secret
        self._ai_words = ai_words

    async def begin(self, message: dict[str, Any]) -> Grown:
        """The beginning of an answer; the same for the same message, however often it comes."""
        user, chat = _word(message.get("from"), "userid"), _word(message, "chatid")
        key = digest("wecom", _word(message, "msgid"))
        words = _MENTION.sub("", _word(message.get("text"), "content")) if message.get("msgtype") == "text" else None
        if words is None:
            return Grown(key, sayings.ONLY_TEXT, True)
        owner = self.learner(user)
        try:
            person = await asyncio.to_thread(self._people.of, pseudonym(self._secret, f"wecom|{user}|{chat}"), owner)
            if said := await self._steered(person.person, owner, words):
                return Grown(key, said, True)
            turn_id = await self._turns.begin(Ask(words, person.conversation_id, "zh-Hans", learner=owner), key)
            await asyncio.to_thread(self._people.asked, person.person, turn_id)
        except (StateUnavailable, TooManyTurns, KeyUsedOtherwise) as error:
            log.warning("a message of %s is not answered: %s", owner, type(error).__name__)
            return Grown(key, sayings.SORRY, True)
        return await self.grown(turn_id, user)

    async def grown(self, turn_id: str, user: str) -> Grown:
        """How far an answer of this user's is."""
        if await self._turns.owner(turn_id) != self.learner(user):
            return Grown(turn_id, _GONE, True)
        events: list[Numbered] = []
        async for event in self._turns.follow(turn_id, beat_seconds=_LOOK_SECONDS):
            if event is None:
                break
            events.append(event)
        return self._told(turn_id, events)

    async def rate(self, turn_id: str, user: str, good: bool) -> None:
        """Keep a thumb."""
        rating: Rating = "up" if good else "down"
        await asyncio.to_thread(self._state.feedback.give, self.learner(user), turn_id, rating, (), "")

    def learner(self, user: str) -> str:
        """The pseudonym of a user of Enterprise WeChat."""
        return pseudonym(self._secret, f"wecom|{user}")

    async def _steered(self, person: str, owner: str, words: str) -> str | None:
        """What is said to who wants something of the door itself, or may not be answered; None for the tutor."""
        if too_often := await self._admitting.too_often(owner):
            return too_often
        match steer := steer_of(words):
            case "new_topic" | "end":
                await asyncio.to_thread(self._people.begin_anew, person)
                return sayings.NEW_TOPIC if steer == "new_topic" else sayings.GOODBYE
            case "agree" | "withdraw":
                return await self._admitting.consented(owner, steer == "agree")
        return await self._admitting.refusal(owner, words)

    def _told(self, turn_id: str, events: list[Numbered]) -> Grown:
        """All that was said till now: each time the whole replaces what stood there."""
        answer = joined((event.name, event.data) for event in events)
        end = events[-1].name if events else ""
        if end == "error":
            return Grown(turn_id, sayings.SORRY, True)
        text = str(answer["text"])
        whole = with_what_is_shown(text, answer, Links("")) if end == "done" else text
        ai = any(event.name == "text" and event.data.get("ai") for event in events) or bool(answer.get("aigc"))
        label = f"\n\n{self._ai_words}" if ai and self._ai_words else ""
        content = next(iter(cut(whole, _MOST_BYTES - len(label.encode()))), "")
        return Grown(turn_id, f"{content}{label}" if content else "", end == "done")


def wecom_router(checks: Checks, robot: Robot) -> APIRouter:
    """Enterprise WeChat's own door: each request is signed and sealed, and so is each answer."""
    router = APIRouter(include_in_schema=False)

    @router.get(CALLBACK)
    async def set_up(request: Request) -> Response:
        """The console asks whether we can open what it seals."""
        try:
            return PlainTextResponse(checks.sealed_echo(request.query_params))
        except NotFromWechat as error:
            return _refused(error)

    @router.post(CALLBACK)
    async def deliver(request: Request) -> Response:
        """A message, a question for how far an answer is, or an event."""
        query = request.query_params
        try:
            message = read_body(checks.opened(query, read_body(await request.body()).sealed)).fields
        except NotFromWechat as error:
            return _refused(error)
        reply = await _in_time(_replied(robot, message))
        return PlainTextResponse(_sealed(reply, checks, query["nonce"]) if reply else "success")

    return router


async def _replied(robot: Robot, message: dict[str, Any]) -> dict[str, Any] | None:
    kind, user = message.get("msgtype"), _word(message.get("from"), "userid")
    if not user:
        return None
    if kind == "event":
        return await _of_event(robot, message, user)
    grown = await (robot.grown(_word(message.get("stream"), "id"), user) if kind == "stream" else robot.begin(message))
    stream: dict[str, Any] = {"id": grown.id, "finish": grown.finished, "content": grown.content}
    if kind != "stream":
        stream["feedback"] = {"id": grown.id}
    return {"msgtype": "stream", "stream": stream}


async def _of_event(robot: Robot, message: dict[str, Any], user: str) -> dict[str, Any] | None:
    event = message.get("event")
    told = event if isinstance(event, dict) else {}
    match told.get("eventtype"):
        case "enter_chat":
            return {"msgtype": "text", "text": {"content": sayings.GREETING}}
        case "feedback_event":
            thumb = told.get("feedback_event")
            if isinstance(thumb, dict) and thumb.get("type") in (1, 2):
                await robot.rate(_word(thumb, "id"), user, thumb["type"] == 1)
    return None


async def _in_time(work: Any) -> dict[str, Any] | None:
    """What is answered, or after some seconds nothing: then Enterprise WeChat asks again, and finds the same turn."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait([task], timeout=_ANSWER_SECONDS)
    if not done:
        task.add_done_callback(_seen)
        return None
    try:
        answer: dict[str, Any] | None = task.result()
    except Exception:
        log.exception("a message could not be answered")
        return None
    return answer


def _seen(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled() and (error := task.exception()):
        log.warning("an answer that came too late failed: %s", type(error).__name__)


def _sealed(reply: dict[str, Any], checks: Checks, nonce: str) -> str:
    assert checks.envelope is not None  # the door is not there without
    encrypted = checks.envelope.seal(json.dumps(reply, ensure_ascii=False).encode(errors="replace"))
    stamp = str(int(time.time()))
    signed = signature(checks.token, stamp, nonce, encrypted)
    return json.dumps({"encrypt": encrypted, "msgsignature": signed, "timestamp": int(stamp), "nonce": nonce})


def _word(fields: Any, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    return value if isinstance(value, str) else ""


def _refused(why: NotFromWechat) -> Response:
    log.warning("refused a request to %s: %s", CALLBACK, why)
    return Problem(403, "This is not signed as Enterprise WeChat signs.")
