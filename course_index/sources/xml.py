"""XML of strangers: no entities, no document types, nothing fetched; namespaces out of the way."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from course_index.errors import SourceProblem

_MOST_BYTES = 100_000_000
# What XML 1.0 has no room for; exports hold it all the same, raw or as a reference.
_CONTROLS = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)


def read_xml(path: Path) -> Element:
    """The root element. Raises SourceProblem for what is no XML, too large, or tries to use entities."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SourceProblem(f"{path.name} has more than {_MOST_BYTES / 1e6:.0f} MB; split the export")
        return parse_xml(path.read_bytes(), path.name)
    except OSError as error:
        why = f"{path.name} cannot be read ({error.strerror}); mend its permissions or take it out"
        raise SourceProblem(why) from error


def parse_xml(data: bytes, name: str = "it") -> Element:
    """The root element of `data`."""
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = _CONTROLS.sub(b" ", data)
    try:
        # A document type alone is harmless and common; entities, which bombs and theft are made of, are refused.
        root: Element = fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise SourceProblem(f"{name} defines entities, which may be an attack; export it without a DTD") from error
    except (ParseError, LookupError, ValueError) as error:
        raise SourceProblem(f"{name} is not XML ({error}); export it again") from error
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = local(element.tag)
    return root


def local(tag: str) -> str:
    """The name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def attribute(element: Element, name: str) -> str | None:
    """The attribute, in whatever namespace."""
    for key, value in element.attrib.items():
        if local(key) == name:
            return value
    return None


def text_of(element: Element | None, path: str | None = None) -> str:
    """All the words in the element, or in the first at `path` below it, with single spaces."""
    if element is not None and path is not None:
        element = element.find(path)
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def raw_of(element: Element | None, path: str) -> str:
    """What stands in the element at `path`, as it stands: HTML that was escaped."""
    found = element.find(path) if element is not None else None
    return ("".join(found.itertext()) if found is not None else "").strip()


def children(element: Element | None, *tags: str) -> Iterator[Element]:
    """The direct children with one of these tags, in order."""
    if element is not None:
        yield from (child for child in element if child.tag in tags)
