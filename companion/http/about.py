"""GET /v1/about: who answers here, with which model, under which terms. A page shows it beside the chat."""

from fastapi import APIRouter
from fastapi.responses import Response
from typing_extensions import TypedDict

from companion.http.problems import AsciiJSONResponse
from companion.settings import CompanionSettings

# What a public service in China has to tell; a blank is warned of at the start of a service that others can reach.
_TO_BE_TOLD = ("operator_name", "terms_url", "privacy_url", "service_hotline")


class WritingModel(TypedDict):
    """The language model that writes, and under which number it is filed."""

    name: str
    filing: str | None


class About(TypedDict):
    """Who answers here, and under which terms; what the operator has not set is null."""

    service: str
    operator: str | None
    model: WritingModel | None
    terms_url: str | None
    privacy_url: str | None
    hotline: str | None
    visitors: bool
    consent_version: str | None
    complaint_days: int
    complaint_kept_days: int
    conversation_days: int
    message_characters: int


def about_router(settings: CompanionSettings) -> APIRouter:
    """The door; what the operator has not set is null, never made up."""
    router = APIRouter(prefix="/v1", tags=["about"])
    told: About = {
        "service": "learning-companion",
        "operator": settings.operator_name,
        "model": {"name": settings.llm_model, "filing": settings.model_filing} if settings.llm_base_url else None,
        "terms_url": settings.terms_url,
        "privacy_url": settings.privacy_url,
        "hotline": settings.service_hotline,
        # Whether a page asks POST /v1/sessions for a token before a turn.
        "visitors": bool(settings.session_secret),
        "consent_version": settings.consent_version,
        "complaint_days": settings.complaint_days,
        "complaint_kept_days": settings.complaint_kept_days,
        "conversation_days": settings.conversation_days,
        "message_characters": settings.message_max_characters,
    }

    @router.get("/about", response_model=About)
    async def about() -> Response:
        """Who answers here, with which model, under which terms."""
        return AsciiJSONResponse(told)

    return router


def untold(settings: CompanionSettings) -> list[str]:
    """The settings that a public service should have and this one has not."""
    needed = [*_TO_BE_TOLD, *(["model_filing"] if settings.llm_base_url else [])]
    return [f"COMPANION_{name.upper()}" for name in needed if not getattr(settings, name)]
