"""Whether a message can be understood alone, and what it is about when it cannot; without a model."""

import re
from collections.abc import Sequence
from pathlib import Path

from companion.conversation import Conversation, PastTurn, Shown
from companion.guidance.places import place_in
from companion.guidance.subject import names_only_conditions, subject_of
from companion.patterns import Patterns, for_normalised
from companion.understanding.facts import facts_asked, without_telling
from companion.understanding.of_a_course import asks_of_it
from companion.understanding.parts import asks_anything
from companion.understanding.wholly import says_something
from companion.understanding.wish import (
    course_subject,
    wants_to_learn,
    without_asking_for_another,
    without_asking_for_less,
)
from course_index.analyze import normalise
from retrieval.query import content_parts, query_terms
from retrieval.wording import shipped_wording

# A message of fewer content characters (an English word counts two) hardly names a topic of its own.
SHORT = 6
# So many letters are left of a correction that asks something.
_ASKS_AT_LEAST = 2
# How much of the earlier turns is carried, in characters; the newest is kept.
CARRIED_CHARACTERS = 120
# A message of up to so many times SHORT may go on from what was said.
_MAY_GO_ON = 3

# What a message begins with that goes on from what was said, and what changes the subject in so many words.
_GOES_ON = re.compile(
    r"(?:那么?|咁|即系|然后|之后|接着|还有|另外|再|但|可是|不过|如果|要是|假如|万一|换成|只是|又|也|除了|"
    r"and|but|so|then|also|what about|how about|what if|or|if)(?![a-z])"
)
_CHANGES = re.compile(
    r"(?:换个|换一个|另一个|问个别的|对了|说回|顺便问|我?(?:想|还想)?再(?:问|请教)|题外话|那?(?:算了|不管了|不说这个了?|唔讲呢个)[,，]"
    r"|by the way|another question|different question)"
)
# What points back. 那个 and 这种 before a noun point forward as often, so only bare ones count; 呢 alone is a particle.
_POINTS_BACK = for_normalised(
    r"它们?(?!处)|佢(?!哋)|(?:(?:这|那)(?:个|样|种|里|边|些|类|步|点|条|时|啲|嗰|只)?|(?:呢|(?<![一-鿿])嗰)(?:个|样|种|边|类|步|点|条|时|啲|只))(?=[呢吗嘛么，。？?!！\s]|$|是|会|有|要|能|可|为|怎|点|不|得|系|唔|也|都|就)"
    r"|这样|那样|咁样|上面|前面(?:说|讲|那)|刚才|刚刚说|第[一二三四五六七八九十两\d]+(?:步|个|点|条|种|项)(?:呢|是|怎|$)"
    r"|\b(?:it|its|that|this|these|those|they|them|one|ones|there|the (?:first|second|third|other|same|old|new) one)\b"
)
_ENDS_OPEN = re.compile(r"(?:呢|咧|呐)\s*[?？。!！]*$")
_ASKS = re.compile(
    r"为什么|为啥|为何|怎么|怎样|如何|多[少久长大高重深远快宽厚]|几(?!何)|哪|谁|什么|吗|呢|么|能不能|可不可以|行不行|要不要|点解|点样|点算|点搞|几耐|几时|边|咩|得唔得|系咪|会不会|是不是|先要"
    r"|\b(?:(?:why|how|what|when|where|who)s?|which|much|many|long)\b"
)
# What a correction begins with: 不是这个，我是问, 我说的是, no, I meant. The question is what comes after it.
_THIS = r"(?:[这那呢嗰]个(?:意思)?|这样|咁样)"
_ASK = r"(?:想|要)?(?:问|说(?!真)|讲|指)"
_ASKED_IS = rf"(?:{_ASK}(?:的|嘅)(?:是|系)|(?:是|系){_ASK}(?:的|嘅)?(?:是|系)?|(?:的|嘅)意思(?:是|系))"
_I_ASK = rf"我{_ASKED_IS}"
_I_MEAN = r"(?:but )?i (?:mean|meant|(?:asked|was asking|am asking)(?: about)?)\b"
_CORRECTS = for_normalised(
    rf"(?:(?:不是|唔系|不对|唔啱|错了)(?:{_THIS})?[啊呀吧喎，。\s]*{_I_ASK}"
    rf"|(?:(?:不是|唔系){_THIS}|(?:你|您)?(?:没听懂|没明白|冇听明|听错|理解错|误会|搞错|弄错)[了喇啦]?"
    rf"|我?(?:不是|唔系|没|冇)(?:想|要)?(?:问|说|讲|指){_THIS})[啊呀吧喎]*[，。；！\s]+(?:我?{_ASKED_IS})?|{_I_ASK}"
    rf"|(?:(?:no|nope|wait|sorry)[,.;!\s]+)?"
    rf"(?:(?:not that(?: one)?|that's not (?:it|what i (?:asked|meant)))[,.;!\s]+(?:{_I_MEAN})?|{_I_MEAN})"
    r")[，：\s]*"
)
# A definition asked for names its own subject.
_DEFINES = for_normalised(
    r"^(?:什么|咩|乜嘢?)(?:是|叫|系)(?!它|这|那).{2,}|^[^，。？?]{2,10}(?:是什么|系咩|系乜)(?:意思|东西)?[?？]?$"
    r"|^what(?:'s| is| are| does) (?!it\b|that\b|this\b|they\b|those\b|next\b|else\b|the (?:first|second|third|other|next|last|difference)\b)\w+"  # noqa: E501
)
# "And when I move out, how do I get my deposit back": seven words after the link are a question of their own.
_AND_A_WHOLE_QUESTION = re.compile(r"^(?:and|but|so|then|also|or|if)\b(?:[\s,]+[a-z']+){7,}")
# A short statement adds to what was said (他没保价); a bare topic (八段锦) begins something.
_TELLS = re.compile(r"^(?:他|她|佢|我)|没|冇|不|未|已经|[了过咗]|\b(?:is|was|has|have|had|not|no|didn't|doesn't)\b")


