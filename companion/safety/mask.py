"""Personal numbers leave a message before a model, a log, a store or a trace can see them."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_INVISIBLE = r"[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]"
_GAP = rf"(?:[\s\-.·]|{_INVISIBLE}){{0,2}}"
_CHINESE_DIGITS = {character: str(value) for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": "0", "幺": "1", "两": "2", "洞": "0", "拐": "7", "勾": "9",
}  # fmt: skip
_DIGIT = r"[\d０-９]"


def _spread(count: str) -> str:
    return rf"(?:{_DIGIT}{_GAP}){{{count}}}"


# A digit before or behind makes it another number.
_ALONE, _ENDS = rf"(?<!{_DIGIT})(?<!{_DIGIT}[.．])", rf"(?!{_DIGIT})"
_IDENTITY = re.compile(rf"{_ALONE}{_spread('17')}[\dXxＸｘ０-９]{_ENDS}")
_OLD_IDENTITY = re.compile(
    rf"(身份证|身份證|identity card|\bID\b)([^\d０-９]{{0,12}}){_spread('14')}{_DIGIT}{_ENDS}", re.IGNORECASE
)
_CARD = re.compile(rf"{_ALONE}{_spread('12,18')}{_DIGIT}{_ENDS}")
_CARD_NAMED = re.compile(
    rf"(银行卡|銀行卡|卡号|卡號|账号|賬號|帐号|信用卡|储蓄卡|bank card|card number|account)([^\d０-９]{{0,12}}){_spread('14,18')}{_DIGIT}{_ENDS}",  # noqa: E501
    re.IGNORECASE,
)
_MOBILE = re.compile(
    rf"{_ALONE}(?:[+＋]?(?:86|８６){_GAP}|0086{_GAP})?[1１]{_GAP}[3-9３-９]{_GAP}{_spread('8')}{_DIGIT}{_ENDS}"
)
_LANDLINE = re.compile(rf"{_ALONE}(?:[(（]0\d{{2,3}}[)）]|0\d{{2,3}})[\s-]?[2-9]\d{{6,7}}{_ENDS}")
_SPOKEN = re.compile(rf"[一幺](?:{_GAP}[零〇一二两三四五六七八九幺洞拐勾]){{10}}(?![零〇一二三四五六七八九十百千万])")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_HONG_KONG = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2}\d{6}[(（][0-9Aa][)）]")
_MACAU = re.compile(r"(?<!\d)[157]\d{6}[(（]\d[)）]")

_MASK = re.compile(r"\[(?:身份证号|银行卡号|手机号|电话号码|邮箱)\]")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal numbers, and the kinds that were in it."""

    text: str
    kinds: tuple[str, ...]


def masked(text: str) -> Masked:
    """Replace identity, bank card and telephone numbers and mail addresses by what they are."""
    kinds: list[str] = []

    def replacing(kind: str, holds: Callable[[str], bool] = lambda _: True) -> Callable[[re.Match[str]], str]:
        def replace(found: re.Match[str]) -> str:
            if not holds(_digits(found[0])):
                return found[0]
            kinds.append(kind)
            named = found.lastindex and found[1] + found[2]
            tail = found[0][len(found[0].rstrip()) :]
            return f"{named or ''}[{kind}]{tail}"

        return replace

    text = _IDENTITY.sub(replacing("身份证号", _is_identity), text)
    text = _OLD_IDENTITY.sub(replacing("身份证号"), text)
    text = _HONG_KONG.sub(replacing("身份证号"), text)
    text = _MACAU.sub(replacing("身份证号"), text)
    text = _CARD_NAMED.sub(replacing("银行卡号"), text)
    text = _MOBILE.sub(replacing("手机号"), text)
    text = _CARD.sub(replacing("银行卡号", _is_card), text)
    text = _LANDLINE.sub(replacing("电话号码"), text)
    text = _SPOKEN.sub(replacing("手机号", lambda digits: digits[:1] == "1" and digits[1:2] in "3456789"), text)
    text = _MAIL.sub(replacing("邮箱"), text)
    return Masked(text, tuple(dict.fromkeys(kinds)))


def without_masks(text: str) -> str:
    """A masked text without what the masks say: a search for it would look for identity cards."""
    return _MASK.sub(" ", text)


def _digits(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    folded = re.sub(r"^(?:\+|00)?86(?=\D*1)", "", folded)
    return "".join(
        _CHINESE_DIGITS.get(one, one) for one in folded if one.isdigit() or one in "Xx" or one in _CHINESE_DIGITS
    )


def _is_identity(number: str) -> bool:
    """GB 11643: a date of birth, and the checksum; a slip in the last place does not make it public."""
    if len(number) != 18:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return 1900 <= born.year <= date.today().year


def _is_card(number: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812), and a length that bank cards have."""
    if not 13 <= len(number) <= 19 or len(set(number)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
