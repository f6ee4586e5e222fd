"""What a wish is about, without its conditions: 佛山 线下 免费 学舞狮 is about 舞狮."""

import re

from companion.guidance.need import CONDITIONS
from companion.guidance.places import names_of_places
from companion.understanding.wish import course_subject
from course_index.analyze import normalise

_LEFT_OVER = re.compile(
    r"^[\s，。？！、,.?!；;]*(?:我|在|的|就|想|要|最好|能|可以|和|或|也|都|那种|这种|in|at|or|and|please)*[\s，。？！、,.?!；;]*$"
)


# What asks for just some course.
_ANY = re.compile(
    r"推荐|介绍|几|给|俾|畀|我|你|一些|随便|随意|好|新|的|啲|点|下|课程?|网课|学|东西|什么|乜嘢?|咩|有用|有意思|适合|合适|有|没有|冇|吗|呢|呀|吧|可以|能|想|要|看看|门|个|班|在|最|和|或|技能|职业|文化|艺术|老师|"
    r"\b(?:recommend|suggest|some|any|something|courses?|class(?:es)?|for|me|please|to|learn|study|good|new|what|is|are|there|do|you|have|i|want|a|the|anything|useful|interesting)\b"
)


def subject_of(message: str) -> str:
    """The words of a wish that say what is to be learned; empty when it names conditions only."""
    said = normalise(message)
    for pattern in (*CONDITIONS, names_of_places()):
        said = pattern.sub(" ", said)
    if _LEFT_OVER.match(course_subject(said)) or not any(one.isalnum() for one in _ANY.sub("", said)):
        return ""
    return said.strip()
