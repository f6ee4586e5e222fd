"""Whether a passage is on another thing than the one that a question asks how to make: 糖醋里脊 is no 糖醋排骨."""

import re
from collections import Counter
from collections.abc import Sequence

from course_index.analyze import normalise
from course_index.store.legs import Word
from course_index.stretches import stretches
from retrieval.glossary import share_said
from retrieval.hit import Hit
from retrieval.query import Query

# Ways of cooking, one character each, the words of English for them, and those that ask how.
WAYS = "炒蒸炖煲烤炸煎腌酿熬卤焖烧"
IN_ENGLISH = "make|cook|bake|brew|fry|steam|boil|roast|grill|stew|simmer|poach"
HOW = r"(?:怎么|怎样|如何|咋|点样?)"
_MAKE = rf"(?:[做煮整包{WAYS}]|制作|自制)"
_MUST = r"(?:要|需要?|应该|该|得|大概|一般)"
# A name, and no clause: 被狗咬了 is made by nobody.
_THING = r"(?P<thing>[^\s，。,.?？!！、《》的了被我你他她它这那给把在有是不没会着过时后咗冇唔喺畀就都来去到]{2,10}?)"
_HOW_MUCH = r"(?:多少|几多|几|多久|几耐)[^，。,]{0,6}"
_TAIL = r"(?:[才先]?(?:能|最|得|更)?好?[^，。,]{0,3})?"
# What it is to be made without is not what is made (retrieval/without.py); who asks whether it can be, asks how.
IS_NOT_TAKEN = r"(?:不用|不使用|不放|不加|唔使|唔用|唔放|唔加)"
LACKS = rf"(?:没(?:有|得)?(?!有|得)|冇|{IS_NOT_TAKEN})"
_WITHOUT = re.compile(
    rf"{LACKS}[^\W\d_]{{1,6}}?(?:的话|嘅话|时)?[，,\s]?(?:应该|该|要|又|还|都|也|来|去)*"
    rf"(?:(?:可唔可以|可不可以|可以|能不能|能)(?=(?:自己|在家)?{_MAKE})|(?={HOW}|{_MAKE}))"
)
_MADE = tuple(
    re.compile(
        rf"(?:请问|想问一下|想问|教我|想知道|我想知道)?(?:自己|在家|家里|屋企)?[，,]?{pattern}(?:吗|呢|啊|呀|嘅|噶)?"
    )
    for pattern in (
        rf"{_MAKE}?{_THING}{_MUST}?{HOW}(?:自己|在家)?{_MAKE}{_TAIL}",
        rf"{HOW}(?:自己|在家)?{_MAKE}好?{_THING}",
        rf"{_THING}的?(?:做法|制作方法|配方|菜谱|食谱|方子)(?:是什么|有哪些|步骤)?",
        rf"{_MAKE}?{_THING}{_MUST}(?:用|准备|放|买)*(?:哪些|什么|啥|乜嘢?|咩)(?:材料|食材|原料|配料|调料|佐料)",
        rf"{_THING}{_MUST}?(?:{_MAKE}|[放加搁]){_HOW_MUCH}",
        rf"{_MAKE}{_THING}{_MUST}?(?:{_MAKE}|[放加搁用])?{_HOW_MUCH}",
        r"how (?:long |much time )?(?:do (?:i|you|we)|to|can i|should (?:i|you)|does it take to) "
        rf"(?:{IN_ENGLISH}) "
        r"(?:an? |the |some |my )?(?P<thing>.{3,30}?)(?: without .+)?",
        r"(?:an? |the )?recipe (?:for|of) (?P<thing>.{3,30}?)(?: without .+)?",
    )
)
_TO_BE = re.compile(rf"(?<=.){_MUST}$")
_SHORTEST = 2
_SAYS_HOW = re.compile(r"的?(?:做法|制作方法)$")
_MARKS = re.compile(r"[\s。．.？?！!，,]+$")
# So many of the letters of a longer name in one title are the same thing under a longer or shorter name
# (红烧鱼, 红烧鲤鱼), if none of the others says how it is made; a short one has to stand there.
_LETTERS, _LONG = 0.75, 4
# A name of so many may stand in several titles, if all of it does: 二叉搜索树删除节点.
_LONGEST_OF_A_DISH = 6
# A line with no more letters than that beside the name lists it and says nothing of it.
_MERE = 3


