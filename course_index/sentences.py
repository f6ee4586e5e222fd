"""Sentences of Chinese and English prose, with nothing lost between them."""

import re

# A full stop ends a sentence only before white space and a capital, a digit or Han; `3.5` and `e.g. this` do not end.
# A list item or a line of its own is a sentence too.
_END = re.compile(
    r"""
    [。！？!?…]+ [”’"'」』）)\]]*            # Chinese and strong marks, with what closes behind them
    | (?<![A-Z]) (?<!\be\.g) (?<!\bi\.e) (?<!\bvs) (?<!\bMr) (?<!\bDr) (?<!\bNo)
      (?<!^\d) (?<!\s\d) \. ["')\]]* (?=\s+["'(]?[A-Z0-9\u4e00-\u9fff])
    | \n+
    """,
    re.VERBOSE,
)


def split_sentences(text: str) -> list[str]:
    """The sentences of `text` in order; joined together they are `text` again."""
    sentences, start = [], 0
    for end in _END.finditer(text):
        if text[start : end.end()].strip():
            sentences.append(text[start : end.end()])
            start = end.end()
    if text[start:].strip() or not sentences:
        sentences.append(text[start:])
    else:
        sentences[-1] += text[start:]
    return [sentence for sentence in sentences if sentence]
