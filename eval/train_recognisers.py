"""Learns what is declined, wanted and an emergency from the sorted messages of eval/cases and eval/training.

python -m eval.train_recognisers           # writes companion/recogniser.npz, for the embedder that is set
python -m eval.train_recognisers --check   # leaves it alone; figures by cross-validation, each group held out once

Kernel ridge regression: the weights of the examples that tell every label best, the largest ones held down. Messages
that somebody else wrote blind (split blind-2, *-blind-2.jsonl) are the test and are never learned from.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from companion.recogniser import (
    EMERGENCIES,
    LEARNED,
    RULES,
    WISHES,
    Floats,
    Learned,
    Recogniser,
    both_vectors,
    centred,
    load_learned,
    nearness,
    read_form,
    runs_of,
)
from companion.safety.bounds import BUILT_IN, Bounds
from companion.safety.emergencies import NO_EMERGENCY, emergency_of
from companion.safety.learned import NO_RULE, rule_of
from companion.settings import CompanionSettings
from companion.understanding.learned import wanted
from companion.understanding.wish import wish_by_rules, wish_of
from companion.words import locale_of
from course_index.embedders.embedder import Embedder
from course_index.parts import make_embedder
from eval.training_pairs import read_topics

CASES = Path(__file__).with_name("cases")
TRAINING = Path(__file__).with_name("training")

# Chosen by cross-validation, as is SPREAD: how many directions are kept, how far weights are held down, and what the
# runs of words count beside the vectors.
_KEPT = 320
_HELD_DOWN = 0.08
_RUNS_COUNT = 0.3
_PARTS = 8
_SORTED_BY_RULE = (*(f"round {n}" for n in range(_PARTS)), "own bounds")
_TOLD = "told"
_CUT = ("own wishes", "own bounds", "own questions", "wishes-blind", "emergencies", _TOLD)
KINDS = (RULES, WISHES, EMERGENCIES)
_TUTOR_WISHES = {"hint": "hint", "quiz": "practice", "plan": "plan"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message that somebody sorted: the rule that declines it, or NO_RULE; its wish; the kind of emergency that it
    tells of, or NO_EMERGENCY; None where that is not known.
    """

    text: str
    rule: str | None
    wish: str | None
    group: str
    emergency: str | None = None


def messages() -> list[Message]:
    """All that is learned from, each text once; none that stands in the blind test too, by whatever chance.

    Where cases of another kind hold a message that a rule declines, nobody has said that it must pass: what rule it has
    is then not known.
    """
    found: dict[str, Message] = {}
    bounds, tested = Bounds(BUILT_IN, ""), blind_test()
    for message in _all_messages():
        if message.text in tested:
            continue
        if message.group in _SORTED_BY_RULE or not bounds.check(message.text, "zh-Hans"):
            found.setdefault(message.text, message)
        else:
            found.setdefault(message.text, replace(message, rule=None))
    return list(found.values())


def blind_test() -> frozenset[str]:
    """The messages that somebody else wrote to test what is learned here."""
    declined = (row["message"] for row in _rows(CASES / "safety.jsonl") if row["split"] == "blind-2")
    wished = (row["message"] for row in _rows(CASES / "wishes-blind-2.jsonl"))
    asked = (row["question"] for name in "gh" for row in _rows(CASES / f"answers-{name}.jsonl"))
    told = (row["message"] for name in ("emergencies-blind-2", "told-blind") for row in _rows(CASES / f"{name}.jsonl"))
    return frozenset((*declined, *wished, *asked, *told))


def everyday_questions() -> list[str]:
    """Questions on content of the topics of eval/training/pairs of which nothing is learned here: all are innocent."""
    learned_from = {row["message"] for row in _rows(TRAINING / "questions.jsonl")}
    topics = [[text for texts in (*topic.questions, topic.unanswered) for text in texts] for topic in read_topics()]
    return [text for texts in topics if learned_from.isdisjoint(texts) for text in texts]


