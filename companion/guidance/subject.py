"""What a wish is about, without its conditions: 佛山 线下 免费 学舞狮 is about 舞狮."""

import re
from dataclasses import replace
from pathlib import Path

from companion.guidance.need import Need, audience_in, conditions, need_of, says_only_where
from companion.guidance.places import names_of_places
from companion.guidance.whom import without_whom
from companion.patterns import Patterns, for_normalised
from companion.understanding.wish import course_subject, speaks_of_oneself, wants_to_learn, without_undecided
from course_index.analyze import normalise

_LEFT_OVER = re.compile(
    r"^[\s，。？！、,.?!；;]*(?:我|在|的|就|想|要|最好|能|可以|和|或|也|都|那种|这种|in|at|or|and|please)*[\s，。？！、,.?!；;]*$"
)


# What asks for just some course.
_ANY = re.compile(
    r"都行|都可以|都好|不同的?|[两三四几](?=[门个种样])|一点|不要|唔要|别要?|不用|推荐|介绍|算了|报(?=个|一个|名|班|$)|你们|你哋|这里|呢度|平台|一(?=[门个些])|好玩|有趣|有地方|有没|(?<=我)住|只要?|[换改](?:成|为|一?[个门])|系统地?(?=学)|边度|哪里|哪儿|一起|一齐|先|怎么样?|怎样|点样|如何|自己|人家|听|读|讲|参加|参与|以后|将来|接活|挣钱|赚钱|手艺|打发时间|技术|随便|就[行好是]|每周|(?:就|只有|只得|只)?(?:一?点|啲)时间|带(?:孩子|娃)|有?人教|教|重新|一?补[一下]?补?|几|给|俾|畀|我|你|[他她佢]|补(?:习|补|一下)|一些|随便|随意|找|搵|揾|好|新|的|啲|点|下|课程?|网课|学|东西|什么|啥|乜嘢?|咩|有用|实用|有意思|适合|合适|有|没有|冇|吗|呢|呀|吧|可以|能|也|都|想|要|看看|门|个|班|在|最|和|或|技能|职业|文化|艺术|老师|那|这|呢|嘅|哪|些|边|上|门|多|更|比较|"
    r"\b(?:recommend|suggest|some|any|something|him|her|them|my|he|she|courses?|class(?:es)?|for|me|please|to|learn|study|good|new|what|what's|is|are|does|did|there|here|hi|hello|just|moved|live|living|now|do|you|have|i|want|a|the|anything|useful|interesting|and|or|but|then|ones?|about|how|some|more|can|take|finish|taught|which|show|find|list|all|your|that|in|on|at|with)\b"
)


_QUOTED = re.compile(r"《([^》\n]{2,200})》|“([^”\n]{4,60})”|\"([A-Z][^\"\n]{4,80})\"")
_AS_A_COURSE = re.compile(
    r"课(?!文|堂|本)|班|报名?|招人|招生|开课|链接|怎么(?:进去|学)|在哪(?:里|儿)?(?:学|报|上)|上到|看到一半|第几页|有(?:没有|冇|无)《|找《|上《|发我|哪个|学习|名额|位置"
    r"|\b(?:course|class|enrol|enroll|sign up|register|open|find|learn|teach)\b"
)


_WANTED = re.compile(r"(?:想|要|打算|准备|希望|转行|改行|\b(?:want|like|hope)\b)[^，。,.；;？?！!]*")
# 想做 and 去当 lead to a trade, 做菜, 做事 and 当面 do not.
_TRADE = re.compile(
    r"(?:(?:转行|改行|转岗)(?:去)?(?:当|做)?|(?:想|要|准备|打算|希望|去)(?:当(?![面地时天])|做(?![个点菜饭事好起])|成为|从事))(?:一?名|一?个)?"
    r"(?P<trade>[^的，。,.；;？?！!][^，。,.；;？?！!]{1,11}?)(?:的?(?:工作|职业|岗位|行业))?(?:$|[，。,.；;？?！!]|要|怎么|该|需要)"
    r"|\b(?:become|work as|be) (?:an? )?(?P<job>[a-z ]{3,30})"
)


