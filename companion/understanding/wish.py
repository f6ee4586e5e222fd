"""What a message wants, as far as it can be told without a model: by the rules in wishes.toml."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal, cast

from companion.guidance.whom import without_whom
from companion.patterns import for_normalised
from course_index.analyze import normalise

Wish = Literal[
    "question", "courses", "pathway", "credits", "practice", "hint", "plan", "again", "more", "smalltalk", "feedback",
    "end", "nothing",
]  # fmt: skip

# What may follow all that a message says.
_MARKS = r"[\s。！!？?~～,.，、…]*(?:谢谢|多谢|唔该|thanks)?[\s。！!？?~～,.，、…]*"


def wish_of(message: str) -> Wish:
    """What a message wants; a question on content where nothing says otherwise."""
    return wish_by_rules(message) or "question"


def wish_by_rules(message: str) -> Wish | None:
    """What a rule says that a message wants; None where none holds."""
    text = normalise(message).strip()
    if not any(character.isalnum() for character in text):
        return "nothing"
    # 我徒弟想学 wants what 想学 wants.
    readings = dict.fromkeys((text, without_whom(text).strip()))
    return next((wish for said in readings for wish, pattern in _rules() if pattern.search(said)), None)


@cache
def _rules() -> tuple[tuple[Wish, re.Pattern[str]], ...]:
    """Each wish with its pattern, in the order of the file."""
    entries = tomllib.loads((Path(__file__).with_name("wishes.toml")).read_text("utf-8"))
    return tuple((cast("Wish", wish), _pattern(entry)) for wish, entry in entries.items())


def _pattern(entry: dict[str, list[str]]) -> re.Pattern[str]:
    if whole := entry.get("whole"):
        return for_normalised(rf"^(?:{'|'.join(whole)}){_MARKS}$")
    return for_normalised("|".join(entry["anywhere"]))


# What a part of a message asks for courses with, before and behind what they are to be about. Only there: within it the
# same characters are of the subject (机器学习, 初中数学, 有机化学).
_BEFORE_A_SUBJECT = for_normalised(
    r"(?:请问|麻烦|得(?=学)|点样|有没有|有冇|有无|有(?:什么|咩|啥|哪些|[几一]门|(?=教|关于|适合|人教))|推荐|介绍|换(?:一?[个门]|成)|搵|揾|找(?!工作)|适合|哪里|边度|哪儿|在哪|可以|能(?![源量])|"
    r"我们?|咱|俺|想要?(?:去|来)?(?:(?:学|上|报|听|补|了解)(?:[些下啲]|点(?![心样]))?)?|要(?!素)|打算|准备|希望|去(?=[学上报找])|学(?:习|[些下啲]|点(?![心样])|一?门)?(?![生校前历术位分科者员会徒童龄])|"
    r"报[名个读]|上(?=[个点])|教(?:我|人|点)?(?![育师学练材案具授堂程])|讲(?![座话演师解稿课])|[一几][门个些下]|个(?![人体性])|关于|有关|什么|哪[些门个]|边个|乜嘢|[那这嗰]种)"
    r"|(?:i'd|i'm|i|we|you|do|does|is|are|there|any|an?|the|which|what|where|find|recommend|suggest|offer|have|take|join|"
    r"looking|for|some|something|wants?|wanna|like|would|to|l(?:ea?|ae|era)rn(?:ing)?|how to|study|teach(?:es)?|me|about|on|in|please|can|could|"  # noqa: E501
    r"courses?|class(?:es)?|trainings?|lessons?)(?![^\s])"
)
_BEHIND_A_SUBJECT = for_normalised(
    r"(?:网课|公开课|课程|(?<![备逃旷授])课|培训班?|(?:学习|兴趣|补习)班|(?<![上下加夜早晚白值])班|怎么学|(?:能|可以)?[学上报](?=吗|么)|这?方面|有没有|有冇|有无|有|推荐|[吗么呢呀吧啊啦咩的嘅])$"
    r"|(?:^|(?<=\s))(?:courses?|class(?:es)?|trainings?|lessons?|please|there)$"
)
_CLAUSE_ENDS = re.compile(r"[\n？?！!。，,；;]+|\.(?!\w)")
_HAN = re.compile(r"[\u3400-\u9fff]")


_ASKS = re.compile(r"[?？]\s*$|(?:吗|么|呢|嘛|咩|点算|怎么办|行不行|好不好|对不对|可不可以|能不能)[\s。！!]*$")


def asks(message: str) -> bool:
    """Whether a message ends as a question does."""
    return bool(_ASKS.search(normalise(message)))


# What tells that somebody wants to learn a thing, whatever else the message asks.
_WANTS_TO_LEARN = for_normalised(
    r"(?:想|要)(?!起|到|问|知道|请教|法)[^，。？?！!]{0,8}(?:学|补|考|报|懂|了解|弄明白|提高|提一提|当|转去|做[^，。]{0,6}[师员工])"
    r"|(?:有没有|有冇|有啥|有什么|有咩|有无)[^，。？?]{0,12}(?:课|班|教|学)|(?:从|由)(?:哪|边)[^，。？?]{0,3}(?:学起|开始学)"
    r"|学(?:点|些|啲)(?:啥|什么|咩|乜)|(?:门|个|节|堂)课|的课|培训|\b(?:courses?|class(?:es)?|learn|training|lessons)\b"
)


def wants_to_learn(message: str) -> bool:
    """Whether a message says that its sender wants to learn something, or asks for a course by the way."""
    return bool(_WANTS_TO_LEARN.search(normalise(message)))


def course_subject(message: str) -> str:
    """What the courses that a message asks for are to be about; the whole message when it says nothing else."""
    subject = " ".join(filter(None, (_without_asking(part) for part in _parts_of(message))))
    return subject if any(character.isalnum() for character in subject) else message


def _parts_of(message: str) -> list[str]:
    """What stands between marks; and between blanks, where it is written without them."""
    clauses = _CLAUSE_ENDS.split(normalise(message))
    return [part for clause in clauses for part in (clause.split() if _HAN.search(clause) else [clause])]


def _without_asking(part: str) -> str:
    """A part of a message without what asks before and behind the subject."""
    left = part.strip()
    while found := _BEFORE_A_SUBJECT.match(left):
        left = left[found.end() :].lstrip()
    while found := _BEHIND_A_SUBJECT.search(left):
        left = left[: found.start()].rstrip()
    return left


# What asks for practice or a plan without saying of what.
_ASKS_FOR_PRACTICE = for_normalised(
    r"考考|考一考|测测|测一测|测试一下|测验|提问|出|来|做|练习|练|再|给我|帮我|我|要|想|几|[一两二三四五六七八九十\d]+(?=道|条|个|题)|道|条|个|选择题|判断题|填空题|问答题|题目?|小测|下|一下|关于|有关|的|吧|啦|呀|吗|咁|俾|"
    r"(?:刚才|上面|[这那呢]个|它)|\b(?:quiz|test|examine|give|ask|set|make|me|a|an|some|few|it|this|that|them|ok|okay|now|\d+|more|another|questions?|exercises?|practi[cs]e|please|on|about|for|the|i|want|to|let's|can|you)\b"
)
_ASKS_FOR_PLAN = for_normalised(
    r"帮|给|替|为|我们?|制定|制订|订|定|做|排(?!序)|列(?!表)|安排|(?<!动态)规划|设计|学习|复习|备考|计划表?|时间表|日程|课表|一下|一?个|一份|份|想|要|把|每天|每周|每个?(?:星期|礼拜|晚上?)|一周|一个?星期|周末|只有|只能|大概|左右|开始(?!学)|各(?![种地族国])|不学|"
    r"[\d一两二三四五六七八九十半.]+个?(?:半)?(?:小时|钟头?|分钟|周|星期|礼拜|天|月)|到\d+月\d+[日号]|内|学完|怎么|如何|点样|可以|的|吧|呀|吗|，|"
    r"按照?|(?:这|那|呢|嗰)(?:一?[门章]|几[章课]|个|些|部分)?|只|部分|整门|刚才|上面|课程?|重新|没学|没时间|白天|早上|上班|下班|有空|没空|比较忙|很忙|同|嘅|第|学?(?:什么|到哪里?|哪些)|(?:改|换|变|调)(?:成|为|到|一下)?|"
    r"\b(?:study|learn|learning|want|would|like|this|that|just|only|whole|course|class|chapters?|parts?|sections?|units?|lessons?|revision|plan|schedule|timetable|make|give|create|me|a|an|for|my|hours?|minutes?|per|each|every|week|day|i|have|with|please|to|the|of|in|can|you|it|change|move|start|starting|begin|instead|now|on|at|no|not|half|\d+)\b"
)

_ASKS_FOR_HINT = for_normalised(
    r"给|来|俾|畀|我|要|再|一点|一?个|点|啲|小|提示一下|提示|思路|线索|启发|点拨|别|不要|唔好|先|直接|告诉|讲|说|出|答案|只|也|就|想|自己|嘛|吧|呀|啦|可以|吗|请|还是|不会|不懂|不知道|卡住了?|没思路|了|那|"
    r"\b(?:give|need|want|get|have|a|an|another|small|little|hints?|me|i|i'm|am|stuck|about|on|for|don't|do|not|tell|the|answer|please|just|can|you|only)\b"
)


def practice_subject(message: str) -> str:
    """What is to be practised; empty when the message does not say."""
    return _left_of(message, _ASKS_FOR_PRACTICE)


def hint_subject(message: str) -> str:
    """What a hint is wanted for; empty when the message only asks for one."""
    return _left_of(message, _ASKS_FOR_HINT)


def plan_subject(message: str) -> str:
    """What the plan is to be for; empty when the message does not say."""
    return _left_of(message, _ASKS_FOR_PLAN)


def _left_of(message: str, asks: re.Pattern[str]) -> str:
    left = re.sub(r"[\s？?！!。，,.、]+", " ", asks.sub(" ", normalise(message))).strip()
    return left if sum(character.isalnum() for character in left) >= 2 else ""
