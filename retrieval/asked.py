"""What kind of thing a question asks for, and whether passages state such a thing at all: a price, a number, a name."""

import re
from collections.abc import Sequence

from course_index.analyze import normalise
from retrieval.hit import Hit

_NUMERAL = r"(?:\d|[一二两三四五六七八九十百千万半]+)"
# The first that a question matches holds; a passage that says nothing of the kind does not answer it.
_KINDS = (
    (
        re.compile(r"多少钱|几多钱|几钱|几蚊|价钱|票价|\bhow much (?:does|is|do|are)\b.{0,30}\b(?:cost|price)|\bprice of\b"),  # noqa: E501
        re.compile(rf"{_NUMERAL}\s*(?:(?<!一)(?<!二)元|块(?=钱|半|[。，、；）)]|$)|蚊|毛钱|角钱)|免费|不收费|¥|\d+ yuan|\bfree\b"),  # noqa: E501
    ),
    (
        re.compile(r"学费|报名费|收费|要钱吗|工资|\bfees?\b|\bpaid\b|\bwages?\b"),
        re.compile(rf"{_NUMERAL}\s*(?:元|块|蚊|%)|百分之|免费|[收缴]费|费用由|学费|工资|¥|percent|%|\bfree\b|\bpaid?\b|\bfees?\b|\bwages?\b"),
    ),
    (re.compile(r"(?:什么|哪个|哪种|边个|边只|哪款)(?:牌子|品牌|型号)|牌子好|品牌好|\bwhich brand\b"), re.compile(r"品牌|牌子的|型号|\bbrand\b")),  # noqa: E501
    (re.compile(r"多重|几斤|几公斤|多少[斤克]|多少(?:盐|糖|油|水)|放几(?:勺|克)"), re.compile(rf"{_NUMERAL}\s*(?:公?斤|千?克|两|勺|匙|碗|杯|毫?升)|kg|\d+ ?g\b|kilogram")),  # noqa: E501
    (re.compile(r"几岁|多少岁|多大年纪|\bhow old\b"), re.compile(rf"{_NUMERAL}\s*周?岁|years? old|age")),
    (re.compile(r"哪一?年|几几年|哪年|边一?年|\bwhich year\b|\bin what year\b"), re.compile(r"[12]\d{3}|[一二][〇零一二三四五六七八九]{3}年")),  # noqa: E501
    (
        re.compile(r"多久|多长时间|几耐|几天|几日|几个月|几年|几个?小时|几分钟|多少天|\bhow long\b|\bhow often\b"),
        re.compile(rf"{_NUMERAL}\s*(?:个?(?:工作)?[天日月年周]|个?小时|分钟|秒|个?星期|个?礼拜|个?钟|学期)|[每当次隔]|(?:\d+|one|two|three|four|five|six|seven|ten|fifteen|twenty|thirty|an?) (?:working )?(?:second|minute|hour|day|week|month|year|semester)|every|once|always|until|before"),  # noqa: E501
    ),
    (
        re.compile(r"多少(?:摄氏|华氏)?度|几度|\bwhat temperature\b"),
        re.compile(rf"{_NUMERAL}`?\s*(?:度|°|摄氏|华氏)|degree"),
    ),
    (re.compile(r"有几个(?!方面|步骤)|有多少个|几多个|\bhow many\b"), re.compile(rf"{_NUMERAL}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b")),  # noqa: E501
)  # fmt: skip
# 多少盐 is answered by nothing that does not speak of salt.
_AMOUNT_OF = re.compile(r"(?:多少|几多)(?:[克斤两勺])?(?P<what>[盐糖油水醋酒米面肥药])")


def states_what_is_asked(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the passages state a thing of the kind that is asked for; True where a question asks for no such kind."""
    asked = normalise(question)
    texts = [normalise(hit.passage.text) for hit in hits]
    kind = next((answer for asks, answer in _KINDS if asks.search(asked)), None)
    if kind and not any(kind.search(text) for text in texts):
        return False
    amount = _AMOUNT_OF.search(asked)
    return amount is None or any(amount["what"] in text for text in texts)