# What a wish for courses has in place of a subject: 有没有简单一点的课, 还有别的班吗.
_NO_SUBJECT = re.compile(
    r"一点|一些|点的|啲|更|比较|太|别的|其他|其它|另外|还有|类似|相关|同类|同样|方面|合适|适合|便宜|简单|容易|难|周末|晚上|夜校|证书|学分"
    r"|\b(?:other|another|more|similar|related|easier|harder|cheaper|shorter|longer|nearer|better|certificate|evening|weekend)\b"
)


# Courses are asked for anew: 佛山有什么课 after a talk on cooking is not on cooking.
_ASKS_FOR_ANY = for_normalised(
    r"(?:什么|哪些|哪门|咩|乜嘢|啥|随便|推荐)[^，。？?]{0,8}(?:课|班|学)"
    r"|\b(?:what|which|any) (?:\w+ )?(?:courses?|class(?:es)?)\b"
)
# 还有别的吗 goes on from an answer, 换一个 does not.
_SWAPS = re.compile(r"换|\b(?:another|different)\b")
_ON_ANOTHER = for_normalised(
    r"(?:那么?|咁|那)(?P<what>(?![这那呢嗰它佢他她我你])[^，。,.？?！!的嘅]{2,8}?)(?:的|嘅)?(?:课程?|班)?(?:呢|有吗|有没有|有冇)[\s?？]*"
    r"|(?:and |what about |how about )+(?:a |an )?(?P<also>[a-z][a-z ]{2,20}?)(?: courses?| class(?:es)?| ones?)?[\s?]*"
)
_IS_THERE = re.compile(r"\b(?:is|are) there\b")

# A few words that ask whether, and those of them that only wonder or agree.
_WHETHER = for_normalised(
    r"[^\s，。,.?？!！]{1,7}(?:吗|么|嘛|没有|未)[\s?？!！]*|有(?:没有|冇|无)[^\s，。,.?？!！]{1,5}[\s?？!！]*"
    r"|(?:and |but )?(?:is|are|does|do|will|can) (?:it|that|this|they|those)(?: [a-z]+){1,3}[\s?!]*"
)
# Not 哪里报名 nor 怎么练习, which are of a course and of a quiz whatever was said.
_WHERE = for_normalised(
    r"(?!.*(?:报名|报读|报班|学费|开班|练习|测验|复习))(?:那|咁)?(?:在|去|到|喺|从)?(?:哪里?|哪儿|边度|什么地方|几时|什么时候|怎么|怎样|点样?)[^\s，。,.?？!！]{1,5}[\s?？!！]*"
)
_IS_SO = for_normalised(
    r"(?:那|咁)?(?:你|您)?(?:真|是|系|对|好|行|可以|得|在|确定|懂|明白|知道|记得|会|能)(?:的|㗎|了)?(?:吗|么|嘛)[\s?？!！]*"
    r"|is (?:it|that) (?:so|true|right|ok|okay|all right)[\s?!]*"
)
# Of who is talking, of more, or of a course.
_OF_SOMETHING_ELSE = for_normalised(r"你|您|我|谢|聊|吃饭|还有|仲有|别的|其他|证书|学分|学历|文凭|要钱|收费|免费|课")