_JOBS = "[\u3400-\u9fff]{1,6}[员师工家医匠厨警]|[\u3400-\u9fff]{0,6}(?:师傅|医生|老师|教练|护士|司机|主播|经理|老板|律师|会计|保安|保姆|月嫂|骑手|演员|农民|模特|翻译)"  # noqa: E501
# 当宇航员 is short for 我想当宇航员; 做作业 and 当家 are not.
_BARE_TRADE = re.compile(rf"(?:当|做|成为|转行(?:当|做)?)(?:一名|一个|个)?(?!家|工|什么|咩|乜)(?:{_JOBS})")


_ONLY_A_TRADE = re.compile(
    r"(?:我|咱|俺)?(?:以后|将来|现在|就|很|真的?|一直)*(?:想|要|打算|准备|希望)(?:转行|改行)?(?:去)?(?:当|做|成为)(?![个点菜饭事好起])(?:一?名|一?个)?"
    r"[^，。,.；;？?！!吗呢的]{2,10}[。.！!]?"
    r"|(?:i )?(?:want|would like|hope) to (?:be|become) (?:an? )?[a-z ]{3,30}[.!]?"
)


_SAYS = Patterns(Path(__file__).with_name("subject.toml"))
_MOST_WISHES = 4


def wanted_part(message: str) -> str:
    """What is wanted, without what is: 送快递的想当电工，怎么学 wants to be an electrician."""
    said = normalise(message)
    found = _WANTED.search(said)
    return found[0] if found else said


def _trade_wanted(said: str) -> str:
    """The trade that somebody wants to go into; empty where none is named."""
    wanted = _WANTED.search(said)
    named = _TRADE.search(wanted[0]) if wanted else None
    return (named["trade"] or named["job"] or "").strip() if named else ""


def wants_a_trade(message: str) -> bool:
    """Whether a message says, among other things, that somebody wants to go into a trade: 想当电工，每周学四小时."""
    return bool(_trade_wanted(normalise(message)))


def is_a_wish_for_a_trade(message: str) -> bool:
    """Whether a message says that somebody wants to be something, and nothing else: 我想当电工."""
    return bool(_ONLY_A_TRADE.fullmatch(normalise(message).strip()))


def trade_spelt_out(message: str) -> str | None:
    """A message that names a trade and the going into it alone, as the wish that it is: 我想当宇航员 for 当宇航员."""
    said = normalise(message).strip(" 。.!！")
    return f"我想{said}" if _BARE_TRADE.fullmatch(said) else None


def titles_named(message: str) -> list[str]:
    """The titles that a message names as courses: 《…》 beside words of courses; of laws and books one speaks without."""  # noqa: E501
    said = normalise(message)
    if not _AS_A_COURSE.search(_QUOTED.sub(" ", said)) and not re.search(r"有(?:没有|冇|无)《|上《|找《", said):
        return []
    return ["".join(parts).strip(" ,.，。") for parts in _QUOTED.findall(message)]


# What is of a country and not its language: Cantonese opera. 日本語版 is the language of a course, not its subject.
_OF_A_COUNTRY = "foreign|polic\\w*|polit\\w*|societ\\w*|business|companies|students?|medicine|calligraphy|dance|operas?|cook\\w*|food|cuisine|dish\\w*|cultures?|histor\\w+|music|art|gardens?|films?|cinema|law|tea|guitar|painting|politics|econom\\w+|people"  # noqa: E501
# What languages are called, as normalised text has it: each by all its names.
_LANGUAGES = tuple(
    re.compile(rf"(?:{chinese})(?!版)|\b(?:{english})\b(?! (?:{_OF_A_COUNTRY}))")
    for chinese, english in (
        ("英[语文]", "english"),
        ("汉语|中文|普通话|国语", "chinese|mandarin"),
        ("法[语文]", "french"),
        ("德[语文]", "german"),
        ("日[语文]|日本语", "japanese"),
        ("韩[语文]|韩国语|朝鲜语", "korean"),
        ("俄[语文]|俄罗斯语", "russian"),
        ("西语|西班牙[语文]", "spanish"),
        ("葡语|葡萄牙[语文]", "portuguese"),
        ("意大利[语文]", "italian"),
        ("阿拉伯[语文]|阿语", "arabic"),
        ("泰[语文]", "thai"),
        ("越南[语文]", "vietnamese"),
        ("印尼[语文]|印度尼西亚语", "indonesian"),
        ("拉丁[语文]", "latin"),
        ("粤语|广东话|白话|广府话", "cantonese"),
        ("手语", "sign language"),
        ("世界语", "esperanto"),
    )
)


