"""Does a sentence deny what a passage says, or turn a bound or a duty of it? Both as `normalise` leaves them."""

import re

from companion.quantities import Quantity, quantities, stated

# 是不是 and 有没有 ask, and deny nothing.
_NEGATOR = re.compile(
    r"(?P<zh>(?!(?<=(.))[不唔没]\2)(?:不(?!仅|但|过|管|论|同|断|少于|超过)|没有|没|未(?!来|成年)|无(?!论)|勿|(?<![分区级性特类个差告识辨离派])别(?!人|的|处|墅)|禁止|严禁|拒绝|唔(?!该)|冇|非(?!常)))"
    r"|\b(?:not|never|no|cannot|without|neither|nor|forbidden|prohibited)\b|n't\b"
)
# What may stand between a negation and what it negates.
_BETWEEN = re.compile(
    r"(?:得|再|还|能够?|可以?|要|会|应当?|应该|必须?|需要?|用|许|准|是|有|曾|在|被|把|将|用于|擅自|随意|随便)*"
)
_CANNOT_BEHIND = re.compile(r"[\u4e00-\u9fff]?[不唔][了到出起动得下住成完]")
_FORBIDS = re.compile(r"[不唔](?:得|能|可|要|许|准)|勿|别|禁止|严禁")
# The English verb behind a negation, and how near before a word one denies it, in characters.
_VERB = re.compile(r"\s+(?:(?:be|to|have|ever|always|just|simply|only|usually|the|a|an|any)\s+)*([a-z]{3,})")
_NEAR = 24
# 没有结果也要打: what comes behind is not what is denied.
_ALL_THE_SAME = re.compile(r"(?<![不没未无能会要])(?:也|就|仍|照样|还是)(?:要|会|能|可以?|得|应当?|须|必须|该)?$")
# What a sentence forbids stands anywhere behind the word for it: 不得因怀孕降低其工资，辞退女职工.
_FORBIDS_ALL = re.compile(r"不得|不能|不准|不可|严禁|禁止|\b(?:must|may|shall|can) ?not\b")
_SENTENCE = re.compile(r"[;。!?\n]")
_UNFORBIDS = re.compile(r"但是?|除|可以|应当|有权|方可|才")
_VERB_LATER = re.compile("[把将]")
_ENDS = re.compile(r"[,;。!?\n]|$")
_LISTED_BELOW = ("下列", "以下", "上述")
_OBJECTS = re.compile(r"[\u4e00-\u9fff、]*")
_AND = re.compile("[、和或与及跟]")
_LED_IN = re.compile("[在于把被将]")
_MUST = re.compile(r"必须|应当|应该|一定要|务必|\bmust\b|\bhave to\b|\bhas to\b")
# Bounds of a number that stands right behind them, and right before them.
_N = r"(?=[\u4e00-\u9fff]{0,2}\s*(?:\d|[一二两三四五六七八九十百千万半]))"
_BOUND_BEFORE = re.compile(
    rf"(?P<least>(?:至少|最少|起码|不(?:得|能|应)?(?:少于|低于|小于)|(?<![不得能应])(?:超过|多于|大于|高于)){_N}"
    r"|\bat least (?=\w)|\b(?:no|not) (?:less|fewer) than |(?<!no )(?<!not )\bmore than )"
    rf"|(?P<most>(?:至多|最多|不(?:得|能|应|要)?(?:超过|多于|大于|高于)|(?<![不得能应])(?:少于|低于|小于|不到|不足|不满)){_N}"
    r"|\bat most |\b(?:no|not) more than |(?<!no )(?<!not )\b(?:less|fewer) than )"
)
_BOUND_BEHIND = re.compile(r"(?<=[个天日周月年岁时钟米次元度%])(?:(?P<least>以上)|(?P<most>以[下内]|之内))")
_NUMBER_LENGTH = 12
# What leaves a number open on one side.
_BOUNDS = re.compile(
    r"以[上下内外]|之内|[至到~～—-]|超|不[足满到低高少多]|最|至少|起码|或更|多于|少于|高于|低于|约|左右|上下|封顶|起步|上限|下限"
)
_LACKS = ("没有", "没", "无", "冇")
# What takes the place of another thing.
IN_PLACE = re.compile("代替|替代|替换|顶替|换成|改用")
_MODAL = re.compile(r"可以|应当|应该|必须|有权|需要|允许|(?<![不才])能够?|(?<![不才])要")
_NEED_NOT = re.compile(r"不必|不用|无需|无须|毋须|不需要?|唔使|\bneed not\b|\bdo(?:es)? not need\b|\bneedn't\b")
_MAY = re.compile(r"可以|有权|允许|\bmay\b|\bcan\b")


