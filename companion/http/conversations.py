"""GET and DELETE /v1/conversations[/{id}]: what is remembered of a learner's conversations, and their erasure."""

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.http.gate import caller_of
from companion.http.problems import AsciiJSONResponse, Problem, may_be
from companion.remembering import Remembering
from companion.turns import Turns

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
    """A turn that has ended. `message` is masked; `question` is the message made to stand alone."""

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


class ConversationTold(TypedDict):
    """All turns of a conversation, the oldest first."""

    conversation_id: str
    turns: list[TurnTold]


def conversations_router(remembering: Remembering, turns: Turns) -> APIRouter:
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
        turns = await run_in_threadpool(kept.whole, conversation_id)
        shown = [asdict(turn) | {"usage": dict(turn.usage)} for turn in turns]
        return AsciiJSONResponse({"conversation_id": conversation_id, "turns": shown})

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


_NONE = "there is no such conversation; it may have been erased"
