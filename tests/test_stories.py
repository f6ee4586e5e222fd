import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from companion.words import words
from eval.second_turns import figures
from eval.stories import STORIES, stories, tell

DOCS = Path(__file__).parent.parent / "docs" / "stories.md"


@pytest.fixture(scope="module")
def told(sample_tutor):
    """The stories, each told to the tutor once, by name: also what it counts of them then is looked at."""
    return {story["id"]: anyio.run(tell, story, sample_tutor) for story in stories()}


def test_each_initiative_has_two_stories():
    told = [story["initiative"] for story in stories()]
    assert {name: told.count(name) for name in set(told)} == dict.fromkeys(
        ("ideology", "academic", "skills", "culture", "key_groups", "network"), 2
    )


@pytest.mark.parametrize("story", stories(), ids=lambda story: story["id"])
def test_a_learner_gets_what_suits_them(told, story):
    assert {turn.says: turn.misses for turn in told[story["id"]]} == {turn["says"]: () for turn in story["turns"]}


def test_needs_that_no_course_meets_are_counted(tutor_and_state, told):
    now = datetime.now(UTC)
    noted = {
        need.words: need.reason
        for need in tutor_and_state[1].book.unmet(now - timedelta(hours=1), now + timedelta(hours=1))
    }
    due = {
        turn.get("unmet_words", turn["says"]): turn["unmet"]
        for story in stories()
        for turn in story["turns"]
        if "unmet" in turn
    }
    assert due
    assert due.items() <= noted.items()


def test_the_stories_can_be_read():
    page = DOCS.read_text("utf-8")
    assert all(story["title"] in page for story in stories())
    assert STORIES.name == "stories.jsonl"


def test_second_turns_keep_a_subject_of_their_own_and_lean_where_they_have_none(sample_tutor):
    found = anyio.run(figures, sample_tutor)
    # Measured .75 and .91; carrying everything along gives .29 and .98, carrying nothing .82 and .50.
    assert found["own"]["ours"] >= 0.7
    assert found["follow-up"]["ours"] >= 0.88
    assert found["own"]["always carried"] < 0.4 < found["own"]["never"]


@pytest.mark.parametrize("message", ["我想当电工", "想做养老护理员。", "I want to become an electrician"])
def test_who_wants_to_be_something_is_shown_the_way_whatever_lessons_say_of_it(sample_tutor, message):
    story = {"id": "trade", "turns": [{"says": message, "mode": "catalogue"}]}
    (told,) = anyio.run(tell, story, sample_tutor)
    assert told.answer["mode"] == "catalogue"
    assert all(card["step"]["of"] == len(told.answer["courses"]) for card in told.answer["courses"])
    assert told.answer["courses"]


@pytest.mark.parametrize(
    ("before", "message", "held"),
    [
        # Seems to stand alone, and nothing answers it: the closest passage of what was talked of is shown.
        (
            "刚才有个人说是公安局的，叫我把钱转到安全账户，我该怎么办？",
            "已经转了两千块了，第一件事做什么",
            "马上打 110",
        ),
        (
            "I just moved into a rented room with a foreign passport. What do I do first?",
            "how long do I have?",
            "24 hours",
        ),
        ("我的血压有点高，平常要注意什么", "那你教我在家怎样量得准", "用上臂式的电子血压计"),
        # Goes on from something, and by itself nothing here is near it.
        ("How do I answer the phone at work?", "And before I hang up?", "Repeat the important facts"),
    ],
)
def test_a_second_message_is_told_what_belongs_to_the_first(sample_tutor, before, message, held):
    *_, told = anyio.run(tell, {"id": "thread", "turns": [{"says": before}, {"says": message}]}, sample_tutor)
    assert held in told.answer["text"]


def test_another_subject_without_an_answer_is_not_given_the_old_one(sample_tutor):
    turns = [{"says": "荔枝裂果怎么防"}, {"says": "火星上有没有水"}]
    *_, told = anyio.run(tell, {"id": "thread", "turns": turns}, sample_tutor)
    assert (told.answer["mode"], told.answer["sources"]) == ("catalogue", [])


