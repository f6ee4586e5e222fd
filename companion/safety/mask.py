"""Personal numbers replaced by what they are, before anything reaches a model, a log, a store or a trace."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from companion.safety.untrusted import without_invisible


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal numbers, and the kind of each that was taken out, in order of appearance."""

    text: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text with one spelling of its digits; `starts` and `ends` say where each character stood in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: str
    start: int
    end: int


PLACEHOLDERS = {
    "identity_number": "[身份证号]",
    "hong_kong_identity_number": "[港澳身份证号]",
    "travel_document": "[证件号]",
    "bank_card": "[银行卡号]",
    "mobile": "[手机号]",
    "landline": "[电话号码]",
    "email": "[邮箱]",
}

_NUMERALS = dict(zip("零〇○一幺二三四五六七八九壹贰貳叁參肆伍陆陸柒捌玖", "0001123456789122334566789", strict=True))
_GAP = r"[ \-\u00a0\u2010-\u2015\u2212.·_]"  # what people put between groups of digits
_WIDE_GAP = r"[ \-\u00a0\u2010-\u2015\u2212.·_,，、]{0,2}"  # and between numerals that are read out

_EMAIL = re.compile(
    r"(?<![\w.+-])(?!git@)[a-z0-9][a-z0-9._%+-]{0,63}\s?(?:@|[(\[]at[)\]]|#(?=(?:qq|163|126|gmail)))\s?"
    r"(?:[a-z0-9-]{1,63}\s?(?:\.|[(\[]dot[)\]])\s?){1,4}[a-z]{2,12}(?![a-z0-9])",
    re.IGNORECASE | re.ASCII,
)
_MOBILE_NUMBER = r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9\d)"
_MOBILE = re.compile(
    rf"(?<!\d)(?:(?:\+|00){_GAP}?86{_GAP}{{0,2}}|\(\+?86\){_GAP}?|86{_GAP}?)?"
    rf"(?:{_MOBILE_NUMBER}(?:\d{{8}}|{_GAP}{{1,3}}\d{{4}}{_GAP}{{1,3}}\d{{4}}|{_GAP}\d{{3}}{_GAP}\d{{5}}|{_GAP}\d{{8}}"
    rf"|\d{{4}}{_GAP}\d{{4}}|\d{{3}}{_GAP}\d{{5}}|\d{_GAP}\d{{4}}{_GAP}\d{{3}}|\d{_GAP}\d{{3}}{_GAP}\d{{4}}"
    rf"|\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}|\d{{2}}{_GAP}\d{{6}})"
    rf"|1 [3-9](?: \d){{9}}|1-[3-9](?:-\d){{9}})(?!\d)"
)
_HONG_KONG_PHONE = re.compile(rf"(?<!\d)(?:\+|00|\()?85[23]\)?{_GAP}?[2-9]\d{{3}}{_GAP}?\d{{4}}(?!\d)")
# Eight digits are a telephone only behind a word for one: orders and dates have as many.
_NAMED_PHONE = re.compile(
    r"(?:电话|電話|手机|手機|手提|联系方式|聯絡|致[电電]|whats ?app|\b(?:tel|phone|mobile|call me(?: at| on)?))"
    rf"[^\d\n]{{0,8}}?((?<!\d)(?!20\d\d ?[01]\d)[2-9]\d{{3}} ?\d{{4}}(?!{_GAP}?\d|\s*[元块塊年月万萬%]))",
    re.IGNORECASE,
)
_AREA = r"0(?:10|2[0-57-9]|[3-9]\d\d)"
_LANDLINE = re.compile(
    rf"(?<![\d.])(?:(?:\+|00)86{_GAP}?)?(?:\({_AREA}\) ?|{_AREA}(?:{_GAP}| - )?)"
    rf"[2-8]\d{{2,3}}{_GAP}?\d{{4}}(?!\d)(?!\.\d)"
)
_IDENTITY = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}{_GAP}?(?:18|19|20)\d\d{_GAP}?\d\d{_GAP}?\d\d{_GAP}?\d{{3}}[\dXx](?![\da-zA-Z])"
)
_SPACED_IDENTITY = re.compile(r"(?<!\d)(?<!\d )[1-9](?: ?\d){16} ?[\dXx](?! ?\d)")
_NAMED_IDENTITY = re.compile(
    r"(?:身[份分][证証證]|居住[证証證]|[证証證]件[号號]|identity (?:card|number)|\bid (?:card|number|no)\b)\D{0,12}?"
    rf"((?<!\d)(?:\d{{15}}|(?:\d{_GAP}?){{17}}[\dXx])(?!\d))",
    re.IGNORECASE,
)
_HONG_KONG_IDENTITY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,2})(\d{6}) ?(\([0-9Aa]\)|[0-9Aa](?![A-Za-z0-9]))")
_MACAU_IDENTITY = re.compile(r"(?<![\dA-Za-z/])[1578](?:/\d{6}/\d|\d{6} ?\(\d\))(?![\dA-Za-z/])")
_TRAVEL_DOCUMENT = re.compile(
    r"(?:护照|護照|通行[证證]|回[乡鄉][证證]|passport|permit)[^\dA-Za-z\n]{0,8}(?:(?:no|number)\b[^\dA-Za-z\n]{0,4})?"
    r"([A-Za-z]{1,2}\d{7,10})(?![\dA-Za-z])",
    re.IGNORECASE,
)
_CARD = re.compile(
    rf"(?<![\d.])(?:\d{{13,19}}|\d{{4}}(?:{_GAP}\d{{4}}){{2}}{_GAP}\d{{1,4}}(?:{_GAP}\d{{1,4}})?"
    rf"|\d{{4}}{_GAP}\d{{6}}{_GAP}\d{{4,5}}|\d{{6}}{_GAP}\d{{13}})(?!\d)(?!\.\d)"
)
# Issuers' first digits: what begins otherwise is a timestamp, an ISBN, a power of two.
_CARD_ISSUERS = re.compile(r"4\d{12,18}|3[47]\d{13}|3[068]\d{12,17}|35\d{14,17}|(?:5[0-8]|6\d)\d{14,17}|9558\d{12,15}")
_NAMED_CARD = re.compile(
    r"(?:[银銀]行卡|卡[号號]|[储儲]蓄卡|信用卡|借[记記]卡|工[资資]卡|社保卡|[账帐賬帳][号號户戶]|戶口"
    r"|\b(?:bank|debit|credit) card|\b(?:account|card) (?:no|number))"
    rf"\D{{0,14}}?((?<!\d)\d(?:{_GAP}?\d){{15,18}}(?!\d))",
    re.IGNORECASE,
)
_READ_OUT_IDENTITY = re.compile(rf"(?<!\d)[1-9](?:{_WIDE_GAP}\d){{16}}{_WIDE_GAP}[\dXx](?!\d)")
_READ_OUT_MOBILE = re.compile(rf"(?<!\d)1{_WIDE_GAP}[3-9](?:{_WIDE_GAP}\d){{9}}(?!\d)")
_HONG_KONG_CONTEXT = re.compile(r"身份[证證証]|hkid|identity|香港|澳门|澳門", re.IGNORECASE)


