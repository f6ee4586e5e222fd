"""What stands under a heading on what is asked leads, and not what mentions it under another."""

import pytest

from companion.finding.find import Scope, find
from retrieval.confidence import Confidence
from tests.small_library import searching

LESSONS = {
    "buds.md": "# 看芽头\n\n一芽一叶刚展开，芽头肥壮，叶背有白毫，就可以采。\n",
    "spray.md": "# 打药\n\n打完药到采茶要隔多少天，茶树药的标签上写着；没到日子，芽头再肥也不能采。\n",
    "market.md": "# 卖茶叶\n\n先看茶叶什么时候采的，再报价。明前的茶叶贵，什么时候采要写在包装上。\n",
}


@pytest.fixture
def sure(monkeypatch):
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(True, 0.9, 0.9))


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("topics"), LESSONS, embedder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "lesson"),
    [
        ("芽头什么时候可以采", "看芽头"),  # the lesson on spraying has more of the words
        ("采芽头要隔多少天", "打药"),  # and stays where it is asked after
        ("茶叶怎么报价", "卖茶叶"),
    ],
)
def test_the_lesson_on_what_is_asked_leads_and_others_keep_their_questions(search, sure, question, lesson):
    assert find(search, question, 4, Scope()).quotes[0].hit.lesson.title == lesson


def test_the_lesson_called_by_what_is_named_leads_where_the_first_is_on_something_else(tmp_path, embedder, sure):
    lessons = {
        "zongzi.md": "# 咸肉粽的做法\n\n糯米先泡两个钟头。煮好的粽子吊起来晾干，收进冰柜，吃之前蒸透。\n",
        "cakes.md": "# 点心怎么存\n\n吃剩的糕点，盖好放冰箱，最多放三天；放冰箱的糕点，吃剩了不要再放。\n",
    }
    with searching(tmp_path, lessons, embedder) as search:
        told = find(search, "吃剩的咸肉粽盖好放冰箱里，还要蒸吗", 4, Scope()).quotes
        assert [quote.hit.lesson.title for quote in told] == ["咸肉粽的做法"]
        assert find(search, "吃剩的糕点盖好放冰箱，最多放几天", 4, Scope()).quotes[0].hit.lesson.title == "点心怎么存"
