"""A source: what an operator hands over, under a name, with how it is to be read."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from course_index.errors import SourceProblem
from course_index.record import first_problem
from course_index.sources.package import Wishes

FeedKind = Literal["oai-pmh", "openedx", "moodle"]


@dataclass(frozen=True, slots=True)
class Feed:
    """A platform's own interface that lists its courses."""

    kind: FeedKind
    url: str
    token: str | None = field(default=None, repr=False)
    set_name: str | None = None
    prefix: str = "oai_dc"


@dataclass(frozen=True, slots=True)
class Source:
    """A path or a feed. What came from it is known by `name`, which stays when the path changes."""

    name: str
    path: Path | None
    wishes: Wishes = field(default_factory=Wishes)
    feed: Feed | None = None


def source_at(path: Path) -> Source:
    """A path that was given no name is called by itself."""
    resolved = path.resolve()
    return Source(str(resolved), resolved)


class _SourceRecord(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[\w][\w .:+-]{0,80}$")]
    path: str | None = None
    feed: FeedKind | None = None
    url: str | None = None
    token: SecretStr | None = None
    set: str | None = None
    prefix: str = "oai_dc"
    provider: str | None = None
    hidden: bool = False
    columns: dict[str, str] = {}
    links: dict[str, str] = {}

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// or http://")
        return url

    @model_validator(mode="after")
    def _is_path_or_feed(self) -> "_SourceRecord":
        if (self.path is None) == (self.feed is None):
            raise ValueError("needs either `path` or `feed`")
        if self.feed and not self.url:
            raise ValueError("a feed needs its `url`")
        return self


def read_sources(path: Path) -> list[Source]:
    """The [[source]] tables of a TOML file; paths are seen from where the file is.

    Raises SourceProblem for a file that is no TOML, or a source that is not sound: then nothing is read.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("source")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SourceProblem(f"{path} cannot be read ({error}); mend it") from error
    if not isinstance(tables, list) or not tables:
        raise SourceProblem(f"{path} names no source; begin each with a line [[source]]")
    sources = []
    for number, table in enumerate(tables, 1):
        try:
            sources.append(_source(_SourceRecord.model_validate(table), path.parent))
        except ValidationError as error:
            raise SourceProblem(f"{path}, source {number}: {first_problem(error)}; mend it") from error
    names = [source.name for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise SourceProblem(f"{path} names two sources {twice}; give one another name")
    return sources


def _source(record: _SourceRecord, folder: Path) -> Source:
    wishes = Wishes(record.url, record.hidden, record.provider, dict(record.links), dict(record.columns))
    if record.feed is None:
        assert record.path is not None  # the record refuses to have neither
        return Source(record.name, (folder / record.path).resolve(), wishes)
    assert record.url is not None
    token = record.token.get_secret_value() if record.token else None
    return Source(record.name, None, wishes, Feed(record.feed, record.url, token, record.set, record.prefix))
