"""Does a passage support a sentence? Numbers, names and negations exactly, the rest by closeness (`overlay.py`)."""

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Literal

import numpy as np

from companion.checking.actors import case_is_anothers, of_another, tells_who
from companion.checking.clauses import clauses
from companion.checking.contradiction import IN_PLACE, contradicts, denies_otherwise
from companion.checking.grounds import Ground
from companion.checking.overlay import ENOUGH, Claim, Overlay, is_in_its_language, overlay, probability, speaks_of_all
from companion.checking.pairing import mixes
from companion.checking.provisos import (
    Rule,
    clauses_that_permit,
    is_special,
    of_note,
    rules_in,
    share,
    what_is_permitted,
    widens,
)
from companion.quantities import Quantity, chinese_value, months_named, quantities, stated
from course_index.analyze import normalise, terms
from course_index.chunk import BELOW
from course_index.language import ZH, language_of
from retrieval.search import Search

Verdict = Literal[
    "supported",
    "number",
    "name",
    "negation",
    "case",
    "permission",
    "mixed",
    "actor",
    "cause",
    "unsupported",
    "no_answer",
    "language",
]

_LATIN = re.compile(r"[a-z][a-z0-9_+#.-]*[a-z0-9_+#]|[a-z]")
_ASKS_FOR_ENGLISH = re.compile(r"英语|英文|英译|翻译|\btranslat")
_CHOICE = re.compile(r"([\u4e00-\u9fff])[不没唔]\1|还是(?![不没会很])|\bor\b")
# Words of the other script that a sentence names as such.
_SET_APART = re.compile(r"\([^()]*\)|（[^（）]*）|\"[^\"]*\"|“[^“”]*”|「[^「」]*」|`[^`]*`|《[^《》]*》|'[^']*'")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_BECAUSE = re.compile(
    r"(?:主要)?是?(?:因为|由于)|的?原因(?:主要)?(?:是|在于)"
    r"|\bbecause(?: of)?\b|\bdue to\b|\bthe reason (?:\w+ ){0,6}is\b"
)
_COUNTED = re.compile(r"(?<![\d一二两三四五六七八九十百千万])[两三四五六七八九](?![一二两三四五六七八九十百千万])")
_FIRST = re.compile("第一次|第1次|头一次")
_NEXT_DAY = re.compile("第二[天日]|第2[天日]")
# How often something is, which has no number in it, and what of a passage says as much: 每年试一次 of 每个月按一次.
_EVERY = r"(?:每隔?一?个?|\b(?:every|each|per|(?:once|twice|times) an?) )"
_HOW_OFTEN = tuple(
    (re.compile(f"{_EVERY}(?:{said})"), re.compile(f"{said}|{more}"))
    for said, more in (
        ("年|year", "岁|annual"),
        ("月|month", "月"),
        ("周(?!期|边)|星期|礼拜|week", "周"),
        ("天|日|晚|早|day|night|morning", "daily"),
        ("小时|钟头|hour", "时"),
        ("分钟|minute", "分"),
    )
)
_TITLE = re.compile(r"《([^《》]{1,40})》")
# In what case a rule holds is told by so many of its words, or by words so near to them. Of 577 rules of laws and
# lessons without their case .78 are below both, of 163 right claims one.
_CASE_TOLD = 0.5
_CASE_MEANT = 0.65
# A case that a sentence tells of itself is spoken of by its stretch. Of 64 that had another rule's case and passed all
# the rest .33 are further, of the right claims none.
_CASE_SPOKEN_OF = 0.6
# What tells a case with who acts in another's place is on the same deed when it is so near.
_SAME_CASE = 0.6
# So many of its characters tell a case anyhow: 醉驾 and 驾驶证 of 醉酒驾驶机动车的.
_CASE_SPELT_OUT = 0.7
# What something is the cause of is told by the stretch with the cause as a case is, or by the words of one beside it.
_EFFECT_MEANT = 0.65
_EFFECT_BESIDE = 0.6
_SHORTEST_EFFECT = 2
# What a clause permits is spoken of by one stretch: so near in the mean of its tokens, or with such a share of its
# words. Of 24 right claims that permit something one is below both, of 17 wrong ones three.
_PERMITTED_NEAR = 0.67
_PERMITTED_TOLD = 0.25
# And no word of it is as far as this from all that the passages say: 可以向该部门报告 of 由该部门责令 (.18). Of 30
# right claims none is below .36.
_PERMITTED_SOMEWHERE = 0.3
# A fine for what is left undone, by the two characters that begin it.
_FINED = re.compile(
    r"[不没未](?:有|按|及时|依法)?(?P<undone>[\u4e00-\u9fff]{2})[^,;。\n]{0,12}?(?:处以?|罚)[^,;。\n]{0,12}"
    r"[\d一二三四五六七八九十百千万]"
)