def test_the_second_part_of_a_message_is_not_answered_from_elsewhere(sample_tutor):
    message = "循环里删东西为什么漏掉几个，找最大的怎么写"
    (told,) = anyio.run(tell, {"id": "parts", "turns": [{"says": message}]}, sample_tutor)
    quoted = told.answer["text"].split("\n\n> ")
    assert "会漏掉几个" in quoted[1]
    assert "手机" not in told.answer["text"]


def test_each_part_of_a_message_is_answered_in_its_place(sample_tutor):
    (told,) = anyio.run(tell, {"id": "two", "turns": [{"says": "流鼻血怎么办，怎么量血压"}]}, sample_tutor)
    assert told.answer["text"].index("捏住鼻翼") < told.answer["text"].index("袖带")


def test_a_senior_who_paid_a_swindler_is_told_of_the_hotline_though_nothing_answers(sample_tutor):
    story = {"id": "care", "audience": "senior", "turns": [{"says": "我刚转了八万块给一个网上认识的人"}]}
    (told,) = anyio.run(tell, story, sample_tutor)
    assert "96110" in told.answer["text"]


def test_a_subject_of_two_characters_is_practised_on_the_course_it_names(sample_tutor):
    (told,) = anyio.run(tell, {"id": "quiz", "turns": [{"says": "考考我急救"}]}, sample_tutor)
    assert told.answer["quiz"]
    assert told.answer["sources"][0]["course_id"] == "family-first-aid"


@pytest.mark.parametrize(
    ("message", "course"),
    [
        ("帮我制定一个学拍照的计划，每周3小时", "phone-photography"),
        ("学Excel，给我排个计划，每天一小时", "spreadsheets-for-the-shop-floor"),
        ("make me a plan to learn spreadsheets, 2 hours a week", "spreadsheets-for-the-shop-floor"),
    ],
)
def test_a_plan_is_for_the_course_that_was_meant(sample_tutor, message, course):
    (told,) = anyio.run(tell, {"id": "plan", "turns": [{"says": message}]}, sample_tutor)
    assert [card["course_id"] for card in told.answer["courses"]] == [course]
    assert re.search(r"- .*20\d\d-\d\d-\d\d", told.answer["text"])


def test_no_course_is_planned_that_is_not_on_the_subject(sample_tutor):
    (told,) = anyio.run(tell, {"id": "plan", "turns": [{"says": "帮我做个学法语的计划，每周两小时"}]}, sample_tutor)
    assert "没有讲这个的课程，也没有与它相近的" in told.answer["text"]
    assert "- 第" not in told.answer["text"]
    assert not told.answer["courses"]


@pytest.mark.parametrize(
    ("said", "told_of"),
    [
        (("每天一小时", "星期天不学"), ("每周 6 小时", "周五、周六，每次约 60 分钟")),
        (("每周两小时", "从下周一开始"), ("每周 2 小时", "%MONDAY%")),
        (("每周两小时", "改成每周三小时"), ("每周 3 小时",)),
        (("每周一三五各一小时",), ("每周 3 小时", "周一、周三、周五")),
        (("2 hours a week", "no Sundays"), ("2 hours a week", "Saturday, about 20 minutes")),
        (("2 hours a week", "start next Monday"), ("2 hours a week", "%MONDAY%")),
        (("2 hours a week", "change it to 3 hours a week"), ("3 hours a week",)),
        (("45 minutes every weekday",), ("3.75 hours a week",)),
    ],
)
def test_a_plan_is_changed_by_what_is_said_of_it(sample_tutor, said, told_of):
    today = sample_tutor.advising.adviser.today()
    monday = (today + timedelta(days=7 - today.weekday())).isoformat()
    asks = "我想学粤菜，帮我排计划" if not said[0].isascii() else "make me a plan to learn spreadsheets"
    *_, told = anyio.run(tell, {"id": "plan", "turns": [{"says": one} for one in (asks, *said)]}, sample_tutor)
    for words_told in told_of:
        assert words_told.replace("%MONDAY%", f"{monday} –") in told.answer["text"]


