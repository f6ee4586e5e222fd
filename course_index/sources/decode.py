"""Bytes of a text file to text: UTF-8 first, then what Chinese providers really send."""

import codecs
import re

from course_index.errors import SourceProblem

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Level-1 Han of GB2312 and Big5 overlap little in code space, so the wrong decoding is full of rare characters.
_COMMON = frozenset(
    "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着下自之年过過发發"
    "后後作里裡用道行所然家种種事成方多经經么么去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心本前开開但"
    "因只从從想实實日军者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業外将將两兩高间間由问問很最重并物手"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")


def decode(data: bytes) -> tuple[str, str]:
    """The text and the name of the encoding it was read with.

    Raises SourceProblem when the bytes are no text: a picture named .md, a cut or unknown encoding.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data, encoding), "utf-16" if encoding == "utf-16" else "utf-8"
    if b"\x00" in data:
        raise SourceProblem("it is binary, not text; export the lesson as UTF-8 text, Markdown or HTML")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _as_legacy_chinese(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceProblem(f"its byte-order mark says {encoding} but the bytes are not; save it as UTF-8") from error


def _as_legacy_chinese(data: bytes) -> tuple[str, str]:
    readings = []
    for encoding in ("gb18030", "big5"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        readings.append((_commonness(text), text, encoding))
    if not readings or max(readings)[0] < 0.05:
        if _is_western(data):
            return data.decode("cp1252", "replace"), "windows-1252"
        raise SourceProblem("it is neither UTF-8 nor GB18030 nor Big5 text; save it as UTF-8")
    _, text, encoding = max(readings)
    return text, encoding


def _is_western(data: bytes) -> bool:
    """Whether nearly all is ASCII and the rest may be the quotes, dashes and accents of Windows' Western set."""
    beyond = sum(byte > 0x7F for byte in data)
    return beyond <= 0.1 * len(data) and not any(byte < 0x09 for byte in data)


def _commonness(text: str) -> float:
    """The share of very common characters among the Han ones, discounted where little of the text is Han."""
    han = _HAN.findall(text)
    beyond_ascii = sum(character > "\x7f" for character in text)
    if not han or any(0xE000 <= ord(character) <= 0xF8FF for character in text):
        return 0.0
    return sum(character in _COMMON for character in han) / max(len(han), beyond_ascii / 2)
