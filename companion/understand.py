"""What a message wants, as far as it can be told without a model."""

import re
from typing import Literal

from course_index.analyze import normalise

Wish = Literal["question", "courses", "greeting", "nothing"]

_COURSES = re.compile(
    r"(?:有|开|找|推荐|介绍|报名?|上|选|学)[^，。？?!！]{0,10}(?:课程|课吗|的课|课呢|培训班?|学习班|班吗|兴趣班|网课|公开课)"
    r"|(?:有(?:没有|冇|无)?|推荐|介绍|想上|想报)[^，。？?!！]{0,8}课(?![堂文本后题间余件])"
    r"|(?:什么|哪些|哪门|哪个|边个|乜嘢?|咩)(?:课|培训|班)|(?:课程|培训|网课)[^，。]{0,6}(?:推荐|有吗|有没有|有哪些|有冇)"
    r"|^(?:我?想|我?要|打算)(?:去)?(?:学|报|上课|进修|考证)|该学(?:点|些)?(?:什么|啥|乜)|学(?:点|些)(?:什么|啥)好"
    r"|\b(?:any|which|what|find|recommend|suggest|offer|have|take|join|looking for|is there|are there)\b[^.?!]{0,30}"
    r"\b(?:courses?|classes|class|trainings?|lessons?)\b"
    r"|\b(?:want|like) to (?:learn|study|take up)\b"
)
_GREETING = re.compile(
    r"^(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好|早晨|在吗|有人吗|谢谢.{0,3}|多谢.{0,2}|唔该.{0,2}|再见|拜拜|"
    r"你是谁|你能做什么|你会什么|"
    r"hi|hello|hey|thanks|thank you|bye|who are you|what can you do)[\s。！!？?~,.，]*$"
)


# What asks for a course without saying what it is to be about.
_ASKS_FOR_COURSES = re.compile(
    r"有没有|有冇|有无|请问|推荐|介绍|适合|课程|网课|公开课|培训班?|学习班|兴趣班|一门|一些|哪些|哪门|哪个|什么|边个|乜嘢|"
    r"我?想要?(?:去)?学|我?要学|打算学|学习|报名|我想|我要|找|报|有|课|班|学|吗|呢|"
    r"\b(?:is|are|there|any|which|what|find|recommend|suggest|offer|have|take|join|looking|for|courses?|classes|class|"
    r"trainings?|lessons?|want|like|would|to|learn|study|do|you|i|a|an|the|on|about|me|please|can)\b"
)


def course_subject(message: str) -> str:
    """What the courses that a message asks for are to be about; the whole message when it says nothing else."""
    subject = re.sub(r"[\s？?！!。，,.]+", " ", _ASKS_FOR_COURSES.sub(" ", normalise(message))).strip()
    return subject if any(character.isalnum() for character in subject) else message


def wish_of(message: str) -> Wish:
    """Courses wanted, a greeting, nothing at all, or (most often) a question on content."""
    text = normalise(message).strip()
    if not any(character.isalnum() for character in text):
        return "nothing"
    if _GREETING.match(text):
        return "greeting"
    return "courses" if _COURSES.search(text) else "question"
