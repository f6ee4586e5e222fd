"""Who is to learn: oneself, or a mother of seventy, a child, an apprentice; and how old."""

import re
from dataclasses import dataclass

from companion.quantities import quantities
from course_index.analyze import normalise

# What people are to whoever speaks of them, by what they are to the catalogue; None may be anybody.
_KIN: dict[str | None, tuple[str, str]] = {
    "senior": (
        "爸妈|父母|爸爸?|妈妈?|父亲|母亲|阿(?:爸|妈|爷|公|婆|嫲)|老(?:爸|妈|豆|母)|老爷子|老太太|爷爷|奶奶|外[公婆]|姥[姥爷]|嫲嫲|公公|婆婆|岳[父母]|丈母娘|老丈人|家[公婆]|老伴|老人家?|长辈",
        "parents?|mother|father|mums?|moms?|mam|dads?|mummy|daddy|gran|granny|nana?|grandpa|grandma|grand(?:mother|father|parents?)|(?:mother|father)-in-law",
    ),
    "child": (
        "小?孩子?|娃儿?|小朋友|宝宝|细路仔?|儿子|女儿|闺女|孙[子女]|外孙女?|侄[子女儿]|外甥女?|(?<=[个我阿])[仔囡女](?!朋)",
        "kids?|child|children|sons?|daughters?|boys?|girls?|grand(?:son|daughter|children|child|kids?)|niece|nephew",
    ),
    "worker": (
        "徒弟|学徒|员工|手下|工人|工友|同事|新人",
        "apprentices?|employees?|staff|workers?|colleagues?|trainees?",
    ),
    None: (
        "老公|老婆|丈夫|妻子|爱人|(?:男|女)?朋友|哥哥?|姐姐?|弟弟?|妹妹?|细佬|细妹|家姐|表[哥弟姐妹]|堂[哥弟姐妹]|叔叔?|伯伯|舅舅|姑姑|姨妈|阿姨|亲戚|邻居|同学|室友|媳妇|女婿|[他她佢](?:们|哋)?",
        "wife|husband|partner|boyfriend|girlfriend|friends?|brother|sister|uncle|aunt(?:ie)?|cousin|neighbou?r|family|he|she|they",
    ),
}
_PERSON = "|".join(f"(?P<zh{at}>{chinese})" for at, (chinese, _) in enumerate(_KIN.values()))
_PERSON_IN_ENGLISH = "|".join(f"(?P<en{at}>{english})" for at, (_, english) in enumerate(_KIN.values()))
_AGED = r"(?:今年|现在|已经|刚|才|都|快|差不多|就|到|满|有|是)*(?:\d+|[一二三四五六七八九十]+)(?:多|几|来)?(?:周?岁|(?=[了啦]*[，。,]))(?:多|半)?[了啦嘅的]*"  # noqa: E501
# Who stands at the beginning of a clause is who is to learn: 我妈想学, and not 照顾老人 or 教孩子.
_CHINESE_ONE = re.compile(
    r"(?:^|(?<=[，。,;；!！?？\s])|(?<=适合))(?:那|但|其实|我(?=想|要|打算|给|帮|替)|想|要|打算|顺便|顺带|另外|还有|再|同时|同埋)*(?:给|帮|替|同|让|为|叫|畀|俾)?(?:我们?家?|俺|咱们?|家里?|屋企|厂里|店里|公司)?(?:的|嘅|个|有个?|这个)*"
    rf"(?:{_PERSON})(?:们|哋)?[她他佢]?(?:{_AGED})?(?![之与和跟的工教心大性])"
)
_ENGLISH_ONE = re.compile(
    rf"(?:\bfor )?(?:\b(?:my|our|the) (?:[a-z]+ )?|(?:^|(?<=[.,;!?] )|(?<=because )|(?<=and ))(?=(?:he|she|they)\b))(?:{_PERSON_IN_ENGLISH})\b"  # noqa: E501
    r"(?:,? (?:who )?(?:is |are |aged? |turning |nearly |almost |over )+\d{1,3}\b(?:[- ]years?[- ]old)?,?(?: and)?)?"
    # What is said of them before what they are after.
    r"(?: (?:who )?(?:also |really |just |always )?(?:wants?|would like|wishes|hopes|needs|likes|loves|enjoys|is (?:interested in|into|keen on|bad at|weak in)|are (?:bad at|into)|struggles? with)\b(?: to)?)?"  # noqa: E501
)
# 我想学急救 after 我老婆怀孕了 is for oneself.
_ONESELF = re.compile(
    r"(?:^|[，。,;；\s])(?:我|俺|本人)(?:自己|也|就|很|真的?|现在)*(?:想|要|打算|准备|希望)(?!给|帮|替|让)|\bi(?:'d| would)? (?:like|want|need|hope) to (?:learn|study|take|become|be)\b"  # noqa: E501
)
_AGES = re.compile(
    r"(?P<decade>[六七八九])十(?:几|多|来)岁?|\b(?:is|am|are|i'm|aged?|turning|nearly|almost|over) (?P<english>\d{1,3})\b(?![ %]*(?:hours?|yuan|km|rmb|min|days?|weeks?|credits?))|(?P<compound>\d{1,3})-year-old"  # noqa: E501
)
_OLD, _GROWN, _YOUNG = 55, 28, 14


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody else who is to learn; the audience they are, None where they may be anybody."""

    audience: str | None


def whom(message: str) -> Whom | None:
    """The other one who is to learn; None where it is oneself."""
    said = normalise(message)
    found = next((one for one in _named(said)), None)
    if found is None or _ONESELF.search(said):
        return None
    kinds = tuple(_KIN)
    at = next(int(name[2:]) for name, value in found.groupdict().items() if value)
    age = age_in(said)
    return Whom(kinds[at] if age is None else audience_of(age))


def without_whom(said: str) -> str:
    """What is said, normalised, without who is to learn and how old they are."""
    return _ENGLISH_ONE.sub(" ", _CHINESE_ONE.sub(" ", said))


def age_in(message: str) -> float | None:
    """The age that a message tells of whoever is to learn; None where it tells none."""
    said = normalise(message)
    if found := _AGES.search(said):
        decade = found["decade"]
        return 10.0 * "零一二三四五六七八九".index(decade) if decade else float(found["english"] or found["compound"])
    return next((one.value for one in quantities(said) if one.unit == "age"), None)


def audience_of(age: float) -> str | None:
    """Whom the catalogue calls so old; none between youth and old age."""
    return "senior" if age >= _OLD else "child" if age <= _YOUNG else "youth" if age <= _GROWN else None


def _named(said: str) -> list[re.Match[str]]:
    found = [found for pattern in (_CHINESE_ONE, _ENGLISH_ONE) if (found := pattern.search(said))]
    return sorted(found, key=lambda one: one.start())
