import asyncio

import pytest

from companion.events import CoursesFound, Done, Failed, SourcesFound, TextAdded, TurnStarted, payload, whole_answer
from companion.heard import Ask
from companion.replies.answering import SURE
from companion.words import locale_of
from companion.writing.circuit import Circuit
from companion.writing.language_model import ModelUnavailable
from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.scripted_model import ScriptedModel

LOST = "快件丢了谁来赔"
GOOD = "快件丢失的，保过价的，按寄件时约定的保价规则赔。[1]"


def turn(companion, message, **more):
    async def run():
        return [event async for event in companion.reply(Ask(message, **more))]

    return asyncio.run(run())


def done(events):
    assert isinstance(events[-1], Done)
    assert sum(isinstance(event, Done | Failed) for event in events) == 1
    return events[-1]


def text(events):
    return "".join(event.text for event in events if isinstance(event, TextAdded))


def done_and_text(companion, message):
    events = turn(companion, message)
    return done(events), text(events)


def test_without_a_model_the_answer_is_quoted_to_the_letter(companion_with):
    events = turn(companion_with(), LOST)
    end = done(events)
    (sources,) = [event.sources for event in events if isinstance(event, SourcesFound)]
    assert (end.mode, end.fallback, end.aigc, end.grounded) == ("extracted", None, None, True)
    assert sources[0].locator == "第一条"
    assert sources[0].as_of == "2026-09-01"
    assert sources[0].sample
    for number in end.cited:
        quote = next(source.quote for source in sources if source.n == number)
        assert all(line in text(events) for line in quote.splitlines())
        assert f"[{number}]" in text(events)


def test_sources_come_before_the_text_and_the_turn_begins_every_turn(companion_with):
    events = turn(companion_with(), LOST, conversation_id="c1")
    kinds = [type(event) for event in events]
    assert kinds[0] is TurnStarted
    assert kinds.index(SourcesFound) < kinds.index(TextAdded)
    assert events[0].conversation_id == "c1"


def test_with_a_model_the_checked_sentences_are_released_and_labelled(companion_with):
    more = "没有保价的，按民事法律的有关规定赔。[1]"
    model = ScriptedModel(GOOD[:10], GOOD[10:], more, "另外可以得到 9999 元。[1]")
    events = turn(companion_with(model), LOST)
    end = done(events)
    assert (end.mode, end.grounded, end.checked, end.released, end.cited) == ("generated", True, 3, 2, (1,))
    assert text(events) == GOOD + more
    assert all(event.ai for event in events if isinstance(event, TextAdded))
    assert end.aigc.label == "1"
    assert LOST in model.prompts[0].user
    assert "第一条 快件丢失" in model.prompts[0].user


def test_what_the_operators_rules_refuse_of_a_models_sentences_is_not_told(companion_with, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[rule]]\nname = "local"\npatterns = ["民事法律"]\nsides = ["output"]\nzh = "不"\nen = "no"\n', "utf-8"
    )
    model = ScriptedModel(GOOD, "没有保价的，按民事法律的有关规定赔。[1]")
    events = turn(companion_with(model, moderation_rules=rules), LOST)
    assert text(events) == GOOD
    assert done(events).mode == "generated"


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        (["快件丢失由公司赔。"], "llm_uncited"),
        (["快件丢失可以领一部新手机。[9]"], "llm_uncited"),
        ([""], "llm_uncited"),
        ([ModelUnavailable("llm_slow", "x")], "llm_slow"),
        ([ModelUnavailable("llm_failed", "x")], "llm_failed"),
        ([ModelUnavailable("llm_unreachable", "x")], "llm_unreachable"),
    ],
)
def test_a_model_that_does_not_deliver_costs_nobody_the_answer(companion_with, chunks, reason):
    events = turn(companion_with(ScriptedModel(*chunks)), LOST)
    end = done(events)
    assert (end.mode, end.fallback.reason, end.aigc) == ("extracted", reason, None)
    assert "保价规则" in text(events)


def test_a_model_that_writes_what_nothing_bears_costs_no_answer_that_is_less_sure(companion_with):
    asked = "快件坏了能退钱吗"
    plain, written = (
        done_and_text(companion_with(model), asked) for model in (None, ScriptedModel("可以领一部新手机。[1]"))
    )
    assert plain[0].confidence < SURE
    assert (plain[0].mode, written[0].mode, written[1]) == ("extracted", "extracted", plain[1])


def test_a_model_that_finds_no_answer_is_believed_where_it_is_less_sure_and_what_is_closest_shown(companion_with):
    end, told = done_and_text(companion_with(ScriptedModel("段落里没有答案。")), "快件坏了能退钱吗")
    assert end.mode == "catalogue"
    assert "\n> " in told


def test_an_answer_that_breaks_off_is_completed_by_quotes_and_keeps_its_label(companion_with):
    events = turn(companion_with(ScriptedModel(GOOD + "\n", "然后", ModelUnavailable("llm_failed", "x"))), LOST)
    end = done(events)
    assert (end.mode, end.fallback.reason) == ("extracted", "llm_failed")
    assert end.aigc is not None
    assert text(events).startswith(GOOD)
    assert "> 第一条" in text(events)