# What may say in one language what a negation says in the other.
_DENIAL = re.compile(
    r"[不没未无勿别唔冇缺非免难少防避妨除停]|禁止|拒绝|\b(?:not?|none|nor|never|cannot|without|neither|nothing|nobody|avoid\w*|"
    r"unless|stop|forbid\w*|prohibit\w*|refuse\w*|lack\w*|fail\w*|instead|rather|un\w+ed|unable|less|few|hardly|except|"
    r"away|stays?|keeps? \w+(?: \w+)? from|leav(?:e|es|ing) out)\b|n't\b"
)


def denies_otherwise(claim: str, closest: str) -> bool:
    """Whether only one of a sentence and the stretch in another language that comes closest to it denies anything."""
    return bool(
        (_NEGATOR.search(claim) and not _DENIAL.search(closest))
        or (_NEGATOR.search(closest) and not _DENIAL.search(claim))
    )


def contradicts(claim: str, ground: str) -> bool:
    """Whether a sentence denies what the ground says, says what it denies, or makes may of must or must of may."""
    if not _same_polarity(claim, ground) or not _same_polarity(ground, claim):
        return True
    if _turns_a_bound(claim, ground) or _states_a_bound_flatly(claim, ground) or _affirms_what_is_denied(claim, ground):
        return True
    if _NEED_NOT.search(claim) and _MUST.search(ground) and not _NEED_NOT.search(ground):
        return True
    return bool(_MUST.search(claim) and not _MUST.search(ground) and _MAY.search(ground))


def _affirms_what_is_denied(claim: str, ground: str) -> bool:
    """Whether it says that one may or must do what the ground says that one may not or need not, and nowhere does.

    可以扣押身份证 of 不得扣押身份证；扣押的，由公安机关处罚.
    """
    denied = [_predicate(ground, found.end()) for found in _NEGATOR.finditer(ground) if found["zh"]]
    affirmed = _affirmed(ground)
    return any(
        one not in affirmed and (one in denied or _is_forbidden_throughout(one, ground)) for one in _affirmed(claim)
    )


def _is_forbidden_throughout(predicate: str, ground: str) -> bool:
    """Whether it stands in the ground, and only behind what forbids it in the same sentence, or as an exception."""
    places = [
        _SENTENCE.split(ground[:at])[-1] + "|" + _SENTENCE.split(ground[at:])[0] for at in _places(predicate, ground)
    ]
    plain = [one.split("|")[0] for one in places if "除外" not in one]
    return bool(plain) and all(map(_forbids_what_follows, plain))


def _forbids_what_follows(before: str) -> bool:
    forbids = list(_FORBIDS_ALL.finditer(before))
    return bool(forbids) and not _UNFORBIDS.search(before, forbids[-1].end())


def _affirmed(text: str) -> list[str]:
    """What a text says that one may or must do."""
    found = (
        _predicate(text, one.end())
        for one in _MODAL.finditer(text)
        if not _NEGATOR.search(text[max(0, one.start() - 2) : one.end() + 1])  # 不能要
    )
    return [one for one in found if one]


def _predicate(text: str, at: int) -> str:
    """The two characters that begin what is done, behind a word for that it may, must or must not be."""
    between = _BETWEEN.match(text, at)
    predicate = text[between.end() if between else at :][:2]
    return predicate if len(predicate) > 1 and predicate.isalpha() else ""


def _turns_a_bound(claim: str, ground: str) -> bool:
    """Whether it says at most of what the ground says at least, or the other way round."""
    known = _bounds(ground)
    for claimed, at_least in _bounds(claim):
        said = {other for one, other in known if stated(claimed, [one])}
        if said and at_least not in said:
            return True
    return False


def _states_a_bound_flatly(claim: str, ground: str) -> bool:
    """Whether it says 处二百元罚款 of 二百元以上一千元以下."""
    bounds = [
        quantities(ground[: bound.start()][-_NUMBER_LENGTH:], ones=True)[-1:]
        for bound in re.finditer("以[上下]", ground)
    ]
    known = quantities(ground, ones=True)
    for number in {one for numbers in bounds for one in numbers}:
        flat = known.count(number) > sum(numbers == [number] for numbers in bounds)
        if flat or number.unit is None or not stated(number, quantities(claim)):
            continue
        if not _BOUNDS.search(claim) and len([one for one in quantities(claim) if one.unit == number.unit]) == 1:
            return True
    return False


