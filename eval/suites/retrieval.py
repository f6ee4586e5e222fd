"""The suite `retrieval`: does a search find the passages that answer, whatever shape the question has?"""

from collections.abc import Sequence

from eval.case import Gold, RetrievalCase
from eval.metrics import ranking_figures
from eval.reply import Passage, Record
from eval.score import Metric, Score, Tally
from eval.subjects.subject import Subject
from eval.suites.suite import Catalogue, NotAsked, Suite, converse, nothing_more
from eval.text import coverage

DEPTH = 20
# A passage holds the gold sentence from this share of its character runs on: cutting may have taken its end.
HOLDS = 0.8


async def ask(case: RetrievalCase, subject: Subject, repetition: int = 0) -> Record:
    """What the search finds; of a deployment whose search is not open, the sources of a turn."""
    found = await subject.ranked(case.question, DEPTH)
    if found is not None:
        return Record(case.id, repetition, [case.question], found=found)
    if await subject.catalogue() is None:
        raise NotAsked("it has no search")
    record = await converse(case, subject, [case.question], repetition)
    shown = record.replies[-1].sources
    record.found = [Passage(one.passage_id, one.course_id, record.passages[one.passage_id]) for one in shown]
    return record


def score(case: RetrievalCase, record: Record, _catalogue: Catalogue) -> Score:
    """Where the gold passages stand among those found."""
    assert record.found is not None
    first, wanted = _ranking(record.found, case.gold)
    run = {entry: float(-rank) for rank, entry in enumerate(first)}
    tally = Tally()
    for name, value in ranking_figures({case.id: run}, {case.id: dict.fromkeys(wanted, 1)}).items():
        tally.share(name, value)
    rank = next((rank for rank, entry in enumerate(first, 1) if entry in wanted), None)
    if rank is None or rank > 3:
        tally.failures.append("没有找到答案段落" if rank is None else f"答案段落排在第 {rank} 位")
    return tally.score(case.id, record.repetition)


def holds(passage_text: str, passage_course: str, gold: Gold) -> bool:
    """Whether a passage is the one that a case names."""
    return passage_course == gold.course_id and coverage(gold.quote, passage_text) >= HOLDS


def _ranking(found: Sequence[Passage], gold: Sequence[Gold]) -> tuple[list[str], set[str]]:
    """What was found, best first, and what was to be found.

    A sentence that stands in two passages is found once; sentences that a passage holds together are one thing to find.
    """
    ranking, missing = [], set(range(len(gold)))
    wanted: set[str] = set()
    for number, passage in enumerate(found):
        held = {n for n, one in enumerate(gold) if holds(passage.text, passage.course_id, one)}
        if not held:
            ranking.append(f"other {number}")
        elif held & missing:
            ranking.append(f"gold {min(held & missing)}")
            wanted.add(ranking[-1])
            missing -= held
    return ranking, wanted | {f"gold {n}" for n in missing}


SUITE = Suite(
    "retrieval",
    "检索",
    (
        Metric("ndcg@10", "nDCG@10", "答案段落排得多靠前"),
        Metric("hit@3", "前三条有答案", "前三个段落里有答案的比例"),
        Metric("recall@1", "recall@1", "第一个段落就是答案的比例"),
        Metric("recall@5", "recall@5", "前五个段落里找到的答案段落占比"),
        Metric("recall@20", "recall@20", "前二十个段落里找到的答案段落占比"),
        Metric("mrr@10", "MRR@10", "答案段落名次的倒数"),
    ),
    ask,
    score,
    nothing_more,
)