def _all_messages() -> Iterator[Message]:
    yield from _cases_of_bounds()
    yield from _cases_of_wishes()
    yield from _questions()
    yield from _conversations()
    for row in _rows(TRAINING / "wishes.jsonl"):
        yield Message(row["message"], NO_RULE, row["wish"], "own wishes", NO_EMERGENCY)
    for row in _rows(TRAINING / "bounds.jsonl"):
        rule = row["rule"] or NO_RULE
        yield Message(row["message"], rule, _wish_of_innocent(row["message"], rule), "own bounds")
    # Questions on content from eval/training/pairs, mostly such as were once declined. Of wishes they say nothing: so
    # many more questions would drown them.
    for row in _rows(TRAINING / "questions.jsonl"):
        yield Message(row["message"], NO_RULE, None, "own questions", NO_EMERGENCY)
    for row in _rows(TRAINING / "emergencies.jsonl"):
        # Nobody has said of the innocent ones that no other rule declines them.
        yield Message(row["message"], None, None, "emergencies", row["kind"])
    # What is told and asks nothing: 客户发火了 is no fire, and no small talk.
    for row in _rows(TRAINING / "told.jsonl"):
        yield Message(row["message"], None, row["wish"], _TOLD, row["kind"])


def _cases_of_bounds() -> Iterator[Message]:
    for row in _rows(CASES / "safety.jsonl"):
        if row["split"] != "blind-2":
            rule = row.get("rule") or NO_RULE
            yield Message(row["message"], rule, _wish_of_innocent(row["message"], rule), f"round {row['round']}")


def _cases_of_wishes() -> Iterator[Message]:
    for row in _rows(CASES / "wishes-blind.jsonl"):
        yield Message(row["message"], NO_RULE, row["wish"], "wishes-blind")
    for name in ("recommend", "recommend-blind"):
        for row in _rows(CASES / f"{name}.jsonl"):
            yield Message(row["message"], NO_RULE, None, name, NO_EMERGENCY)


def _questions() -> Iterator[Message]:
    for path in sorted(CASES.glob("*.jsonl")):
        if path.stem.startswith(("answers-", "retrieval-", "law_national", "hello_algo")):
            for row in _rows(path):
                if row.get("kind") != "official_fact":  # those are a test of it, and no question on content
                    yield Message(row["question"], NO_RULE, "question", path.stem)


def _conversations() -> Iterator[Message]:
    for row in _rows(CASES / "follow-ups.jsonl"):
        yield Message(row["message"], NO_RULE, "question", "follow-ups")
    for row in _rows(CASES / "tutor.jsonl"):
        for place, turn in enumerate(row["turns"]):
            wish = _TUTOR_WISHES.get(row["kind"]) if place == 0 else None
            yield Message(turn["say"], NO_RULE, wish, "tutor")


