"""Who asks of a law what one side does or fails to do is quoted what it says of that side."""

import pytest

from companion.finding.find import Scope, find
from companion.finding.who_acts import _plain
from retrieval.confidence import Confidence
from tests.small_library import searching

FIRST = "第一条 劳动者不与用人单位订立合同的，用人单位可以书面终止关系，不用赔偿。\n\n"
LAW = f"""# 船坞劳动条例

## 第一章 总则

{FIRST}第二条 用人单位没有与劳动者订立合同的，应当每月支付二倍的工资。

第三条 劳动者领工资，拿到工资条应当核对。

第四条 用人单位应当附工资条，写明扣了什么。
"""


@pytest.fixture(autouse=True)
def sure(monkeypatch):
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(True, 0.9, 0.9))


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("law"), {"law.md": LAW}, embedder) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("老板不跟我签合同会怎样", "第二条"),
        ("老板没跟我签合同会怎样", "第二条"),
        ("员工不签合同会怎样", "第一条"),
        ("老板发工资要给工资条吗", "第四条"),
        ("劳动者拿到工资条做什么", "第三条"),
        ("工资条有什么用", "第三条"),  # nobody acts
    ],
)
def test_the_article_on_who_acts_leads(search, question, article):
    assert find(search, question, 4, Scope()).quotes[0].text.startswith(article)


def test_what_is_said_of_the_other_side_alone_is_no_answer(tmp_path, embedder):
    law = f"# 船坞劳动条例\n\n## 第一章 总则\n\n{FIRST}第二条 船坞应当备救生衣。\n"
    with searching(tmp_path, {"law.md": law}, embedder) as search:
        assert find(search, "员工不签合同会怎样", 4, Scope()).answers
        assert not find(search, "老板不跟我签合同会怎样", 4, Scope()).answers


def test_what_only_looks_like_a_denial_denies_nothing():
    assert _plain("第二条 单位未必赔, 唔该") == "单位未必赔, 唔该"
    assert _plain("冇签合同, 没收押金") == "不签合同, 没收押金"
