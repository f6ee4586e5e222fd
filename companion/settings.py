"""What the operator may set, by environment variables COMPANION_* or a .env file."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator

from course_index.settings import PREFIX, is_web_address
from retrieval.settings import RetrievalSettings


class CompanionSettings(RetrievalSettings):
    """Settings of the tutor. A name that does not exist is refused: a mistyped one would be silently without effect."""

    llm_base_url: str | None = None
    llm_model: str = "local"
    llm_api_key: SecretStr = SecretStr("none")
    llm_first_token_seconds: float = Field(default=10.0, gt=0, le=300)
    llm_answer_seconds: float = Field(default=60.0, gt=0, le=600)
    llm_max_tokens: int = Field(default=600, ge=50, le=8_000)
    # The model's window: rules, conversation, passages and reply together.
    llm_context_tokens: int = Field(default=8_192, ge=2_000)
    # Tokens a day (UTC), read and written, of all workers together; from there on answers are quoted.
    llm_daily_tokens: int | None = Field(default=None, ge=0)
    # What a million tokens cost, in any currency: only the sum is told.
    llm_prompt_price: float = Field(default=0.0, ge=0)
    llm_completion_price: float = Field(default=0.0, ge=0)
    # After so many failures in a row the LLM is left alone for so long.
    llm_failures_before_pause: int = Field(default=3, ge=1)
    llm_pause_seconds: float = Field(default=30.0, gt=0)

    passages_per_answer: int = Field(default=4, ge=1, le=12)
    message_max_characters: int = Field(default=4_000, ge=100, le=20_000)
    conversation_days: int = Field(default=30, ge=1, le=3_650)
    crisis_hotline: str = "12356"
    anti_fraud_hotline: str = "96110"
    # Rules of the operator's on top of those that ship; read again when the file changes.
    moderation_rules: Path | None = None
    aigc_producer: str = "learning-companion"

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, values: Any) -> Any:
        known = {f"{PREFIX}{name}".upper() for name in cls.model_fields}
        for name in os.environ:
            if name.upper().startswith(PREFIX) and name.upper() not in known:
                close = get_close_matches(name.upper(), known, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                raise ValueError(f"there is no setting {name}{hint}")
        return values

    @model_validator(mode="after")
    def _llm_url_is_web_address(self) -> "CompanionSettings":
        if self.llm_base_url and not is_web_address(self.llm_base_url):
            raise ValueError(f"{PREFIX}LLM_BASE_URL must begin with http:// or https://")
        return self