def _wish_of_innocent(text: str, rule: str | None) -> str | None:
    """Look-alikes were written as questions; where the rules read another wish, nobody has said what it is."""
    return "question" if rule == NO_RULE and wish_of(text) == "question" else None


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Messages as the recogniser sees them, and how alike each two are, shape (messages, messages)."""

    means: Floats
    directions: Floats
    examples: Floats
    runs: Floats
    alike: Floats


def learn(learned_from: Sequence[Message], embedder: Embedder) -> Learned:
    """The weights of every label; the same for the same messages, but for rounding."""
    places = _places(learned_from, embedder)
    labels = labels_of(learned_from)
    weights = _weights(places.alike, learned_from, labels)
    return Learned(
        embedder=embedder.fingerprint,
        labels=labels,
        means=places.means,
        directions=places.directions,
        examples=places.examples,
        near=weights,
        runs=np.asarray(_RUNS_COUNT * places.runs.T @ weights, np.float32),
    )


def labels_of(learned_from: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    """Every rule, wish and kind of emergency that a message has, in the order of the alphabet."""
    told = {(kind, name) for message in learned_from for kind in KINDS if (name := _told(message, kind))}
    return tuple(sorted(told, key=lambda label: (KINDS.index(label[0]), label[1])))


def _places(learned_from: Sequence[Message], embedder: Embedder) -> _Places:
    """What is only told is placed among the others, so that what is learned of rules does not move with it."""
    forms = [read_form(message.text) for message in learned_from]
    spanning = np.array([message.group != _TOLD for message in learned_from])
    vectors = both_vectors(embedder, forms)
    means = vectors[:, spanning].mean(axis=1)
    apart = centred(vectors, means)
    _, directions = np.linalg.eigh(apart[spanning].T @ apart[spanning])
    kept = np.asarray(directions[:, : -_KEPT - 1 : -1], np.float32)
    examples, runs = apart @ kept, runs_of(forms)
    alike = nearness(examples, examples, (examples**2).sum(axis=1)) + _RUNS_COUNT * (runs @ runs.T)
    return _Places(means, kept, examples, runs, alike)


def _weights(alike: Floats, learned_from: Sequence[Message], labels: Sequence[tuple[str, str]]) -> Floats:
    """By message and label, shape (messages, labels); what has no label of a kind says nothing about that kind."""
    weights = np.zeros((len(learned_from), len(labels)), np.float32)
    for kind in KINDS:
        told = [_told(message, kind) for message in learned_from]
        rows = np.array([n for n, label in enumerate(told) if label], int)
        columns = np.array([n for n, (label_kind, _) in enumerate(labels) if label_kind == kind], int)
        wanted = np.array([[told[row] == labels[column][1] for column in columns] for row in rows], np.float32)
        held = alike[np.ix_(rows, rows)] + _HELD_DOWN * np.eye(len(rows), dtype=np.float32)
        weights[np.ix_(rows, columns)] = np.linalg.solve(held, wanted)
    return weights


def _told(message: Message, kind: str) -> str | None:
    return {RULES: message.rule, WISHES: message.wish, EMERGENCIES: message.emergency}[kind]


# -- how well it does on messages it did not learn from ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Guess:
    """What the rules and what is learned make of a message that was held out."""

    message: Message
    rule_by_rules: str | None
    rule_learned: str | None
    wish_by_rules: str
    wish: str
    scores: dict[str, dict[str, float]]


def held_out(learned_from: Sequence[Message], embedder: Embedder) -> list[Guess]:
    """A guess for every message by weights that were learned without its round, its file or its part of a file."""
    places = _places(learned_from, embedder)
    labels, parts, bounds = labels_of(learned_from), _parts(learned_from), Bounds(BUILT_IN, "")
    guesses: list[Guess] = []
    for part in range(_PARTS):
        rest, tested = np.flatnonzero(parts != part), np.flatnonzero(parts == part)
        weights = _weights(places.alike[np.ix_(rest, rest)], [learned_from[n] for n in rest.tolist()], labels)
        for n, row in zip(tested.tolist(), places.alike[np.ix_(tested, rest)] @ weights, strict=True):
            guesses.append(_guess(learned_from[n], labels, row, bounds))
    return guesses


def _guess(message: Message, labels: Sequence[tuple[str, str]], row: Floats, bounds: Bounds) -> Guess:
    scores = {kind: {} for kind in KINDS}  # type: dict[str, dict[str, float]]
    for (kind, name), score in zip(labels, row, strict=True):
        scores[kind][name] = float(score)
    refusal = bounds.check(message.text, locale_of(message.text, None))
    by_rules = wish_by_rules(message.text)
    return Guess(
        message,
        refusal.rule if refusal else None,
        rule_of(scores[RULES]),
        by_rules or "question",
        wanted(by_rules, scores[WISHES]),
        scores,
    )


def _parts(learned_from: Sequence[Message]) -> NDArray[np.int64]:
    """Rounds and files of cases are held out whole; what was written in one go, an eighth at a time."""
    rounds = {f"round {n}": n for n in range(_PARTS)}
    whole = sorted({message.group for message in learned_from} - rounds.keys())
    by_group = {group: n % _PARTS for n, group in enumerate(whole)}
    return np.array(
        [
            rounds.get(message.group, n % _PARTS if message.group in _CUT else by_group.get(message.group, 0))
            for n, message in enumerate(learned_from)
        ]
    )


def _declined(guesses: Sequence[Guess]) -> Table:
    table = Table("messages", "to decline", "rules", "learned", "both", "innocent", "rules", "learned", "both")
    for group in sorted({guess.message.group for guess in guesses}):
        of_group = [guess for guess in guesses if guess.message.group == group]
        due = [guess for guess in of_group if guess.message.rule not in (NO_RULE, None)]
        innocent = [guess for guess in of_group if guess.message.rule == NO_RULE]
        table.add_row(group, str(len(due)), *_shares(due), str(len(innocent)), *_shares(innocent))
    return table


def _shares(guesses: Sequence[Guess]) -> tuple[str, str, str]:
    if not guesses:
        return "", "", ""
    rules = [guess.rule_by_rules is not None for guess in guesses]
    learned = [guess.rule_learned is not None for guess in guesses]
    both = [one or other for one, other in zip(rules, learned, strict=True)]
    return tuple(f"{sum(hits) / len(guesses):.1%}" for hits in (rules, learned, both))  # type: ignore[return-value]


def _wished(guesses: Sequence[Guess]) -> Table:
    table = Table("wish", "messages", "rules", "both")
    for group in ("wishes-blind", "own wishes"):
        of_group = [guess for guess in guesses if guess.message.group == group]
        for wish in sorted({guess.message.wish or "" for guess in of_group}):
            those = [guess for guess in of_group if guess.message.wish == wish]
            rules = sum(guess.wish_by_rules == wish for guess in those)
            both = sum(guess.wish == wish for guess in those)
            table.add_row(f"{group}: {wish}", str(len(those)), f"{rules / len(those):.0%}", f"{both / len(those):.0%}")
    return table


def _emergencies(guesses: Sequence[Guess]) -> Table:
    table = Table("emergency", "messages", "told", "of the right kind")
    of_group = [guess for guess in guesses if guess.message.group == "emergencies"]
    for kind in sorted({guess.message.emergency or "" for guess in of_group}):
        told = [emergency_of(guess.scores[EMERGENCIES]) for guess in of_group if guess.message.emergency == kind]
        right = sum(one == kind for one in told)
        table.add_row(kind, str(len(told)), f"{sum(map(bool, told)) / len(told):.1%}", f"{right / len(told):.1%}")
    return table


def main() -> None:
    """Learn, or check."""
    parser = argparse.ArgumentParser(prog="python -m eval.train_recognisers", description=__doc__)
    parser.add_argument("--check", action="store_true", help="figures by cross-validation; nothing is written")
    console = Console()
    embedder = make_embedder(CompanionSettings())
    if parser.parse_args().check:
        guesses = held_out(messages(), embedder)
        console.print(_declined(guesses), _wished(guesses), _emergencies(guesses))
        asked = everyday_questions()
        recogniser = Recogniser(load_learned(), embedder)
        scores = recogniser.scores_of_many(asked)
        rules = Counter(rule_of(of_message[RULES]) for of_message in scores)
        told = ", ".join(f"{rule} {count / len(asked):.2%}" for rule, count in rules.most_common() if rule)
        urgent = sum(emergency_of(of_message[EMERGENCIES]) is not None for of_message in scores) / len(asked)
        console.print(f"of {len(asked)} everyday questions what ships takes for what is declined: {told}")
        console.print(f"and for an emergency: {urgent:.2%}")
        return
    learned = learn(messages(), embedder)
    learned.save(LEARNED)
    console.print(f"{LEARNED.name}: {len(learned.examples)} messages, {len(learned.labels)} labels")


if __name__ == "__main__":
    main()
