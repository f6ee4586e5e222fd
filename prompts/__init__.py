"""Prompts are prose: one .md file each, written for a teacher to edit, filled by `render`."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_LEARNER_PART = "\n<!-- learner -->\n"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A filled prompt: its name, what the model is told, and what is put before it."""

    name: str
    system: str
    user: str


def render(name: str, **values: str) -> Prompt:
    """Fill the slots {{like_this}} of `prompts/<name>.md` in one pass; values pass through untouched.

    Raises KeyError for a slot without a value and ValueError for a value without a slot.
    """
    template = (files("prompts") / f"{name}.md").read_text("utf-8")
    if unused := values.keys() - set(_SLOT.findall(template)):
        raise ValueError(f"prompts/{name}.md has no slot for {', '.join(sorted(unused))}")
    system, _, user = template.partition(_LEARNER_PART)
    return Prompt(name, _fill(system, values), _fill(user, values))


def for_audience(audience: str | None) -> str:
    """What a prompt says of who asks; nothing of an audience that nobody described."""
    return str(_audiences().get(audience or "", ""))


@cache
def _audiences() -> dict[str, str]:
    return tomllib.loads((files("prompts") / "audiences.toml").read_text("utf-8"))


def _fill(template: str, values: dict[str, str]) -> str:
    return _SLOT.sub(lambda slot: values[slot[1]], template).strip()
