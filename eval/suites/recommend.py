"""The suite `recommend`: the right courses, within the hard facts, none invented, and everybody served alike."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import Any

import ir_measures
from ir_measures import nDCG

from eval.case import Case, Constraints, RecommendCase
from eval.reply import Record, Reply
from eval.score import Metric, Score, Tally
from eval.subjects.subject import Subject
from eval.suites.suite import Catalogue, Suite, converse
from eval.text import plain, says_no

_SHOWN = 5
# A group of learners is compared from this number of cases on: with fewer, one case is a third of the figure.
_ENOUGH = 5
_TITLE = re.compile(r"《([^》\n]{2,40})》|“([^”\n]{4,40}?课程?)”|\"([A-Z][^\"\n]{4,60})\"")


@dataclass(frozen=True, slots=True)
class _Offered:
    """A course shown, as the subject names it, with its record where there is one."""

    course_id: str
    title: str
    record: Mapping[str, Any] | None


async def ask(case: RecommendCase, subject: Subject, repetition: int = 0) -> Record:
    """The messages before, then the wish."""
    return await converse(case, subject, [*case.before, case.message], repetition)


def score(case: RecommendCase, record: Record, catalogue: Catalogue) -> Score:
    """What was offered, against what fits."""
    reply, tally = record.replies[-1], Tally()
    offered = _offered(reply, catalogue)
    invented = [one for one in offered if one.record is None or plain(one.title) != plain(one.record["title"])]
    if offered:
        tally.share("invented", len(invented) / len(offered))
        tally.failures += [f"目录里没有《{one.title}》（{one.course_id}）这门课" for one in invented]
        broken = [(one, fact) for one in offered if one.record and (fact := _broken(case.constraints, one.record))]
        tally.share("violations", len(broken) / len(offered))
        tally.failures += [f"{one.course_id} 不满足条件：{fact}" for one, fact in broken]
        mistaken = [one.course_id for one in offered if one.course_id in case.forbidden]
        tally.share("mistaken", len(mistaken) / len(offered))
        tally.failures += [f"推荐 {id_} 明显不对" for id_ in mistaken]
    if len(offered) > 1:
        tally.share("diversity", 1 - fmean(_likeness(a, b) for a, b in combinations(offered[:_SHOWN], 2)))
    if not case.wanted:
        tally.must("honest_no", not offered or says_no(reply.text), "没有合适的课，却没有直说")
        return tally.score(case.id, record.repetition)
    ids = [one.course_id for one in offered]
    run = {case.id: {id_: float(-rank) for rank, id_ in enumerate(ids)}}
    (ndcg,) = ir_measures.iter_calc([nDCG @ _SHOWN], {case.id: dict(case.wanted)}, run)
    tally.share("ndcg@5", ndcg.value)
    tally.must("hit@3", any(id_ in case.wanted for id_ in ids[:3]), f"前三门里没有合适的：{sorted(case.wanted)}")
    tally.share("best_first", float(bool(ids) and case.wanted.get(ids[0]) == 2))
    return tally.score(case.id, record.repetition)


def overall(
    cases: Sequence[Case], records: Mapping[str, Record], scores: Mapping[str, Score], catalogue: Catalogue
) -> dict[str, float]:
    """Which share of the catalogue is ever shown, and how the worst served group fares beside the best served."""
    shown = {card.course_id for record in records.values() for card in record.replies[-1].courses}
    figures = {"coverage": len(shown & set(catalogue)) / len(catalogue)} if catalogue else {}
    wishes = [case for case in cases if isinstance(case, RecommendCase)]
    for name, group_of in (("audience", _audience_of), ("city", _city_of)):
        groups: dict[str, list[float]] = {}
        for case in wishes:
            hit = scores[case.id].figures.get("hit@3") if case.id in scores else None
            group = group_of(case)
            if hit is not None and group:
                groups.setdefault(group, []).append(hit)
        hits = [fmean(of) for of in groups.values() if len(of) >= _ENOUGH]
        if len(hits) > 1 and max(hits):
            figures[f"fairness_{name}"] = min(hits) / max(hits)
    return figures


def _audience_of(case: RecommendCase) -> str | None:
    return case.audience


def _city_of(case: RecommendCase) -> str | None:
    return case.city


def _offered(reply: Reply, catalogue: Catalogue) -> list[_Offered]:
    """The course cards; of a subject that shows none, the courses whose titles its text names."""
    if reply.courses:
        return [_Offered(card.course_id, card.title, catalogue.get(card.course_id)) for card in reply.courses]
    known = {plain(record["title"]): id_ for id_, record in catalogue.items()}
    named = dict.fromkeys(title for match in _TITLE.findall(reply.text) if (title := "".join(match)))
    if reply.sources:  # the titles of what it quotes are no offers
        return []
    return [
        _Offered(id_ or title, title, catalogue.get(id_ or ""))
        for title in named
        if (id_ := known.get(plain(title), "")) is not None
    ]


def _broken(wanted: Constraints, record: Mapping[str, Any]) -> str | None:
    """The first hard fact that a record does not state or does not meet."""
    return next((name for name, holds in _facts(wanted, record) if not holds), None)


def _facts(wanted: Constraints, record: Mapping[str, Any]) -> Iterable[tuple[str, bool]]:
    price = (record.get("price") or {}).get("amount")
    most = 0 if wanted.free else wanted.max_price
    if most is not None:
        yield f"费用不超过 {most:g}", price is not None and price <= most
    for name, limit in (("hours", wanted.max_hours), ("level", wanted.max_level)):
        if limit is not None:
            yield f"{name} 不超过 {limit:g}", record.get(name) is not None and record[name] <= limit
    if wanted.delivery:
        yield " or ".join(wanted.delivery), record.get("delivery") in wanted.delivery
    if wanted.language:
        yield " or ".join(wanted.language), record.get("language") in wanted.language
    offerings = record.get("offerings") or []
    if wanted.city:
        here = any(_same_city(wanted.city, offering.get("city")) for offering in offerings)
        yield f"在{wanted.city}开班", here
    if wanted.step_free:
        yield "无障碍通行", any(offering.get("step_free") for offering in offerings)


def _same_city(one: str, other: str | None) -> bool:
    return bool(other) and plain(one).removesuffix("市") == plain(str(other)).removesuffix("市")


def _likeness(one: _Offered, other: _Offered) -> float:
    """Jaccard over provider, initiative and subjects."""
    a, b = _traits(one), _traits(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def _traits(one: _Offered) -> set[str]:
    record = one.record or {}
    return {f"provider {record.get('provider')}", f"initiative {record.get('initiative')}", *record.get("subjects", ())}


SUITE = Suite(
    "recommend",
    "荐课",
    (
        Metric("hit@3", "前三门有合适的", "前三门里有合适课程的比例"),
        Metric("ndcg@5", "nDCG@5", "合适的课程排得多靠前"),
        Metric("best_first", "第一门最合适", "第一门就是最合适课程的比例"),
        Metric("honest_no", "没有就说没有", "没有合适课程时直说的比例"),
        Metric("violations", "违反条件", "推荐的课程不满足费用、城市等条件的比例", "lower"),
        Metric("invented", "虚构课程", "推荐了目录里没有的课程的比例", "lower"),
        Metric("mistaken", "张冠李戴", "推荐了明显不对的课程的比例", "lower"),
        Metric("diversity", "多样", "同时推荐的课程彼此不同的程度"),
        Metric("coverage", "覆盖", "目录里曾被推荐的课程比例"),
        Metric("fairness_audience", "人群公平", "最差人群与最好人群之比"),
        Metric("fairness_city", "地区公平", "最差城市与最好城市之比"),
    ),
    ask,
    score,
    overall,
)