_ARE_THERE_SUCH = for_normalised(
    r"(?:那么?|咁|请问)?(?:还|仲)?有(?:没有|冇|无)?[^，。？?]{1,12}(?:的|嘅)(?:课程?|班)?(?:吗|么|呀|㗎|呢|没有|冇)?[\s?？。!！]*"
    r"|(?:is there|are there|do you have|any(?:thing)?)\b[^.?!]{1,40}[\s?!.]*"
)
_OF_LEARNING = re.compile(r"[学學课課教班]|\b(?:learn|course|class|teach)", re.I)
_NO_MATTER = Patterns(Path(__file__).with_name("no_matter.toml"))


def corrected(message: str) -> str | None:
    """What a message asks that puts a misunderstanding right, in words of its own; None where it does no such thing."""
    text = normalise(message).strip()
    found = _CORRECTS.match(text)
    rest = text[found.end() :] if found and found.end() else ""
    if sum(map(str.isalnum, rest)) < _ASKS_AT_LEAST:
        return None
    # As it was typed, where normalising has not moved the letters.
    return message.strip()[-len(rest) :] if len(text) == len(message.strip()) else rest


def depends(message: str) -> bool:
    """Whether a message cannot be understood without the turns before it."""
    text = normalise(message).strip()
    if not text or _CHANGES.match(text):
        return False
    content = _content(text)
    defines = _DEFINES.match(text) and not _POINTS_BACK.search(text) and content >= 2
    if defines or _wants_a_course_on_something(text) or _asks_what_there_is_somewhere(text):
        return False
    if _ENDS_OPEN.search(text) and content <= 2.5 * SHORT:
        return True
    if _GOES_ON.match(text) and content <= 2 * SHORT and not _AND_A_WHOLE_QUESTION.match(text):
        return True
    if _POINTS_BACK.search(text) and content <= 2.5 * SHORT:
        return True
    return names_no_matter(text) or (content < SHORT and bool(_ASKS.search(text) or _TELLS.search(text)))


def _asks_what_there_is_somewhere(text: str) -> bool:
    """佛山有什么课 is on nothing that was said before, 那佛山有什么课 is."""
    place = place_in(text)
    return place is not None and bool(_ASKS_FOR_ANY.search(text)) and not _GOES_ON.match(text) and not subject_of(text)


def adds_to_a_wish(message: str, conversation: Conversation) -> bool:
    """Whether a message only adds a condition to the courses just asked for: 那线上的呢, and cheaper ones?

    有什么免费的课 asks for any; 要钱吗 asks about the one that was shown.
    """
    # 要钱吗 stays with the course that was shown.
    before = next((turn for turn in reversed(conversation.turns) if not asks_of_it(turn.message)), None)
    if before is None or not conversation.subjects:
        return False
    if before.wish not in ("courses", "pathway") and not _courses_only(before, conversation):
        return False
    if _CHANGES.match(normalise(message)):
        return False  # 那算了，免费的有哪些
    said = without_telling(normalise(message))  # 那天我上班，有没有网上的
    return names_only_conditions(said) and not (_ASKS_FOR_ANY.search(said) or asks_of_it(said))


def _courses_only(turn: PastTurn, conversation: Conversation) -> bool:
    """Whether all that a turn showed were courses, though it asked for none: 手机不太会用. Not below a question that
    nothing was said to (残疾人有没有补贴): 坐轮椅的呢 asks that again.
    """
    asks = asks_anything(turn.message) and not (wants_to_learn(turn.message) or _OF_LEARNING.search(turn.message))
    return isinstance(conversation.pending, Shown) and not turn.passages and not asks


def wants_another(message: str, conversation: Conversation) -> str | None:
    """The conditions, or nothing, with which a message wants other courses than those just shown: 换一个近一点的, and
    太贵了 where one was shown; also after 几时开课, which asks of one of them.

    None for a message that does not, or that says what they are to be on.
    """
    last = next((turn for turn in reversed(conversation.turns) if not asks_of_it(turn.message)), None)
    if last is None or not conversation.subjects or not (last.wish == "courses" or _courses_only(last, conversation)):
        return None
    only_one = isinstance(conversation.pending, Shown) and len(conversation.pending.titles) == 1
    left = without_asking_for_another(message)
    if left is None and only_one:
        left = without_asking_for_less(message)  # of several the cheaper ones are among them
    return left if left is not None and (not says_something(left) or names_only_conditions(left)) else None


def wants_on_another_subject(message: str, conversation: Conversation) -> str | None:
    """What courses are wanted on in place of what was asked for last, 质检 of 那质检的呢; None for what asks no such
    thing, or goes on from lessons that were told.
    """
    last = next((turn for turn in reversed(conversation.turns) if not asks_of_it(turn.message)), None)
    if last is None or last.wish != "courses" or last.told:
        return None
    found = _ON_ANOTHER.fullmatch(normalise(message).strip())
    what = (found["what"] or found["also"]) if found else ""
    return what if what and subject_of(what) and not facts_asked(what) and not asks_of_it(message) else None