@pytest.mark.parametrize(
    ("message", "place"), [("{title}那门", 1), ("就第二门吧", 1), ("第一个", 0), ("按{title}来排", 0)]
)
def test_one_of_the_courses_that_were_offered_is_planned_when_it_is_named(sample_tutor, message, place):
    asked = {"says": "帮我做个照顾小孩的计划，每周两小时"}
    (offered,) = anyio.run(tell, {"id": "plan", "turns": [asked]}, sample_tutor)
    course = offered.answer["courses"][place]
    answer = {"says": message.format(title=course["title"][:6])}
    *_, told = anyio.run(tell, {"id": "plan", "turns": [asked, answer]}, sample_tutor)
    assert [card["course_id"] for card in told.answer["courses"]] == [course["course_id"]]
    assert "每周 2 小时" in told.answer["text"]


@pytest.mark.parametrize(
    ("message", "course"),
    [
        ("改成每周三小时", "cantonese-cooking-basics"),
        ("第二周学什么", "cantonese-cooking-basics"),
        ("我落下了两周", "cantonese-cooking-basics"),
        ("我白天要上班，每周两小时", "cantonese-cooking-basics"),
        ("那改学粤剧，每周两小时", "cantonese-opera-first-lesson"),
    ],
)
def test_a_plan_stays_with_its_course_until_another_is_named(sample_tutor, message, course):
    said = ("我想学粤菜，帮我排计划", "每天一小时", message)
    *_, told = anyio.run(tell, {"id": "plan", "turns": [{"says": one} for one in said]}, sample_tutor)
    assert [card["course_id"] for card in told.answer["courses"]] == [course]
    assert "要赶上" not in told.answer["text"]  # two weeks that were missed are no last day


def test_after_hints_the_answer_may_be_asked_for_in_any_words(sample_tutor):
    said = ("怎么求增长率，先给提示，别说答案", "还是不会", "还是卡住，直接讲答案吧")
    *_, told = anyio.run(tell, {"id": "hint", "turns": [{"says": one} for one in said]}, sample_tutor)
    assert told.answer["mode"] == "extracted"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (("伤口出血怎么止血？给点提示", "那烫伤呢，给点提示"), "“烫伤”"),
        (("伤口出血怎么止血？给点提示", "烫伤怎么办，再给点提示"), "“烫伤”"),
        (("how do I stop bleeding? give me a hint", "give me a hint about a burn"), "“烫伤”"),
        (("伤口出血怎么止血？给点提示", "还是不会做这一步，再提示一下"), "压住伤口"),
        (("烫伤怎么办，给点提示", "那小孩呢，给点提示"), "“小孩”"),
    ],
)
def test_a_hint_is_for_what_is_named_and_goes_on_where_nothing_is(sample_tutor, said, place):
    *_, told = anyio.run(tell, {"id": "hint", "turns": [{"says": one} for one in said]}, sample_tutor)
    assert place in told.answer["text"]


@pytest.mark.parametrize(
    ("message", "course"),
    [
        ("quiz me on first aid", "family-first-aid"),
        ("quiz me on electrical safety", "electrical-safety-basics"),
        ("考考我急救", "family-first-aid"),
    ],
)
def test_a_quiz_is_on_the_subject_that_was_named(sample_tutor, message, course):
    (told,) = anyio.run(tell, {"id": "quiz", "turns": [{"says": message}]}, sample_tutor)
    assert {source["course_id"] for source in told.answer["sources"]} == {course}


@pytest.mark.parametrize(
    "message", ["stop the quiz", "end the quiz please", "no more questions", "不考了", "别再考我了"]
)
def test_a_quiz_ends_when_the_learner_says_so(sample_tutor, message):
    turns = [{"says": "考考我急救"}, {"says": message}]
    *_, told = anyio.run(tell, {"id": "quiz", "turns": turns}, sample_tutor)
    assert told.answer["mode"] == "catalogue"
    assert not told.answer["sources"]
    assert "1. " not in told.answer["text"]


