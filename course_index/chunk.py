"""A Document cut into pieces the size of a citation, along its own structure: headings, articles, lists, code, tables.

A list or table that is cut says in each part what it is of: （七）放任未成年人进入酒吧 means the contrary without the
不得实施下列行为 above it.

Sizes are cl100k tokens. No piece is a rump: a split at fixed lengths leaves chunks of a dozen characters, and those
rank first for half of the questions asked across languages, as was measured.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from course_index.course import LocatorKind
from course_index.language import ZH, language_of
from course_index.sentences import split_sentences
from course_index.sources.document import Block, Document, Place
from course_index.tokens import count_tokens

TARGET_TOKENS = 320
MAX_TOKENS = 420

MIN_TOKENS = 48
_MIN_PLACED_TOKENS = 18
# Raise this when pieces would come out otherwise: unchanged files are then cut anew.
CHUNKER_VERSION = 8
# How headings stand together: one under another, and those of small sections that were joined.
BELOW, BESIDE = " › ", " / "

_NUMERAL = "[一二三四五六七八九十百千零〇两\\d]+"
_ARTICLE = re.compile(rf"^(第{_NUMERAL}[条條](?:之{_NUMERAL})?)(?=[\s\u3000:：]|$)")
_ARTICLE_START = re.compile(rf"\n(?=第{_NUMERAL}[条條](?:之{_NUMERAL})?[\s\u3000])")
_CHAPTER = re.compile(rf"^第{_NUMERAL}([编編章节節])(?:[\s\u3000]|$)")
_CHAPTER_LEVEL = {"编": 1, "編": 1, "章": 2, "节": 3, "節": 3}
_LONGEST_CHAPTER_LINE = 40
_LEADS_IN = ("：", ":")
# What leads into a list is said again up to this length, and of a longer paragraph its last sentence.
_LONGEST_LEAD = 80
_ITEM = re.compile(rf"\s*(?:[-*+]\s|\d+[.)、]\s?|[（(]{_NUMERAL}[)）]|[①-⑳])")
# Where a sentence without an end may be cut, the better first.
_PAUSES = (re.compile(r"[，；、,;|]\s*(?=\S)"), re.compile(r"\s+(?=\S)"))
# The line between a table's headings and its rows.
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a lesson with the place where it stands."""

    text: str
    heading_path: tuple[str, ...]
    locator_kind: LocatorKind
    locator: str
    tokens: int
    place: Place | None = None


@dataclass(slots=True)
class _Section:
    heading_path: tuple[str, ...]
    article: str | None = None
    place: Place | None = None
    blocks: list[Block] = field(default_factory=list)


def cut(document: Document, lesson_title: str) -> list[Piece]:
    """The document's pieces in reading order; every word of its blocks is in one of them, and only what leads into a
    list or heads a table in several.
    """
    pieces = [piece for section in _sections(document) for piece in _pieces(section, lesson_title)]
    return _without_rumps(pieces)


def headings_of(heading_path: tuple[str, ...]) -> set[str]:
    """Every heading in a piece's path, those of joined sections one by one."""
    return {name for heading in heading_path for part in heading.split(BESIDE) for name in part.split(BELOW)}


def headed(heading_path: tuple[str, ...], lines: Sequence[str]) -> list[str]:
    """The heading that each of a piece's lines stands under; those of joined sections are among them, but the first."""
    names = headings_of(heading_path)
    here = heading_path[-1].split(BESIDE)[0].split(BELOW)[-1] if heading_path else ""
    under = []
    for line in lines:
        here = line.strip() if line.strip() in names else here
        under.append(here)
    return under


def _sections(document: Document) -> Iterator[_Section]:
    headings: list[Block] = []
    section = _Section(())
    for block in _with_chapters_and_articles(document.blocks):
        if block.kind == "heading":
            yield section
            headings = [*(h for h in headings if h.level < block.level), block]
            section = _Section(tuple(h.text for h in headings), place=block.place)
        elif block.kind == "paragraph" and (article := _ARTICLE.match(block.text)):
            yield section
            section = _Section(section.heading_path, article[1], block.place, [block])
        elif block.place != section.place and section.blocks:
            yield section
            section = _Section(section.heading_path, section.article, block.place, [block])
        else:
            section.place = block.place
            section.blocks.append(block)
    yield section