def teaches_the_language(asked: str, record: str) -> bool:
    """Whether a record, normalised, names every language that is asked for; true where none is."""
    said = normalise(asked)
    return all(language.search(record) for language in _LANGUAGES if language.search(said))


_HAN = re.compile(r"[\u3400-\u9fff]")
_BLANKS = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_CLAUSES = re.compile(r"[，。,;；!！?？\n]+|\.(?!\w)|\b(?:because|since|but)\b")
# 想学点传统文化，听戏那种 says by the second what the first is.
_OF_THAT_KIND = re.compile(r"(?:[那这]种|[那这]类|之类|什么的|方面)的?$")
_TROUBLE = re.compile(
    r"^(?:我|佢|他|她)?(?:还|都|真的?|完全|根本|一直)*(?:不会|不懂得?|唔识得?|唔会|搞不懂|弄不懂)(?![有是被再死])|^(?:i )?(?:do not|don't|cannot|can't) (?:know how to |understand )|"  # noqa: E501
    r"(?:还|又|都|很|好|太|总是?|老是?|一直|特别|比较|有点)*(?:不(?:太|怎么|够)?(?:好|行|会|懂)|差|(?:学|跟|听|搞|弄)不(?:会|上|懂|明白)|(?:不(?:太|怎么|大|是很)?(?:会|懂)|唔(?:系几|太|多)?识)(?:怎么|点样?)?[用玩弄搞]|唔(?:识|好|得|掂))(?:了|啊)*(?:怎么办|点算|点办)?$|怎么办$|点算$"
    r"|^(?:\w+ )?(?:is|are|am|so|very|really|keeps?|getting|get|always|(?:is )?(?:bad|weak|poor|hopeless|no good|not good|terrible|behind) (?:at|in|with)|struggles? with)\b"  # noqa: E501
)


# What somebody cannot handle, and nothing else: 不会用微信怎么办. Not what they see before them: this app.
_CANNOT_USE = for_normalised(
    r"(?:我|佢|他|她|俺|真的?|完全|根本|还|都|又)*(?:不会|不懂(?:怎么|得)?|唔识(?:得)?(?:点样?)?|唔会)"
    r"(?:使用|用|玩|弄|操作|搞)(?!这|呢|你)[^，。？?！!]{1,12}?(?:[，\s]*(?:怎么办|点算(?:好)?|点办|咋办))?[啊呀呢吗\s。？?！!]*"
    r"|(?:i |he |she |they )?(?:do(?:es)? not|do(?:es)?n't|did(?: not|n't)) know how to (?:use|operate|work with) "
    r"(?!this|your|the (?:app|page|site))[^,.?!]{2,40}(?:[,. ]+what (?:can|should|do) i do)?[\s.?!]*"
)


