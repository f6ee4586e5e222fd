"""What kind of thing a question asks for, and whether passages state such a thing at all: a price, a number, a name."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from course_index.analyze import normalise
from retrieval.hit import Hit

_NUMERAL = r"(?:\d|[一二两三四五六七八九十百千万半]+)"
_PRICE = r"(?:\d\s*|[两三四五六七八九十百千万半]|[十百千万零〇][一二])"  # 一元 and 二元 are equations
# 多少盐 is answered by nothing that does not speak of salt.
_AMOUNT_OF = re.compile(r"(?:多少|几多)(?:[克斤两勺])?(?P<what>[盐糖油水醋酒米面肥药])")

# What comes of it when a thing is done for too long, or of too much of it, is told by what speaks of that: 煮太久会怎样
# by 煮久了会老, and not by the steps.
_DONE = r"[放加倒浇撒施下喷煮炒烤蒸炖焖煎焯炸腌泡浸晒喂充揉]"
_TOO = r"(?:太|过于?)"
_TOO_MUCH = re.compile(
    rf"{_DONE}(?:得|的)?(?:{_TOO}(?P<much>[久长耐多少])|(?P<past>[久耐多少])[了咗]|过[头火度])了?[^，。,]{{0,3}}"
    r"(?:怎|咋|点|会|有|还|能|得唔得|行|可以|冇)"
)
_IS_TOO = rf"(?:{_TOO}|偏|稍微?|越|不要|不宜|不能|别|避免|防止)[^，。,]{{0,4}}"
# Also by how long it may at most, and of how it is when it has been: 最多放两天, 太咸.
_LONG = re.compile(
    rf"{_IS_TOO}[久长]|[久长]了|过[头火度]|时间[^，。,]{{0,2}}[久长]|隔夜|过夜|过期"
    r"|(?:最[多长久]|超过)[^，。,]{0,6}(?:[天日周月年]|小时|分钟|钟头)"
)
_MUCH = {
    "多": re.compile(rf"{_IS_TOO}多|多了|[过超]量|过度|[太过偏][咸甜酸辣苦浓稠腻]|[盐糖油水肥药]多(?![少种样久])"),
    "少": re.compile(rf"{_IS_TOO}少|少了|不足|不够|[太偏][淡稀]"),
}


def states_what_is_asked(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the passages state a thing of the kind that is asked for; True where a question asks for no such kind."""
    return states_it(question, [hit.passage.text for hit in hits])


def states_it(question: str, texts: Sequence[str]) -> bool:
    """The same of any texts."""
    asked = normalise(question)
    texts = [normalise(text) for text in texts]
    kind = next((states for asks, states in _kinds() if asks.search(asked)), None)
    if kind and not any(kind.search(text) for text in texts):
        return False
    if (too := _TOO_MUCH.search(asked)) and not any(_speaks_of(too, text) for text in texts):
        return False
    amount = _AMOUNT_OF.search(asked)
    return amount is None or any(amount["what"] in text for text in texts)


def _speaks_of(too: re.Match[str], text: str) -> bool:
    """Whether a text, normalised, speaks of so much or so long of it."""
    return bool(_MUCH.get(too["much"] or too["past"], _LONG).search(text))


@cache
def _kinds() -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
    """Of each kind how it is asked for and how it is stated."""
    told = tomllib.loads((files("retrieval") / "asked.toml").read_text("utf-8"))
    return [(_any_of(kind["asks"]), _any_of(kind["states"])) for kind in told["kind"]]


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    joined = "|".join(patterns)
    return re.compile(joined.replace("{n}", _NUMERAL).replace("{price}", _PRICE))
