"""Word files: what Word shows and the file does not say is put in its words, then mammoth reads it."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from course_index.errors import SourceProblem
from course_index.sources.document import Document
from course_index.sources.formulas import tex_of
from course_index.sources.html import read_html
from course_index.sources.office import check_office

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# Word's own styles for titles, which mammoth does not know by their names in Chinese.
_STYLES = "\n".join(
    [
        "p[style-name='Title'] => h1:fresh",
        "p[style-name='标题'] => h1:fresh",
        *(f"p[style-name='标题 {level}'] => h{level}:fresh" for level in range(1, 7)),
        *(f"p[style-name='標題 {level}'] => h{level}:fresh" for level in range(1, 7)),
    ]
)
_NUMBERING, _STYLE_SHEET = "word/numbering.xml", "word/styles.xml"
_TEXT_PARTS = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_BACK_TO_NOTE = re.compile(r'\s*<a href="#(?:foot|end)note-ref-[^"]*">↑</a>')
# Numbers that mammoth makes a list of; others are words: 第三条, （二）, 2.1.
_PLAIN_NUMBER = re.compile(r"%\d[.．)]?")
_OFF = ("0", "false", "off")
_HAN_DIGITS = "零一二三四五六七八九"


def read_docx(path: Path) -> Document:
    """A Word file by its styles: headings, lists, tables, formulas and notes."""
    import mammoth

    check_office(path)
    try:
        html = mammoth.convert_to_html(
            _told(path), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {})
        ).value
    except (KeyError, ValueError, AttributeError, TypeError, IndexError, OSError, zipfile.BadZipFile) as error:
        raise SourceProblem(f"Word's own parts are missing in it ({type(error).__name__}); save it again") from error
    except Exception as error:  # expat's errors come without a base of their own
        raise SourceProblem(f"it cannot be read ({type(error).__name__}); save it again") from error
    return read_html(f"<html><body>{_BACK_TO_NOTE.sub('', html)}</body></html>")


def _told(path: Path) -> io.BytesIO:
    """The file with its formulas and numbers as text, and without what it hides."""
    told = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(told, "w") as written:
        numbers = _Numbers(_part(archive, _NUMBERING), _part(archive, _STYLE_SHEET))
        for name in archive.namelist():
            if name.startswith("word/media/"):
                continue  # most of a file, and only what is said of a picture is read
            data = archive.read(name)
            if _TEXT_PARTS.fullmatch(name) or name in (_NUMBERING, _STYLE_SHEET):
                root = _parsed(data)
                _drop_hidden(root)
                numbers.tell(root)
                _tell_formulas(root)
                data = etree.tostring(root, encoding="utf-8", xml_declaration=True)
            written.writestr(name, data)
    told.seek(0)
    return told


def _part(archive: zipfile.ZipFile, name: str) -> Any:
    return _parsed(archive.read(name)) if name in archive.namelist() else None


def _parsed(data: bytes) -> Any:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _drop_hidden(root: Any) -> None:
    for mark in list(root.iter(f"{_W}vanish")):
        run = mark.getparent().getparent()
        if run is not None and run.tag == f"{_W}r" and mark.get(f"{_W}val") not in _OFF:
            run.getparent().remove(run)


def _tell_formulas(root: Any) -> None:
    for formula in list(root.iter(f"{_M}oMath")):
        whole = formula.getparent()
        in_display = whole is not None and whole.tag == f"{_M}oMathPara"
        tex = tex_of(formula)
        run = _run(f"\\[{tex}\\]" if in_display else f"\\({tex}\\)")
        place = whole if in_display else formula
        if place.getparent() is not None and tex:
            place.addprevious(run)
    for formula in [*root.iter(f"{_M}oMathPara"), *root.iter(f"{_M}oMath")]:
        if (parent := formula.getparent()) is not None:
            parent.remove(formula)


def _run(text: str) -> Any:
    run = etree.Element(f"{_W}r")
    said = etree.SubElement(run, f"{_W}t")
    said.text = text
    said.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return run


# -- numbers -----------------------------------------------------------------------------------------------------------


class _Numbers:
    """The numbers that Word sets before paragraphs: the file holds how they are made, and not them."""

    def __init__(self, numbering: Any, styles: Any) -> None:
        self._levels: dict[str, dict[int, Any]] = {}
        self._of_style: dict[str, tuple[str, int]] = {}
        self._counted: dict[str, dict[int, int]] = defaultdict(dict)
        self._headings: set[str] = set()
        if numbering is None:
            return
        abstract = {one.get(f"{_W}abstractNumId"): one for one in numbering.iter(f"{_W}abstractNum")}
        for number in numbering.iter(f"{_W}num"):
            levels = abstract.get(_value(number, "abstractNumId"))
            if levels is not None:
                self._levels[number.get(f"{_W}numId")] = {
                    int(one.get(f"{_W}ilvl") or 0): one for one in levels.iter(f"{_W}lvl")
                }
        for style in styles.iter(f"{_W}style") if styles is not None else ():
            properties = style.find(f"{_W}pPr")
            if listed := _numbered(properties):
                self._of_style[style.get(f"{_W}styleId")] = listed
            if properties is not None and properties.find(f"{_W}outlineLvl") is not None:
                self._headings.add(style.get(f"{_W}styleId"))
        for id_, of in self._levels.items():
            for level, one in of.items():
                if style := _value(one, "pStyle"):
                    self._of_style[style] = (id_, level)

    def tell(self, root: Any) -> None:
        """Set each number that is more than a list's before its paragraph, as text; what a style numbers is numbered
        paragraph by paragraph then.
        """
        for paragraph in root.iter(f"{_W}p"):
            properties = paragraph.find(f"{_W}pPr")
            style = _value(properties, "pStyle") or "" if properties is not None else ""
            listed = _numbered(properties) or self._of_style.get(style)
            if not listed or listed[1] not in self._levels.get(listed[0], {}):
                continue
            label = self._next(*listed)
            for number in properties.findall(f"{_W}numPr"):
                properties.remove(number)
            if style in self._headings or (label and not _PLAIN_NUMBER.fullmatch(self._form(*listed))):
                properties.addnext(_run(f"{label} ")) if label else None
            else:
                properties.append(_number_of(*listed))
        for style in root.iter(f"{_W}style", f"{_W}lvl"):
            for number in [*style.iter(f"{_W}numPr"), *style.iter(f"{_W}pStyle")]:
                number.getparent().remove(number)

    def _form(self, id_: str, level: int) -> str:
        return _value(self._levels[id_][level], "lvlText") or ""

    def _next(self, id_: str, level: int) -> str | None:
        """The paragraph's number, counted; None for a bullet, or what the file does not explain."""
        levels = self._levels[id_]
        if _value(levels[level], "numFmt") in ("bullet", "none", None):
            return None
        counted = self._counted[id_]
        counted[level] = counted.get(level, _start(levels[level]) - 1) + 1
        for deeper in [one for one in counted if one > level]:
            del counted[deeper]

        def number(found: re.Match[str]) -> str:
            of = int(found[1]) - 1
            if of not in levels:
                return ""
            return _written(counted.get(of, _start(levels[of])), _value(levels[of], "numFmt") or "decimal")

        return re.sub(r"%(\d)", number, self._form(id_, level)).strip() or None