def _with_chapters_and_articles(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Chapter lines and articles told apart even where the file did not mark them up."""
    for block in blocks:
        if block.kind == "heading" and _ARTICLE.match(block.text):
            yield replace(block, kind="paragraph", level=0)
        elif block.kind == "paragraph":
            yield from (replace(part, place=block.place) for part in _parts(block.text))
        else:
            yield block


def _parts(text: str) -> Iterator[Block]:
    first, _, rest = text.partition("\n")
    if len(first) <= _LONGEST_CHAPTER_LINE and (chapter := _CHAPTER.match(first)):
        yield Block("heading", first.strip(), _CHAPTER_LEVEL[chapter[1]])
        if rest.strip():
            yield from _parts(rest.strip())
        return
    for part in _ARTICLE_START.split(text):
        yield Block("paragraph", part.strip())


def _pieces(section: _Section, lesson_title: str) -> Iterator[Piece]:
    kind: LocatorKind = "article" if section.article else "heading" if section.heading_path else "lesson"
    locator = section.article or BELOW.join(section.heading_path) or lesson_title
    for text in _packed(section.blocks):
        yield _at(section.place, Piece(text, section.heading_path, kind, locator, count_tokens(text)))


def _at(place: Place | None, piece: Piece) -> Piece:
    """The piece with its place; an article is cited by its number, on whatever page it stands."""
    if place is None:
        return piece
    if piece.locator_kind == "article":
        return replace(piece, place=place)
    told = place.told(language_of(piece.text) == ZH)
    return replace(piece, place=place, locator_kind=place.kind, locator=told or piece.locator)


def _packed(blocks: list[Block]) -> list[str]:
    """The blocks' text in stretches of about equal size, none above MAX_TOKENS unless one line alone is."""
    whole = "\n\n".join(block.text for block in blocks)
    total = count_tokens(whole)
    if total <= MAX_TOKENS:
        return [whole] if whole else []
    units = [(unit, size, lead) for block, lead in _led(blocks) for unit, size in _units(block)]
    goal = total / math.ceil(total / TARGET_TOKENS)
    packed: list[str] = []
    held, held_tokens, done = "", 0, 0.0
    for unit, size, lead in units:
        if held and (done + held_tokens + size / 2 > goal * (len(packed) + 1) or held_tokens + size > MAX_TOKENS):
            packed.append(held.strip())
            again = count_tokens(lead)
            held, held_tokens, done = lead, again, done + held_tokens - again
        held, held_tokens = held + unit, held_tokens + size
    return [*packed, held.strip()]


def _led(blocks: list[Block]) -> Iterator[tuple[Block, str]]:
    """Each block with what has to stand before a part that begins within it."""
    lead = ""
    for block in blocks:
        if block.kind == "list" or _ITEM.match(block.text):
            yield block, lead
        else:
            yield block, ""
            lead = _lead(block.text) if block.kind == "paragraph" else ""


def _lead(text: str) -> str:
    """The last of a text if it leads into what follows, else nothing."""
    if not text.rstrip().endswith(_LEADS_IN):
        return ""
    last = text if count_tokens(text) <= _LONGEST_LEAD else split_sentences(text)[-1]
    return f"{last.strip()}\n\n" if count_tokens(last) <= _LONGEST_LEAD else ""


def _units(block: Block) -> list[tuple[str, int]]:
    """What a block may be parted into, with sizes; each unit carries the white space that follows it."""
    size = count_tokens(block.text)
    if size <= TARGET_TOKENS:
        return [(block.text + "\n\n", size)]
    if block.kind == "code":
        return [(part + "\n\n", count_tokens(part)) for part in _code_parts(block.text)]
    if block.kind == "table":
        return [(part + "\n\n", count_tokens(part)) for part in _table_parts(block.text)]
    parts = block.text.splitlines(keepends=True) if block.kind == "list" else split_sentences(block.text)
    units = [(window, count_tokens(window)) for part in parts for window in _windows(part)]
    last, last_size = units[-1]
    return [*units[:-1], (last + "\n\n", last_size)]


def _table_parts(table: str) -> list[str]:
    """A long table as several, each under the headings of its columns: a row without them says little."""
    first, *rows = table.splitlines()
    headings = [first]
    if rows and _RULE.fullmatch(rows[0]):
        headings.append(rows.pop(0))
    room = TARGET_TOKENS - count_tokens("\n".join(headings))
    if len(headings) == 1 or room < TARGET_TOKENS // 2:  # no headings, or such as would leave no room for rows
        headings, rows, room = [], table.splitlines(), TARGET_TOKENS
    return ["\n".join([*headings, *part]) for part in _filled(rows, room)]


def _code_parts(fenced: str) -> list[str]:
    """A long listing as several, each with its own fence, so that none is taken for prose."""
    opening, *lines, closing = fenced.splitlines()
    return ["\n".join([opening, *part, closing]) for part in _filled(lines, TARGET_TOKENS)]


def _filled(lines: Sequence[str], room: int) -> list[list[str]]:
    """The lines in parts of up to `room` tokens; what is longer by itself is cut."""
    parts: list[list[str]] = [[]]
    size = 0
    for window in (window for line in lines for window in _windows(line)):
        tokens = count_tokens(window + "\n")
        if parts[-1] and size + tokens > room:
            parts.append([])
            size = 0
        parts[-1].append(window)
        size += tokens
    return parts


def _windows(part: str) -> list[str]:
    """A sentence or line without any end (a speech transcript, minified code) is cut by length, if it can be where it
    pauses or between two words.
    """
    tokens = count_tokens(part)
    if tokens <= MAX_TOKENS:
        return [part]
    windows = []
    for left in range(math.ceil(tokens / TARGET_TOKENS), 1, -1):
        width = math.ceil(len(part) / left)
        near = part[: width + 1]
        ends = (max((one.end() for one in pause.finditer(near, 3 * width // 4)), default=0) for pause in _PAUSES)
        end = min(next((end for end in ends if end), width), width)
        windows.append(part[:end])
        part = part[end:]
    return [*windows, part]


def _without_rumps(pieces: list[Piece]) -> list[Piece]:
    """Pieces below MIN_TOKENS join a neighbour; an article stays alone, since it is cited by its number."""
    kept: list[Piece] = []
    for piece in pieces:
        before = kept[-1] if kept else None
        if before and _may_join(before, piece):
            kept[-1] = _joined(before, piece)
        else:
            kept.append(piece)
    return kept


def _may_join(first: Piece, second: Piece) -> bool:
    # A page, slide or block that says anything is cited alone.
    least = MIN_TOKENS if first.place == second.place else _MIN_PLACED_TOKENS
    return (
        min(first.tokens, second.tokens) < least
        and "article" not in (first.locator_kind, second.locator_kind)
        and first.tokens + second.tokens <= MAX_TOKENS
    )


def _joined(first: Piece, second: Piece) -> Piece:
    """Both texts under both headings: below those they share, the two names stand side by side."""
    place = first.place.up_to(second.place) if first.place and second.place else first.place
    if first.heading_path == second.heading_path:
        text = f"{first.text}\n\n{second.text}"
        return _at(place, replace(first, text=text, tokens=count_tokens(text)))
    heading = [name for name in second.heading_path[-1:] if name != second.text]
    text = "\n\n".join((first.text, *heading, second.text))
    shared = [a for a, b in zip(first.heading_path, second.heading_path, strict=False) if a == b]
    own = [BELOW.join(path[len(shared) :]) for path in (first.heading_path, second.heading_path)]
    path = (*shared, BESIDE.join(name for name in own if name))
    return _at(place, Piece(text, path, "heading", BELOW.join(path), count_tokens(text)))
