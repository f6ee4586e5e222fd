"""Text to lexical terms: one normalisation and one cut for what is indexed and what is asked."""

import re
import unicodedata
from functools import cache
from itertools import pairwise

import opencc

# Raise this when the same text would give other terms: an index built with another version is built anew.
ANALYZER_VERSION = 2

_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


@cache
def _converter(recipe: str) -> opencc.OpenCC:
    return opencc.OpenCC(recipe)


def simplified(text: str, *, recipe: str = "t2s") -> str:
    """The text in simplified script and one Unicode form (NFKC), otherwise as it was.

    `recipe` is OpenCC's: `t2s` folds the script; `tw2sp` also Taiwan's wording (雜湊 is 哈希), and suits queries.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate would stop OpenCC
    return str(_converter(recipe).convert(unicodedata.normalize("NFKC", text)))


def simplified_question(text: str) -> str:
    """`simplified`, and of a question in traditional script Taiwan's wording too (雜湊 is 哈希).

    Only of such a one: in simplified script the same recipe takes 程序 for 进程 and 文件 for 文档.
    """
    plain = simplified(text)
    traditional = plain != unicodedata.normalize("NFKC", text)
    return _one_what(simplified(text, recipe="tw2sp") if traditional else plain)


def normalise(text: str) -> str:
    """One spelling for what reads the same: `simplified`, in lower case."""
    return _one_what(simplified(text)).lower()


def _one_what(simplified: str) -> str:
    """甚麼 is 什麼 in another spelling, which OpenCC leaves as it is."""
    return simplified.replace("甚么", "什么")


def terms(normalised: str) -> list[str]:
    """Han unigrams and bigrams, and whole words of every other script, in order of appearance."""
    found: list[str] = []
    for run in _RUN.findall(normalised):
        if "\u3400" <= run[0] <= "\u9fff" or "\uf900" <= run[0] <= "\ufaff":
            found.extend(run)
            found.extend(first + second for first, second in pairwise(run))
        else:
            found.append(run)
    return found
