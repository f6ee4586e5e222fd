"""Declines what resembles messages that must be declined, in words that nobody wrote a rule for."""

import re

from companion.recogniser import RULES, Recogniser
from companion.safety.bounds import Bounds, Refusal, Side
from companion.understanding.desk import desk_of
from companion.understanding.follow_up import depends
from companion.understanding.wish import wish_by_rules
from companion.words import Locale
from course_index.analyze import normalise

NO_RULE = "none"
# Chosen so that of everyday questions on content, of topics that nothing was learned from, 2% are declined
# (docs/safety.md): how much more a message has to resemble what a rule declines than what is innocent, and how much it
# has to resemble it at all. What only an office can state is asked in the words of what lessons teach.
MARGIN = -0.45
MARGINS = {"crisis": -0.2, "official_fact": -0.12}
_RESEMBLES = 0.25
# A message whose wish a rule knows (别讲了，直接出题给我做) is declined only when it resembles that more than what is
# innocent: of 10,385 sorted messages that lets 5 pass, all of them innocent.
_WISH_MARGIN = 0.0
# A message that leans on others (那你教我在家怎样量得准) says little of what it is about.
_LEANING_RESEMBLES = 0.4
# 帮我报名 resembles 帮我做作业, and is known for what it is; not so what may be despair, or is an office's to state.
_EVEN_AT_THE_DESK = ("crisis", "official_fact", None)
# 19 of 24 sorted messages that begin with 教我 are harmful, so that 教我做菜 resembled them: what follows such words is
# looked at by itself as well, and has to resemble what is declined too. Not where it has a word of harm: 偷电动车 is
# too short to resemble anything. Of 543 sorted messages with such words that lets one more pass, an innocent one.
_ASKS_TO_BE_TAUGHT = re.compile(
    r"(?:请|请你|麻烦|能不能|可不可以|可以|能|你|我想你|想你|快)*教(?:教|下|一下)?(?:我们?|俺)(?:一下|下)?(?:怎么|如何|怎样|点样)?"
    r"|(?:怎么|怎样|如何|点样)"
    # 我女儿上大学，想补一补线性代数
    r"|[^，。,]{0,8}(?:上|读|念|系|是)?(?:小学|初[一二三中]|高[一二三中]|大[一二三四学专]|中专|职高)[^，。,]{0,4}[，,]?(?:想|要)(?:学|补)(?:一[学补下]|习|下|点)*"
    r"|(?:(?:can|could|will|would) you |please |i want you to )*(?:teach|show) me "
    r"(?:some |a few )?(?:how (?:to |i can )?|to )?"
    r"|how (?:to|do i|can i) "
)
# 教我 and 学 say nothing of what follows: it may be harm.
_BEGINS_SO = re.compile(r"(?:请|麻烦|你)*(?:教|学)|(?:please )?(?:teach me|learn) ")
# What has such a character and does no harm: cooking, cleaning, and guarding oneself against those who do.
_HARMLESS = re.compile(
    r"红烧|叉烧|烧(?=[烤腊菜肉鸡鸭鹅鱼饭汤水开]|电?焊)|黑(?=[椒板木芝豆糖米])|消毒|杀(?=[菌青鱼鸡鸭鹅])|毒(?=[饵蛇]|蘑菇)|请假|假(?=[期日花])|死机|害虫|监(?=[考护])|盗汗|迷宫|绑粽"
    r"|(?:防(?:范|止|备)?|反|识破|识别|辨别|分辨|鉴别|预防|提防|警惕)(?:各种|常见的?|电信|网络|被)*(?:诈骗?|骗[子局术]?|盗|偷|毒|假[币钞货药酒证]|[陷圈]套)"
)
# What is there to keep people from harm; how it is used may resemble harm (how to use a fire extinguisher).
_GUARDS = re.compile(
    r"灭火|消防|逃生|急救|报警器|漏电保护|安全[帽带绳]"
    r"|\b(?:fire|smoke|gas) (?:extinguishers?|alarms?|detectors?|exits?|drills?|safety|blankets?)\b"
    r"|\bfirst[- ]aid|\blife ?jackets?\b|\bseat ?belts?\b|\bsafety (?:helmet|harness|belt|goggles)"
)
_OF_HARM = re.compile(
    r"[偷骗呃假毒杀烧虐贩黑盗枪撬伪迷撩赌裸死毁害诈劫绑监窃瞒]|炸[弹药学楼车人]|子弹|砍[人他她]|抢[钱人劫]|绕过|病毒|作弊|消失|报复|破解|套现|洗钱|跟踪|追踪|定位|灌醉"
    r"|自残|跳楼|逃[税单票]|打人|裙底|卖[假血卵身]|买卖"
    r"|hack|crack|steal|kill|poison|bomb|fake|forge|launder|stalk|spy|drug|meth|gun|weapon|knife|cheat|trick|fool|explo|attack"
    r"|beat|hurt|shoot|groom|nude|sex|suicid|\bdie|bypass|break|\block|track|blackmail|threat|fraud|scam"
)


class LearnedModerator:
    """A Moderator whose refusals are those of the rules that ship; a model's answers all pass.

    What a learner may not ask for, a course may well teach: `output` was not learned.
    """

    def __init__(self, recogniser: Recogniser, bounds: Bounds) -> None:
        self._recogniser = recogniser
        self._bounds = bounds

    async def check(self, text: str, locale: Locale, side: Side) -> Refusal | None:
        """The refusal of the rule that the text would have been declined by, had its author thought of it."""
        wish = wish_by_rules(text)
        if side == "output" or wish == "smalltalk":  # its rule holds for all that a message says
            return None
        scores = await self._recogniser.soon(text, RULES)
        plain = wish in (None, "question") or _BEGINS_SO.match(normalise(text).strip())
        rule = rule_of(scores, MARGIN if plain else _WISH_MARGIN)
        if rule and rule != "crisis" and scores[rule] < _LEANING_RESEMBLES and depends(text):
            return None
        if rule not in _EVEN_AT_THE_DESK and desk_of(text):
            return None
        if rule == "unsafe" and _is_of_a_guard(text):
            return None
        if rule and (self._bounds.excuses(rule, text) or await self._wants_to_be_taught(text)):
            return None
        return self._bounds.refusal(rule, locale) if rule else None

    async def _wants_to_be_taught(self, text: str) -> bool:
        """Whether it is the words by which one asks to be taught that resemble what is declined, and not the rest."""
        asked = normalise(text).strip()
        begins = _ASKS_TO_BE_TAUGHT.match(asked)
        rest = asked[begins.end() :].strip() if begins else ""
        if not rest or _OF_HARM.search(_HARMLESS.sub("", rest)):
            return False
        return rule_of(await self._recogniser.soon(rest, RULES)) is None


def _is_of_a_guard(text: str) -> bool:
    asked = normalise(text)
    return bool(_GUARDS.search(asked)) and not _OF_HARM.search(_HARMLESS.sub("", asked))


def rule_of(scores: dict[str, float], margin: float = MARGIN) -> str | None:
    """The rule that scores of RULES speak for, if any; by a margin of its own or by this one."""
    innocent = scores[NO_RULE]
    likely = {
        rule: score
        for rule, score in scores.items()
        if rule != NO_RULE and score >= _RESEMBLES and score - innocent >= MARGINS.get(rule, margin)
    }
    return max(likely, key=likely.__getitem__, default=None)
