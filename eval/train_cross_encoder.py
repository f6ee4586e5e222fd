"""Learns to read a question and a passage together, and writes retrieval/e5_cross_encoder.npz.

    pip install torch                       # its CPU build is enough; two cores with AMX see some 60 pairs a second
    python -m eval.train_cross_encoder [--minutes 60] [--out FILE]

Every question of `eval/training/pairs` stands beside the passage that answers it and two of its neighbours, the
likelier the closer they are, so that nothing can be learned from how a question is worded. What e5 makes of each text
by itself in its lower layers never changes and is computed once; the upper layers and what reads their outputs are
learned. Every eighth chapter is held out.
"""

import argparse
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import nn
from torch.nn import functional

from course_index.analyze import simplified_question
from course_index.embedders.batches import batches
from course_index.embedders.e5_weights import Weights, read_weights, weights_file
from course_index.language import EN, ZH
from course_index.stretches import stretches
from eval.training_pairs import HELD_OUT, Topic, read_topics
from retrieval.e5_cross_encoder import APART, PARITY_PAIRS, Pieces, Section
from retrieval.wording import shipped_wording

OUT = Path(__file__).parents[1] / "retrieval" / "e5_cross_encoder.npz"
Tensor = Any  # torch's types are not at hand where this is checked

HIDDEN = 128
# What is added to each matrix is kept as the product of two that are so wide.
RANK = 48
_RATE, _HEAD_RATE, _DECAY, _DROPPED, _WARM_UP = 1e-4, 1e-3, 0.01, 0.1, 100
_NEIGHBOURS, _CLOSE, _TOPICS_AT_ONCE = 2, 0.15, 2
_RANKING_COUNTS = 0.5
_PIECES_AT_ONCE = 6144
_HALF = torch.bfloat16
_UNSEEN = -1e4


class Layer(nn.Module):  # type: ignore[misc]  # torch is not at hand where this is checked
    """A layer of e5 that can be learned; its matrices are multiplied in bfloat16."""

    def __init__(self, weights: Weights, number: int) -> None:
        super().__init__()
        self.heads = weights.shape.heads
        self.tensors = nn.ParameterDict()
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            self.tensors[f"{part}_w"] = torch.tensor(weights.matrix(f"l{number}.{part}.w"))
            self.tensors[f"{part}_b"] = torch.tensor(weights.vector(f"l{number}.{part}.b"))
        for part in ("aln", "oln"):
            self.tensors[f"{part}_w"] = torch.tensor(weights.vector(f"l{number}.{part}.w"))
            self.tensors[f"{part}_b"] = torch.tensor(weights.vector(f"l{number}.{part}.b"))

    def forward(self, x: Tensor, unseen: Tensor) -> Tensor:
        """`x` (texts, tokens, hidden); `unseen` is added to what attends, (texts, 1, 1, tokens)."""
        half = {name: tensor.to(_HALF) for name, tensor in self.tensors.items()}

        def linear(y: Tensor, part: str) -> Tensor:
            return functional.linear(y, half[f"{part}_w"], half[f"{part}_b"])

        def norm(y: Tensor, part: str) -> Tensor:
            return functional.layer_norm(y, y.shape[-1:], half[f"{part}_w"], half[f"{part}_b"], 1e-12)

        query, key, value = (linear(x, part).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in "qkv")
        # torch's own attention takes five times as long to go back through on a CPU.
        scores = query / math.sqrt(query.shape[-1]) @ key.transpose(-1, -2) + unseen
        context = (torch.softmax(scores, -1) @ value).transpose(1, 2).flatten(2)
        x = norm(linear(context, "ao") + x, "aln")
        return norm(linear(functional.gelu(linear(x, "fi")), "fo") + x, "oln")