def masked(text: str) -> Masked:
    """The text with its personal numbers replaced, such as [手机号]; what has none is returned as it is.

    Halves of characters that JSON lets through (a lone surrogate) become question marks: nothing can be made of them.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    taken: list[_Finding] = []
    for finding in _findings(text):
        if all(finding.end <= other.start or other.end <= finding.start for other in taken):
            taken.append(finding)
    if not taken:
        return Masked(text, ())
    taken.sort(key=lambda finding: finding.start)
    pieces, at = [], 0
    for finding in taken:
        pieces += [text[at : finding.start], PLACEHOLDERS[finding.kind]]
        at = finding.end
    return Masked("".join([*pieces, text[at:]]), tuple(finding.kind for finding in taken))


def _findings(text: str) -> Iterator[_Finding]:
    """All that looks like a personal number; of two that overlap the first one counts."""
    digits = _folded(text, {})
    yield from _in(digits, "email", _EMAIL)
    yield from _in(digits, "identity_number", _IDENTITY, _is_identity_number)
    yield from _in(digits, "identity_number", _SPACED_IDENTITY, _is_identity_number)
    yield from _in(digits, "identity_number", _NAMED_IDENTITY, group=1)
    yield from _in(digits, "bank_card", _NAMED_CARD, group=1)
    yield from _in(digits, "bank_card", _CARD, _is_card_number)
    yield from _in(digits, "travel_document", _TRAVEL_DOCUMENT, group=1)
    yield from _in(digits, "hong_kong_identity_number", _HONG_KONG_IDENTITY, _is_hong_kong_identity)
    yield from _in(digits, "hong_kong_identity_number", _MACAU_IDENTITY, _not_in_formula)
    yield from _in(digits, "mobile", _MOBILE, _not_a_decimal)
    yield from _in(digits, "mobile", _HONG_KONG_PHONE)
    yield from _in(digits, "landline", _NAMED_PHONE, group=1)
    yield from _in(digits, "landline", _LANDLINE, _not_a_date)
    read_out = _folded(text, _NUMERALS)
    if read_out.text != digits.text:
        for kind, pattern, holds in (
            ("identity_number", _READ_OUT_IDENTITY, _is_identity_number),
            ("mobile", _READ_OUT_MOBILE, bool),
        ):
            for finding in _in(read_out, kind, pattern, holds):
                # [1, 5, 10, 20] is a list of numbers; who reads a number out writes it in numerals.
                if sum(character in _NUMERALS for character in text[finding.start : finding.end]) > 2:
                    yield finding


def _in(
    folded: _Folded,
    kind: str,
    pattern: re.Pattern[str],
    holds: Callable[[re.Match[str]], object] = bool,
    *,
    group: int = 0,
) -> Iterator[_Finding]:
    for found in pattern.finditer(folded.text):
        if holds(found):
            start, end = found.span(group)
            yield _Finding(kind, folded.starts[start], folded.ends[end - 1])


def _folded(text: str, numerals: dict[str, str]) -> _Folded:
    """Digits of any width as ASCII, full-width signs as plain ones, what nobody sees left out."""
    characters, starts, ends = [], [], []
    for at, character in enumerate(text):
        if without_invisible(character):
            characters.append(numerals.get(character) or _plain(character))
            starts.append(at)
            ends.append(at + 1)
    return _Folded("".join(characters), tuple(starts), tuple(ends))


def _plain(character: str) -> str:
    if character.isascii():
        return character
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(value)
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and not plain.isdigit() else character


def _is_identity_number(found: re.Match[str]) -> bool:
    """GB 11643: region, date of birth and check digit of an 18-digit number."""
    number = re.sub(r"[^\dXx]", "", found[0]).upper()
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    if not (1850 <= born.year <= 2100) or not (
        11 <= int(number[:2]) <= 65 or number[:2] in ("71", "81", "82", "83", "91")
    ):
        return False
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return number[17] == "10X98765432"[weighted % 11]


def _is_card_number(found: re.Match[str]) -> bool:
    """An issuer's first digits, and the Luhn check digit."""
    number = re.sub(r"\D", "", found[0])
    if not _CARD_ISSUERS.fullmatch(number) or len(set(number)) == 1:
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(int(digit) for digit in number[-1::-2]) + sum(doubled)) % 10 == 0


