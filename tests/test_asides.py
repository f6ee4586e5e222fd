"""A textbook is quoted for what it teaches, and not for what stands around that."""

import pytest

from companion.finding.find import Scope, find
from tests.small_library import searching

LESSONS = {
    "rest.md": """# Resting well

## About This Chapter

In this chapter you will learn how to rest well after a shift. By the end of the chapter, you should be able to do the
following:

- Say how one rests well after a shift.
- Say how to rest well on a day off.

## Student Survey

How do you feel about how you rest after a shift? Rank each of the statements on a scale of 1 to 4.

- I rest well after a shift.
- I know how to rest well.
- My rest after a shift is long enough.

## A welder's evenings

Marta rests well after a shift, since she reads. Her brother asked Marta how she managed to rest well after a shift.

## After a shift

To rest after a shift, walk for ten minutes before you sit down. Keep the screen off for an hour.

Words for it

| Term | Meaning |
| --- | --- |
| Rest after a shift | How one rests well after a shift |
""",
    "kiln.md": """# 烧窑

## 学习目标

通过本章的学习，你将学会怎么给窑升温，并能说出升温的快慢。

## 课前调查

- 我知道怎么给窑升温。
- 我会看窑的温度。
- 我给窑升过温。

## 升温

每小时升一百度，到六百度以后可以加快。开始太急，坯里的水汽会把坯胀裂。

图 3-1 怎么给窑升温
""",
}
WITH_CAPTIONS = {
    "out.md": """# 出窑与封窑

## 出窑

窑冷到六十度以下才开门，开门先开一条缝。瓷器一件件拿，手套要干。

出窑的先后次序

窑里靠门的先拿，靠火的后拿。拿出来放在木架上，不放在水泥地上。

## 封窑门

1. 门砖码三层。
2. 泥抹平。

封好的窑门

封完等一个钟再点火。
""",
}


@pytest.fixture(scope="module")
def captioned(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("doors"), WITH_CAPTIONS, embedder) as search:
        yield search


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("kilns"), LESSONS, embedder) as search:
        yield search


@pytest.mark.parametrize(
    ("question", "begins"),
    [("how do I rest well after a shift", "To rest after a shift, walk"), ("怎么给窑升温", "每小时升一百度")],
)
def test_who_asks_how_is_quoted_what_tells_how(search, question, begins):
    assert find(search, question, 4, Scope()).quotes[0].text.startswith(begins)


def test_a_caption_whose_figure_is_gone_answers_nobody(captioned):
    assert find(captioned, "出窑的先后次序", 4, Scope()).quotes[0].text.startswith(("窑冷到六十度", "窑里靠门的先拿"))


def test_steps_end_before_a_caption(captioned):
    assert find(captioned, "怎么封窑门", 4, Scope()).quotes[0].text == "1. 门砖码三层。\n2. 泥抹平。"


def test_who_asks_for_the_aims_of_a_chapter_is_quoted_them(search):
    found = find(search, "烧窑这一章的学习目标是什么", 4, Scope())
    assert "你将学会怎么给窑升温" in found.quotes[0].text