@pytest.mark.parametrize("question", ["荔枝怎么保鲜", "how to grow tomatoes"])
def test_what_nothing_answers_is_said_and_no_model_writes_of_it(companion_with, question):
    model = ScriptedModel(GOOD)
    events = turn(companion_with(model), question)
    assert done(events).mode == "catalogue"
    assert not model.asked("answer")
    assert not any(isinstance(event, SourcesFound) for event in events)


def test_who_asks_for_courses_gets_courses_from_the_records(companion_with):
    events = turn(companion_with(), "有没有醒狮的课")
    (cards,) = [event.courses for event in events if isinstance(event, CoursesFound)]
    assert done(events).mode == "catalogue"
    assert cards[0].course_id == "lion-dance"
    assert cards[0].sample
    assert cards[0].record["level"] is None
    assert cards[0].record["offerings"][0]["city"] == "广州市"
    assert payload(CoursesFound(cards))["courses"][0]["title"] == "醒狮体验班"


@pytest.mark.parametrize(
    "message",
    [
        "学分怎么换算",
        "学分怎么换",
        "1学分等于多少学时",
        "我不想活了",
        "怎么制作炸弹",
        "做我女朋友",
        "帮我代考",
        "can my credits be transferred",
    ],
)
def test_what_is_out_of_bounds_is_declined_with_where_to_go(companion_with, message):
    events = turn(companion_with(ScriptedModel(GOOD)), message)
    assert done(events).mode == "declined"
    assert len(text(events)) > 30


@pytest.mark.parametrize(
    "message",
    ["毒品有什么危害", "如何预防自杀", "怎样识破假币", "高考语文怎么复习", "我想死机了怎么办", "这门课有学分吗"],
)
def test_innocent_questions_are_not_declined(companion_with, message):
    assert done(turn(companion_with(), message)).mode != "declined"


def test_the_crisis_reply_names_the_hotline_of_the_settings(companion_with):
    assert "12356" in text(turn(companion_with(), "我不想活了"))


@pytest.mark.parametrize(
    ("message", "word"), [("你好", "学习助手"), ("hello", "study aid"), ("？？", "请输入"), ("", "请输入")]
)
def test_greetings_and_nothing_at_all_get_a_plain_reply(companion_with, message, word):
    events = turn(companion_with(), message, locale="zh-Hans")
    assert word in text(events)
    assert done(events).mode == "catalogue"


@pytest.mark.parametrize(
    ("message", "preferred", "locale"),
    [
        ("游標卡尺怎樣讀", "zh-Hans", "zh-Hant"),
        ("游标卡尺怎样读", "zh-Hant", "zh-Hans"),
        ("二胡", "zh-HK", "zh-Hant"),
        ("二胡", None, "zh-Hans"),
        ("123", "en-US", "en"),
        ("A", "zh-Hans", "zh-Hans"),
        ("BC", "zh-HK", "zh-Hant"),
        ("b, d", "en", "en"),
        ("ok", None, "zh-Hans"),
        ("a bad one", "zh-Hans", "en"),
        ("Python 的循环", "en", "zh-Hans"),
    ],
)
def test_the_script_is_that_of_most_characters_and_else_the_preferred_one(message, preferred, locale):
    assert locale_of(message, preferred) == locale


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("快件丢了谁来赔", "课程里是这样写的"),
        ("快件丟了誰來賠", "課程裏是這樣寫的"),
        ("what is a binary heap", "The course content says"),
    ],
)
def test_the_companion_speaks_the_language_and_script_of_the_message(companion_with, message, words):
    assert text(turn(companion_with(), message)).startswith(words)


def test_after_repeated_failures_the_model_is_left_alone_and_then_tried_again(companion_with):
    now = [0.0]
    circuit = Circuit(2, 30.0, clock=lambda: now[0])
    broken = ScriptedModel(ModelUnavailable("llm_failed", "x"))
    companion = companion_with(broken, circuit)
    reasons = [done(turn(companion, LOST)).fallback.reason for _ in range(4)]
    assert reasons == ["llm_failed", "llm_failed", "llm_paused", "llm_paused"]
    assert (len(broken.prompts), circuit.state) == (2, "open")
    now[0] = 31.0
    assert circuit.state == "half_open"
    assert done(turn(companion, LOST)).fallback.reason == "llm_failed"
    assert circuit.state == "open"
    now[0] = 62.0
    broken.chunks = (GOOD,)
    assert done(turn(companion, LOST)).mode == "generated"
    assert circuit.state == "closed"


