import pytest

from companion.practice.bank import bank_questions
from companion.practice.grading import grade, is_no_answer, replies
from companion.practice.hint import LAST_STEP, hint, reveals
from companion.practice.questions import QuizQuestion, questions
from course_index.course import Passage, PracticeQuestion

LESSON = [
    "赔偿申请应当在签收后三十日内提出。骑车送件时不得逆行。**保价**是寄件时声明价值并付费的做法。",
    "收件人可以当面拆开检查。**运单**要填清楚寄件人的姓名和地址。它也可以当场填写。你知道要等几天吗？",
    "快件积压时应当先安抚客户。**签收**以后才算送到，**揽收**以后才算寄出。",
]


def passage(number, text, language="zh", heading="规则"):
    return Passage(f"p{number}", "c", "l", number, text, (heading,), "heading", heading, language, 50)


PASSAGES = [passage(number, text) for number, text in enumerate(LESSON)]


def test_questions_stand_on_sentences_of_the_lesson_to_the_letter():
    made = questions(PASSAGES, 10, seed=1)
    assert {one.kind for one in made} == {"fill_in", "true_false", "choice"}
    for one in made:
        text = next(p.text for p in PASSAGES if p.id == one.passage_id).replace("**", "")
        assert one.sentence in text
    assert len({one.sentence for one in made}) == len(made)


def test_the_same_seed_gives_the_same_questions_and_another_may_not():
    assert questions(PASSAGES, 5, seed=1) == questions(PASSAGES, 5, seed=1)
    assert any(questions(PASSAGES, 5, seed=1) != questions(PASSAGES, 5, seed=seed) for seed in range(2, 8))


def test_what_leans_on_the_sentence_before_is_no_question_and_neither_is_a_question():
    sentences = {one.sentence for seed in range(10) for one in questions(PASSAGES, 10, seed)}
    assert not any(one.startswith(("它", "你")) for one in sentences)


def test_what_points_at_something_beside_it_is_no_question_nor_is_a_reason_for_what_is_not_so():
    pointing = passage(1, "选电话套餐、选租车，都可以这样算。写报告时不得引用上述材料。")
    assert questions([pointing], 5, seed=1) == []
    reasoned = passage(2, "电动车不能推进楼里，因为楼道是逃生的路。")
    assert [one.kind for seed in range(9) for one in questions([reasoned], 5, seed)] == []


def test_a_bound_is_not_what_stands_below():
    assert questions([passage(1, "Cooked food must be kept below 5 degrees. See the table below.")], 5, seed=1)


def test_exercises_and_code_are_not_asked_about():
    exercise = passage(1, "签收后三十日内提出申请，不得超过。", heading="小练习")
    code = passage(2, "```\nprint(30)\n```\n")
    assert questions([exercise, code], 5, seed=1) == []


def test_a_false_statement_is_the_contrary_of_the_lesson():
    for seed in range(20):
        for one in questions(PASSAGES, 10, seed):
            if one.kind == "true_false":
                stated = one.prompt.split("：", 1)[1]
                assert (stated == one.sentence) == (one.answers == ("对",))


def asked(kind, answer, **more):
    return QuizQuestion("q", kind, "?", (answer, *more.pop("also", ())), answer, "p", f"课程里写着{answer}。", **more)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (
            asked("fill_in", "三十日"),
            ["30日", "三十", "30 天", "３０日", "thirty days", "是三十日"],
            ["三日", "30 小时", "十三", "300", "不知道", ""],
        ),
        (asked("fill_in", "半小时"), ["半小时", "0.5小时", "半个小时"], ["一小时", "半天"]),
        (
            asked("true_false", "错"),
            ["错", "不对", "唔啱", "×", "false", "否", "我觉得不对吧", "係錯嘅", "不对，不可以", "it is false", "錯誤"],
            ["对", "啱", "true", "✓", "没错", "應該係啱"],
        ),
        (
            asked("true_false", "对"),
            [
                "对",
                "對",
                "係",
                "是",
                "yes",
                "正确",
                "对，因为书上说了",
                "我估係啱嘅",
                "這句是對的",
                "i think it's true",
            ],
            ["错", "不是", "no", "不是对的"],
        ),
        (
            asked("choice", "保价", also=("B",), options=("运单", "保价", "签收")),
            [
                "B",
                "b",
                "选B",
                "第二个",
                "保价",
                "2",
                "答案是 b",
                "我觉得是B吧",
                "應該係Ｂ",
                "（B）",
                "不是A，是B",
                "是保價",
            ],
            ["A", "c", "运单", "第一个", "都对", "不是B", "不选保价", "a person"],
        ),
        (asked("choice", "2", also=("A",), options=("2", "4", "6")), ["2", "A", "我选2"], ["4", "B"]),
        (asked("open", "向县级以上总工会申请"), ["应该向县级以上总工会申请", "县级以上总工会"], ["找派出所"]),
        (asked("open", "签收后三十日内提出申请"), ["签收后30天内提出申请"], ["签收后三日内提出申请"]),
    ],
)
def test_replies_are_graded_however_they_are_worded(question, right, wrong):
    assert {reply: grade(question, reply, "zh-Hans").verdict for reply in right} == dict.fromkeys(right, "right")
    assert {reply: grade(question, reply, "zh-Hans").verdict for reply in wrong} == dict.fromkeys(wrong, "wrong")


