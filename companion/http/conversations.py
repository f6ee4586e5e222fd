"""GET and DELETE /v1/conversations/{id}: what is remembered of a conversation, and its erasure."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from companion.http.problems import AsciiJSONResponse, Problem
from companion.remembering import Remembering


def conversations_router(remembering: Remembering) -> APIRouter:
    """The doors to one conversation. Who knows its id may read and erase it: ids are random, and not listed."""
    router = APIRouter(prefix="/v1", tags=["conversations"])

    @router.get("/conversations/{conversation_id}")
    async def read(conversation_id: str) -> Response:
        """All turns, oldest first; messages as they were kept, with personal numbers masked."""
        turns = await run_in_threadpool(remembering.conversations.whole, conversation_id)
        if not turns:
            return Problem(404, "there is no such conversation; it may have been erased")
        shown = [asdict(turn) | {"asked_at": turn.asked_at.isoformat(), "usage": dict(turn.usage)} for turn in turns]
        return AsciiJSONResponse({"conversation_id": conversation_id, "turns": shown})

    @router.delete("/conversations/{conversation_id}")
    async def erase(conversation_id: str) -> Response:
        """Erase it for good; 204 also when there was nothing."""
        await run_in_threadpool(remembering.conversations.forget, conversation_id)
        return Response(status_code=204)

    return router
