"""Any embedding model behind an OpenAI-compatible `/v1/embeddings`, through OpenAI's own client."""

from collections.abc import Sequence

import httpx2
import numpy as np
import openai
from numpy.typing import NDArray
from pydantic import SecretStr

from course_index.embedders.clean import clean
from course_index.embedders.embedder import Role
from course_index.embedders.prefixes import ByRole
from course_index.errors import IndexProblem

# A build asks again after a busy moment of the endpoint; a learner's query does not have the time.
_RETRIES_OF_PASSAGES = 2


class EmbedderUnavailable(IndexProblem):
    """The endpoint gave no vectors that can be used. The text names settings, not the address: learners may see it."""


class OpenAICompatibleEmbedder:
    """Asks nothing before the first use, so that a service can start before its endpoint. Safe for several threads."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: SecretStr,
        prefixes: ByRole,
        input_types: ByRole,
        batch_texts: int,
        seconds: float,
    ) -> None:
        """`seconds` is the longest wait for one request; `input_types` go to servers that set prefixes themselves."""
        self._client = openai.OpenAI(
            base_url=base_url, api_key=api_key.get_secret_value(), timeout=seconds, max_retries=0
        )
        self._model = model
        self._prefixes = prefixes
        self._input_types = input_types
        self._batch_texts = batch_texts
        self._seconds = seconds
        self._dimension: int | None = None

    @property
    def fingerprint(self) -> str:
        """Names model, dimension and prefixes; the endpoint may move."""
        return f"openai {self._model} {self.dimension} {self._prefixes} {self._input_types}"

    @property
    def dimension(self) -> int:
        """How long a vector is, asked for once. Raises EmbedderUnavailable."""
        if self._dimension is None:
            self._dimension = self._ask(["热身 warm up"], "query").shape[1]
        return self._dimension

    def embed(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimension). Raises EmbedderUnavailable."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        prefix = self._prefixes.of(role)
        for start in range(0, len(texts), self._batch_texts):
            # Endpoints refuse an empty text.
            batch = [(prefix + clean(text)) or " " for text in texts[start : start + self._batch_texts]]
            answered = self._ask(batch, role)
            if answered.shape[1] != self.dimension:
                raise EmbedderUnavailable(
                    f"The embedding endpoint gave vectors of length {answered.shape[1]} and {self.dimension} before: "
                    "it changed its model. Start again, with COMPANION_EMBEDDER_MODEL naming the model that is meant."
                )
            vectors[start : start + len(batch)] = answered
        return vectors

    def _ask(self, batch: list[str], role: Role) -> NDArray[np.float32]:
        input_type = self._input_types.of(role)
        retries = _RETRIES_OF_PASSAGES if role == "passage" else 0
        try:
            response = self._client.with_options(max_retries=retries).embeddings.create(
                model=self._model,
                input=batch,
                encoding_format="float",  # base64 is shorter, and not every server knows it
                extra_body={"input_type": input_type} if input_type else None,
            )
            ordered = sorted(response.data, key=lambda one: one.index)
            return _unit_vectors([one.embedding for one in ordered], len(batch))
        except openai.APITimeoutError as error:
            raise EmbedderUnavailable(
                f"The embedding endpoint did not answer within {self._seconds:g} s. Look whether it is well; "
                "COMPANION_EMBEDDER_SECONDS and COMPANION_EMBEDDER_BATCH_TEXTS set how long and how much it is asked."
            ) from error
        except openai.APIConnectionError as error:
            raise EmbedderUnavailable(
                "No embedding endpoint answers at COMPANION_EMBEDDER_BASE_URL. Start it, or correct the address."
            ) from error
        except openai.APIStatusError as error:
            raise EmbedderUnavailable(_of_status(error)) from error
        # The client passes on what it cannot read in many guises: text for an object, an object without fields.
        except (openai.OpenAIError, httpx2.HTTPError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise EmbedderUnavailable(
                f"What answers at COMPANION_EMBEDDER_BASE_URL sent no list of {len(batch)} embeddings. It must be an "
                "OpenAI-compatible address, which mostly ends in /v1."
            ) from error


def _unit_vectors(rows: list[list[float]], expected: int) -> NDArray[np.float32]:
    """Raises ValueError for anything but `expected` finite vectors of one length, none of them zero."""
    vectors = np.array(rows, np.float32)
    if vectors.ndim != 2 or len(vectors) != expected:
        raise ValueError(f"{expected} vectors were asked for; shape {vectors.shape} came")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a vector is zero or not finite")
    return np.asarray(vectors / lengths, np.float32)


def _of_status(error: openai.APIStatusError) -> str:
    said = f"The embedding endpoint answered {error.status_code}. "
    match error.status_code:
        case 401 | 403:
            return said + "Set COMPANION_EMBEDDER_API_KEY to a key that it takes."
        case 404:
            return (
                said + "COMPANION_EMBEDDER_BASE_URL mostly ends in /v1; COMPANION_EMBEDDER_MODEL must be served there."
            )
        case 400 | 413 | 422:
            return said + (
                "It takes no more than its limit of texts a request (COMPANION_EMBEDDER_BATCH_TEXTS) and of tokens a "
                "text: let it cut longer ones (text-embeddings-inference: --auto-truncate)."
            )
    return said + "Its log says why."
