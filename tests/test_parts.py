"""A message that asks two questions gets an answer to each."""

import asyncio

import pytest

from companion.events import SourcesFound, TextAdded
from companion.heard import Ask
from companion.understanding.parts import asks_anything, parts_of, tells_of_a_need, without_introduction


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("快件丢了怎么赔", 1),
        ("快件丢了怎么赔，送件要戴头盔吗", 2),
        ("头一回卖荔枝：斤数要不要连箱子算？交快递前要问清楚什么", 2),
        ("聽日帶個囡去睇龍舟，企邊度先安全，仲有冇咩係千祈唔好跨過去㗎", 2),
        ("How long is the break, and how big must the print be?", 2),
        ("孩子发烧了，怎么办", 1),
        ("怎么样？好吗？行吗？", 1),
    ],
)
def test_a_message_is_parted_into_the_questions_it_asks(message, parts):
    assert len(parts_of(message)) == parts


def test_what_is_said_first_belongs_to_every_question():
    assert parts_of("头一回卖荔枝：斤数连箱子算吗？交快递前问什么")[1] == "头一回卖荔枝：交快递前问什么"
    assert parts_of("快件丢了怎么赔") == ("快件丢了怎么赔",)


@pytest.mark.parametrize(
    ("message", "tells", "asks"),
    [
        ("家里二十亩荔枝，年年花开得满树，最后挂不住几个果", True, False),
        ("婆婆躺床上，喂粥老是呛，我真不知道怎么弄才对", True, False),
        ("新来的班长说我们没规矩，想学学在单位怎么做人做事", True, False),
        ("I type how many pieces each line made every day. There must be a quicker way", True, False),
        ("I don't know how anything works here yet", True, False),
        ("我妈摔了一跤，要不要马上扶起来", True, True),
        ("快件丢了怎么赔", False, True),
        ("whats in mapo tofu", False, True),
        ("is CPR 30 to 2", False, True),
        ("explain linear equations to me", False, True),
        ("行吧", False, True),
    ],
)
def test_who_tells_of_a_need_is_told_from_who_asks(message, tells, asks):
    assert (tells_of_a_need(message), asks_anything(message)) == (tells, asks)


def test_both_questions_are_answered_and_cited(companion_with):
    async def turn() -> list:
        return [event async for event in companion_with().reply(Ask("快件没有保价丢了怎么赔，骑电动车送件要戴头盔吗"))]

    events = asyncio.run(turn())
    text = "".join(event.text for event in events if isinstance(event, TextAdded))
    assert "保价规则" in text
    assert "应当戴头盔" in text
    (sources,) = [event.sources for event in events if isinstance(event, SourcesFound)]
    assert {source.n for source in sources} >= set(events[-1].cited)
    assert len(events[-1].cited) >= 2


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("我是送外卖的，下雨天骑车要注意什么", "下雨天骑车要注意什么"),
        ("孩子五岁，在家能做什么小实验", "在家能做什么小实验"),
        ("I just moved here, what should I do when there is a typhoon?", "what should I do when there is a typhoon?"),
        ("我妈血压老是高，多少算高", None),  # what is asked about is said first
        ("我在路上捡到手机，怎么办", None),
        ("我上夜班，没时间学", None),
    ],
)
def test_who_asks_is_parted_from_what_they_ask(message, question):
    assert without_introduction(message) == question
