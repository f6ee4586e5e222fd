"""What is asked in everyday words is answered by a rule in its own; how often, or what share, by what states it."""

import pytest

from companion.finding.find import Scope, find_meant
from retrieval.wording import shipped_wording
from tests.small_library import searching

LESSONS = {
    "crew.md": """# 渔船船员管理规定

## 第一章 劳动合同

第一条 船东招用船员，应当说明出海的天数、住处和伙食。劳动合同一式两份，船东和船员各持一份，由村里的渔会保存一份副本。

第二条 船东未与船员订立书面劳动合同的，从第二个月起每月付给船员两倍的工资，并由渔会责令补签。

第三条 船东解除劳动合同的，按船员在船上干的年数付给经济补偿，每满一年付一个月的工资；不满半年的，付半个月的工资。

## 第二章 机动渔船

第四条 机动渔船应当悬挂船名牌，不得遮挡、涂改。船名牌丢了的，十日内到渔会补领。

第五条 饮酒后驾驶机动渔船的，停航三十日，并处五百元罚款；再犯的，收回驾驶证。

第六条 从卖鱼所得里提取公积金，用来修码头。提取的比例由全体船东每年开会商定，写进渔会的公告。
""",
    "bed.md": """# 照料卧床的老人

## 帮老人转身

1. 告诉老人要转身了，关门拉帘。
2. 一手扶肩，一手扶髋，把老人转向自己这边。
3. 背后垫枕头，两膝之间夹枕头。

## 记录

卧床的老人每两小时转身一次，转了就把时间和姿势写在床头的表上。
""",
    "report.md": """# 抽样、8D 与不合格品

## 抽样

一箱抽八件来查，八件里哪几件不合格要写清楚：八件里有一件坏，八分之一就是不合格的比例。哪八件是随手拿的，也写下来。
抽的八件放在黄色的盘子里，查完放回原来的箱子，不和别的箱子混在一起。查的人在抽样单上签名，写上日期和批号。

## 8D

先成立小组，再说清问题，把坏的货隔开，找出原因，想好怎样改，改了以后看有没有用，写进作业指导书，最后谢谢大家。
客户退货的时候，三天之内要交一份这样的报告。报告里每一栏都要填，找不到原因的不许写“员工不小心”。
""",
}


@pytest.fixture(scope="module")
def search(tmp_path_factory, embedder):
    with searching(tmp_path_factory.mktemp("crew"), LESSONS, embedder) as search:
        yield search


def found(search, question):
    return find_meant(search, question, 4, Scope())


@pytest.mark.parametrize(
    ("question", "rule"),
    [
        ("被炒魷魚賠幾多錢", "第三条"),
        ("老板不签合同怎么办", "第二条"),
        ("酒驾会怎么处理", "第五条"),
    ],
)
def test_an_everyday_word_is_answered_by_the_rule_that_says_it_otherwise(search, question, rule):
    told = found(search, question)
    assert told.answers, told.confidence
    assert told.quotes[0].hit.passage.locator == rule


def test_a_chapter_called_by_a_word_of_the_question_is_no_remedy(search):
    """机动渔船 heads the chapter, which begins with the name plate."""
    told = found(search, "饮酒后驾驶机动渔船怎么处理")
    assert told.quotes[0].hit.passage.locator == "第五条"


def test_words_of_courses_stand_in_the_place_of_everyday_ones():
    wording = shipped_wording()
    assert wording.in_course_words("被辞退了怎么办") == "被解除劳动合同了怎么办"
    assert wording.in_course_words("渔网破了怎么办") == ""


def test_how_often_is_told_by_the_sentence_that_states_it(search):
    told = found(search, "老人多久转身一次")
    assert told.answers, told.confidence
    assert "每两小时" in told.quotes[0].text


def test_a_share_that_no_passage_states_is_not_answered(search):
    told = found(search, "公积金提取百分之几")
    assert not told.answers
    assert "由全体船东每年开会商定" in told.quotes[0].text  # the closest is shown


def test_what_has_not_the_name_asked_for_is_no_answer(search):
    """The lessons have no Excel, and say what is to be written on a sheet."""
    assert not found(search, "Excel里怎么记录转身的时间").answers


def test_what_a_title_names_beside_other_things_is_not_what_all_under_it_is_on(search):
    """The lesson's title has 8D, and so has not the section on sampling."""
    told = found(search, "8D是哪八件")
    assert not told.answers or told.quotes[0].hit.passage.heading_path[-1] == "8D"
