"""Who asks how to go about something is quoted first what stands under a heading that promises ways."""

import pytest

from companion.finding.find import Scope, find
from tests.small_library import searching

WHY = "讲课的人嗓子会哑，是因为一天到晚大声说话，嗓子很累，嗓子哑了该怎么保养，讲课的人多半不知道，嗓子哑了还接着讲。"
MORE = "讲课的人里，三个就有一个嗓子哑过；嗓子哑得最多的是教小学的，教室吵，一讲就是四节课，下了课也要大声说话。"
WAYS = (
    "温水一小时喝几口，少清嗓子。课上用扩音器，两节课之间十分钟不说话，嗓子休息得多，声音就回来得快。夜里房间不要太干。"
)
REST = "感冒的那几天换人讲，或者让学生自己读书。说话慢一点，句子短一点，气不够就停下来换气。不要用力咳。"
LESSON = f"""# 讲课的嗓子

## 嗓子为什么会哑

{WHY}{MORE}{MORE}

## 保养嗓子的方法

{WAYS}{REST}{REST}

## 扩音器

看电池能用几小时，挂在腰上重不重。{MORE}
"""


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("ways"), {"voice.md": LESSON}, embedder) as search:
        yield search


def first(search, question):
    found = find(search, question, 4, Scope())
    assert found.answers, found.confidence
    return found.quotes[0].text


def test_a_heading_that_promises_ways_leads(search):
    assert "课上用扩音器" in first(search, "嗓子哑了怎么保养")


def test_who_asks_why_is_quoted_why(search):
    assert first(search, "嗓子为什么会哑").startswith("讲课的人嗓子会哑")
