"""Wishes over catalogues of several providers: whose courses, several things at once, and what is not wanted."""

from datetime import UTC, datetime

import pytest

from companion.conversation import Conversation, PastTurn, PathwayWanted, Shown
from companion.guidance.need import need_of
from companion.guidance.providers import Providers
from companion.guidance.subject import at_school, named_in, wishes_in, without_refused
from companion.understanding.enquiry import enquiry_of
from companion.understanding.follow_up import adds_to_a_wish
from companion.understanding.picking import picked, picks_beyond
from companion.understanding.wish import says_undecided, wish_by_rules
from tests.small_catalogue import indexed, talk, tutor_over, unmet

COURSES = [
    {"title": "数据结构", "provider": "北京大学", "subjects": ["数据结构", "计算机"], "updated_at": "2024-03-01"},
    {"title": "数据结构", "provider": "浙江大学", "subjects": ["数据结构", "计算机"], "updated_at": "2026-03-01"},
    {"title": "心理学与生活", "provider": "北京大学", "subjects": ["心理学"]},
    {"title": "走进心理学", "provider": "西南交通大学", "subjects": ["心理学"]},
    {"title": "手机摄影", "provider": "甲校", "subjects": ["摄影"], "price": {"amount": 0}, "hours": 6, "language": "zh-Hans"},  # noqa: E501
    {"title": "商务英语口语", "provider": "乙校", "subjects": ["英语"], "price": {"amount": 90}, "hours": 20},
    {"title": "电工安全基础", "provider": "乙校", "subjects": ["电工"], "skills": ["验电", "触电急救"], "occupations": ["电工"], "price": {"amount": 60}},  # noqa: E501
    {"title": "Machine Learning", "provider": "Stanford University", "subjects": ["machine learning"]},
    {"title": "机器学习导论", "provider": "南京大学", "subjects": ["机器学习"]},
]  # fmt: skip
NAMES = ["北京大学", "浙江大学", "微软", "Yale University", "MIT OpenCourseWare", "顺德厨艺学堂（示例）"]


@pytest.fixture(scope="module")
def tutor_and_state(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("market")
    with tutor_over(indexed(folder, COURSES, embedder), embedder, folder) as (tutor, state):
        yield tutor, state


@pytest.fixture(scope="module")
def tutor(tutor_and_state):
    return tutor_and_state[0]


# -- whose -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "providers", "not_of", "rest"),
    [
        ("数据结构 北京大学", {"北京大学"}, set(), "数据结构"),
        ("浙大的呢", {"浙江大学"}, set(), "呢"),
        ("除了北京大学以外的心理学课", set(), {"北京大学"}, "心理学课"),
        ("不要北大的", set(), {"北京大学"}, ""),
        ("北大和浙大的机器学习", {"北京大学", "浙江大学"}, set(), "和 机器学习"),
        ("北京大学的数据结构，浙大的呢", {"浙江大学"}, set(), "数据结构, 呢"),
        ("微軟的課", {"微软"}, set(), "课"),
        ("courses from Yale", {"Yale University"}, set(), ""),
        ("machine learning by MIT", {"MIT OpenCourseWare"}, set(), "machine learning"),
        ("courses not from MIT", set(), {"MIT OpenCourseWare"}, "courses"),
        ("顺德厨艺学堂有什么课", {"顺德厨艺学堂（示例）"}, set(), "有什么课"),
    ],
)
def test_whose_courses_are_wanted_is_heard_by_whatever_they_are_called(message, providers, not_of, rest):
    wanted = Providers(NAMES).wanted(message)
    assert wanted is not None
    assert (set(wanted.providers), set(wanted.not_of), " ".join(wanted.rest.split())) == (providers, not_of, rest)


@pytest.mark.parametrize(
    "message",
    ["我想考北京大学", "我在浙江大学上班", "微软办公软件", "I work at MIT", "yale locks", "中山有课吗", "学煲汤"],
)
def test_where_somebody_is_or_wants_to_go_is_nobodys_course(message):
    assert Providers(NAMES).wanted(message) is None


def test_only_courses_of_theirs_are_shown_and_the_subject_is_kept(tutor):
    first, then, without = talk(tutor, "北京大学的数据结构", "浙大的呢", "不要浙大的", conversation="whose")
    assert (first.titles, then.titles) == (("数据结构",), ("数据结构",))
    assert "由北京大学开设" in first.reasons[0]
    assert "由浙江大学开设" in then.reasons[0]
    assert without.titles == ("数据结构",)
    (psychology,) = talk(tutor, "除了北京大学以外的心理学课", conversation="others")
    assert psychology.titles == ("走进心理学",)


