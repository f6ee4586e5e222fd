"""An answer in Markdown as messages of plain text: cut where sentences end, each within WeChat's bytes."""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any
from urllib.parse import quote

from companion.pace import today
from companion.state.wechat_people import Part

# Where a message may end, the best places first.
_ENDS = (
    re.compile(r"\n\n+"),
    re.compile(r"\n"),
    re.compile(r"[。！？!?]+[”’」』）)】\]]*|(?<!\d)\.(?=\s)|(?<=[。！？])\[\d{1,2}\]"),
    re.compile(r"[；;，,、：:]|\s"),
)
# A message that ends before this share of the bytes is not worth the better place.
_FULL_ENOUGH = 0.4
_LINK = re.compile(r"<a [^<>]*>[^<>]*</a>")

_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$", re.MULTILINE)
_QUOTED = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[-*+][ \t]+", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$\n?", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*(?::?-{2,}:?)?[ \t]*$\n?", re.MULTILINE)
_ROW = re.compile(r"^[ \t]*\|(.+)\|[ \t]*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^)\s]*\)")
_NAMED_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![*A-Za-z0-9])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![*A-Za-z0-9])")
_CODE = re.compile(r"`([^`\n]+)`")
# A number in brackets that is no citation (companion.sentences.citing_nothing).
_CITES_NOTHING = re.compile(r"(\[\d{1,2})\\\]")
_EMPTY_LINES = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(?=/?[A-Za-z!])")
_DELIVERY = {"online": "线上", "offline": "线下", "blended": "线上线下结合"}
_CLASSES = 3


@dataclass(frozen=True, slots=True)
class Links:
    """The page of a mini-program that shows a source or a course; without a page there are no links."""

    app_id: str
    page: str | None = None

    def to(self, words: str, shown: dict[str, Any]) -> str:
        """`words` as a link to the page, or as they are; a course has no passage for a page that wants one."""
        wanted = [name for _, name, _, _ in Formatter().parse(self.page or "") if name]
        if not self.page or not all(shown.get(name) for name in wanted):
            return words
        path = self.page.format(**{name: quote(str(shown[name]), safe="") for name in wanted})
        app, path = html.escape(self.app_id), html.escape(path)
        # The href is for clients that know no mini-programs, and WeChat wants one.
        href = html.escape(_address(shown) or "https://weixin.qq.com")
        return f'<a href="{href}" data-miniprogram-appid="{app}" data-miniprogram-path="{path}">{words}</a>'

    def written_out(self, shown: dict[str, Any]) -> str:
        """The address on a line of its own where there is no page to link to."""
        return f"\n{_address(shown)}" if not self.page and _address(shown) else ""


def told(answer: dict[str, Any], links: Links) -> str:
    """The whole answer of a turn as plain text: its words, its courses, and the sources that it cites."""
    return with_what_is_shown(plain(str(answer["text"])), answer, links)


def with_what_is_shown(text: str, answer: dict[str, Any], links: Links) -> str:
    """The words of an answer, and behind them its courses and the sources that it cites."""
    cards = answer["courses"]
    if cards and all(_title(card) in text for card in cards):  # a way, or a record: no need to say it twice
        for card in cards:
            text = text.replace(_title(card), links.to(_title(card), card), 1)
        sample = "（上面的课程是示例数据）" if any(card.get("sample") for card in cards) else ""
        summary = _as_text(cards[0].get("summary") or "") if len(cards) == 1 else ""
        courses = "\n\n".join(filter(None, (summary, sample)))
    else:
        courses = "\n\n".join(_course(number, card, links) for number, card in enumerate(cards, 1))
        if len(cards) == 1:
            courses += _more_of(cards[0])
    cited = [source for source in answer["sources"] if source["n"] in set(answer.get("cited", ()))]
    return "\n\n".join(stretch for stretch in (text, courses, _sources(cited, links)) if stretch.strip())


def plain(markdown: str) -> str:
    """Light Markdown as a phone shows it without: no marks, bullets as dots, rows with bars between; code as it is."""
    text = _TAG.sub("＜", markdown.replace("\r\n", "\n"))  # only links of ours are links
    stretches, end = [], 0
    for code in _FENCED.finditer(text):
        stretches += [_prose(text[end : code.start()]), code[2].rstrip("\n")]
        end = code.end()
    return _EMPTY_LINES.sub("\n\n", "".join([*stretches, _prose(text[end:])])).strip()


def _prose(text: str) -> str:
    text = _QUOTED.sub("", text)  # first, since tables and lists are quoted too
    text = _HEADING.sub(r"\1", _RULE.sub("", _TABLE_RULE.sub("", text)))
    text = _ROW.sub(lambda row: " | ".join(cell.strip() for cell in row[1].split("|")), text)
    text = _BULLET.sub(r"\1• ", text)
    text = _NAMED_LINK.sub(r"\1（\2）", _IMAGE.sub(r"\1", text))
    text = _CITES_NOTHING.sub(r"\1]", text)
    return _CODE.sub(r"\1", _EMPHASIS.sub(r"\1", _STRONG.sub(r"\2", text)))


