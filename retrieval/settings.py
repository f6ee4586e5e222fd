"""What the operator may set of retrieval, by environment variables COMPANION_*."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from course_index.settings import PREFIX, IndexSettings, is_web_address


class RetrievalSettings(IndexSettings):
    """What reads the best passages again (an endpoint, a model in this process, or nothing), and other words."""

    # A folder with a cantonese.tsv, synonyms.tsv or english.tsv of the operator's, on top of those that ship.
    dictionaries: Path | None = None

    # What reads a question and the best passages together before a turn answers from them: better order, slower turns.
    cross_encoder: Literal["none", "e5"] = "none"

    # The address of the rerank route itself, posted to as it stands.
    reranker_url: str | None = None
    reranker_protocol: Literal["tei", "cohere"] = "tei"
    # With a URL, the name that is sent to it; without, a cross-encoder's hub name or folder.
    reranker_model: str | None = None
    reranker_api_key: SecretStr = SecretStr("")
    # The learner waits so long for better order, and then has the order without.
    reranker_seconds: float = Field(default=2.0, gt=0, le=60)

    @model_validator(mode="after")
    def _reranker_url_is_web_address(self) -> Self:
        if self.reranker_url and not is_web_address(self.reranker_url):
            raise ValueError(f"{PREFIX}RERANKER_URL must begin with http:// or https://")
        return self