_STAGE = re.compile(r"小学|初中|高中|中专")
_SCHOOL_SUBJECT = for_normalised(r"数学|英语|语文|物理|化学|生物|历史|地理|政治")
# What parts two things to learn; a blank does between Han.
_BESIDE_EACH_OTHER = for_normalised(
    r"、|，|:(?=[\u3400-\u9fff])|还是|定系|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])|[和跟与及]|或者?|还有|以及|同埋|(?<!不)同(?![学事城])|\s+(?:and|or|,)\s+"
)
_A_THING = 2
_DEED = re.compile(
    r"^(?:怎么|如何|点样?)?(?:使用|用|操作|玩|弄|搞|整|做|写)(?=[\u3400-\u9fff]{2})"
    r"|^(?:how to )?(?:use|using|operate|make|making) (?:a |an |the )?"
)
# Who wants it, and where: 屋企露台想整堆肥 names 整堆肥.
_WHO_WANTS = re.compile(
    r"^[^，。,？?！!]{1,12}?(?:想|打算|准备)(?=(?:学|整|做|报|考|补|了解)(?:习|下|点|些|啲|一下|点样|怎么)*(?![这那呢个])[\u3400-\u9fff]{2})"
)
# Who somebody is, and nothing that they want (我是送外卖的, 我在电子厂上班), and those who have a job (快递员).
_WHO_ONE_IS = for_normalised(
    r"(?:我们?|俺|咱们?|本人)(?!.*(?:想|要|学|考|报|会|懂|识|怎|点|被|摔|撞|丢|坏|裂|漏|痛|疼|投诉|骗|偷|罚|扣|烫|割|欠))[^，。,.？?！!]{1,16}|(?!.*(?:有没有|有冇|有无|教))[^，。,.？?！!想要学考报会]{1,10}(?:的|嘅)|(?:已经|刚刚?|都|就)*(?:退休|失业|下岗|毕业)(?:了|咗|啦)?|(?:我|她|他|佢)?(?:今年|已经|快|刚刚?|都)*\d{2}(?:多)?岁?(?:了|啦)?"
    r"|i(?:'m| am| have)? (?!.*\b(?:want|like|need|learn|study|know|hope|can|do)\b)[^,.?!]{3,40}"
)
# What somebody does is what it is on, unless the catalogue has a name for such people: 厂里做质检的.
_DOES = for_normalised(r"(?:做|搞|干|修|管)(?!工的?$|活|事)(?P<what>[^的嘅了]{1,8})(?:的|嘅|了)*$")
_THEIR_JOB = for_normalised(
    r"(?P<who>[^，。,.？?！!\s]{0,6}?(?:员|小哥|骑手|师傅|工人|工友|农民|果农|长者|老人|街坊))(?:们|的|嘅)*"
)
# What may be two messages: after a mark that ends one, or a space after Han.
_PARTS = re.compile(r"(?<=[?？。!！])|(?<=[\u3400-\u9fff])\s+")


def without_refused(message: str) -> str:
    """What is said, normalised, without what somebody does not want to learn, where anything is left: 学画画 of
    不学编程了，学画画.
    """
    said = normalise(message)
    left = _SAYS["refused"].sub(" ", said)
    return left if left != said and _says_something(left) and wants_something(left) else said


def wants_something(said: str) -> bool:
    """Whether what is said, normalised, has more than conditions."""
    for pattern in (*conditions(), names_of_places()):
        said = pattern.sub(" ", said)
    return _says_something(said)


def subject_of(message: str) -> str:
    """The words of a wish that say what is to be learned; empty when it names conditions only."""
    said = without_refused(message)
    if trade := _trade_wanted(said):
        return trade
    if says_only_where(said):
        return ""
    said = without_whom(without_undecided(said))
    for pattern in (*conditions(), names_of_places()):
        said = pattern.sub(" ", said)
    if _LEFT_OVER.match(course_subject(said)) or not _says_something(said) or _says_only_who(said):
        return ""
    # 有没有烹饪课 那线上的呢 is about 烹饪.
    return " ".join(part.strip("、 ") for part in _PARTS.split(said) if _says_something(part))


def named_in(message: str) -> str:
    """The words that name what is to be learned, without what is told beside: 用微信 of 我妈七十二岁了，想学用微信.

    Of a trouble the thing that it is with: 数学 of 孩子数学不好怎么办. Empty as `subject_of` is.
    """
    told = (part for clause in _CLAUSES.split(without_refused(message)) for part in _apart(clause.strip("、 ")))
    clauses = [_plainly_wished(_WHO_WANTS.sub("想", clause)) for clause in told if _says_something(clause)]
    clauses = [clause for clause in clauses if not _SAYS["refuses"].match(clause)] or clauses
    wishing = [clause for clause in clauses if _wishes(clause)]
    named = subject_of("，".join(wishing)) or subject_of("，".join(one for one in clauses if one not in wishing))
    named = course_subject(named) if named else ""
    return _TROUBLE.sub(" ", named).strip() or named


