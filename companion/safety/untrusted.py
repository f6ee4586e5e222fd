"""Foreign text made harmless: what goes into a prompt, and what a model wrote before a learner sees it."""

import re

# Tag characters, zero-width and bidirectional controls, variation selectors beyond the emoji's own: they can carry
# instructions that nobody sees.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e"
    "\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What separates the parts of a prompt, ours and those of the usual chat templates.
_MARKERS = re.compile(
    r"<!--.*?-->|<\|[^|<>]{1,40}\|>|</?(?:s|system|user|assistant|passage|instruction)s?>|\[/?(?:INST|SYS)\]|<</?SYS>>"
    r"|^\s*#{2,}\s*(?:system|assistant|user|instruction)s?\s*:?\s*$",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_CODE = re.compile(r"(`+)(?:(?!\1).)+?\1|\$\$?[^$\n]+\$\$?", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])?")
_LINK = re.compile(r"\[([^\]\n]+)\]\((?:[^()\n]|\([^)\n]*\))*\)")
_HALF_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*$")
_REFERENCE = re.compile(r"^\s*\[[^\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_ADDRESS = re.compile(
    r"<?\b(?:https?|ftp|data|javascript|mailto|file):[^\s<>\"'，。；）)】]+>?|\bwww\.[^\s<>\"'，。；）)】]+",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>|<!--.*?-->", re.DOTALL)


def for_prompt(text: str) -> str:
    """Course or learner text as it goes into a prompt: without what cannot be seen and what would end its part."""
    return _MARKERS.sub(" ", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def for_learner(text: str) -> str:
    """A model's sentence without images, addresses, HTML and what cannot be seen; code and formulas stay."""
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    parts: list[str] = []
    start = 0
    for code in _CODE.finditer(text):
        parts += [_plain(text[start : code.start()]), code[0]]
        start = code.end()
    return "".join([*parts, _plain(text[start:])])


def _plain(text: str) -> str:
    text = _HALF_LINK.sub(r"\1", _LINK.sub(r"\1", _REFERENCE.sub("", _IMAGE.sub("", text))))
    return _TAG.sub("", _ADDRESS.sub("", text))