class Together(nn.Module):  # type: ignore[misc]
    """The upper layers over both texts, and what reads their outputs (retrieval.e5_cross_encoder.judged)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        width = weights.shape.hidden
        self.layers = nn.ModuleList(Layer(weights, number) for number in range(APART, weights.shape.layers))
        self.kind = nn.Parameter(torch.zeros(2, width))
        self.hid, self.out, self.plain = nn.Linear(5 * width + 2, HIDDEN), nn.Linear(HIDDEN, 1), nn.Linear(3, 1)
        nn.init.zeros_(self.plain.weight)

    def forward(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
        """The log odds of each pair of what the lower layers made of a question and of a passage."""
        asked = nn.utils.rnn.pad_sequence([torch.ones(len(one)) for one, _ in pairs], batch_first=True)
        x = nn.utils.rnn.pad_sequence([torch.cat(pair) for pair in pairs], batch_first=True)
        kind = torch.zeros(*x.shape[:2], 2)
        for row, (one, other) in enumerate(pairs):
            kind[row, : len(one), 0] = 1
            kind[row, len(one) : len(one) + len(other), 1] = 1
        unseen = (kind.sum(2) == 0)[:, None, None] * torch.tensor(_UNSEEN, dtype=_HALF)
        x = x + kind.to(_HALF) @ self.kind.to(_HALF)
        for layer in self.layers:
            x = layer(x, unseen)
        return self._judged(x, kind, asked)

    def _judged(self, x: Tensor, kind: Tensor, asked: Tensor) -> Tensor:
        unit = functional.normalize(x, dim=-1)
        cosines = (unit[:, : asked.shape[1]] @ unit.transpose(1, 2)).float()
        near = cosines.masked_fill(kind[:, None, :, 1] == 0, -1).max(2)[0]
        means = torch.einsum("nld,nlk->nkd", x.float(), kind) / kind.sum(1)[:, :, None]
        units = functional.normalize(means, dim=2)
        nearness = [(near * asked).sum(1) / asked.sum(1), near.masked_fill(asked == 0, 2).min(1)[0]]
        plain = torch.stack([*nearness, units.prod(1).sum(1)], 1)
        one, other = (units * math.sqrt(x.shape[2]) / 2).unbind(1)
        row = torch.cat([x[:, 0].float(), one, other, one * other, (one - other).abs(), plain[:, :2]], 1)
        hidden = functional.gelu(self.hid(functional.dropout(row, _DROPPED, self.training)))
        return (self.out(hidden) + self.plain(plain * 10))[:, 0]

    def log_odds(self, states: "States", pairs: Sequence[tuple[int, int]]) -> Tensor:
        """Of each pair (question, passage), by their numbers; texts of about one length at once."""
        lengths = [len(states.questions[one]) + len(states.passages[other]) for one, other in pairs]
        found, order = [], []
        for batch in batches(lengths, _PIECES_AT_ONCE):
            found.append(self([(states.questions[pairs[n][0]], states.passages[pairs[n][1]]) for n in batch]))
            order += batch
        return torch.cat(found)[torch.tensor(order).argsort()]


@dataclass(frozen=True, slots=True)
class Asked:
    """A topic by the numbers of its texts: of each passage those of its forms by language, with its title and without;
    of each question the place of its answer in the topic, -1 for none.
    """

    passages: tuple[Mapping[str, tuple[int, int]], ...]
    questions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class States:
    """What the lower layers make of each text, (tokens, hidden), and where it lies by the mean of that."""

    questions: Sequence[Tensor]
    passages: Sequence[Tensor]
    asks: Tensor
    says: Tensor


def read_asked(topics: Sequence[Topic], weights: Weights) -> tuple[list[Asked], States]:
    """All topics, through the lower layers."""
    pieces, wording = Pieces(weights), shipped_wording()
    questions: list[list[int]] = []
    passages: list[list[int]] = []
    asked = []
    for topic in topics:
        forms = []
        for texts in topic.passages:
            numbers = {}
            for language, text in texts.items():
                numbers[language] = (len(passages), len(passages) + 1)
                cut = tuple(one.text for one in stretches(text))
                passages += [pieces.section(Section(title, cut)) for title in (topic.titles.get(language, ""), "")]
            forms.append(numbers)
        with_answer = [(text, place) for place, texts in enumerate(topic.questions) for text in texts]
        with_answer += [(text, -1) for text in topic.unanswered]
        asked.append(Asked(tuple(forms), tuple((len(questions) + n, at) for n, (_, at) in enumerate(with_answer))))
        questions += [pieces.question(wording.in_mandarin(simplified_question(text))) for text, _ in with_answer]
    of_questions, of_passages = (_lower_states(ids, weights, pieces) for ids in (questions, passages))
    return asked, States(of_questions, of_passages, _places(of_questions), _places(of_passages))


def _lower_states(texts: Sequence[Sequence[int]], weights: Weights, pieces: Pieces) -> list[Tensor]:
    layers = [Layer(weights, number) for number in range(APART)]
    gain, bias = (torch.tensor(weights.vector(f"emb.ln.{part}")) for part in "wb")
    states: list[Tensor] = [None] * len(texts)
    with torch.no_grad():
        for batch in batches([len(text) for text in texts], _PIECES_AT_ONCE):
            vectors, kind = pieces.laid_out([(texts[n], ()) for n in batch])
            x = functional.layer_norm(torch.tensor(vectors), (vectors.shape[2],), gain, bias, 1e-12).to(_HALF)
            unseen = torch.tensor(kind.sum(2) == 0)[:, None, None] * torch.tensor(_UNSEEN, dtype=_HALF)
            for layer in layers:
                x = layer(x, unseen)
            for row, n in enumerate(batch):
                states[n] = x[row, : len(texts[n])].clone()
    return states


def _places(states: Sequence[Tensor]) -> Tensor:
    means = torch.stack([one.float().mean(0) for one in states])
    return functional.normalize(means - means.mean(0), dim=1)


def _shown(topic: Asked, language: str | None, chance: random.Random, *, titled: bool) -> list[int]:
    """The passages of a topic, in a language where they have it, or mixed (None)."""
    shown = []
    for forms in topic.passages:
        wanted = language or chance.choice((ZH, EN))
        shown.append(forms[wanted if wanted in forms else next(iter(forms))][0 if titled else 1])
    return shown


def loss(network: Together, states: States, topics: Sequence[Asked], chance: random.Random) -> Tensor:
    """How badly answers are told from their neighbours."""
    pairs: list[tuple[int, int]] = []
    starts = []
    for topic in topics:
        shown = _shown(topic, chance.choice((ZH, ZH, EN, None)), chance, titled=chance.random() < 0.7)
        for question, answer in topic.questions:
            if answer < 0:
                continue
            likely = torch.softmax(states.says[shown] @ states.asks[question] / _CLOSE, 0) + 1e-6
            likely[answer] = 0
            others = torch.multinomial(likely, min(_NEIGHBOURS, len(shown) - 1)).tolist()
            starts.append(len(pairs))
            pairs += [(question, shown[place]) for place in (answer, *others)]
    odds = network.log_odds(states, pairs)
    right = torch.zeros(len(pairs))
    right[starts] = 1
    counted = torch.where(right > 0, 1.0, 1 / _NEIGHBOURS)
    told = (functional.binary_cross_entropy_with_logits(odds, right, reduction="none") * counted).sum() / len(starts)
    ends = pairwise([*starts, len(pairs)])
    ranked = torch.stack([odds[start:end].logsumexp(0) - odds[start] for start, end in ends]).mean()
    return told + _RANKING_COUNTS * ranked


def report(network: Together, states: States, held: Sequence[Asked]) -> str:
    """How well chapters are told that nothing was learned from: areas under the curve, and answers that come first."""
    chance = random.Random(1)
    answered, unanswered, without, first = [], [], [], []
    network.eval()
    with torch.no_grad():
        for number, topic in enumerate(held):
            shown = _shown(topic, None if number % 3 == 0 else ZH, chance, titled=True)
            pairs = [(question, passage) for question, _ in topic.questions for passage in shown]
            odds = network.log_odds(states, pairs).view(len(topic.questions), -1)
            answer = torch.tensor([place for _, place in topic.questions])
            known = answer >= 0
            answered.append(odds[known].max(1)[0])
            unanswered.append(odds[~known].max(1)[0])
            without.append(odds[known].scatter(1, answer[known][:, None], -99).max(1)[0])
            first.append((odds[known].argmax(1) == answer[known]).float())
    network.train()

    def area(others: list[Tensor]) -> float:
        return float((torch.cat(answered)[:, None] > torch.cat(others)[None]).float().mean())

    return (
        f"answered told from unanswered {area(unanswered):.3f}, from its chapter without the answer "
        f"{area(without):.3f}, the answer first {float(torch.cat(first).mean()):.3f}"
    )


def train(
    topics: Sequence[Asked], states: States, weights: Weights, minutes: float, say: Callable[[str], None]
) -> Together:
    """See the topics for so long, the rate falling to the end."""
    torch.manual_seed(0)
    chance = random.Random(0)
    held, learned = list(topics[::HELD_OUT]), [one for number, one in enumerate(topics) if number % HELD_OUT]
    say(f"{len(learned)} chapters to learn from, {len(held)} held out")
    network = Together(weights)
    upper = list(network.layers.parameters())
    head = [network.kind, *(one for part in (network.hid, network.out, network.plain) for one in part.parameters())]
    optimiser = torch.optim.AdamW([{"params": upper}, {"params": head}], weight_decay=_DECAY)
    began, step, seen = time.monotonic(), 0, 0
    while (done := (time.monotonic() - began) / (minutes * 60)) < 1:
        if seen == 0:
            chance.shuffle(learned)
        for group, rate in zip(optimiser.param_groups, (_RATE, _HEAD_RATE), strict=True):
            group["lr"] = rate * min(1, (step + 1) / _WARM_UP) * (0.03 + 0.97 * (1 + math.cos(math.pi * done)) / 2)
        optimiser.zero_grad()
        loss(network, states, learned[seen : seen + _TOPICS_AT_ONCE], chance).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step, seen = step + 1, seen + _TOPICS_AT_ONCE
        if seen >= len(learned):
            seen = 0
            say(f"all seen once more after {time.monotonic() - began:.0f} s")
        if step % 500 == 0:
            say(f"step {step}: {report(network, states, held[::6])}")
    say(f"after {step} steps: {report(network, states, held)}")
    return network


def learned_tensors(network: Together, weights: Weights) -> dict[str, Any]:
    """What ships, by the names that retrieval.e5_cross_encoder reads; the expected log odds of its PARITY_PAIRS too."""
    kept: dict[str, Any] = {}
    for number, layer in enumerate(network.layers, APART):
        for name, tensor in layer.tensors.items():
            part, kind = name.rsplit("_", 1)
            known = f"l{number}.{part}.{kind}"
            if tensor.ndim == 1:
                kept[known] = tensor.detach().numpy().copy()
                continue
            left, sizes, right = torch.linalg.svd(
                tensor.detach() - torch.tensor(weights.matrix(known)), full_matrices=False
            )
            roots = sizes[:RANK].sqrt()
            kept[f"{known}.up"] = (left[:, :RANK] * roots).numpy().astype(np.float16)
            kept[f"{known}.down"] = (roots[:, None] * right[:RANK]).numpy().astype(np.float16)
            product = kept[f"{known}.up"].astype(np.float32) @ kept[f"{known}.down"].astype(np.float32)
            tensor.data = torch.tensor(weights.matrix(known) + product)
    for name, tensor in network.named_parameters():
        if not name.startswith("layers."):
            kept[name] = tensor.detach().numpy().astype(np.float16 if tensor.ndim > 1 else np.float32)
    kept["parity"] = expected(network, weights, PARITY_PAIRS)
    return kept


def expected(network: Together, weights: Weights, pairs: Sequence[tuple[str, str]]) -> Any:
    """The log odds of pairs of a question and a passage."""
    pieces = Pieces(weights)
    questions = _lower_states([pieces.question(asked) for asked, _ in pairs], weights, pieces)
    passages = _lower_states([pieces.section(Section("", (says,))) for _, says in pairs], weights, pieces)
    network.eval()
    with torch.no_grad():
        states = States(questions, passages, _places(questions), _places(passages))
        return network.log_odds(states, [(n, n) for n in range(len(pairs))]).numpy()


def main() -> None:
    """Train on all topics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="how long; a round over all takes about half an hour")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    say = Console(markup=False, highlight=False, soft_wrap=True).print
    weights = read_weights(weights_file())
    topics, states = read_asked(read_topics(), weights)
    say(f"{len(states.questions)} questions and {len(states.passages)} forms of passages read apart")
    network = train(topics, states, weights, arguments.minutes, say)
    np.savez_compressed(arguments.out, **learned_tensors(network, weights))


if __name__ == "__main__":
    main()
