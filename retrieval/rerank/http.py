"""A reranker behind HTTP, in either of the two common protocols."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import httpx2
from pydantic import AliasChoices, BaseModel, Field, SecretStr, TypeAdapter

from course_index.embedders.clean import clean
from retrieval.rerank.reranker import RerankerUnavailable


class _Scored(BaseModel):
    index: int
    score: Annotated[float, Field(validation_alias=AliasChoices("score", "relevance_score"), allow_inf_nan=False)]


class _Results(BaseModel):
    results: list[_Scored]


_LIST = TypeAdapter(list[_Scored])


class HttpReranker:
    """`tei`: text-embeddings-inference (32 passages at once as it is set by default). `cohere`: Cohere, Jina, vLLM."""

    def __init__(
        self, url: str, protocol: Literal["tei", "cohere"], model: str | None, api_key: SecretStr, seconds: float
    ) -> None:
        self._url = url
        self._protocol = protocol
        self._model = model
        key = api_key.get_secret_value()
        self._client = httpx2.Client(timeout=seconds, headers={"Authorization": f"Bearer {key}"} if key else {})

    def scores(self, query: str, passages: Sequence[str]) -> list[float]:
        """One score a passage. Raises RerankerUnavailable."""
        if not passages:
            return []
        try:
            response = self._client.post(self._url, json=self._request(clean(query), [clean(p) for p in passages]))
            response.raise_for_status()
            return _in_order(self._read(response.content), len(passages))
        except httpx2.HTTPStatusError as error:
            raise RerankerUnavailable(
                f"The reranker answered {error.response.status_code}; COMPANION_RERANKER_PROTOCOL, _MODEL and _API_KEY "
                "must be what COMPANION_RERANKER_URL wants."
            ) from error
        except httpx2.HTTPError as error:
            raise RerankerUnavailable(
                f"No reranker answers at COMPANION_RERANKER_URL ({type(error).__name__})."
            ) from error
        except ValueError as error:
            raise RerankerUnavailable(
                f"The reranker sent no scores of {len(passages)} passages; "
                f"is COMPANION_RERANKER_PROTOCOL={self._protocol} what COMPANION_RERANKER_URL speaks?"
            ) from error

    def _request(self, query: str, passages: list[str]) -> dict[str, Any]:
        if self._protocol == "tei":
            return {"query": query, "texts": passages, "truncate": True}
        return {"query": query, "documents": passages} | ({"model": self._model} if self._model else {})

    def _read(self, content: bytes) -> list[_Scored]:
        return (
            _LIST.validate_json(content) if self._protocol == "tei" else _Results.model_validate_json(content).results
        )


def _in_order(scored: list[_Scored], expected: int) -> list[float]:
    """Raises ValueError unless each passage has one score."""
    if sorted(one.index for one in scored) != list(range(expected)):
        raise ValueError(f"{expected} passages were sent")
    return [one.score for one in sorted(scored, key=lambda one: one.index)]