def of_another_thing(query: Query, hit: Hit) -> bool:
    """Whether a question asks how a thing is made, and neither the titles above a passage nor a sentence of it name it.

    Of passages in the question's language alone.
    """
    thing = thing_made(query.text)
    if thing is None or hit.passage.language != query.language:
        return False
    # 番茄炒蛋 is 西红柿炒蛋.
    in_mandarin = thing_made(query.mandarin) or thing
    names = (thing, in_mandarin, *(normalise(name) for name in query.called if thing in name or name in thing))
    titles = [normalise(title) for title in (hit.course.title, hit.lesson.title, *hit.passage.heading_path)]
    named = any(_names(title, name) for title in titles for name in names) or _together_name(titles, thing)
    return not named and not _speaks_of(hit, names)


def is_of_the_thing(query: Query, hit: Hit) -> bool:
    """Whether a question asks how a thing is made, or for how long, and the passage is of a lesson that is called so or
    by a kind of it: 简易红烧肉.
    """
    thing = thing_made(query.mandarin)
    return thing is not None and _SAYS_HOW.sub("", normalise(hit.lesson.title).strip()).endswith(thing)


def says_the_thing(words: Sequence[Word], text: str) -> bool:
    """Whether a text in another language has half of the words for a thing, as a dictionary has them; True for none.

    Each in one of its ways, or by the character that most of these share: shrimp is 小虾, 对虾 and 虾米 there, and a
    recipe says 虾.
    """
    normal = normalise(text)

    def is_said(word: Word) -> bool:
        counts = Counter(letter for way in word for letter in {*"".join(way)} if not letter.isascii())
        most = max(counts.values(), default=0)
        shared = {letter for letter, count in counts.items() if count == most > 1}
        return share_said([word], text) > 0 or any(letter in normal for letter in shared)

    return not words or sum(map(is_said, words)) >= len(words) / 2


def thing_made(question: str) -> str | None:
    """What a question asks how to make, or with what, or for how long."""
    asked = _of_what_is_made(_MARKS.sub("", normalise(question)))
    found = next((match for pattern in _MADE if (match := pattern.fullmatch(asked))), None)
    # 肉要怎么腌: a name has two letters, and 要 is none of them.
    thing = _TO_BE.sub("", found["thing"].strip()) if found else ""
    return thing if len(thing) >= _SHORTEST else None


def _of_what_is_made(asked: str) -> str:
    """A question without what is lacking for it: 怎么做蛋糕 of 没有烤箱怎么做蛋糕 and of 怎么不用烤箱做蛋糕."""
    without = _WITHOUT.sub("", asked, count=1)
    return without if without == asked or re.search(HOW, without) else f"怎么{without}"


def _names(title: str, thing: str) -> bool:
    if thing in title:
        return True
    letters = set(thing.replace(" ", ""))
    if len(letters) < _LONG or thing.isascii() or (letters - set(title)) & set(WAYS):
        return False
    return len(letters & set(title)) >= _LETTERS * len(letters)


def _together_name(titles: Sequence[str], thing: str) -> bool:
    return len(thing) > _LONGEST_OF_A_DISH and not thing.isascii() and set(thing) <= set("".join(titles)) | {" "}


def _speaks_of(hit: Hit, names: tuple[str, ...]) -> bool:
    units = (normalise(unit.text) for unit in stretches(hit.passage.text))
    return any(name in unit and len(re.findall(r"\w", unit)) > len(name) + _MERE for unit in units for name in names)