def _bounds(text: str) -> list[tuple[Quantity, bool]]:
    """The numbers that a text states as bounds, and of each whether it is the least; what is forbidden to be more than
    that is at most that (不得有下列行为：连续驾驶超过四小时).
    """
    found = [
        (
            quantities(text[bound.end() :][:_NUMBER_LENGTH], ones=True)[:1],
            (bound.lastgroup == "least") != _forbids_what_follows(_SENTENCE.split(text[: bound.start()])[-1]),
        )
        for bound in _BOUND_BEFORE.finditer(text)
    ]
    found += [
        (quantities(text[: bound.start()][-_NUMBER_LENGTH:], ones=True)[-1:], bound.lastgroup == "least")
        for bound in _BOUND_BEHIND.finditer(text)
    ]
    return [(number, at_least) for numbers, at_least in found for number in numbers]


def _same_polarity(denying: str, text: str) -> bool:
    """Whether what `denying` only ever negates does not stand in `text` without any negation."""
    for negator in _NEGATOR.finditer(denying):
        rest = denying[negator.end() :]
        if not negator["zh"]:
            word = _VERB.match(rest)
            if word and set(_denials(word[1], text)) == {False} and False not in _denials(word[1], denying):
                return False
            continue
        if negator[0] in _LACKS and IN_PLACE.search(_SENTENCE.split(rest)[0]):
            continue  # 没有茜草用苏木代替
        between = _BETWEEN.match(rest)
        what = rest[between.end() if between else 0 :]
        # Of 不要打。 the verb alone; of 不要把卡尺当扳手 it comes later.
        forbids = _FORBIDS.match(denying[negator.start() :])
        predicate = what[:1] if forbids and _ENDS.match(what[1:]) else what[:2]
        is_one = len(predicate) == 1 or (len(predicate) == 2 and predicate.isalpha())
        if not is_one or predicate in _LISTED_BELOW or (between and _VERB_LATER.search(between[0])):
            continue
        if any(_stands_plainly_only(one, text, denying) for one in _objects_denied(what)):
            return False
        led_in = between and _LED_IN.search(between[0])  # 不能在法定情形以外: the verb comes later
        if predicate not in text and not led_in and forbids:
            predicate = predicate[0]  # 不能装漏电保护器 of 装了它也不能带电干活: the object stands elsewhere
        if _stands_plainly_only(predicate, text, denying):
            return False
    return True


def _stands_plainly_only(predicate: str, text: str, denying: str) -> bool:
    """Whether it stands in a text without a negation and nowhere with one, and so nowhere in what denies it."""
    return _plainly(predicate, text) and not _plainly(predicate, denying) and not _denied(predicate, text)


def _objects_denied(what: str) -> list[str]:
    """What else a negated verb of one character has as its object: 喝咖 of 喝茶和咖啡."""
    first, *others = _AND.split(_OBJECTS.match(what)[0])  # type: ignore[index]
    return [what[0] + one[0] for one in others if one and len(first) > 1]


def _denials(word: str, text: str) -> list[bool]:
    """Of each place of an English word in a text whether it stands behind a negation."""
    places = (found.start() for found in re.finditer(rf"\b{word}\b", text))
    return [bool(_NEGATOR.search(text[max(0, at - _NEAR) : at])) for at in places]


def _plainly(predicate: str, text: str) -> bool:
    """Whether it stands somewhere without a negation."""
    return any(not _is_negated(predicate, text, at) for at in _places(predicate, text))


def _denied(predicate: str, text: str) -> bool:
    return any(_is_negated(predicate, text, at) for at in _places(predicate, text))


def _is_negated(predicate: str, text: str, at: int) -> bool:
    """Whether a negation stands before it, or behind it as in 自己翻不了身, or its sentence forbids it, or its clause
    says that it need not be.
    """
    before, behind = text[max(0, at - 6) : at], text[at + len(predicate) :]
    sentence = _SENTENCE.split(text[:at])[-1]
    return bool(
        (_NEGATOR.search(before) and not _ALL_THE_SAME.search(before))
        or _CANNOT_BEHIND.match(behind)
        or _forbids_what_follows(sentence)
        or _NEED_NOT.search(sentence.rsplit(",", 1)[-1])
    )


def _places(predicate: str, text: str) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(predicate), text)]
