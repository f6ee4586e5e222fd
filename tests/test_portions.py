import pytest

from companion.portions import asking_for_more, at_once, place_of_step, portions, portions_of_quotes
from companion.sentences import cited_in
from companion.words import words

LONG = "第一句说结论。第二句说条件。第三句说例外以外的事。第四句收尾。"
STEPS = "做法如下：\n1. 关掉电源。\n2. 等十分钟。\n3. 再打开看看。\n"


@pytest.mark.parametrize("audience", ["courier", "senior", "child", None, "nobody"])
@pytest.mark.parametrize("text", [LONG, STEPS, "", "一句。"])
def test_portions_joined_are_the_text_again(text, audience):
    assert "".join(portions(text, audience)) == text


def test_a_courier_gets_two_sentences_and_the_rest_on_request():
    assert portions(LONG, "courier") == ["第一句说结论。第二句说条件。", "第三句说例外以外的事。第四句收尾。"]


def test_a_senior_gets_one_step_at_a_time_with_the_line_that_leads_in():
    assert portions(STEPS, "senior")[0].rstrip() == "做法如下：\n1. 关掉电源。"
    assert len(portions(STEPS, "senior")) == 3
    longer = STEPS.replace("关掉电源。", "关掉电源。先洗手。")
    assert portions(longer, "senior")[0].rstrip() == "做法如下：\n1. 关掉电源。先洗手。"


def test_an_exception_goes_with_its_rule():
    rule = "可以退货。七天内申请。但定制的商品除外。还要保留包装。"
    assert portions(rule, "courier")[0] == "可以退货。七天内申请。但定制的商品除外。"


def test_what_is_urgent_is_never_cut():
    urgent = "先拨打 120。再按压胸口。不要停。等人来。"
    assert portions(urgent, "courier") == [urgent]
    assert portions(urgent, "senior") == [urgent]


def test_while_text_is_written_it_is_told_what_still_goes_out():
    assert at_once("", "第一句。", "courier")
    assert at_once("第一句。", "第二句。", "courier")
    assert not at_once("第一句。第二句。", "第三句。", "courier")
    assert at_once("第一句。第二句。", "第三句。", None)


def test_each_portion_of_a_quote_names_its_source():
    cut = portions_of_quotes([LONG, "另一段。"], "courier")
    assert [part.endswith(mark) for part, mark in zip(cut, ("[1]", "[1]", "[2]"), strict=True)] == [True] * 3
    assert portions_of_quotes([LONG, "另一段。"], None) == [f"> {LONG} [1]\n\n> 另一段。 [2]"]


@pytest.mark.parametrize(
    ("course_text", "shown"),
    [
        ("成立于一九八五年[1]。", "成立于一九八五年[1\\]。"),
        ("parcels[0] 是第一件", "parcels[0\\] 是第一件"),
        ("用 `parcels[2]` 取第三件", "用 `parcels[2]` 取第三件"),
        ("看[这里](a) 和 [x]", "看[这里](a) 和 [x]"),
    ],
)
def test_a_number_in_brackets_in_course_text_cites_nothing(course_text, shown):
    (part,) = portions_of_quotes(["第一段。", course_text], None)
    assert part == f"> 第一段。 [1]\n\n> {shown} [2]"
    assert cited_in(part) == (1, 2)


def test_the_sentence_that_answers_comes_first_and_one_that_leans_takes_along_what_is_before_it():
    listed = "管好药：\n- 用药盒装好。\n- 忘了一次不补双份。\n- 药名写大一点。\n"
    first, *rest = portions_of_quotes([listed], "senior", ["- 忘了一次不补双份。"])
    assert first == "> - 忘了一次不补双份。 [1]"
    assert "".join(rest).count("[1]") == 2
    leaning = "先说规则。再说条件。它有个例外。收尾的话。"
    assert portions_of_quotes([leaning], "courier", ["它有个例外。"])[0].startswith("> 先说规则。")
    assert portions_of_quotes([listed], None, ["- 忘了一次不补双份。"]) == portions_of_quotes([listed], None)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("第二步呢", 0),
        ("那第3步怎么做", 1),
        ("第三步係咩？", 1),
        ("and the second step?", 0),
        ("第九步呢", None),
        ("第二天呢", None),
    ],
)
def test_a_step_that_is_asked_for_by_its_number_is_found_in_the_rest(message, place):
    assert place_of_step(["> 2. 等十分钟。 [1]", "> 3. 再打开看看。 [1]"], message) == place


def test_the_rest_is_asked_for_as_a_step_or_as_more():
    say = words("zh-Hans")
    assert asking_for_more("> 2. 等十分钟。 [1]", "senior", say) == say.next_step
    assert asking_for_more("第三句。", "senior", say) == say.more