def _is_hong_kong_identity(found: re.Match[str]) -> bool:
    """The check digit; and brackets around it or a word for the card nearby, as A1234567 may be an order."""
    letters, digits, check = found[1].upper(), found[2], found[3].strip("()").upper()
    if "(" not in found[3] and not _HONG_KONG_CONTEXT.search(found.string[max(0, found.start() - 20) : found.start()]):
        return False
    values = [36] * (2 - len(letters)) + [ord(letter) - 55 for letter in letters] + [int(digit) for digit in digits]
    weighted = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (weighted + int(check, 16)) % 11 == 0


def _not_in_formula(found: re.Match[str]) -> bool:
    return "(" not in found[0] or not re.search(r"[=+*/^]\s*$", found.string[: found.start()])


def _not_a_decimal(found: re.Match[str]) -> bool:
    """Not the digits behind a point, unless the point ends the number of a list."""
    before = found.string[: found.start()]
    return not re.search(r"\d\.$", before) or bool(re.search(r"(?:^|\n)\s*[1-9]\d?\.$", before))


def _not_a_date(found: re.Match[str]) -> bool:
    return not re.search(r"\d[-/.]$", found.string[: found.start()])


def without_masks(text: str) -> str:
    """A masked text without what the masks say: a search for it would look for identity cards."""
    for placeholder in PLACEHOLDERS.values():
        text = text.replace(placeholder, " ")
    return text