# The letters of a question are soon all there are: of English its words are compared.
_SPELT = re.compile(r"[a-z]+|\d+|[^\W_]")
_MOST = 0.6
_LACKING = re.compile(
    r"(?:没有?|缺少?|代替|替代|替换|顶替)(?P<thing>[\u4e00-\u9fff]{2,4}?)(?=用|以|拿|可以?|的|时|就|也|$|[^\u4e00-\u9fff])"
)


class Judge:
    """Judges sentences against grounds; `question` is what the learner asked, whose own words prove nothing."""

    def __init__(self, search: Search, question: str) -> None:
        self._search = search
        self._question = normalise(question)
        self._language = language_of(question) if any(one.isalpha() for one in question) else None
        self._asked = frozenset(search.query(question).other_words)

    def of(self, question: str) -> "Judge":
        """A judge of what answers another question."""
        return Judge(self._search, question)

    def is_asked_of(self, ground: Ground) -> bool:
        """Whether a ground has the numbers and names of the question itself and speaks of all that it asks about: a
        model that asks of 三十分钟后 where nothing says that has made up a case.
        """
        asked = self.claim(self._question)
        if not _numbers_stand(asked, ground.normalised) or not _names_stand(asked, ground.normalised, ""):
            return False
        return speaks_of_all(overlay(asked, [ground]))

    def claim(self, text: str) -> Claim:
        """The sentence made ready: this embeds it once, for however many grounds."""
        query = self._search.query(text)
        # "To greet a customer when delivering a parcel, say hello" is near all that speaks of customers and parcels.
        new = tuple(word for word in query.other_words if word not in self._asked)
        if not new and quantities(text):  # a number is new, though no word beside it is
            new = query.other_words
        asked = frozenset(terms(self._question))
        return Claim(text, normalise(text), query, query.language, new, asked)

    def verdict(self, claim: Claim, grounds: Sequence[Ground]) -> Verdict:
        """Whether the grounds together support it, or what speaks against."""
        if self.is_asked_by(claim.normalised):
            return "unsupported"  # which a passage on its subject would seem to bear
        if BELOW in claim.text or is_titles_alone(claim.normalised, grounds):
            return "unsupported"  # only what the lesson is called, and where in it, which may be half translated
        found = overlay(claim, grounds)
        if fault := self.fault(claim, grounds, found):
            return fault
        if self._is_in_another_language(claim, grounds) or self._mixes_scripts(claim, grounds):
            return "language"
        return "supported" if probability(claim, grounds, found) >= ENOUGH else "unsupported"

    def is_asked_by(self, said: str) -> bool:
        """Whether what is said, normalised, is the question said back and has no other character or English word:
        不能泼水 is an answer to 能不能泼水 all the same.
        """
        decides = _CHOICE.search(self._question) and not _CHOICE.search(said)
        return not decides and set(_SPELT.findall(said)) <= set(_SPELT.findall(self._question))

    def is_asked_whole_by(self, said: str) -> bool:
        """Whether it is that, and most of the question: 保价 of 保价和没保价的怎么赔 says which."""
        asked, told = (set(_SPELT.findall(one)) for one in (self._question, said))
        return self.is_asked_by(said) and len(told) > len(asked) * _MOST

    def _is_in_another_language(self, claim: Claim, grounds: Sequence[Ground]) -> bool:
        """Whether it was copied in a language that the learner did not ask in, nor after."""
        return (
            self._language not in (None, claim.language)
            and all(ground.language == claim.language for ground in grounds)
            and not _ASKS_FOR_ENGLISH.search(self._question)
        )

    def _mixes_scripts(self, claim: Claim, grounds: Sequence[Ground]) -> bool:
        """Whether an English sentence has Han characters (eighty目的砂纸) that are neither set apart in it, nor the
        learner's, nor those of a passage in English.
        """
        if claim.language == ZH:
            return False
        english = [ground.normalised for ground in grounds if ground.language != ZH]
        runs = _HAN.findall(normalise(_SET_APART.sub(" ", claim.text)))
        return any(run not in self._question and not any(run in text for text in english) for run in runs)

    def fault(self, claim: Claim, grounds: Sequence[Ground], found: Overlay) -> Verdict | None:
        """What the grounds do not have to the letter."""
        # In the stretches that take the sentence up, or in the titles: a number from elsewhere is of something else.
        titles = [" ".join(ground.titles) for ground in grounds]
        if not _numbers_stand(claim, "\n".join([*titles, found.text])):
            return "number"
        if not _names_stand(claim, "\n".join(ground.normalised for ground in grounds), self._question):
            return "name"
        if not is_in_its_language(claim, grounds):
            return "negation" if denies_otherwise(claim.normalised, normalise(found.best)) else None
        if contradicts(claim.normalised, normalise("\n".join(found.led))):
            return "negation"
        return self._says_otherwise(claim, grounds, found)

    def _says_otherwise(self, claim: Claim, grounds: Sequence[Ground], found: Overlay) -> Verdict | None:
        """What of it the grounds say of something else, in their own language."""
        if self._is_of_another_case(claim, grounds, found):
            return "case"
        if self._permits_more(claim, grounds):
            return "permission"
        if self._fines_what_is_not_named(claim, grounds):
            return "case"
        whole = "\n".join(said for ground in grounds for said in ground.said)
        if mixes(claim.normalised, whole) or self._replaces_another(claim, grounds, found):
            return "mixed"
        if of_another(claim.normalised, whole) or self._has_anothers_case(claim, found):
            return "actor"
        return "cause" if self._explains_otherwise(claim, grounds) else None

    def _explains_otherwise(self, claim: Claim, grounds: Sequence[Ground]) -> bool:
        """Whether the stretch that has its cause, and what stands around that, do not speak of what it is the cause of:
        only the question does.
        """
        because = _BECAUSE.search(claim.normalised)
        if not because:
            return False
        before, behind = claim.normalised[: because.start()].strip(), claim.normalised[because.end() :]
        # 快递员因为工作撞伤了人，由企业承担责任: what it is the cause of comes behind.
        first, _, last = behind.partition(",")
        follows = last if because[0] in ("因为", "由于") and not before.endswith(",") else ""
        effect, cause = (follows, first) if follows else (before, behind)
        note = of_note(effect)
        stretches = [one for ground in grounds for one in ground.said]
        at = self._closest(cause, grounds)
        if len(note) < _SHORTEST_EFFECT or at is None:
            return False
        around = stretches[max(0, at - 1) : at + 2]
        titles = [" ".join(ground.titles) for ground in grounds]
        return self._is_far(effect, _EFFECT_MEANT, stretches[at], *titles) and all(
            share(note, set(terms(one))) < _EFFECT_BESIDE for one in around
        )

    def _closest(self, text: str, grounds: Sequence[Ground]) -> int | None:
        """The number of the stretch that is nearest to a text; None where nothing can be compared."""
        tokens = self._search.query(text).tokens
        parts = [part for ground in grounds for part in ground.tokens]
        if tokens is None or not any(map(len, parts)):
            return None
        return int(np.argmax([float((tokens @ one.T).max(axis=1).mean()) if len(one) else -1.0 for one in parts]))

    def _is_of_another_case(self, claim: Claim, grounds: Sequence[Ground], found: Overlay) -> bool:
        """Whether it leaves out in what case the stretch closest to it holds, which the learner has not said either, or
        says it of a case that neither the learner nor this stretch speaks of.
        """
        if widens(claim.normalised, normalise("\n".join(found.led))):
            return True
        above, ground = " ".join(title for one in grounds for title in one.titles), "".join(found.led[:1])
        told = f"{claim.text}\n{claim.query.mandarin}"
        own = [one for rule in rules_in(claim.normalised) for one in rule.conditions]
        asked = set(terms(self._question))
        strange = [one for one in own if share(of_note(one), asked) < _CASE_TOLD]
        texts = told, self._question, above
        known = normalise("\n".join(texts))
        all_rules = rules_in("\n".join(said for one in grounds for said in one.said))
        for rule in _rules_used(claim, found):
            untold = any(self._is_far(one, _CASE_MEANT, *texts) for one in rule.conditions)
            if (untold or _is_special_untold(rule, all_rules, known)) and not _is_so_elsewhere(rule, all_rules, known):
                return True
        return any(self._is_far(one, _CASE_SPOKEN_OF, ground, above) for one in strange)

    def _has_anothers_case(self, claim: Claim, found: Overlay) -> bool:
        """Whether the case in which a passage says it is of who does it, and what the learner or the sentence tells is
        of whom it is done to: what holds when the worker does not sign is asked of the employer.
        """
        for condition in (one for rule in _rules_used(claim, found) for one in rule.conditions):
            for text in (claim.normalised, self._question):
                telling = [one for one in clauses(text) if tells_who(condition, one)]
                on_it = [one for one in telling if self._nearness(one, [condition]) >= _SAME_CASE]
                if on_it:
                    if all(case_is_anothers(condition, one) for one in on_it):
                        return True
                    break  # the sentence tells it as it stands
        return False

    def _is_far(self, condition: str, meant: float, *others: str) -> bool:
        """Whether neither the words of a condition stand in the other texts, nor what is as near as it is `meant`."""
        said = set(terms(normalise("\n".join(others))))
        return share(of_note(condition), said) < _CASE_TOLD and self._nearness(condition, others) < meant

    def _permits_more(self, claim: Claim, grounds: Sequence[Ground]) -> bool:
        """Whether it permits what no single stretch speaks of.

        可以在楼道或电梯里充电 of a passage on lifts, which are ways out, and on where to charge.
        """
        for clause in clauses_that_permit(claim.normalised):
            tokens, note = self._search.query(clause).tokens, of_note(clause)
            if tokens is None:
                continue
            near = [
                float((tokens @ part.T).max(axis=1).mean()) for ground in grounds for part in ground.tokens if len(part)
            ]
            told = [share(note, set(terms(one))) for ground in grounds for one in ground.said]
            if self._farthest(what_is_permitted(clause), grounds) < _PERMITTED_SOMEWHERE:
                return True
            if max(near, default=1.0) < _PERMITTED_NEAR and max(told, default=0.0) < _PERMITTED_TOLD:
                return True
        return False

    def _fines_what_is_not_named(self, claim: Claim, grounds: Sequence[Ground]) -> bool:
        """Whether it tells the fine for leaving undone what no passage names: only the question does.

        电动自行车不上牌罚一千元 of a passage on where one may not charge them.
        """
        fined = _FINED.search(claim.normalised)
        if not fined:
            return False
        names = (fined["undone"], *self._search.called(fined["undone"]))
        return not any(name in ground.normalised for ground in grounds for name in names)

    def _replaces_another(self, claim: Claim, grounds: Sequence[Ground], found: Overlay) -> bool:
        """Whether it says what takes the place of something that only the question names: 没有冰糖用赤藓糖醇代替 of
        用赤藓糖醇代替白砂糖.
        """
        said = normalise(claim.query.mandarin) or claim.normalised
        lacking = _LACKING.search(said)
        if not lacking or not IN_PLACE.search(said):
            return False
        names = (lacking["thing"], *self._search.called(lacking["thing"]))
        known = normalise("\n".join((found.text, *(title for one in grounds for title in one.titles))))
        return not any(name in known for name in names)

    def _farthest(self, text: str, grounds: Sequence[Ground]) -> float:
        """How near the token of a text is that is farthest from all of the grounds; 1 where nothing can be compared."""
        tokens = self._search.query(text).tokens if text else None
        parts = [part for ground in grounds for part in ground.tokens if len(part)]
        if tokens is None or not len(tokens) or not parts:
            return 1.0
        return float((tokens @ np.concatenate(parts).T).max(axis=1).min())

    def _nearness(self, text: str, others: Sequence[str]) -> float:
        """How near, in the mean, the tokens of a text are to the nearest of the others'; 0 without vectors of them."""
        wanted = self._search.query(text).tokens
        tokens = [one.tokens for one in map(self._search.query, others) if one.tokens is not None]
        if wanted is None or not len(wanted) or not sum(map(len, tokens)):
            return 0.0
        return float((wanted @ np.concatenate(tokens).T).max(axis=1).mean())