def wants_only_another(message: str, conversation: Conversation) -> bool:
    """Whether a message is no more than 换一个, and nothing before it was a quiz, of which it were another question."""
    last = conversation.turns[-1].wish if conversation.turns else None
    left = without_asking_for_another(message)
    swaps = bool(_SWAPS.search(normalise(message)))
    return swaps and left is not None and not says_something(left) and last != "practice"


def _wants_a_course_on_something(text: str) -> bool:
    """有没有教炒股的课 is about 炒股, whatever was talked of before; 有没有免费的课 is about that."""
    if not wants_to_learn(text) or _POINTS_BACK.search(_IS_THERE.sub(" ", text)) or _GOES_ON.match(text):
        return False
    subject = course_subject(subject_of(text)) if subject_of(text) else ""
    bare = re.sub(r"^[教学讲]|[教学讲的]$", "", re.sub(r"\s+|教|的", "", subject))
    return not _NO_SUBJECT.search(subject) and len(bare) >= 2


def in_thread(message: str, before: Sequence[str]) -> str | None:
    """A message as it reads if it goes on from the learner's earlier ones, though it does not look so.

    None where it begins something else, or says enough by itself.
    """
    text = normalise(message).strip()
    if not before or _CHANGES.match(text) or _content(text) > _MAY_GO_ON * SHORT:
        return None
    return carried(message, before)


def leans(message: str) -> bool:
    """Whether a message points back at what was said in so many words; else its being short is all that says so."""
    text = normalise(message).strip()
    return bool(_POINTS_BACK.search(text) or _ENDS_OPEN.search(text))


def names_no_matter(message: str) -> bool:
    """Whether all that a message names is what one may do about any matter, or an example: 去哪里投诉, 举个例子."""
    text = normalise(message).strip()
    rest = _NO_MATTER["beside"].sub(" ", _NO_MATTER["says"].sub(" ", text))
    return bool(_NO_MATTER["says"].search(text)) and not says_something(rest)


def terms_named(message: str) -> list[str]:
    """The characters and words of what a message names, as lessons would say it: they have 家里 and not 屋企.

    What says how much or how surely (一定要, 最长多久, 几天内能拿到) names nothing.
    """
    told = shipped_wording().in_mandarin(normalise(message))
    left = _NO_MATTER["generic"].sub(" ", told)
    if not any(says for _, says in content_parts(left)):
        return []
    return [term for term in query_terms(left) if len(term) == 1 or term.isascii()]


def asks_whether(message: str) -> bool:
    """Whether a message only asks if something holds of what was said: 有效吗, is it safe? Not 真的吗, 你会唱歌吗."""
    text = normalise(message).strip()
    return bool(_WHETHER.fullmatch(text)) and not (_IS_SO.fullmatch(text) or _OF_SOMETHING_ELSE.search(text))


def asks_on(message: str) -> bool:
    """Whether a message asks in a few words whether, where, when or how, of what was said: 有效吗, 哪里能看."""
    text = normalise(message).strip()
    return asks_whether(message) or bool(_WHERE.fullmatch(text) and not _OF_SOMETHING_ELSE.search(text))


def asks_for_such(message: str) -> bool:
    """Whether a message asks whether there are courses that are so, and says no more: 有不要钱的吗."""
    return bool(_ARE_THERE_SUCH.fullmatch(normalise(message).strip()))


def goes_on(message: str) -> bool:
    """Whether a message begins as what goes on from something does."""
    return bool(_GOES_ON.match(normalise(message).strip()))


def carried(message: str, before: Sequence[str]) -> str:
    """The message with the learner's earlier messages before it, as far as they go on one subject, newest kept."""
    return " ".join(carried_parts(message, before)).strip()


def carried_parts(message: str, before: Sequence[str]) -> list[str]:
    """The same message by message."""
    subject: list[str] = []
    room = CARRIED_CHARACTERS
    for earlier in reversed([corrected(one) or one for one in before]):
        room -= len(earlier)
        if subject and room < 0:
            break
        left = without_asking_for_another(earlier)
        if left is None or says_something(left):
            subject.insert(0, earlier)
        if not (left == "" or depends(earlier) or names_only_conditions(earlier if left is None else left)):
            break
    return [*subject, message]


def _content(text: str) -> int:
    """How much a message names: Han characters of its content words, and two for each Latin word."""
    found = query_terms(text)
    return sum(2 if term.isascii() else 1 for term in found if term.isascii() or len(term) == 1)