def test_of_courses_with_one_title_each_is_called_with_its_provider(tutor):
    *_, second = talk(tutor, "数据结构", "第二门什么时候更新的", conversation="one title")
    first = "2026-03-01" if "2024-03-01" in second.text else "2024-03-01"
    assert second.text.startswith("更新于：202")
    *_, other = talk(tutor, "数据结构", "第一门什么时候更新的", conversation="the other")
    assert other.text.startswith(f"更新于：{first}")
    *_, compared = talk(tutor, "数据结构", "前两门哪个新", conversation="newest")
    assert compared.text.startswith("按记录，其中最近更新的是《数据结构》")
    assert "《数据结构》（北京大学）：更新于：2024-03-01" in compared.text
    assert "《数据结构》（浙江大学）：更新于：2026-03-01" in compared.text
    assert compared.text.count("费用") == 1  # that neither states a price is said once


# -- which of those shown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "understood"),
    [
        ("比较一下前两门", "比较一下《甲》《乙》"),
        ("compare the first two courses", "compare 《甲》《乙》"),
        ("第一和第三个哪个好", "《甲》《丙》哪个好"),
        ("比较1和3", "比较《甲》《丙》"),
        ("the first and the third", "《甲》《丙》"),
        ("最后一个多少钱", "《丙》多少钱"),
        ("the last one", "《丙》"),
        ("前两天学什么", "前两天学什么"),
        ("the first two weeks", "the first two weeks"),
    ],
)
def test_several_of_those_shown_are_meant_at_once(message, understood):
    assert picked(message, Shown(("甲", "乙", "丙"))) == understood


@pytest.mark.parametrize(
    ("message", "understood"),
    [
        ("第一步要多少钱", "《甲》要多少钱"),
        ("how long is the second step", "how long is 《乙》"),
        ("compare the first two courses", "compare 《甲》《乙》"),
        ("which step is the longest", "which course is the longest"),
        ("下一步呢", "下一步呢"),
        ("2", "2"),
    ],
)
def test_the_steps_of_a_way_are_courses_too(message, understood):
    assert picked(message, PathwayWanted("电工", titles=("甲", "乙"))) == understood


def test_of_one_course_the_first_two_are_that_one(tutor):
    assert picked("比较前两门", Shown(("甲",))) == "比较《甲》"
    *_, told = talk(tutor, "我想当电工", "compare the first two courses", conversation="one step")
    assert "电工安全基础" in told.text
    assert told.titles == ()


# -- several wishes, and what is not wanted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "clauses"),
    [
        ("想学摄影，还想学英语，最好还能学点防骗", 3),
        ("老婆想学插花，我想学修空调，儿子想学编程", 3),
        ("学唱歌、跳舞，还有拉二胡", 2),
        ("I want courses on python, on statistics and on public speaking", 2),
        ("想学摄影，最好能学快点", 0),
        ("我妈七十二岁了，想学用手机", 0),
        ("想学点传统文化，听戏那种", 0),
        ("It has to be free, and online, I want to learn to cook", 0),
    ],
)
def test_each_clause_that_wants_something_is_a_wish_of_its_own(message, clauses):
    assert len(wishes_in(message)) == clauses


def test_of_three_wishes_each_is_met_or_said_not_to_be_and_counted(tutor_and_state):
    tutor, state = tutor_and_state
    (told,) = talk(tutor, "想学摄影，还想学英语，最好还能学点插花", conversation="three")
    assert set(told.titles) == {"手机摄影", "商务英语口语"}
    assert "没有找到教这些的课程：插花" in told.text
    assert "插花" in [need.words for need in unmet(state)]


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("不想学编程，想学画画", "画画"),
        ("算了不学编程了，学画画", "画画"),
        ("唔想學編程，想學畫畫", "画画"),
        ("i want to learn cooking, not baking", "cooking"),
        ("climate change, not american politics", "climate change"),
        ("不会编程，想学", "编程"),
        ("不想学太难的", "太难"),
    ],
)
def test_what_is_not_wanted_is_not_what_is_looked_for(message, named):
    assert named_in(message) == named


def test_a_refusal_alone_stays_and_conditions_are_no_refusals():
    assert without_refused("我不学了") == "我不学了"
    assert need_of("不要英文的").language == "zh"


# -- who does not know, who told little --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    ["不知道学什么", "唔知學咩好", "学什么好找工作", "I lost my job. what can I study?", "not sure what to learn"],
)
def test_who_does_not_know_what_to_learn_wants_courses(message):
    assert says_undecided(message)
    assert wish_by_rules(message) == "courses"


@pytest.mark.parametrize("message", ["不知道怎么学英语", "what can I study to become a nurse", "想学会计"])
def test_who_knows_what_is_not_taken_for_undecided(message):
    assert not says_undecided(message)


def test_the_undecided_are_shown_some_and_asked_for_more(tutor):
    (told,) = talk(tutor, "不知道学什么", conversation="undecided")
    assert told.text.startswith("还没想好也没关系")
    assert told.titles


@pytest.mark.parametrize("message", ["手抖拿不住筷子", "养猪", "潜水证", "家里鸡老是死"])
def test_a_need_told_in_few_words_that_nothing_teaches_gets_no_course(tutor_and_state, message):
    tutor, state = tutor_and_state
    (told,) = talk(tutor, message, conversation=message)
    assert told.titles == ()
    assert message in [need.words for need in unmet(state)]