def _rules_used(claim: Claim, found: Overlay) -> list[Rule]:
    """The rules of the stretch closest to it that it says the outcome of, and of the others those that alone have a
    number of it, or what else it says of their outcome.
    """
    closest, *others = map(normalise, found.led or ("",))
    said = set(claim.query.terms)
    elsewhere = [one for one in quantities(claim.text) if not stated(one, quantities(closest, ones=True))]
    left = {term for term in said - of_note(closest) if len(term) > 1}

    def adds(rule: Rule) -> bool:
        return any(stated(one, quantities(rule.outcome, ones=True)) for one in elsewhere) or (
            rule.is_used_by(said) and len(left & of_note(rule.outcome)) > 1
        )

    used = [rule for rule in rules_in(closest) if rule.is_used_by(said)]
    return used + [rule for other in others for rule in rules_in(other) if adds(rule)]


def _is_so_elsewhere(rule: Rule, rules: Sequence[Rule], told: str) -> bool:
    """Whether what is said of the outcome of a rule is so in another case as well, which is told.

    醉酒驾驶机动车的，吊销机动车驾驶证 is so of a bus too, whose article comes closest.
    """
    said = of_note(told) & of_note(rule.outcome)
    return any(
        _is_told(one.conditions, told)
        and not _is_special_untold(one, rules, told)
        and not said - of_note(f"{one.outcome},{','.join(one.conditions)}")
        for one in rules
    )


