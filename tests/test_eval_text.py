"""What the evaluation tells of a text by counting, against counts made by hand."""

import pytest

from eval.learner import NONSENSE, answer
from eval.text import (
    cited_sentences,
    coverage,
    mode_of,
    numbers_borne,
    says,
    sentence_length,
    sentences,
    shared_pairs,
)


@pytest.mark.parametrize(
    ("text", "wordings", "said"),
    [
        ("浸二十五到三十分钟就行。", ["25到30分钟"], True),
        ("浸 25 到 30 分鐘就行。", ["二十五到三十分钟"], True),
        ("浸二十分钟。", ["25到30分钟", "二十五分钟"], False),
        ("Call 120, then wait.", ["call 120"], True),
        ("要逆著紋理切", ["逆着纹理"], True),
        ("", ["甲"], False),
    ],
)
def test_a_fact_is_said_in_any_wording_script_and_form_of_number(text, wordings, said):
    assert says(text, wordings) is said


def test_coverage_is_the_share_of_runs_of_three_characters():
    # 甲乙丙丁戊 has 甲乙丙 乙丙丁 丙丁戊; 甲乙丙丁 has the first two of them
    assert coverage("甲乙丙丁戊", "前面甲乙丙丁后面") == pytest.approx(2 / 3)
    assert coverage("甲乙丙", "甲，乙 丙。") == 1
    assert coverage("", "甲") == 0


def test_shared_pairs_bear_a_change_of_words_better_than_runs():
    # 甲乙 乙丙 丙丁 against 甲乙 乙子 子丙 丙丁
    assert shared_pairs("甲乙丙丁", "甲乙子丙丁") == pytest.approx(2 / 3)


def test_chinese_and_english_sentences_are_split_and_bare_marks_are_none():
    assert sentences("先断电。再救人！\n- 打 120\n\n> **Stay calm.** Then call.") == [
        "先断电。", "再救人！", "打 120", "Stay calm.", "Then call.",
    ]  # fmt: skip


def test_a_quote_cites_at_its_end_for_all_its_sentences():
    text = "课程里是这样写的：\n\n> 先断电。再救人。 [1]\n\n用木棍挑开电线[2]。打 120。[1][3]\n\n没有出处。"
    assert cited_sentences(text) == [
        ("先断电。", (1,)),
        ("再救人。", (1,)),
        ("用木棍挑开电线。", (2,)),
        ("打 120。", (1, 3)),
    ]


def test_numbers_are_borne_in_any_form_and_none_is_no_share():
    assert numbers_borne("赔三倍，三十天内。", "按 3 倍赔，30 天之内办") == 1
    assert numbers_borne("赔三倍，四十天内。", "按 3 倍赔，30 天之内办") == 0.5
    assert numbers_borne("没有数字", "3") is None


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("先断电，再救人。", "generated"),
        ("很抱歉，我不能帮你写作业。", "declined"),
        ("I don't know which course teaches this.", "catalogue"),
        ("目录里没有找到相符的课程。", "catalogue"),
        ("我唔知呢個課程。", "catalogue"),
    ],
)
def test_a_reply_without_a_mode_gets_one_by_its_words(text, mode):
    assert mode_of(text) == mode


def test_sentence_length_counts_a_latin_word_as_two():
    assert sentence_length("先断电。再打电话。") == pytest.approx((3 + 4) / 2)
    assert sentence_length("Call us now.") == 6
    assert sentence_length("") is None


PASSAGE = "按压的深度是**五到六厘米**，每分钟一百到一百二十次。发现有人触电，必须先断电，不要用手去拉。"


@pytest.mark.parametrize(
    ("quiz", "right", "wrong"),
    [
        ("出了 1 道题：\n\n1. 填空：发现有人触电，必须先____，不要用手去拉。", "断电", NONSENSE),
        ("1. 判断对错：发现有人触电，必须先断电，不要用手去拉。", "对", "错"),
        ("1. 判断对错：发现有人触电，不必先断电，不要用手去拉。", "错", "对"),
        ("1. 选择：按压的深度是____，每分钟一百到一百二十次。\nA. 十厘米　B. 五到六厘米", "B", NONSENSE),
        ("1. 触电了第一步做什么？", "发现有人触电，必须先断电，不要用手去拉。", NONSENSE),
    ],
)
def test_a_learner_answers_a_quiz_rightly_or_wrongly_on_purpose(quiz, right, wrong):
    assert answer(quiz, [PASSAGE], rightly=True) == right
    assert answer(quiz, [PASSAGE], rightly=False) == wrong
