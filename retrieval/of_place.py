"""Whether a passage is of another place than the one that a question names: 汕尾's rule is none of 汕头's."""

import re

from course_index.analyze import normalise
from retrieval.hit import Hit

GUANGDONG = (
    "广州 深圳 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮"
).split()
_PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 "
    "湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 新疆"
).split()
# With laws of their own: a law of the whole country does not hold there.
_APART = ("香港", "澳门", "台湾")
_OTHER_CITIES = (
    "杭州 南京 苏州 宁波 厦门 福州 武汉 长沙 成都 西安 郑州 济南 "
    "青岛 合肥 南昌 昆明 贵阳 南宁 海口 沈阳 大连 哈尔滨 长春"
).split()
_PLACES = (*GUANGDONG, *_PROVINCES, *_APART, *_OTHER_CITIES)
_NATIONAL = "中华人民共和国"
# Where somebody comes from, what a dish or a language is called, and 中山装 are not where the question is asked of.
_NAMED = re.compile(
    rf"(?<!来自)(?<!从)(?<!老家)(?<!老家在)(?<!不是)(?P<place>{'|'.join(_PLACES)})"
    r"(?!人|来|户|籍|菜|话|方言|小面|烤鸭|火锅|米粉|路|装|大学|先生|银行|时间|市?户口)"
)


def of_another_place(question: str, hit: Hit) -> bool:
    """Whether the titles above a passage name a place, the question another, and the passage nothing of that."""
    asked = _named(question)
    if not asked:
        return False
    titles = _titles(hit)
    held = _named(titles)
    if _NATIONAL in titles and not held:
        return asked <= set(_APART)
    if not held or asked & _named(hit.passage.text[:2_000]):
        return False
    return not any(_covers(here, there) for here in held for there in asked)


def _titles(hit: Hit) -> str:
    return " ".join((hit.course.title, hit.passage.titles(hit.lesson.title)))


def _covers(here: str, there: str) -> bool:
    """Whether what holds in one place holds in the other, or may be meant by it."""
    return here == there or ({here, there} & {"广东"} != set() and {here, there} - {"广东"} <= set(GUANGDONG))


def _named(text: str) -> set[str]:
    return {found["place"] for found in _NAMED.finditer(normalise(text))}
