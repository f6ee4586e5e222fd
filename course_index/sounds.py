"""How Chinese is pronounced: pinyin without tones, as one types it."""

import importlib.util
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

# Beyond these are readings of old texts and surnames: 大 as tai would make 大风 a slip for 台风.
_COMMON_READINGS = 2


def syllables(han: str) -> list[str]:
    """One syllable a character of a run of Han characters, as the words in it are read: 银行 is yin hang."""
    from pypinyin import lazy_pinyin  # 47,000 phrases, 57 MB: a build needs them, a service does not

    return [_typed(syllable) for syllable in lazy_pinyin(han, errors=_each)]


def _each(without_pinyin: str) -> Any:
    """One by one; pypinyin takes a list here, though its types say otherwise."""
    return list(without_pinyin)


@lru_cache(maxsize=8_192)
def readings(character: str) -> tuple[str, ...]:
    """The two commonest syllables that a character is read as; none for what is not Han."""
    with_tones = _characters().get(ord(character), "")
    return tuple(dict.fromkeys(_typed(reading) for reading in with_tones.split(",") if reading))[:_COMMON_READINGS]


def _typed(syllable: str) -> str:
    """Without tone marks, and with v for ü, as on a keyboard."""
    decomposed = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(character for character in decomposed if not unicodedata.combining(character)).lower()


@cache
def _characters() -> dict[int, str]:
    """pypinyin's table of characters, read past its `__init__`, which would load the phrases too."""
    package = importlib.util.find_spec("pypinyin")
    assert package is not None
    assert package.origin is not None
    spec = importlib.util.spec_from_file_location("pinyin_dict", Path(package.origin).with_name("pinyin_dict.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[int, str] = module.pinyin_dict
    return table
