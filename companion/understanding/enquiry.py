"""Enquiries: messages for an office (帮我报名, 转人工) or of the machine (在吗, who made you)."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from companion.guidance.places import names_of_places
from companion.patterns import for_normalised, read_at_start
from companion.understanding.wholly import Kind, kinds_in, slots_in, without_titles

_FILE = Path(__file__).with_name("enquiries.toml")
# 什么是发票 asks of the word.
_DEFINES = for_normalised(
    r"(?:什么|咩|乜嘢?|啥)(?:是|叫|系)|(?<![这呢你])(?:是|系)(?:什么|咩|啥|乜嘢?)(?:意思|东西|嘢)?[？?\s]*$|意思"
    r"|^what(?:'s| is| are) an? \w+|\bmeans?\b"
)


def enquiry_of(message: str, titles: Sequence[str] = (), *, begins: bool = True) -> Kind | None:
    """The kind of an enquiry; None for a message that is none. It may name one of the `titles`, normalised.

    `begins` when nothing was talked of that 呢个点用 may mean.
    """
    said = without_titles(message, titles)
    if not said or _DEFINES.search(said):
        return None
    ruled_out = {"at_first": not begins, "asks_nothing": message.rstrip().endswith(("?", "？"))}
    out = [entry for entry, holds in ruled_out.items() if holds]
    enquiries = (enquiry for enquiry in kinds_in(_FILE) if not any(map(enquiry.entry.get, out)))
    return next(
        (enquiry for enquiry in enquiries if enquiry.holds(_anywhere(said) if enquiry.name == "weather" else said)),
        None,
    )


def enquiry_reply(enquiry: Kind, *, english: bool, course: tuple[str, str] | None, office: str, today: str) -> str:
    """What is said back, in English or simplified Chinese; empty for what the fixed sentence named by `reply` says.

    `course` is the title and the provider of the one that is meant.
    """
    language = "en" if english else "zh"
    named = slots_in(_FILE)[f"course_{language}"].format(title=course[0], provider=course[1]) if course else ""
    reply: str = enquiry.entry.get(language, "")
    return reply.format(course=named, office=office, today=today)


def _anywhere(said: str) -> str:
    return names_of_places().sub(" ", said)


read_at_start(partial(kinds_in, _FILE))
