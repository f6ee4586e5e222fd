"""Office's own formulas (OMML) and those of web pages (MathML) as TeX."""

from collections.abc import Callable
from typing import Any

from bs4.element import Tag

_NARY = {"∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∬": "\\iint", "∮": "\\oint", "⋃": "\\bigcup", "⋂": "\\bigcap"}

_NEW_ROW = " \\\\ "


def tex_of(formula: Any) -> str:
    """An m:oMath element in one line; what it does not know gives way to its words."""
    return " ".join(_all(formula).split())


def _local(element: Any) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _all(element: Any) -> str:
    return "".join(_one(child) for child in element)


def _one(element: Any) -> str:
    name = _local(element)
    if name == "t":
        return element.text or ""
    if name.endswith("Pr"):
        return ""
    return _SHAPES[name](element) if name in _SHAPES else _all(element)


def _part(element: Any, name: str) -> str:
    return "".join(_all(child) for child in element if _local(child) == name).strip()


def _property(element: Any, name: str) -> str | None:
    """A value that the element's properties state; empty where they state it to be nothing."""
    found = next((one for one in element.iter() if _local(one) == name), None)
    return next((said for key, said in found.attrib.items() if key.endswith("val")), "") if found is not None else None


def _group(said: str) -> str:
    return said if len(said) == 1 else f"{{{said}}}"


def _scripts(element: Any) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return _part(element, "e") + (f"_{_group(below)}" if below else "") + (f"^{_group(above)}" if above else "")


def _root(element: Any) -> str:
    degree = _part(element, "deg")
    of = f"[{degree}]" if degree else ""
    return f"\\sqrt{of}{{{_part(element, 'e')}}}"


def _nary(element: Any) -> str:
    sign = _property(element, "chr")
    below, above = _part(element, "sub"), _part(element, "sup")
    told = _NARY.get(sign or "∫", sign or "") + (f"_{_group(below)}" if below else "")
    told += f"^{_group(above)}" if above else ""
    return f"{told} {_part(element, 'e')}"


def _bracketed(element: Any) -> str:
    begin, end = _property(element, "begChr"), _property(element, "endChr")
    inner = ", ".join(_all(child).strip() for child in element if _local(child) == "e")
    return f"{'(' if begin is None else begin}{inner}{')' if end is None else end}"


def _rows(element: Any) -> str:
    rows = [[_all(cell).strip() for cell in row if _local(cell) == "e"] for row in element if _local(row) == "mr"]
    return "\\begin{matrix}" + _NEW_ROW.join(" & ".join(row) for row in rows) + "\\end{matrix}"


_SHAPES: dict[str, Callable[[Any], str]] = {
    "f": lambda one: f"\\frac{{{_part(one, 'num')}}}{{{_part(one, 'den')}}}",
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "rad": _root,
    "nary": _nary,
    "d": _bracketed,
    "m": _rows,
    "eqArr": lambda one: _NEW_ROW.join(_all(child).strip() for child in one if _local(child) == "e"),
    "func": lambda one: f"{_part(one, 'fName')} {_part(one, 'e')}",
    "limLow": lambda one: f"{_part(one, 'e')}_{_group(_part(one, 'lim'))}",
    "limUpp": lambda one: f"{_part(one, 'e')}^{_group(_part(one, 'lim'))}",
}


# -- MathML ------------------------------------------------------------------------------------------------------------


def tex_of_mathml(node: Tag) -> str:
    """A math element in one line: by the TeX that it was made of, if it says so."""
    noted = node.find("annotation", attrs={"encoding": "application/x-tex"})
    said = noted.get_text() if isinstance(noted, Tag) else str(node.get("alttext") or "")
    try:
        return " ".join((said or _math(node)).split())
    except RecursionError:  # marks that never close
        return " ".join(node.get_text(" ").split())


def _math(node: Tag) -> str:
    parts = [_math(child) for child in node.find_all(True, recursive=False) if child.name != "annotation"]
    if node.name in _ARRANGED and len(parts) == len(_ARRANGED[node.name][0]):
        names, arranged = _ARRANGED[node.name]
        return arranged.format(**dict(zip(names, map(str.strip, parts), strict=True)))
    if node.name in _ROUND:
        return _ROUND[node.name](node, parts)
    return "".join(parts) if parts else _sign(node)


def _sign(node: Tag) -> str:
    said = " ".join(node.get_text().split())
    return f" {said} " if node.name in ("mi", "mo") and len(said) > 1 and said.isalpha() else said  # sin x is no sinx


def _fenced(node: Tag, parts: list[str]) -> str:
    separator = str(node.get("separators", ","))[:1]
    return f"{node.get('open', '(')}{separator.join(parts)}{node.get('close', ')')}"


# What a node sets around its parts, however many these are.
_ROUND: dict[str, Callable[[Tag, list[str]], str]] = {
    "semantics": lambda _, parts: parts[0] if parts else "",
    "msqrt": lambda _, parts: f"\\sqrt{{{''.join(parts)}}}",
    "mfenced": _fenced,
    "mtable": lambda _, parts: "\\begin{matrix}" + _NEW_ROW.join(parts) + "\\end{matrix}",
    "mtr": lambda _, parts: " & ".join(parts),
}
_ARRANGED: dict[str, tuple[str, str]] = {
    "msup": ("ab", "{a}^{{{b}}}"),
    "msub": ("ab", "{a}_{{{b}}}"),
    "msubsup": ("abc", "{a}_{{{b}}}^{{{c}}}"),
    "mover": ("ab", "{a}^{{{b}}}"),
    "munder": ("ab", "{a}_{{{b}}}"),
    "munderover": ("abc", "{a}_{{{b}}}^{{{c}}}"),
    "mfrac": ("ab", "\\frac{{{a}}}{{{b}}}"),
    "mroot": ("ab", "\\sqrt[{b}]{{{a}}}"),
}