def test_a_grade_gives_its_reason_from_the_course_in_the_learners_script():
    question = asked("fill_in", "三十日")
    assert "课程里写着三十日" in grade(question, "三日", "zh-Hans").reason
    assert "課程裏" in grade(question, "三日", "zh-Hant").reason
    assert "课程里写着三十日" in grade(question, "三日", "zh-Hant").reason  # what is quoted stays to the letter
    assert grade(question, "no idea", "en").reason.startswith("Never mind")


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("1. 三十日 2. 对 3. B", ["三十日", "对", "B"]),
        ("1、三十日\n2、对\n3、B", ["三十日", "对", "B"]),
        ("三十日，对，B", ["三十日", "对", "B"]),
        ("第一题：三十日 第二题：错", ["三十日", "错"]),
        ("1三十日 2对 3B", ["三十日", "对", "B"]),
        ("1对2错3不知道", ["对", "错", "不知道"]),
        ("①B②对③30", ["B", "对", "30"]),
        ("B对A", ["B", "对", "A"]),
        ("2. 对", ["", "对"]),
        ("1次 2米", ["1次", "2米"]),
        ("三十日", ["三十日"]),
    ],
)
def test_a_message_that_answers_several_questions_is_cut_at_its_numbers(message, parts):
    assert replies(message, 3) == parts


def test_the_number_of_the_only_question_is_no_answer_to_it():
    assert replies("3. B", 1, first=3) == ["B"]
    assert [replies(said, 1) for said in ("1.5小时", "1", "2. 签收")] == [["1.5小时"], ["1"], ["2. 签收"]]


QUOTE = "赔偿申请应当在快件签收后 30 日内提出，并提供寄件底单和物品价值的证明。"
WHY = "荔枝采下来以后呼吸很快，皮又薄，水分散得快，所以容易变色。"


@pytest.mark.parametrize(
    ("question", "quote"), [("赔偿要几日内申请", QUOTE), ("赔偿申请要提供什么", QUOTE), ("荔枝为什么容易变色", WHY)]
)
@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant", "en"])
def test_no_hint_before_the_last_gives_the_result_away(question, quote, locale):
    place = passage(1, quote)
    steps = [hint(question, place, "第一课", quote, step, locale) for step in (1, 2)]
    assert not any(reveals(one.text, quote, question) for one in steps)
    last = hint(question, place, "第一课", quote, LAST_STEP, locale)
    assert quote in last.text
    assert last.quotes


def test_a_hint_that_says_the_result_is_seen():
    assert reveals("答案是 30 日内", QUOTE, "赔偿要几日内申请")
    assert reveals("是三十天", QUOTE, "赔偿要几日内申请")
    assert reveals("因为呼吸很快，皮又薄，水分散得快", WHY, "荔枝为什么容易变色")
    assert not reveals("想想它离开树以后还活着吗？", WHY, "荔枝为什么容易变色")


# -- questions of the provider's own bank ------------------------------------------------------------------------------


def banked(kind, prompt, answers, options=(), explanation=""):
    (put,) = bank_questions(
        [("lesson", PracticeQuestion("1", kind, prompt, tuple(answers), tuple(options), explanation))],
        {"lesson": "p"},
        3,
        1,
    )
    return put


def test_a_choice_of_the_bank_is_put_with_letters_and_answered_by_letter_or_words():
    put = banked("choice", "洗澡水多少度？", ["三十八度"], ["三十度", "三十八度", "四十五度"], "手肘试着不烫。")
    assert put.prompt.endswith("A. 三十度　B. 三十八度　C. 四十五度")
    assert [grade(put, said, "zh-Hans").verdict for said in ("B", "选b", "三十八度", "2", "A", "四十五度")] == [
        "right", "right", "right", "right", "wrong", "wrong",
    ]  # fmt: skip
    assert "手肘试着不烫" in grade(put, "A", "zh-Hans").reason


def test_several_right_answers_want_all_their_letters():
    put = banked("choice", "哪些能灭油锅的火？", ["锅盖", "灭火毯"], ["水", "锅盖", "面粉", "灭火毯"])
    assert put.kind == "open"
    assert "多选" in put.prompt
    said = {"BD": "right", "b、d": "right", "D和B": "right", "锅盖和灭火毯": "right", "B": "partly", "A": "wrong"}
    assert {reply: grade(put, reply, "zh-Hans").verdict for reply in said} == said
    assert "BD" in grade(put, "A", "zh-Hans").reason


def test_any_of_the_accepted_words_fills_a_gap_and_no_explanation_quotes_nothing():
    put = banked("fill_in", "Name one of the seven dwarfs: ____", ["Doc", "Sleepy", "Dopey"])
    assert [grade(put, said, "en").verdict for said in ("sleepy", "Doc", "Snow White")] == ["right", "right", "wrong"]
    assert grade(put, "Doc", "en").reason == "Right."
    assert "“”" not in grade(put, "x", "en").reason
    number = banked("fill_in", "What is 120 x 5?", ["600"])
    assert [grade(number, said, "en").verdict for said in ("600", "500")] == ["right", "wrong"]


def test_a_judgement_of_the_bank_is_asked_and_graded():
    put = banked("true_false", "浮起来的种子应该留下。", ["错"], explanation="浮起来的是秕谷。")
    assert put.prompt.startswith("判断对错")
    assert [grade(put, said, "zh-Hans").verdict for said in ("错", "不对", "对")] == ["right", "right", "wrong"]
    assert "秕谷" in grade(put, "对", "zh-Hans").reason


@pytest.mark.parametrize(
    ("reply", "none"),
    [
        ("下一题", True),
        ("不知道。", True),
        ("next", True),
        ("唔記得喇", True),
        ("还是不会", True),
        ("真係唔識喎", True),
        ("直接告诉我答案吧", True),
        ("两分钟", False),
        ("过马路要看灯", False),
    ],
)
def test_who_wants_to_go_on_has_not_answered(reply, none):
    assert is_no_answer(reply) is none
