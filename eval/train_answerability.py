"""Learns to tell a passage that answers from its neighbours, and writes retrieval/answerability.npz.

    pip install torch                       # its CPU build is enough
    python -m eval.train_answerability [--rounds 14] [--out FILE]

Every question of `eval/training/pairs` stands beside the passages of its chapter: one answers it, the others are alike
in words. Each question is thus seen with an answer and without, so that nothing is learned from how it is worded.
Questions that no passage answers are not learned from: with every eighth chapter they are the test.
"""

import argparse
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch.nn import functional

from companion.settings import CompanionSettings
from course_index.embedders.embedder import TokenEmbedder
from course_index.language import EN, ZH
from course_index.parts import make_embedder
from eval.training_pairs import HELD_OUT, Chapter, read_chapters, read_topics
from retrieval.interaction import STEPS
from retrieval.query import Query
from retrieval.rank import COSINE_WEIGHT, STRETCH_WEIGHT

OUT = Path(__file__).parents[1] / "retrieval" / "answerability.npz"
Tensor = Any  # torch's types are not at hand where this is checked

WIDTH, HIDDEN, PLAIN = 80, 96, 9
_RATE, _DECAY, _DROPPED = 2e-3, 0.02, 0.2
# Among passages that do not answer, those that a search would put first count most.
_RANKED_BY, _OTHERS_COUNT = 0.1, 2.0
_RANKING_COUNTS = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Questions beside passages, padded: tokens, which there are, which are content, of which stretch each is."""

    asked: Tensor
    there: Tensor
    content: Tensor
    tokens: Tensor
    present: Tensor
    stretch: Tensor
    cosine: Tensor
    same: Tensor
    answer: Tensor


def beside(chapter: Chapter, language: str | None, chance: random.Random, *, unanswered: bool) -> Beside:
    """All questions beside all passages, these in a language where they have it, or mixed (None)."""
    passages = [
        forms.get(language or chance.choice((ZH, EN))) or next(iter(forms.values())) for forms in chapter.passages
    ]
    questions = [(query, answer) for query, answer in chapter.questions if unanswered or answer >= 0]
    asked, there = _padded([_asked(query) for query, _ in questions])
    tokens, present = _padded([one.tokens.astype(np.float32) / STEPS for one in passages])
    stretch = torch.zeros(present.shape, dtype=torch.long)
    content = torch.zeros(there.shape, dtype=torch.bool)
    for row, one in enumerate(passages):
        lengths = torch.tensor(np.diff(one.ends, prepend=0))
        stretch[row, : len(one.tokens)] = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    for row, (query, _) in enumerate(questions):
        content[row, : len(query.content)] = torch.tensor(query.content)
    cosine = np.stack([query.vector for query, _ in questions]) @ np.stack([one.vector for one in passages]).T
    same = [[query.language == one.language for one in passages] for query, _ in questions]
    return Beside(
        asked,
        there,
        content,
        tokens,
        present,
        stretch,
        torch.tensor(cosine),
        torch.tensor(same).float(),
        torch.tensor([answer for _, answer in questions]),
    )


def _asked(query: Query) -> Any:
    assert query.asked is not None  # the embedder gives tokens
    return query.asked


def _padded(rows: Sequence[Any]) -> tuple[Tensor, Tensor]:
    longest = max(len(row) for row in rows)
    padded = torch.stack([functional.pad(torch.tensor(row), (0, 0, 0, longest - len(row))) for row in rows])
    return padded, torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]


def fresh(dimension: int) -> dict[str, Tensor]:
    """Weights to begin with, by the names that retrieval.answerability reads."""

    def drawn(rows: int, columns: int) -> Tensor:
        return (torch.rand(rows, columns) * 2 - 1) / math.sqrt(columns)

    weights = {
        "project": drawn(WIDTH, dimension),
        "compare": drawn(WIDTH, 4 * WIDTH + 4),
        "compare.bias": torch.zeros(WIDTH),
        "join": drawn(HIDDEN, 4 * WIDTH + PLAIN),
        "join.bias": torch.zeros(HIDDEN),
        "out": drawn(1, HIDDEN)[0],
        "out.bias": torch.zeros(()),
        "plain": drawn(1, PLAIN)[0],
        "plain.bias": torch.zeros(()),
        "sharpness": torch.tensor(8.0),
    }
    return {name: tensor.requires_grad_() for name, tensor in weights.items()}


def log_odds(weights: Mapping[str, Tensor], rows: Beside, drop: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """As retrieval.answerability has them, (questions, passages), and the score of the stretch that comes closest."""
    cosines = torch.einsum("qid,pjd->qpij", rows.asked, rows.tokens)
    cosines = cosines.masked_fill(~rows.present[None, :, None, :], -1)
    share = rows.content.float() / rows.content.sum(1, keepdim=True)
    closest, best = _closest(cosines, rows.stretch, share)
    around = ((rows.stretch[None] - best[:, :, None]).abs() <= 1) & rows.present[None]
    questions, passages = rows.asked @ weights["project"].T, rows.tokens @ weights["project"].T
    parts, near, low = [], [], []
    for seen in (around, rows.present[None].expand_as(around)):
        shown = cosines.masked_fill(~seen[:, :, None, :], -1e4)
        attention = torch.softmax(weights["sharpness"] * shown, -1)
        aligned = torch.einsum("qpij,pjw->qpiw", attention, passages)
        nearest = shown.max(-1)[0]
        compared = _compared(weights, questions, aligned, nearest, rows, drop)
        parts.append(torch.einsum("qpiw,qi->qpw", compared, share))
        parts.append(compared.masked_fill(~rows.there[:, None, :, None], -9).max(2)[0])
        near.append(torch.einsum("qpi,qi->qp", nearest, share))
        low.append(nearest.masked_fill(~rows.content[:, None], 9).min(2)[0])
    length = torch.log1p(rows.content.sum(1).float())[:, None].expand_as(closest)
    plain = torch.stack([closest, rows.cosine, *near, *low, length, rows.same, rows.same * closest], -1)
    joined = functional.linear(drop(torch.cat([*parts, plain], -1)), weights["join"], weights["join.bias"])
    answer = functional.gelu(joined) @ weights["out"] + weights["out.bias"]
    return answer + plain @ weights["plain"] + weights["plain.bias"], closest


def _closest(cosines: Tensor, stretch: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """The score of the stretch that takes up the content best, and its number, each (questions, passages)."""
    *shape, _ = cosines.shape
    lowest = torch.full((*shape, int(stretch.max()) + 1), -1.0)
    nearest = lowest.scatter_reduce(3, stretch[None, :, None, :].expand_as(cosines), cosines, "amax")
    best, number = torch.einsum("qpis,qi->qps", nearest, share).max(2)
    return best, number


def _compared(
    weights: Mapping[str, Tensor], questions: Tensor, aligned: Tensor, nearest: Tensor, rows: Beside, drop: Any
) -> Tensor:
    asked = questions[:, None].expand_as(aligned)
    content = rows.content[:, None, :].expand_as(nearest).float()
    same = rows.same[:, :, None].expand_as(nearest)
    columns = torch.stack([nearest, nearest**2, content, same], -1)
    row = torch.cat([asked, aligned, asked * aligned, (asked - aligned).abs(), columns], -1)
    return functional.gelu(functional.linear(drop(row), weights["compare"], weights["compare.bias"]))


def loss(weights: Mapping[str, Tensor], rows: Beside) -> Tensor:
    """How badly the answer of each question is told from its neighbours, the likely ones above all."""
    odds, closest = log_odds(weights, rows, lambda x: functional.dropout(x, _DROPPED))
    right = functional.one_hot(rows.answer, odds.shape[1]).float()
    ranked = (
        (COSINE_WEIGHT * rows.cosine + STRETCH_WEIGHT * closest.clamp(min=0) ** 2).detach().masked_fill(right > 0, -9)
    )
    counted = torch.where(right > 0, 1.0, _OTHERS_COUNT * torch.softmax(ranked / _RANKED_BY, 1))
    told = (functional.binary_cross_entropy_with_logits(odds, right, reduction="none") * counted).sum() / len(odds)
    return told + _RANKING_COUNTS * functional.cross_entropy(odds, rows.answer)


def report(weights: Mapping[str, Tensor], chapters: Sequence[Beside]) -> str:
    """How well chapters are told that nothing was learned from: areas under the curve."""
    answered, unanswered, without = [], [], []
    with torch.no_grad():
        for rows in chapters:
            odds, _ = log_odds(weights, rows, lambda x: x)
            known = rows.answer >= 0
            answered.append(odds[known].max(1)[0])
            unanswered.append(odds[~known].max(1)[0])
            without.append(odds[known].scatter(1, rows.answer[known][:, None], -99).max(1)[0])

    def area(others: list[Tensor]) -> float:
        return float((torch.cat(answered)[:, None] > torch.cat(others)[None]).float().mean())

    return (
        f"answered told from unanswered {area(unanswered):.3f}, from its chapter without the answer {area(without):.3f}"
    )


def train(chapters: Sequence[Chapter], rounds: int, say: Callable[[str], None]) -> dict[str, Tensor]:
    """See every chapter so many times, the rate falling to the end."""
    torch.manual_seed(0)
    chance = random.Random(0)
    held = [
        beside(one, None if number % 3 == 0 else ZH, chance, unanswered=True)
        for number, one in enumerate(chapters[::HELD_OUT])
    ]
    learned = [one for number, one in enumerate(chapters) if number % HELD_OUT]
    say(f"{len(learned)} chapters to learn from, {len(held)} held out")
    weights = fresh(held[0].asked.shape[-1])
    optimiser = torch.optim.AdamW(list(weights.values()), lr=_RATE, weight_decay=_DECAY)
    steps = rounds * len(learned)
    for step in range(steps):
        if step % len(learned) == 0:
            chance.shuffle(learned)
            say(f"round {step // len(learned)}: {report(weights, held)}")
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1, (step + 1) / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)
        rows = beside(learned[step % len(learned)], chance.choice((ZH, ZH, EN, None)), chance, unanswered=False)
        optimiser.zero_grad()
        loss(weights, rows).backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimiser.step()
    say(f"after {rounds} rounds: {report(weights, held)}")
    return weights


def main() -> None:
    """Train on all topics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=14, help="how often each chapter is seen; half a minute each")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    say = Console(markup=False, highlight=False, soft_wrap=True).print
    embedder = make_embedder(CompanionSettings())
    assert isinstance(embedder, TokenEmbedder)
    chapters = read_chapters(read_topics(), embedder, say)
    weights = train(chapters, arguments.rounds, say)
    np.savez(arguments.out, **{name: tensor.detach().numpy() for name, tensor in weights.items()})


if __name__ == "__main__":
    main()