def test_a_learner_who_leaves_does_not_hold_the_trial_of_the_model(companion_with):
    now = [0.0]
    circuit = Circuit(1, 10.0, clock=lambda: now[0])
    circuit.failed("x")
    now[0] = 11.0
    companion = companion_with(ScriptedModel(GOOD + "\n", "还有。[1]"), circuit)

    async def leave():
        events = companion.reply(Ask(LOST))
        async for event in events:
            if isinstance(event, TextAdded):
                break
        await events.aclose()

    asyncio.run(leave())
    assert circuit.permits()


def test_text_in_a_course_cannot_fill_a_slot_of_the_prompt(companion_with):
    model = ScriptedModel(GOOD)
    turn(companion_with(model), "快件丢了谁来赔 {{passages}} $x {0}")
    assert "{{passages}} $x {0}" in model.prompts[0].user


def test_the_model_reads_the_whole_section_and_the_source_cites_the_passage(tmp_path, embedder, companion_with):
    steps = [
        f"第{n}步，{what}。" + "动手前把要用的东西摆好，做完一步检查一步，不懂就问师傅。" * 7
        for n, what in (("一", "拔掉风扇插头"), ("二", "拆下风扇网罩"), ("三", "给风扇轴承加润滑油"))
    ]
    (tmp_path / "风扇.md").write_text("# 修风扇\n\n## 保养\n\n" + "\n\n".join(steps), "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "风扇.md"], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    model = ScriptedModel("先拔掉风扇插头。[1]")
    events = turn(companion_with(model, over=live, passages_per_answer=1), "风扇轴承怎么加润滑油")
    live.close()
    (sources,) = [event.sources for event in events if isinstance(event, SourcesFound)]
    assert all(step in model.prompts[0].user for step in steps)
    assert len(sources) == 1
    assert "加润滑油" in sources[0].quote
    assert "拔掉风扇插头" not in sources[0].quote
    assert done(events).released == 1


def test_the_whole_answer_has_every_field_of_the_contract(companion_with):
    answer = whole_answer(turn(companion_with(), LOST))
    assert answer.keys() >= {
        "turn_id", "conversation_id", "mode", "text", "sources", "courses", "grounded", "aigc", "usage", "timing_ms",
        "fallback",
    }  # fmt: skip
    assert answer["sources"][0].keys() == {
        "n", "passage_id", "course_id", "course_title", "lesson_title", "locator", "url", "quote", "as_of", "sample",
            "anchor", "expired",
    }  # fmt: skip


def test_a_question_that_sounds_like_a_complaint_is_answered(companion_with):
    asked = turn(companion_with(), "考试又答错了，快件赔偿申请要在签收后几日内提出呢")
    assert done(asked).mode == "extracted"
    complained = turn(companion_with(), "你又答错了")
    assert done(complained).mode == "catalogue"


def test_who_says_that_they_want_to_learn_gets_the_answer_and_the_courses(companion_with):
    events = turn(companion_with(), "入职前想学一下快件丢了怎么赔")
    assert done(events).mode in ("extracted", "catalogue")
    (found,) = [event for event in events if isinstance(event, CoursesFound)]
    assert found.courses[0].course_id == "parcels"
    only_asked = turn(companion_with(), "快件丢了怎么赔")
    assert not [event for event in only_asked if isinstance(event, CoursesFound)]


@pytest.mark.parametrize(
    ("message", "held"),
    [
        ("学完快递服务那门课发不发证", "学分 0.5、免费"),
        ("快递服务规则這門課算幾多學分", "學分 0.5"),
        ("考焊工证一次要交多少钱", "主管机构"),
        ("is the certificate recognised in other provinces", "Only the office"),
    ],
)
def test_what_only_an_office_can_state_comes_from_a_record_or_is_left_to_it(companion_with, message, held):
    model = ScriptedModel(GOOD)
    events = turn(companion_with(model), message)
    assert held in text(events)
    assert done(events).mode == ("catalogue" if "0.5" in held else "declined")
    assert not model.prompts


def test_what_a_lesson_says_of_such_a_thing_is_shown_as_no_rule(companion_with, tmp_path, embedder):
    lesson = "# 自学考试\n\n## 谁能报名\n\n自学考试不看户口，也不看年龄，初中毕业就可以报考专科。\n"
    (tmp_path / "a.md").write_text(lesson, "utf-8")
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "a.md"], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    events = turn(companion_with(over=live), "外地户口，初中毕业，自学考试让不让报名")
    live.close()
    assert done(events).mode == "declined"
    said = text(events)
    assert said.index("主管机构") < said.index("不是正式规定") < said.index("不看户口") < said.index("[1]")
    (sources,) = [event.sources for event in events if isinstance(event, SourcesFound)]
    assert sources[0].lesson_title == "自学考试"


def test_what_a_model_only_copies_in_the_language_of_the_course_is_quoted(companion_with):
    model = ScriptedModel("That order puts the smallest element at the root, where it can be read at once.[1]")
    events = turn(companion_with(model), "在二叉堆里最小的元素是不是在树根")
    assert model.prompts
    assert (done(events).mode, done(events).fallback.reason, done(events).aigc) == ("extracted", "llm_uncited", None)
    assert "> A binary heap" in text(events)
