"""A model that grades what only a reader can tell, one question at a time. Where it cannot be understood, no grade."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import openai

from companion.safety.untrusted import for_prompt
from eval.address import without_login
from eval.errors import SubjectUnreachable
from prompts import Prompt, render

# 0 no, 1 to some extent, 2 yes.
Grade = int

_TOKENS = 60
_SEED = 7
# A passage is read so far: the weak judges that run anywhere have small windows.
_LONGEST = 1_500
_GRADES: tuple[tuple[Grade, re.Pattern[str]], ...] = (
    (1, re.compile(r"\b(?:to some extent|partly|partially|somewhat)\b|部分|某种程度|一定程度|半", re.IGNORECASE)),
    (0, re.compile(r"\b(?:no|not)\b|否|不是|没有|不对|不能", re.IGNORECASE)),
    (2, re.compile(r"\byes\b|是|对|能", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A grade with the judge's reason; None where what it wrote holds no grade. `text` is what it wrote."""

    grade: Grade | None
    text: str


class Judge:
    """Any OpenAI-compatible chat endpoint, at temperature 0 and with a fixed seed."""

    def __init__(self, base_url: str, model: str, api_key: str = "none", seconds: float = 120.0) -> None:
        self.model = model
        self._url = without_login(base_url)
        self._client = openai.AsyncOpenAI(base_url=base_url, api_key=api_key, timeout=seconds, max_retries=2)

    async def answer(
        self, criterion: str, question: str, reference: str, passages: Sequence[str], reply: str
    ) -> Verdict:
        """Grade an answer by a criterion of `[answer]` in prompts/judge-criteria.toml. Raises SubjectUnreachable."""
        numbered = "\n".join(f"[{n}] {for_prompt(text[:_LONGEST])}" for n, text in enumerate(passages, 1))
        prompt = render(
            "judge-answer",
            question=for_prompt(question),
            reference=for_prompt(reference) or "（没有）",
            passages=numbered or "（没有引用）",
            reply=for_prompt(reply[:_LONGEST]),
            criterion=criteria("answer")[criterion],
        )
        return await self._graded(prompt)

    async def tutor(self, criterion: str, conversation: str, reply: str) -> Verdict:
        """Grade a tutor's reply by a criterion of `[tutor]`. Raises SubjectUnreachable."""
        prompt = render(
            "judge-tutor",
            conversation=for_prompt(conversation[-2 * _LONGEST :]),
            reply=for_prompt(reply[:_LONGEST]),
            criterion=criteria("tutor")[criterion],
        )
        return await self._graded(prompt)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _graded(self, prompt: Prompt) -> Verdict:
        try:
            done = await self._client.chat.completions.create(
                model=self.model,
                messages=[{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}],
                temperature=0.0,
                seed=_SEED,
                max_tokens=_TOKENS,
            )
        except openai.APIConnectionError as error:
            raise SubjectUnreachable(f"no judge answers at {self._url}; is it OpenAI-compatible?") from error
        except openai.APIStatusError as error:
            raise SubjectUnreachable(f"the judge at {self._url} said {error.status_code}: {error.message}") from error
        text = (done.choices[0].message.content or "") if done.choices else ""
        return Verdict(grade_in(text), text.strip())


def grade_in(text: str) -> Grade | None:
    """The grade that a judge's text begins with: its first line, else its first sentence. None where there is none."""
    head = re.split(r"[\n。.,，;；:：]", text.strip().lstrip("*#-> \"'“”"), maxsplit=1)[0]
    return next((grade for grade, pattern in _GRADES if pattern.search(head)), None)


@cache
def criteria(kind: str) -> Mapping[str, str]:
    """The criteria of one kind, by name, as prompts/judge-criteria.toml words them."""
    table: dict[str, dict[str, str]] = tomllib.loads((files("prompts") / "judge-criteria.toml").read_text("utf-8"))
    return table[kind]