def test_who_wants_to_learn_what_nothing_answers_is_shown_courses(sample_tutor):
    (told,) = anyio.run(tell, {"id": "learn", "turns": [{"says": "退咗休得閒，想學下睇大戲，咩都唔識"}]}, sample_tutor)
    assert "cantonese-opera-first-lesson" in [card["course_id"] for card in told.answer["courses"]]


def test_a_short_question_is_told_what_the_lesson_talked_of_says(sample_tutor):
    said = ("林则徐怎么销毁鸦片", "是用火烧的吗", "前后用了多少天")
    *_, told = anyio.run(tell, {"id": "thread", "turns": [{"says": one} for one in said]}, sample_tutor)
    assert "二十多天" in told.answer["text"]


@pytest.mark.parametrize(
    ("asked", "words"), [("考考我急救", "没有选项|对|错"), ("quiz me on Lingnan culture", "no options|right|quite")]
)
def test_a_letter_in_a_quiz_is_answered_in_the_language_of_the_quiz(sample_tutor, asked, words):
    told = said(sample_tutor, asked, "A")[-1]["text"].splitlines()[0]
    assert re.search(words, told)
    assert bool(re.search("[\u4e00-\u9fff]", told)) != asked.startswith("quiz")


def said(tutor, *messages):
    """What each of the messages gets."""
    story = {"id": messages[-1], "turns": [{"says": one} for one in messages]}
    return [told.answer for told in anyio.run(tell, story, tutor)]


def test_who_asks_why_before_any_answer_is_asked_again_and_told_of_no_form(sample_tutor):
    first, again = said(sample_tutor, "考我一题急救", "为什么")
    assert first["text"].split("1. ", 1)[1] == again["text"].split("1. ", 1)[1]
    assert words("zh-Hans").practise_write not in again["text"]


@pytest.mark.parametrize("why", ["为什么", "點解嘅", "错在哪里", "why was that wrong"])
def test_who_asks_why_in_a_quiz_is_shown_the_passage_and_the_quiz_goes_on(sample_tutor, why):
    _, graded, reason, after = said(sample_tutor, "考考我垃圾分类", "不会", why, "不会")
    sentence = re.search("“([^”]+)”[^“]*$", graded["text"].splitlines()[0])[1]
    assert sentence[:12] in reason["text"].replace("\n> ", "")
    assert "2. " in reason["text"]
    assert after["text"].startswith("2. ")


def test_of_a_quiz_that_is_over_one_may_ask_why_and_answers_no_more(sample_tutor):
    _, over, reason, skipped = said(sample_tutor, "出一道题考我垃圾分类", "不会", "为什么", "跳过")
    assert over["text"].endswith("共 1 题。")
    assert reason["text"].startswith("根据在《")
    assert "没有等您回答的题" in skipped["text"]


def test_a_letter_or_a_judgement_that_does_not_fit_the_question_is_no_wrong_answer(sample_tutor):
    put, letter, aside, again = said(sample_tutor, "考考我垃圾分类", "B", "旧电池放哪里", "继续")
    question = put["text"].splitlines()[-1]
    assert letter["text"].startswith("这一题没有选项")
    assert letter["text"].endswith(question)
    assert again["text"] == question
    assert aside["mode"] == "extracted"


def test_a_quiz_is_changed_to_another_subject_and_harder_ones_are_of_the_same_lesson(sample_tutor):
    first, *_, other, harder = said(sample_tutor, "考考我垃圾分类", "不会", "我想换成考急救", "太简单了，难一点")
    courses = [{source["course_id"] for source in told["sources"]} for told in (first, other, harder)]
    assert courses == [{"green-living"}, {"family-first-aid"}, {"family-first-aid"}]
    assert harder["text"].startswith("题目都是从课文里出的，不分难易")


def test_who_was_shown_one_course_is_quizzed_on_it(sample_tutor):
    _, quiz = said(sample_tutor, "有没有初中数学的课", "先考我一题看看水平")
    assert {source["course_id"] for source in quiz["sources"]} == {"junior-maths-refresher"}
    (asked_back,) = said(sample_tutor, "继续出题")
    assert asked_back["text"] == words("zh-Hans").practise_what