def test_the_school_that_is_spoken_of_is_looked_for_with_its_subjects():
    assert at_school("数学", "初中没毕业，想补数学和英语") == "初中数学"
    assert at_school("摄影", "初中没毕业，想学摄影") == "摄影"


# -- names, languages, what no record states ---------------------------------------------------------------------------


def test_the_name_of_a_thing_gets_its_courses(tutor):
    (told,) = talk(tutor, "机器学习", conversation="a name")
    assert told.titles[0] == "机器学习导论"
    assert told.text == "目录里有这些课程与您说的相符："


def test_where_no_language_is_stated_the_title_speaks_and_that_is_said(tutor):
    (told,) = talk(tutor, "想学机器学习，不要英文的", conversation="no english")
    assert told.titles == ("机器学习导论",)
    assert "课名是中文，记录没有写授课语言" in told.reasons[0]


@pytest.mark.parametrize(
    ("message", "unstated"),
    [
        ("口碑最好的摄影课", "rated"),
        ("眼睛不好，想学摄影", "heard"),
        ("我没有电脑，想学摄影", "device"),
        ("一个月内能学完的", "span"),
        ("晚上睡不着", None),
    ],
)
def test_what_no_record_states_is_known(message, unstated):
    assert need_of(message).unstated == ((unstated,) if unstated else ())


def test_that_records_state_no_ratings_is_said_beside_the_courses(tutor):
    (told,) = talk(tutor, "评分最高的摄影课", conversation="rated")
    assert told.titles == ("手机摄影",)
    assert "没有写评分和口碑" in told.text


def test_a_record_with_no_more_than_a_name_is_told_as_that(tutor):
    *_, told = talk(tutor, "心理学", "第一门讲什么", conversation="bare")
    assert "只有名称和开课单位" in told.text


def test_conditions_on_a_way_are_of_its_steps(tutor):
    way, free = talk(tutor, "我想当电工", "免费的呢", conversation="on the way")
    assert way.titles == ("电工安全基础",)
    assert free.titles == ()
    assert "不是免费，或没有写明费用（1 门）" in free.text
    assert "电工安全基础" in free.text
    *_, cheap = talk(tutor, "我想当电工", "一百块以内的呢", conversation="cheap on the way")
    assert cheap.titles == ("电工安全基础",)


def turn(message, wish, mode):
    return PastTurn("t", datetime.now(UTC), message, message, wish, mode, "答")


def test_who_asks_again_for_themselves_what_was_refused_adds_no_condition_to_the_course_that_was_shown():
    refused = Conversation("c", (turn("残疾人有没有补贴", "question", "catalogue"),), 1, pending=Shown(("甲",)))
    assert not adds_to_a_wish("坐轮椅的呢", refused)
    wished = Conversation("c", (turn("手机不太会用", "question", "catalogue"),), 1, pending=Shown(("甲",)))
    assert adds_to_a_wish("坐轮椅的呢", wished)


def test_whether_there_is_something_free_asks_for_courses(tutor):
    *_, told = talk(tutor, "老板说下个月不用我了", "有不要钱的吗", conversation="free")
    assert told.titles == ("手机摄影",)


def test_what_is_up_to_date_and_why_it_is_shown_are_told():
    assert enquiry_of("这些课是不是最新的？怕过时了").name == "up_to_date"
    assert enquiry_of("为什么推荐这门").name == "why_shown"
    assert enquiry_of("为什么天会黑") is None


def test_a_number_that_nothing_was_shown_for_is_asked_about(tutor):
    assert picks_beyond("第二个在哪里上", Shown(("甲",)))
    assert not picks_beyond("第二个在哪里上", Shown(("甲", "乙")))
    *_, told = talk(tutor, "想学摄影", "第二个在哪里上", conversation="beyond")
    assert told.text.startswith("您选哪一门？")
    assert "1. 手机摄影" in told.text


def test_a_list_of_things_is_of_each_and_a_name_with_two_things_in_it_is_one(tutor):
    (told,) = talk(tutor, "给我找三门不同的课：摄影、英语、插花", conversation="a list")
    assert set(told.titles) == {"手机摄影", "商务英语口语"}
    assert "没有找到教这些的课程：插花" in told.text
    (one,) = talk(tutor, "心理学与生活", conversation="one name")
    assert one.titles[0] == "心理学与生活"
    assert "没有找到" not in one.text


def test_what_is_ruled_out_in_a_clause_of_its_own_is_no_wish():
    assert named_in("不要大学的课，要短一点的，学做表格") == "做表格"
    assert need_of("概率论，不要入门的").standing == "some"


def test_theirs_is_said_to_be_missing_where_others_teach_it(tutor):
    (told,) = talk(tutor, "南京大学的数据结构", conversation="not theirs")
    assert told.titles == ()
    assert "不是您说的机构开的（2 门）" in told.text