def _is_told(conditions: Sequence[str], told: str) -> bool:
    return all(share(set(one) - {"的"}, told) >= _CASE_SPELT_OUT for one in conditions)


def _is_special_untold(rule: Rule, rules: Sequence[Rule], told: str) -> bool:
    """Whether it is a rule for a special case of another's, of which less than half of what makes it one is told."""
    pairs = (pair for other in rules for pair in product(rule.conditions, other.conditions))
    return any(
        2 * sum(one in told for one in special) < len(special) for special in (is_special(*pair) for pair in pairs)
    )


def is_titles_alone(said: str, grounds: Iterable[Ground]) -> bool:
    """Whether nothing is left of a sentence, normalised, without what these are called."""
    left = _letters(said)
    titles = (title for ground in grounds for title in ground.titles)
    for title in sorted({_letters(normalise(title)) for title in titles} - {""}, key=len, reverse=True):
        left = left.replace(title, "")
    return not left


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _numbers_stand(claim: Claim, text: str) -> bool:
    known = quantities(text, ones=True) + months_named(text)
    known += [Quantity(one.value * 12, "month") for one in known if one.unit == "year"]
    known += [Quantity(one.value / 12, "year") for one in known if one.unit == "month"]
    counted = [Quantity(float(chinese_value(one)), None) for one in _COUNTED.findall(text)]  # 两口气
    said = _FIRST.sub("首次", claim.text)
    if "次日" in text:
        said = _NEXT_DAY.sub("次日", said)
    claimed = *quantities(said), *months_named(claim.text)
    if not all(stated(one, [*known, *(() if one.unit else counted)]) for one in claimed):
        return False
    return all(bears.search(text) for says, bears in _HOW_OFTEN if says.search(claim.normalised))


def _names_stand(claim: Claim, text: str, question: str) -> bool:
    """Latin names in a Chinese sentence, and titles of laws and courses, are the passage's or the learner's own."""
    if any(normalise(title) not in text for title in _TITLE.findall(claim.text)):
        return False
    if claim.language != ZH:
        return True
    known = set(_LATIN.findall(text)) | set(_LATIN.findall(question))
    return all(name in known for name in _LATIN.findall(claim.normalised))