def test_who_wants_no_answer_gets_a_hint_and_may_try_one(sample_tutor):
    hinted, tried = said(sample_tutor, "一元一次方程 3x+5=20 怎么解，别直接告诉我答案", "x=6对吗")
    assert hinted["mode"] == "extracted"
    assert hinted["text"].startswith("先不看答案。")
    assert tried["text"] == words("zh-Hans").hint_attempt


def test_a_second_hint_is_not_the_first_again(sample_tutor):
    first, second = said(sample_tutor, "give me a hint: how do I add up a column in a spreadsheet", "still stuck")
    assert first["text"] != second["text"]
    first, second = said(sample_tutor, "I'm stuck on the spreadsheet formula exercise, give me a hint", "still stuck")
    assert first["text"].startswith("Not the answer yet. Look in “Cells and formulas”")
    assert first["text"] != second["text"]


@pytest.mark.parametrize(
    ("message", "course"),
    [
        ("孩子八岁放假在家没事干，有什么能学", "science-at-home-for-children"),
        ("我今年72岁了，手机不太会用，哪里能学", "smartphone-and-scams-for-seniors"),
        ("我在东莞长安厂里上班 晚上八点下班 想学点数学", "junior-maths-refresher"),
        ("有没有周末在广州、免费、适合老人、讲手机的课，最好有电梯", "smartphone-and-scams-for-seniors"),
        ("老是被客户投诉，有什么课能教教我怎么说话", "courier-service-talk"),
        ("Hi, I just moved to Dongguan. What can I learn here for free?", "first-days-in-guangdong"),
        ("我想学做菜，顺便帮我女儿找个数学课", "cantonese-cooking-basics"),
        ("我想学做菜，顺便帮我女儿找个数学课", "junior-maths-refresher"),
    ],
)
def test_what_is_told_beside_a_wish_does_not_hide_that_there_is_a_course(sample_tutor, message, course):
    (told,) = said(sample_tutor, message)
    assert told["text"].startswith((words("zh-Hans").courses_found, words("en").courses_found))
    assert course in {one["course_id"] for one in told["courses"]}


@pytest.mark.parametrize("message", ["想学粤剧，有免费的吗", "想學粵劇，有冇免費嘅？", "想学粤剧，有没有免费的呢"])
def test_who_asks_whether_one_is_free_is_shown_courses_and_no_passage_on_fees(sample_tutor, message):
    (told,) = said(sample_tutor, message)
    assert (told["mode"], told["sources"]) == ("catalogue", [])
    assert told["courses"][0]["title"].startswith("粤剧")


def test_what_is_not_understood_hides_no_subject_and_a_quiz_is_told_when_one_gives_up(sample_tutor):
    _, plainer, example, *_ = said(sample_tutor, "什么是一元二次方程", "听不懂，讲简单点", "给我举个例子")
    assert plainer["text"] == words("zh-Hans").no_plainer
    assert "x(x + 3) = 40" in example["text"]
    for gives_up in ("还是不会", "直接告诉我答案吧"):
        _, told = said(sample_tutor, "考考我一元二次方程", gives_up)
        assert told["text"].startswith("1. 没关系，答案是")


def test_a_month_that_is_told_from_now_and_a_phone_to_learn_on_are_conditions(sample_tutor):
    first, then = said(sample_tutor, "佛山有什么线下课", "下个月开的")
    assert first["courses"]
    if then["text"].startswith(words("zh-Hans").courses_found):  # there are such, by the date of the day
        month = f"-{sample_tutor.advising.adviser.today().month % 12 + 1:02}-"
        starts = [[offering["start"] for offering in one["offerings"]] for one in then["courses"]]
        assert all(any(month in start for start in of_one if start) for of_one in starts)
    else:
        assert words("zh-Hans").no_course_found in then["text"]
    _, online = said(sample_tutor, "我是送外卖的，想考个证，学点啥好", "没时间天天上课，有没有手机上看的")
    assert online["courses"][0]["course_id"] == "courier-safe-riding"


