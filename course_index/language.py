"""Which language a text is in, as far as retrieval needs to know: Chinese, or Latin-script (called English here)."""

import re

ZH, EN = "zh", "en"
LANGUAGES = frozenset((ZH, EN))
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")


def language_of(text: str) -> str:
    """`zh` when Han characters outnumber half the Latin words (a Chinese text is full of Latin names), else `en`."""
    han = len(_HAN.findall(text))
    words = len(_LATIN.findall(text))
    return ZH if han and han >= words / 2 else EN
