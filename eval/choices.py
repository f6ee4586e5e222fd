"""A model's multiple choice, as CMMLU has it: how much it knows by itself, without courses.

    python -m eval.choices --data FOLDER --chat-url URL [--chat-model NAME] [--limit N]

FOLDER holds one CSV a subject with the columns Question, A, B, C, D, Answer.
"""

import argparse
import asyncio
import csv
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import openai
from rich.console import Console

from course_index.terminal import OnProgress, explained, progress_bars
from eval.errors import DataProblem, EvaluationProblem, SubjectUnreachable

_LETTERS = "ABCD"
_err = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with four options, one of which is right. `answer` is its letter."""

    subject: str
    question: str
    options: tuple[str, str, str, str]
    answer: str


def read_choices(folder: Path, limit: int | None = None) -> list[Choice]:
    """The questions of every CSV in a folder, or of one file; `limit` takes them in turn from each subject.

    Raises DataProblem, naming file and line.
    """
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else [folder]
    by_subject = [_subject(file) for file in files]
    if not any(by_subject):
        raise DataProblem(f"{folder} has no questions; CSV files with Question, A, B, C, D and Answer are wanted")
    longest = max(map(len, by_subject))
    in_turn = [questions[n] for n in range(longest) for questions in by_subject if n < len(questions)]
    return in_turn[:limit]


def _subject(file: Path) -> list[Choice]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError) as error:
        raise DataProblem(f"{file} cannot be read ({error})") from error
    found = []
    for number, row in enumerate(rows, 2):
        cells = [row.get(name) or "" for name in ("Question", *_LETTERS, "Answer")]
        if not all(cells) or cells[-1].strip() not in tuple(_LETTERS):
            raise DataProblem(f"{file}, line {number}: Question, A, B, C, D and an Answer of these letters are wanted")
        question, a, b, c, d, answer = cells
        found.append(Choice(file.stem, question, (a, b, c, d), answer.strip()))
    return found


def letter_in(text: str) -> str | None:
    """The letter that a reply chooses; None where it chooses none."""
    told = re.search(r"(?:答案|选择?|answer|option)\W*(?:是|为|is)?\W*([A-D])(?![A-Za-z])", text, re.IGNORECASE)
    alone = re.search(r"(?<![A-Za-z])([A-D])(?![A-Za-z])", text)
    return (told or alone)[1].upper() if told or alone else None  # type: ignore[index]


async def choose(choices: Sequence[Choice], url: str, model: str, key: str, progress: OnProgress) -> list[str | None]:
    """The letter that the model chooses for each question. Raises SubjectUnreachable."""
    client = openai.AsyncOpenAI(base_url=url, api_key=key, timeout=120.0, max_retries=2)
    letters: list[str | None] = []
    try:
        for choice in choices:
            options = "\n".join(f"{letter}. {option}" for letter, option in zip(_LETTERS, choice.options, strict=True))
            asked = f"下面是单项选择题，只回答一个字母。\n\n{choice.question}\n{options}\n答案："
            done = await client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": asked}], temperature=0.0, seed=0, max_tokens=16
            )
            letters.append(letter_in(done.choices[0].message.content or ""))
            progress("choosing", len(letters), len(choices))
    except openai.OpenAIError as error:
        raise SubjectUnreachable(f"{url}: {error}; is it an OpenAI-compatible endpoint?") from error
    finally:
        await client.close()
    return letters


def main() -> None:
    """Ask, and print one JSON object of figures last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--chat-url", required=True)
    parser.add_argument("--chat-model", default="local")
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    with explained("eval.choices", _err, EvaluationProblem, exit_code=1), progress_bars(_err) as progress:
        choices = read_choices(arguments.data, arguments.limit)
        key = os.environ.get("OPENAI_API_KEY", "none")
        letters = asyncio.run(choose(choices, arguments.chat_url, arguments.chat_model, key, progress))
    right = [letter == choice.answer for letter, choice in zip(letters, choices, strict=True)]
    asked = Counter(choice.subject for choice in choices)
    won = Counter(choice.subject for choice, is_right in zip(choices, right, strict=True) if is_right)
    figures = {
        "model": arguments.chat_model,
        "questions": len(choices),
        "accuracy": round(sum(right) / len(right), 4),
        "unparsed": letters.count(None),
        "by_subject": {subject: round(won[subject] / count, 4) for subject, count in asked.items()},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