def wishes_in(message: str) -> list[str]:
    """The clauses that each want something of their own, two to four: 老婆想学插花, 我想学修空调, 儿子想学编程. None
    where it is one.
    """
    said = [clause.strip("、 ") for clause in _CLAUSES.split(without_refused(message))]
    said = [clause for clause in said if not _SAYS["refuses"].match(clause)]
    clauses = [clause for clause in said if _says_something(clause) and _wishes(clause) and named_in(clause)]
    # 想学点传统文化，听戏那种 says by the second what the first is.
    apart = [clause for clause in clauses if not _OF_THAT_KIND.search(clause)]
    return apart if 2 <= len(apart) <= _MOST_WISHES else []


def _plainly_wished(clause: str) -> str:
    """最好还能学点防骗 as 想学防骗."""
    return (
        clause
        if wants_to_learn(clause)
        else _SAYS["also_wishes"].sub("想学" if _HAN.search(clause) else "learn ", clause)
    )


def _wishes(clause: str) -> bool:
    return bool(wants_to_learn(clause) or _OF_THAT_KIND.search(clause) or _SAYS["also_wishes"].search(clause))


def _apart(clause: str) -> list[str]:
    """What stands between blanks where a part of it tells of who asks, as between commas: 我在厂里上班 想学数学."""
    parts = _BLANKS.split(clause)
    tells = any(speaks_of_oneself(part) and not wants_to_learn(part) for part in parts)
    return parts if len(parts) > 1 and tells and any(map(wants_to_learn, parts)) else [clause]


def at_school(thing: str, message: str) -> str:
    """A subject of schools with the school that a message speaks of: 初中数学 of 初中没毕业，想补数学."""
    stage = _STAGE.search(normalise(message))
    return f"{stage[0]}{thing}" if stage and _SCHOOL_SUBJECT.fullmatch(thing) else thing


def several_in(named: str) -> list[str]:
    """The things that are named beside each other, two or three: 粤剧 and 做菜; none where it is one."""
    said = (one for one in beside_each_other(named) if _says_something(one))
    parts = [course_subject(one) for one in said if sum(map(str.isalnum, one)) >= _A_THING]
    by_kind = any(map(_OF_THAT_KIND.search, parts))  # 听戏那种 says what 传统文化 is
    return parts if 2 <= len(parts) <= 3 and not by_kind else []


def beside_each_other(said: str) -> list[str]:
    """What stands beside each other in what is said, normalised: 粤剧 and 做菜 of 粤剧和做菜."""
    return [one.strip() for one in _BESIDE_EACH_OTHER.split(said)]


def cannot_use(message: str) -> bool:
    """Whether a message says that somebody cannot handle a thing, and asks nothing of it."""
    return bool(_CANNOT_USE.fullmatch(without_whom(normalise(message)).strip()))


def without_deed(named: str) -> str:
    """What is named without the using or making of it, 微信 of 用微信; empty where nothing is used or made."""
    bare = _DEED.sub("", named)
    return bare if bare != named else ""


def names_only_conditions(message: str) -> bool:
    """Whether a message says what a course must be and not what it is to be about: 线上的呢, and cheaper ones?"""
    return not subject_of(message) and replace(need_of(message), text="", locale_language="") != Need()


def _says_only_who(said: str) -> bool:
    """Whether all that is said of a subject is for whom, one of the catalogue's audiences: 我是送外卖的，有什么课."""
    clauses = [clause.strip() for clause in _CLAUSES.split(said) if _says_something(clause)]
    return bool(clauses) and audience_in(said) is not None and all(map(_says_who, clauses))


def _says_who(clause: str) -> bool:
    their = _THEIR_JOB.match(clause)
    if their and audience_in(their["who"]) and not _says_something(clause[their.end() :]):
        return True
    trade = _DOES.search(clause)
    return bool(_WHO_ONE_IS.fullmatch(clause)) and (trade is None or audience_in(trade["what"]) is not None)


def _says_something(said: str) -> bool:
    return any(one.isalnum() for one in _ANY.sub("", said))