def test_what_happened_to_somebody_is_not_who_they_are_nor_an_emergency_once_it_is_over(sample_tutor):
    complained, over = said(sample_tutor, "我外卖被客户投诉了")[0], said(sample_tutor, "我妈以前摔过一次")[0]
    assert [one["course_id"] for one in complained["courses"]] == ["courier-service-talk"]
    assert (over["mode"], said(sample_tutor, "我妈刚刚摔倒了起不来")[0]["mode"]) == ("catalogue", "declined")


def test_a_short_question_behind_one_on_content_is_of_no_fees_and_one_of_oneself_no_small_talk(sample_tutor):
    _, where = said(sample_tutor, "粤剧有哪些行当", "哪里能看")
    assert words("zh-Hans").official not in where["text"]
    _, nothing_named = said(sample_tutor, "想学粤剧，有免费的吗", "哪里能看")
    assert "原文是英文" not in nothing_named["text"]  # what it names alone is to look
    _, late = said(sample_tutor, "我想从初中读到大专", "我今年35岁来得及吗")
    assert late["text"].startswith(words("zh-Hans").nothing_answers)


def test_who_chokes_is_pointed_to_where_the_section_on_it_begins(sample_tutor):
    (told,) = said(sample_tutor, "佢哽親點算")
    assert [(one["lesson_title"], one["locator"]) for one in told["sources"]] == [("噎住、烫伤和出血", "噎住")]


def test_a_phone_that_fails_is_no_complaint_of_this_aid(sample_tutor):
    (phone,), (here,) = said(sample_tutor, "字太细睇唔到"), said(sample_tutor, "你的声音听不到")
    assert phone["mode"] == "extracted"
    assert "字体大小" in phone["text"]
    assert here["sources"] == []


def test_one_of_the_courses_shown_is_meant_by_what_it_is_on_also_after_the_other_was_asked_of(sample_tutor):
    _, cooking, maths, fits = said(
        sample_tutor, "我想学做菜，顺便帮我女儿找个数学课", "做菜的那个几点上课", "数学的呢", "女儿十二岁，合适吗"
    )
    assert [one["course_id"] for one in cooking["courses"]] == ["cantonese-cooking-basics"]
    assert cooking["text"].startswith("星期几、几点上课，记录里没有写")
    assert [one["course_id"] for one in maths["courses"]] == ["junior-maths-refresher"]
    assert "没有写面向孩子" in fits["text"]


def test_courses_are_looked_for_anew_on_another_subject_or_where_the_first_wish_is_dropped(sample_tutor):
    *_, other = said(sample_tutor, "有没有教修电动车的", "那质检的呢")
    assert [one["course_id"] for one in other["courses"]] == ["quality-inspection-basics"]
    *_, free = said(sample_tutor, "有没有电工课", "那算了，免费的有哪些")
    assert len(free["courses"]) > 1
    assert free["text"].startswith(words("zh-Hans").courses_found)


def test_a_condition_is_heard_beside_what_is_told_of_oneself(sample_tutor):
    _, online, stated = said(
        sample_tutor, "老是被客户投诉，有什么课能教教我怎么说话", "那天我上班，有没有网上的", "多少学分"
    )
    assert "授课方式不符" in online["text"]
    assert stated["text"].startswith("学分：0.5。")
    *_, chosen = said(sample_tutor, "有没有厨艺课", "那就顺德的吧，几号")
    assert chosen["text"].startswith("开班：2027-01-18（佛山市顺德区大良街道）。")


def test_what_who_hears_badly_needs_is_said_to_be_in_no_record(sample_tutor):
    (told,) = said(sample_tutor, "我耳朵听不见，有没有带字幕的课")
    assert "没有写有没有字幕" in told["text"]
    assert words("zh-Hans").courses_found not in told["text"]


def test_what_says_neither_true_nor_false_is_asked_again_and_not_graded(sample_tutor):
    quizzes = (
        said(sample_tutor, "出一道题考我垃圾分类", answer)
        for answer in ("放厨余桶", "都放进厨余桶", "全放厨余桶", "丢厨余桶")
    )
    put, told = next(both for both in quizzes if "判断对错" in both[0]["text"])
    assert told["text"].startswith("这一题没有选项，请答“对”或“错”。")
    assert told["text"].endswith(put["text"].splitlines()[-1])


