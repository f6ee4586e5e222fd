"""What is said by WeChat beside the tutor's own words, and the words by which learners steer."""

import re
from typing import Literal

from companion.understanding.wish import wish_of
from course_index.analyze import normalise

GREETING = (
    "您好，我是学习助手，由人工智能提供服务。\n\n直接发文字就可以：问课程里的知识，或说想学什么、让我帮您找课。\n\n"
    "发“新话题”换个话题，发“退出”结束。"
)
ONLY_TEXT = (
    "目前我只能读文字，图片、语音和卡片还看不了。请把问题打成字发给我；"
    "不方便打字，可以点输入法上的话筒，把话变成文字再发。"
)
NEW_TOPIC = "好的，我们换个话题。想学什么，请直接说。"
GOODBYE = "好的，这次就到这里。之前问过的内容，可以在小程序的学习助手里随时删除。"
THANKS_UP = "谢谢，已记下这条回答对您有帮助。"
THANKS_DOWN = "谢谢您告诉我，这一条会记下来，供改进用。可以换个说法再问。"
NOTHING_TO_RATE = "谢谢。现在没有可以评价的回答。"
TOO_OFTEN = "您问得有点快，请过 {} 秒再发。"
TOO_LONG = "这条消息太长了，请分成短一些的问题再发。"
CONSENT = "使用前请先阅读使用条款{url}。同意的话，请回复“同意”；不同意则不会处理您的问题。"
AGREED = "谢谢，已记下您同意使用条款。请把问题再发一次。需要时可以回复“撤回同意”。"
NOTHING_TO_AGREE = "好的。这里没有要您同意的条款，请直接提问。"
WITHDRAWN = "好的，已撤回同意，之后不再处理您的问题。"
GUARDIAN = "未满 14 周岁的同学，需要监护人先在学习门户里同意，才能使用。"
UNFIT = "这条内容不便回答。换个学习上的问题吧。"
SORRY = "抱歉，现在答不上来，请过一会儿再问。"
MORE = "（后面还有，回复“更多”接着看。）"
BEFORE = "（接上次没发完的）"

Steer = Literal["end", "new_topic", "up", "down", "agree", "withdraw", "more", "ask"]

# WeChat's own emoticons come as words.
_UP = frozenset(("👍", "[强]", "/:strong", "[thumbsup]", "有用", "有帮助"))
_DOWN = frozenset(("👎", "[弱]", "/:weak", "[thumbsdown]", "没用", "没帮助"))
_NEW_TOPIC = frozenset(("新话题", "换话题", "换个话题", "新对话", "重新开始"))
_AGREE = frozenset(("同意", "我同意"))
_WITHDRAW = frozenset(("撤回同意", "不同意", "我不同意"))
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_MARKS = "。！!.，, ～~“”\"'"
# What a WeChat client sends in place of a kind of message that customer service cannot get.
UNSUPPORTED = "【收到不支持的消息类型，暂无法显示】"


def steer_of(words: str) -> Steer:
    """What the learner wants of the door; `ask` is for the tutor."""
    bare = bared(words)
    for told, steer in _STEERS:
        if bare in told:
            return steer
    wish = wish_of(words)
    return wish if wish in ("end", "more") else "ask"


def bared(words: str) -> str:
    """Words as they are compared: without marks, skin tones and case."""
    return _SKIN.sub("", normalise(words)).strip().strip(_MARKS)


_STEERS: tuple[tuple[frozenset[str], Steer], ...] = (
    (_UP, "up"),
    (_DOWN, "down"),
    (_NEW_TOPIC, "new_topic"),
    (_AGREE, "agree"),
    (_WITHDRAW, "withdraw"),
)
