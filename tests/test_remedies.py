"""What is to be done once it has happened, before how it is prevented and what comes afterwards."""

import pytest

from companion.finding.find import Scope, find
from companion.quoting.remedies import _TO_PREVENT, asks_who_answers_for_it, what_happened
from retrieval.confidence import Confidence
from tests.small_library import searching

LESSONS = {
    "boat.md": """# 渔船上的安全

## 有人落水

### 平时怎么防落水

甲板上穿防滑鞋，落水多半是因为甲板湿滑。夜里出舱门要有人看着，风浪大时不站船舷，免得落水。

### 马上要做的

1. 一个人指着落水的人，眼睛不离开他。
2. 马上抛救生圈，关掉发动机。
3. 从上风一侧靠过去，用竹竿或绳子拉他上来。

### 拉上来以后

落水的人拉上来以后，脱掉湿衣服，裹上毯子，送去医院看肺里有没有进水。

## 渔网缠住螺旋桨了

停机，挂空挡，再下水去割。机器没有停，谁都不许下水。

缠住螺旋桨的网割下来以后要带回岸上，扔在海里会再缠住别人的螺旋桨，也会缠住海龟。螺旋桨缠过网，要看叶片有没有弯。
""",
    "nets.md": """# 补网

## 网破了几个洞

网破了，小洞用同样粗的线补，大洞要剪成方口再补。网破了还接着用，破口会越扯越大。

## 摔伤与割伤

手割破了，用淡水冲干净再包。
""",
    "decks.md": """# 防滑倒与站稳

## 滑倒了怎么办

1. 滑倒了先别动，看看腰腿痛不痛。
2. 不痛再扶着船舷慢慢站起来，滑倒过要告诉船长。

## 船上走一圈

甲板滑倒多半是因为有水和鱼鳞，先冲干净再走；过道装扶手，夜里开灯，免得滑倒。
""",
    "power.md": """# 船上用电

## 触电

先断电源，再用干木棍把人和电线分开。

## 插头和手

手是湿的，不碰开关，手湿了插头会漏电，电会经过手。手湿就先擦干。
""",
    "knots.md": """# Knots for beginners

## After your next lesson

Write three questions about knots and how they slip on paper, and answer them tomorrow without looking.

## A knot that slips

A knot that slips was tied with too short an end. Tie it again with an end as long as your hand.
""",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("boats"), LESSONS, embedder) as search:
        yield search


def first(search, question):
    found = find(search, question, 4, Scope())
    assert found.answers, found.confidence
    return found.quotes[0].text


@pytest.mark.parametrize(
    "question",
    [
        "有人落水怎么办",
        "有人落水点算好",
        "有人落水了應該怎麼辦？",
        "船员掉下去落水了该如何处理",
        "有人落水了要先做什么",
    ],
)
def test_what_is_to_be_done_leads_and_not_how_it_is_prevented_or_what_comes_after(search, question):
    assert first(search, question).startswith("1. 一个人指着落水的人")


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("怎么防止有人落水", "甲板上穿防滑鞋"),
        ("點樣先唔會落水", "甲板上穿防滑鞋"),
        ("如何预防在船上滑倒", "甲板滑倒多半是因为"),
        ("滑倒了怎么办", "1. 滑倒了先别动"),
    ],
)
def test_who_asks_how_it_is_prevented_is_not_told_what_to_do_afterwards(search, question, begins):
    assert first(search, question).startswith(begins)


def test_what_happened_is_read_in_mandarin(search):
    assert "先断电源" in first(search, "隻手濕嘅，俾電黐住點救")


def test_a_section_that_says_that_it_happened_is_given_from_its_beginning(search):
    assert first(search, "螺旋桨缠住了怎么办").startswith("停机，挂空挡")


@pytest.mark.parametrize("told", ["渔网缠住螺旋桨了", "我的渔网缠住螺旋桨"])
def test_who_only_tells_what_happened_is_told_what_to_do(search, told):
    assert first(search, told).startswith("停机，挂空挡")


def test_a_word_of_an_english_heading_names_nothing_that_happened(search):
    assert first(search, "My knot slips on the next pull. What should I do?").startswith("A knot that slips")


@pytest.mark.parametrize(
    ("question", "on_subject", "answered"),
    [("有人落水怎么办", 0.5, True), ("有人落水怎么办", 0.2, False), ("怎么救落水的人", 0.2, True)],
)
def test_what_only_mentions_it_tells_nobody_what_to_do(search, monkeypatch, question, on_subject, answered):
    monkeypatch.setattr("companion.finding.found.confidence", lambda *_: Confidence(True, 0.9, on_subject))
    assert find(search, question, 4, Scope()).answers is answered


def test_the_fire_service_and_who_keeps_bees_prevent_nothing_by_the_word():
    assert not _TO_PREVENT.search("怎么打消防电话")
    assert _TO_PREVENT.search("怎么防火")
    assert not _TO_PREVENT.search("how do i keep bees")
    assert _TO_PREVENT.search("how do i keep water from freezing")


def test_who_asks_how_it_is_prevented_gets_that(search):
    assert first(search, "平时怎么防落水").startswith("甲板上穿防滑鞋")


@pytest.mark.parametrize(
    ("question", "happened"),
    [
        ("摔倒了怎么办", "摔倒了"),
        ("电脑坏了點算", "电脑坏了"),
        ("被骗了咋办呢", "被骗了"),
        ("煤气漏了该怎么处理？", "煤气漏了"),
        ("What should I do if it leaks?", "if it leaks"),
        ("手割破了先做什么", "手割破了"),
        ("船长要做什么", ""),
        ("身份证怎么办理", ""),
        ("怎么办签证", ""),
        ("what do you do for a living", ""),
        ("怎么做豆腐", ""),
    ],
)
def test_what_happened_is_read_from_who_asks_what_to_do(question, happened):
    assert what_happened(question).rstrip("呢 ") == happened


@pytest.mark.parametrize(
    ("question", "asks"),
    [("楼上漏水谁赔", True), ("水管爆了邊個負責", True), ("who pays for the damage", True), ("赔多少", False)],
)
def test_who_is_to_make_good_what_happened_is_asked_for(question, asks):
    assert asks_who_answers_for_it(question) is asks