def test_a_plan_is_wanted_for_what_was_quizzed_and_ended_by_a_word(sample_tutor):
    *_, plan, end = said(sample_tutor, "下雨天骑车咋骑", "考我一下", "行了不考了，帮我排个计划学完这门", "取消")
    assert [one["course_id"] for one in plan["courses"]] == ["courier-safe-riding"]
    assert end["text"] == words("zh-Hans").goodbye


def test_a_child_who_wants_to_do_something_is_led_to_no_trade(sample_tutor):
    (told,) = said(sample_tutor, "我十岁，想做实验")
    assert [one["course_id"] for one in told["courses"]] == ["science-at-home-for-children"]


def test_who_wants_to_be_quizzed_where_nothing_can_be_asked_is_told_so_and_no_answer(sample_tutor):
    (told,) = anyio.run(tell, {"id": "none", "turns": [{"says": "quiz me on spreadsheets"}]}, sample_tutor)
    assert told.answer["text"] == words("en").practise_nothing


def test_an_exercise_is_not_shown_for_what_only_an_office_can_state(sample_tutor):
    (told,) = anyio.run(tell, {"id": "office", "turns": [{"says": "在这里学完，读大专能免考几门？"}]}, sample_tutor)
    assert (told.answer["mode"], told.answer["sources"]) == ("declined", [])


@pytest.mark.parametrize(
    ("message", "told_of"),
    [
        ("帮我做个学粤菜的计划，每周三小时，2026年3月1日前学完", "2026-03-01 已经过了"),
        ("make me a plan to learn spreadsheets, 3 hours a week, by 20 December", "at 3 hours a week"),
    ],
)
def test_a_last_day_is_no_part_of_the_subject_and_none_when_it_has_passed(sample_tutor, message, told_of):
    (told,) = anyio.run(tell, {"id": "plan", "turns": [{"says": message}]}, sample_tutor)
    assert told_of in told.answer["text"]
    assert "要赶上" not in told.answer["text"]


def test_what_is_merely_closest_is_shown_in_the_learner_s_language(sample_tutor):
    # Near a lesson in English on phone calls, too.
    said = "成日俾啲客鬧，話我唔送上門又打去投訴，我把口又笨"
    (told,) = anyio.run(tell, {"id": "closest", "turns": [{"says": said}]}, sample_tutor)
    assert told.answer["mode"] == "catalogue"
    assert "投诉" in told.answer["sources"][0]["quote"]


def test_a_fact_that_only_courses_have_is_told_of_those_shown_where_nothing_answered(sample_tutor):
    turns = [{"says": "荔枝树要多久浇一次水"}, {"says": "多少钱"}]
    first, told = anyio.run(tell, {"id": "price", "turns": turns}, sample_tutor)
    assert first.answer["mode"] == "catalogue"
    assert [card["title"] for card in told.answer["courses"]] == [card["title"] for card in first.answer["courses"]]


@pytest.mark.parametrize("message", ["演戲時紅臉白臉代表什麼", "夜班那天学啥好"])
def test_what_is_quoted_beside_an_answer_is_in_the_language_of_the_question(sample_tutor, message):
    (told,) = anyio.run(tell, {"id": "language", "turns": [{"says": message}]}, sample_tutor)
    assert told.answer["mode"] == "extracted"
    quoted = re.findall(r"^> .*$", told.answer["text"], re.MULTILINE)
    assert quoted
    assert all(re.search("[\u3400-\u9fff]", quote) for quote in quoted)


def test_who_asks_in_chinese_what_nothing_answers_is_shown_no_english_as_the_closest(sample_tutor):
    (told,) = anyio.run(tell, {"id": "closest", "turns": [{"says": "上班迟到算不算没有职业道德"}]}, sample_tutor)
    assert told.answer["mode"] == "catalogue"
    assert not re.search(r"\b[a-z]{3,} [a-z]{3,}\b", told.answer["text"])
