"""GET and DELETE /v1/conversations[/{id}]: what is remembered of a learner's conversations, and their erasure."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.catalogue import card_of
from companion.conversation import Conversations, PastTurn, Quiz
from companion.events import CoursesFound, QuizItem, payload
from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.http.wire import CourseOnCard
from companion.remembering import Remembering
from companion.replies.advising import Advising
from companion.replies.practising import open_items
from companion.turns import Turns
from companion.tutors import Tutors
from course_index.errors import IndexProblem

_LISTED = 100


class OutlineTold(TypedDict):
    """A conversation in a list of them."""

    conversation_id: str
    touched_at: datetime
    first_message: str


class OutlinesTold(TypedDict):
    """A learner's conversations, the newest first."""

    conversations: list[OutlineTold]


class TurnTold(TypedDict):
    """A turn that has ended. `message` is masked; `question` is the message made to stand alone. `courses` are those
    it showed, with what their records say now; one that has left the catalogue is not among them.
    """

    id: str
    asked_at: datetime
    message: str
    question: str
    wish: str
    mode: str
    reply: str
    passages: list[str]
    ai: bool
    usage: dict[str, float]
    grounded: bool | None
    seconds: float | None
    course_id: str | None
    courses: list[CourseOnCard]


class ConversationTold(TypedDict):
    """All turns of a conversation, the oldest first, and the questions of a quiz that its next message may answer."""

    conversation_id: str
    turns: list[TurnTold]
    quiz: list[QuizItem]


def conversations_router(remembering: Remembering, turns: Turns, tutors: Tutors) -> APIRouter:
    """The doors to a learner's own. Where nobody says who they are, who knows an id may read it, and none is listed."""
    router = APIRouter(prefix="/v1", tags=["conversations"])
    kept = remembering.conversations

    @router.get("/conversations", response_model=OutlinesTold)
    async def listed(request: Request) -> Response:
        """The learner's latest conversations, the newest first."""
        learner = caller_of(request).learner
        outlines = await run_in_threadpool(kept.of, learner, _LISTED) if learner else []
        shown = [
            {
                "conversation_id": one.id,
                "touched_at": one.touched_at,
                "first_message": one.first_message,
            }
            for one in outlines
        ]
        return AsciiJSONResponse({"conversations": shown})

    @router.get("/conversations/{conversation_id}", response_model=ConversationTold, responses=may_be(404))
    async def read(conversation_id: str, request: Request) -> Response:
        """All turns of a conversation, the oldest first; messages as they were kept, with personal numbers masked."""
        if await run_in_threadpool(kept.owner, conversation_id) != caller_of(request).learner:
            return Problem(404, _NONE)
        tutor = await tutors.of(caller_of(request).learner)
        return AsciiJSONResponse(await run_in_threadpool(_told, conversation_id, kept, tutor.advising))

    @router.delete("/conversations/{conversation_id}", status_code=204)
    async def erase(conversation_id: str, request: Request) -> Response:
        """Erase a conversation for good; 204 also when there was nothing. A turn under way in it is stopped."""
        learner = caller_of(request).learner
        # What a turn under way would still write down of itself is to be erased too.
        await turns.stop_all_of(learner, conversation_id)
        await remembering.settle_of(learner)
        if await run_in_threadpool(kept.owner, conversation_id) == learner:
            await run_in_threadpool(kept.forget, conversation_id)
        return Response(status_code=204)

    return router


def _told(id_: str, kept: Conversations, advising: Advising) -> dict[str, Any]:
    pending = kept.load(id_).pending
    waiting = open_items(pending) if isinstance(pending, Quiz) and not pending.is_over else ()
    turns = [asdict(turn) | {"usage": dict(turn.usage), "courses": _cards(turn, advising)} for turn in kept.whole(id_)]
    return {"conversation_id": id_, "turns": turns, "quiz": [asdict(item) for item in waiting]}


def _cards(turn: PastTurn, advising: Advising) -> list[dict[str, Any]]:
    """The cards of a turn as they went over the wire, of what the catalogue still has; none while it cannot say."""
    try:
        courses = [(card, advising.adviser.course(card.course_id)) for card in turn.courses]
    except IndexProblem:
        return []
    cards = (replace(card_of(course, card.reason), step=card.step) for card, course in courses if course)
    told: list[dict[str, Any]] = payload(CoursesFound(tuple(cards)))["courses"]
    return told


_NONE = "there is no such conversation; it may have been erased"