def parts(text: str, most_bytes: int, ai: bool, ai_words: str = "") -> tuple[Part, ...]:
    """The text as messages of at most so many bytes; behind each that a model wrote come `ai_words`.

    Each is a message of its own, which is passed on without the others: so each says who wrote it.
    """
    words = f"\n{ai_words}" if ai and ai_words else ""
    pieces = cut(text, most_bytes - len(words.encode()))
    return tuple(Part(f"{piece}{words}", ai) for piece in pieces)


def cut(text: str, most_bytes: int) -> tuple[str, ...]:
    """The text in pieces of at most so many UTF-8 bytes; only the white space between two pieces is left out.

    No character is cut in two, and no link unless it is longer than a piece.
    """
    return tuple(_pieces(text.strip(), most_bytes))


def halves(part: Part, ai_words: str) -> tuple[Part, ...]:
    """A message that was too long after all, as two or more."""
    words = f"\n{ai_words}" if part.ai and ai_words and part.text.endswith(f"\n{ai_words}") else ""
    text = part.text.removesuffix(words) if words else part.text
    half = max(8, (len(text.encode()) + 1) // 2)
    return tuple(Part(f"{piece}{words}", part.ai) for piece in cut(text, half))


def _pieces(rest: str, most_bytes: int) -> Iterator[str]:
    while len(rest.encode(errors="surrogatepass")) > most_bytes:
        end = _end(rest, _fitting(rest, most_bytes))
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()
    if rest:
        yield rest


def _fitting(text: str, most_bytes: int) -> int:
    """How many characters fit; at least one."""
    whole = text[:most_bytes].encode(errors="surrogatepass")[:most_bytes]
    return max(1, len(whole.decode(errors="ignore")) if _is_clean(text[:most_bytes]) else _slowly(text, most_bytes))


def _is_clean(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _slowly(text: str, most_bytes: int) -> int:
    used = 0
    for number, character in enumerate(text):
        used += len(character.encode(errors="surrogatepass"))
        if used > most_bytes:
            return number
    return len(text)


def _end(text: str, fits: int) -> int:
    """Where the first piece ends: at the last good place that leaves it full enough, and not within a link."""
    links = [(link.start(), link.end()) for link in _LINK.finditer(text) if link.start() < fits]
    for pattern in _ENDS:
        ends = [found.end() for found in pattern.finditer(text[:fits])]
        good = [end for end in ends if end >= fits * _FULL_ENOUGH and not any(a < end < b for a, b in links)]
        if good:
            return good[-1]
    inside = next((start for start, end in links if start < fits < end), None)
    return inside if inside else fits


def _title(card: dict[str, Any]) -> str:
    return f"《{_as_text(card['title'])}》"


def _course(number: int, card: dict[str, Any], links: Links) -> str:
    sample = "（示例数据）" if card.get("sample") else ""
    facts = " · ".join(_facts(card))
    line = f"{number}. {links.to(_title(card), card)}{sample}：{_as_text(card['reason'])}"
    return line + (f"\n{facts}" if facts else "") + links.written_out(card)


def _facts(card: dict[str, Any]) -> Iterator[str]:
    """What the record states; what it does not is not mentioned."""
    if card.get("provider"):
        yield _as_text(card["provider"])
    for name, words in (("level", "等级 {:g}"), ("hours", "{:g} 学时"), ("credits", "{:g} 学分")):
        if card.get(name) is not None:
            yield words.format(card[name])
    if price := card.get("price"):
        currency = "元" if price["currency"] == "CNY" else _as_text(price["currency"])
        yield "免费" if price["amount"] == 0 else f"{price['amount']:g} {currency}"
    if card.get("delivery"):
        yield _DELIVERY[card["delivery"]]


def _more_of(card: dict[str, Any]) -> str:
    """Of a course that stands alone also what it is on, and where its next classes are."""
    day = today().isoformat()
    classes = sorted(
        (str(one.get("start") or "日期未注明"), place)
        for one in card.get("offerings") or ()
        if (place := "".join(filter(None, (one.get("city"), one.get("district"), one.get("town"), one.get("address")))))
        and (one.get("start") or day) >= day
    )
    lines = [card.get("summary"), *(f"面授：{start}，{place}" for start, place in classes[:_CLASSES])]
    return "".join(f"\n{_as_text(line)}" for line in lines if line)


def _sources(cited: Sequence[dict[str, Any]], links: Links) -> str:
    """The sources by lesson: of one that is cited for several passages a reader sees no difference."""
    numbers = dict[str, str]()
    for source in cited:
        line = _source(source, links)
        numbers[line] = f"{numbers.get(line, '')}[{source['n']}]"
    return "\n".join(["出处：", *(f"{which} {line}" for line, which in numbers.items())]) if numbers else ""


def _source(source: dict[str, Any], links: Links) -> str:
    as_of = f"（{source['as_of']}）" if source.get("as_of") else ""
    expired = "（已过期）" if source.get("expired") else ""
    sample = "（示例数据）" if source.get("sample") else ""
    words = _as_text(f"{source['course_title']}·{source['lesson_title']}")
    return f"{links.to(words, source)}{sample}{as_of}{expired}{links.written_out(source)}"


def _address(shown: dict[str, Any]) -> str:
    url = str(shown.get("url") or "")
    return url if url.startswith(("https://", "http://")) and not re.search(r"[\s<>]", url) else ""


def _as_text(words: str) -> str:
    """Words of a record, in which nothing is a link."""
    return _TAG.sub("＜", str(words)).replace(">", "＞")
