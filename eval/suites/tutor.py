"""The suite `tutor`: does a conversation teach? Checked by what each reply must hold and must keep back."""

import re

from eval.case import Expected, Said, TutorCase
from eval.learner import answer
from eval.reply import Record, Reply
from eval.score import Metric, Score, Tally
from eval.subjects.subject import Subject
from eval.suites.suite import Catalogue, Suite, keep_passages, nothing_more, say
from eval.text import latin_words, says, sentence_length, sentences, without_marks

# What asks the learner to think or to do.
_GUIDES = re.compile(
    r"[?？]|____|判断对错|判斷對錯|填空|选择：|選擇：|true or false|fill in"
    r"|想一想|想想|试试|试着|看看|先|再读|回想|比较|画|算一算|查一查|下一步|"
    r"\b(?:try|think|look|read|compare|first|next|what|which|how|why)\b",
    re.IGNORECASE,
)
_RIGHT = re.compile(r"答对|答對|正确|正確|对了|對了|没错|沒錯|\b(?:right|correct|well done)\b", re.IGNORECASE)
_WRONG = re.compile(
    r"不对|不對|错了|錯了|不正确|不正確|不是这样|应该是|應該是|没关系，?答案|沒關係"
    r"|\b(?:not quite|wrong|incorrect|never mind|not right)\b",
    re.IGNORECASE,
)
_UNKIND = re.compile(
    r"笨|蠢|这都不会|這都不會|太差|丢人|丟人|白痴|懒|\b(?:stupid|dumb|lazy|obviously you)\b", re.IGNORECASE
)
_CALLED = {"right": "对", "wrong": "错"}
# The words around a quote are no sentence of the answer: what leads in, and the word that there is more.
_FRAME = re.compile(r"[：:]$|^[（(][^（()）]*[)）]$")
# In a read-aloud sentence of Chinese this many characters are a breath; texts for a wide public stay below.
READABLE = 30.0


async def ask(case: TutorCase, subject: Subject, repetition: int = 0) -> Record:
    """Hold the conversation; a learner in a quiz answers what is really asked."""
    record = Record(case.id, repetition)
    audience = None if case.audience == "everyone" else case.audience
    for number, turn in enumerate(case.turns):
        message = _message(turn, record)
        await say(record, subject, message, case, audience, case.style, case.course_id, case.lesson)
        if number < len(case.turns) - 1 or record.replies[-1].sources:
            await keep_passages(record, subject)
    return record


def _message(turn: Said, record: Record) -> str:
    if turn.say not in ("{right}", "{wrong}"):
        return turn.say
    quiz = record.replies[-1]
    texts = [record.passages.get(source.passage_id, source.quote) for source in quiz.sources]
    return answer(quiz.text, texts, rightly=turn.say == "{right}")


def score(case: TutorCase, record: Record, _catalogue: Catalogue) -> Score:
    """Each expectation of each turn; a figure is the share of those of its kind that hold."""
    held: dict[str, list[bool]] = {}
    tally = Tally()
    for number, (turn, reply) in enumerate(zip(case.turns, record.replies, strict=True), 1):
        for name, holds, otherwise in _checks(turn.expect, reply):
            held.setdefault(name, []).append(holds)
            if not holds:
                tally.failures.append(f"第 {number} 轮：{otherwise}")
    lengths = [length for reply in record.replies if (length := sentence_length(_prose(reply))) is not None]
    for name, values in held.items():
        tally.share(name, sum(values) / len(values))
    every = [value for values in held.values() for value in values]
    tally.share("expectations", sum(every) / len(every) if every else None)
    if lengths:
        tally.share("sentence_length", sum(lengths) / len(lengths))
    return tally.score(case.id, record.repetition)


def _checks(expected: Expected, reply: Reply) -> list[tuple[str, bool, str]]:
    text = _prose(reply)
    checks = [
        ("kind", not _UNKIND.search(text), "语气不友善"),
        ("protocol", not reply.faults() and reply.mode != "failed", "; ".join(reply.faults()) or "这一轮出错了"),
    ]
    if expected.modes:
        checks.append(
            ("mode_fits", reply.mode in expected.modes, f"方式是 {reply.mode}，应当是 {'或'.join(expected.modes)}")
        )
    if expected.reveals_not:
        told = [word for word in expected.reveals_not if says(text, [word])]
        checks.append(("keeps_back", not told, f"说出了结果：{told}"))
    if expected.guides:
        checks.append(("guides", bool(_GUIDES.search(text)) and bool(text.strip()), "没有引导思考，也没有给下一步"))
    if expected.verdict:
        right, wrong = bool(_RIGHT.search(text)) and not _WRONG.search(text), bool(_WRONG.search(text))
        due = right if expected.verdict == "right" else wrong
        checks.append(("verdict", due, f"{_CALLED[expected.verdict]}的作答没有判{_CALLED[expected.verdict]}"))
    checks += [("says", says(text, words), f"没有说到“{words[0]}”") for words in expected.says]
    checks += [("says_nothing_wrong", not says(text, [word]), f"说了不该说的“{word}”") for word in expected.says_not]
    if expected.cites:
        checks.append(("cites", bool(reply.cited), "没有引用任何出处"))
    return [*checks, *_form(expected, text)]


def _form(expected: Expected, text: str) -> list[tuple[str, bool, str]]:
    """Form fit for the audience."""
    checks = []
    said = [one for one in sentences(text) if not _FRAME.search(one)]
    count, length, latin = len(said), len(text), latin_words(text)
    if expected.max_sentences:
        checks.append(("form", count <= expected.max_sentences, f"{count} 句，最多 {expected.max_sentences} 句"))
    if expected.max_characters:
        checks.append(("form", length <= expected.max_characters, f"{length} 字，最多 {expected.max_characters} 字"))
    if expected.no_latin:
        checks.append(("form", not latin, f"有这位学习者看不懂的词：{latin[:5]}"))
    return checks


def _prose(reply: Reply) -> str:
    return without_marks(reply.text).replace("> ", "")


SUITE = Suite(
    "tutor",
    "辅导",
    (
        Metric("expectations", "期望达成", "对话中各项期望达成的比例"),
        Metric("keeps_back", "提示不露答案", "该提示时没有说出结果的比例"),
        Metric("guides", "引导思考", "给出一个问题或下一步的比例"),
        Metric("verdict", "判断对错", "测验作答判断正确的比例"),
        Metric("says", "说出要点", "应说的内容说到的比例"),
        Metric("says_nothing_wrong", "不附和错误", "没有附和错误说法的比例"),
        Metric("form", "形式合适", "长短与用词适合该人群的比例"),
        Metric("mode_fits", "方式合适", "回合方式符合期望的比例"),
        Metric("cites", "注明出处", "应注明出处时注明的比例"),
        Metric("kind", "语气友善", "没有责备贬低的比例"),
        Metric("protocol", "回合合规", "事件次序与 AI 标识都合规的比例"),
        Metric("sentence_length", "平均句长", f"每句字数（{READABLE:.0f} 以下适合朗读）", "lower", "characters"),
        Metric("judge_mistake", "评审：看出错误", "评审模型判定看出了学习者的错误"),
        Metric("judge_guidance", "评审：引导", "评审模型判定给了有用的引导"),
        Metric("judge_actionable", "评审：可行动", "评审模型判定学习者知道下一步做什么"),
    ),
    ask,
    score,
    nothing_more,
)