def _numbered(properties: Any) -> tuple[str, int] | None:
    """Which list a paragraph's properties name, and how deep in it."""
    number = properties.find(f"{_W}numPr") if properties is not None else None
    id_ = _value(number, "numId") if number is not None else None
    return (id_, int(_value(number, "ilvl") or 0)) if id_ and id_ != "0" else None


def _number_of(id_: str, level: int) -> Any:
    number = etree.Element(f"{_W}numPr")
    for name, value in (("ilvl", str(level)), ("numId", id_)):
        etree.SubElement(number, f"{_W}{name}").set(f"{_W}val", value)
    return number


def _value(element: Any, name: str) -> str | None:
    found = element.find(f"{_W}{name}")
    return found.get(f"{_W}val") if found is not None else None


def _start(level: Any) -> int:
    return int(_value(level, "start") or 1)


def _written(number: int, form: str) -> str:
    lowered = form.lower()
    if "chinese" in lowered or "ideograph" in lowered or "japanese" in lowered or "taiwanese" in lowered:
        return _in_han(number)
    if "letter" in lowered and 1 <= number <= 26:
        return chr((ord("A") if form.startswith("upper") else ord("a")) + number - 1)
    if "roman" in lowered and number < 400:
        return _in_roman(number) if form.startswith("upper") else _in_roman(number).lower()
    if form == "decimalEnclosedCircle" and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    return str(number)


def _in_han(number: int) -> str:
    if not 0 < number < 1_000:
        return str(number)
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    told = f"{_HAN_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        told += f"{_HAN_DIGITS[tens] if tens > 1 or hundreds else ''}十"
    elif hundreds and ones:
        told += "零"
    return told + (_HAN_DIGITS[ones] if ones else "")


def _in_roman(number: int) -> str:
    return "".join(_roman_parts(number))


def _roman_parts(number: int) -> Iterator[str]:
    for value, sign in zip((100, 90, 50, 40, 10, 9, 5, 4, 1), "C XC L XL X IX V IV I".split(), strict=True):
        while number >= value:
            yield sign
            number -= value
