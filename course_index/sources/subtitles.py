"""Subtitles (SRT, VTT, ASS and the like): cues joined into paragraphs that know their seconds."""

import html
import re
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pysubs2

from course_index.errors import SourceProblem
from course_index.language import ZH, language_of
from course_index.sources.decode import decode
from course_index.sources.document import Block, Document, Place
from course_index.sources.xml import parse_xml
from course_index.tokens import count_tokens

# A paragraph ends with a sentence once it has so many tokens, or anywhere once it has the most.
_ENOUGH, _MOST = 110, 200
# A silence of so many seconds ends one that has something in it already.
_SILENCE = 4.0
# Where nobody set marks, a pause of so many seconds is a full stop, and a shorter one a comma.
_PAUSE = 0.6
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")
_LONGEST_FILE = 30_000_000
_WORDS = re.compile(r"[^\W\d_]")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’」』)）]*$")
# Only the tags that subtitles have: a programmer's vector<int> is speech.
_MARKUP = re.compile(
    r"</?\s*(?:b|i|u|s|c|v|br|font|lang|span|ruby|rt|p|div)\b[^>]*>|\{\\[^}]*\}|<\d\d:\d\d[^>]*>|&(?:nbsp|lrm|rlm);",
    re.IGNORECASE,
)
_UNREADABLE = (
    pysubs2.exceptions.Pysubs2Error, ValueError, LookupError, AttributeError, OverflowError, NotImplementedError,
    SyntaxError,  # of which XML's errors are
)  # fmt: skip
# Told in brackets or between notes; speech in capitals stands without them.
_MUSIC = re.compile(r"^[\[(（【♪♫\s]+(?:[A-Z ]{3,30}|音乐|掌声|笑声)?[\])）】♪♫\s]+$|^(?:音乐|掌声|笑声)$")
_EXTENSIONS = {
    ".srt": "srt",
    ".vtt": "vtt",
    ".ass": "ass",
    ".ssa": "ass",
    ".sami": "sami",
    ".smi": "sami",
    ".ttml": "ttml",
    ".dfxp": "ttml",
}
# Blocks of a VTT that nobody hears: pysubs2 takes them for the end of the cue before.
_NOTE = re.compile(r"^(?:NOTE|STYLE|REGION)\b.*?(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)
_SBV = re.compile(r"^(\d+:\d\d:\d\d\.\d{3}),(\d+:\d\d:\d\d\.\d{3})$", re.MULTILINE)
_LRC = re.compile(r"^((?:\[\d+:\d\d(?:[.:]\d+)?\])+)(.*)$", re.MULTILINE)
# How long the last line of a lyric stands.
_LAST = 5.0
# Languages that are written with Han characters, but not with them alone.
_OTHERS = (("ja", re.compile(r"[\u3040-\u30ff]")), ("ko", re.compile(r"[\uac00-\ud7af]")))


@dataclass(frozen=True, slots=True)
class _Cue:
    start: float
    end: float
    text: str


def read_subtitles(path: Path, url: str | None = None) -> Document:
    """The cues as paragraphs in each language they are in; `url` is the recording, opened at the paragraph's second.

    Raises SourceProblem when there is no cue that says anything.
    """
    if path.stat().st_size > _LONGEST_FILE:
        raise SourceProblem(f"it has more than {_LONGEST_FILE / 1e6:.0f} MB of subtitles; split it")
    blocks, encoding = subtitle_blocks(path.read_bytes(), path.suffix.lower(), url)
    looks = (f"it was read as {encoding.upper()}; look at it once",) if encoding in ("gb18030", "big5") else ()
    return Document(None, tuple(blocks), looks=looks)


def subtitle_blocks(data: bytes, suffix: str, url: str | None) -> tuple[list[Block], str]:
    """The paragraphs of a file of subtitles, and its encoding. Raises SourceProblem as `read_subtitles`."""
    if not data.strip():
        raise SourceProblem("it is empty; add content or take it out")
    text, encoding = decode(data)
    cues = _cues(text, suffix)
    if not cues:
        raise SourceProblem("it has no cue that says anything; export the subtitles again as SRT or VTT")
    return [block for track in _tracks(cues) for block in _paragraphs(track, url)], encoding


def _cues(text: str, suffix: str) -> list[_Cue]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if suffix == ".lrc" and _LRC.search(text):
        return _lyric(text)
    text = _SBV.sub(r"\n\1 --> \2", text)
    text = _NOTE.sub("", text) if text.lstrip("\ufeff \n").startswith("WEBVTT") else text
    format_ = _format(text, suffix)
    if format_ == "ttml":
        parse_xml(text.encode("utf-8", "replace"))  # pysubs2 would open its entities
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # margins and layers that it cannot read
            parsed = pysubs2.SSAFile.from_string(text, format_=format_, keep_html_tags=True)
    except _UNREADABLE as error:
        raise SourceProblem(f"its cues cannot be read ({type(error).__name__}); export it as SRT or VTT") from error
    cues = []
    for event in parsed:
        if event.is_comment or event.is_drawing:
            continue
        said = html.unescape(_MARKUP.sub("", event.text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")))
        lines = [line for part in said.split("\n") if (line := " ".join(part.split())) and not _MUSIC.match(line)]
        if lines and event.end >= event.start >= 0:
            cues.append(_Cue(event.start / 1000, event.end / 1000, "\n".join(lines)))
    return sorted(cues, key=lambda cue: cue.start)


def _lyric(text: str) -> list[_Cue]:
    """The lines of an LRC file, each until the next one; one that is sung again has several times."""
    told = []
    for found in _LRC.finditer(text):
        for minutes, seconds in re.findall(r"\[(\d+):(\d\d(?:[.:]\d+)?)\]", found[1]):
            told.append((60 * int(minutes) + float(seconds.replace(":", ".")), found[2].strip()))
    told.sort()
    ends = [start for start, _ in told[1:]] + [told[-1][0] + _LAST]
    return [_Cue(start, end, said) for (start, said), end in zip(told, ends, strict=True) if said]


def _spoken(line: str) -> str:
    return next((code for code, sign in _OTHERS if sign.search(line)), language_of(line))


def _format(text: str, suffix: str) -> str:
    start = text.lstrip("\ufeff \n")[:4_000]
    if start.startswith("WEBVTT"):
        return "vtt"
    if "[Script Info]" in start or "\nDialogue:" in start:
        return "ass"
    if re.search(r"^\d[^\n]*-->", start, re.MULTILINE):
        return "vtt" if re.search(r"^[\d:]+\.\d+ -->", start, re.MULTILINE) and suffix == ".vtt" else "srt"
    return _EXTENSIONS.get(suffix, "srt")


def _tracks(cues: list[_Cue]) -> list[list[_Cue]]:
    """The cues of each language, where most say the same in Chinese and in another; else all as they are."""
    both = [cue for cue in cues if len({_spoken(line) for line in cue.text.split("\n") if _WORDS.search(line)}) == 2]
    chinese = [cue for cue in cues if _spoken(cue.text) == ZH]
    if len(both) < 0.3 * len(cues) and not 0.3 * len(cues) < len(chinese) < 0.7 * len(cues):
        return [_once(cues)]
    tracks: dict[str, list[_Cue]] = {}
    language = ZH
    for cue in cues:
        parted: dict[str, list[str]] = {}
        for line in cue.text.split("\n"):
            language = _spoken(line) if _WORDS.search(line) else language  # 2026 is of either
            parted.setdefault(language, []).append(line)
        for spoken, lines in parted.items():
            tracks.setdefault(spoken, []).append(_Cue(cue.start, cue.end, "\n".join(lines)))
    return [_once(track) for track in tracks.values()]


def _once(cues: list[_Cue]) -> list[_Cue]:
    """Without what rolling captions say twice: a line that the cue before it said already."""
    kept: list[_Cue] = []
    before: list[str] = []
    for cue in cues:
        lines = cue.text.split("\n")
        fresh = [line for line in lines if line not in before] if kept and cue.start - kept[-1].end < 1 else lines
        before = lines
        if fresh:
            kept.append(_Cue(cue.start, cue.end, "\n".join(fresh)))
        elif kept:
            kept[-1] = _Cue(kept[-1].start, max(cue.end, kept[-1].end), kept[-1].text)
    return kept


def _paragraphs(cues: list[_Cue], url: str | None) -> list[Block]:
    paragraphs: list[list[_Cue]] = [[]]
    punctuated = _has_sentences(cues)
    tokens = 0
    for cue, following in pairwise([*cues, _Cue(float("inf"), float("inf"), "")]):
        size = count_tokens(cue.text)
        if paragraphs[-1] and tokens + size > _MOST:
            paragraphs.append([])
            tokens = 0
        paragraphs[-1].append(cue)
        tokens += size
        ended = not punctuated or bool(_SENTENCE_END.search(cue.text))
        silent = following.start - cue.end > _SILENCE
        if tokens >= _ENOUGH and (ended or silent):
            paragraphs.append([])
            tokens = 0
    return [_block(paragraph, url, punctuated) for paragraph in paragraphs if paragraph]


def _has_sentences(cues: list[_Cue]) -> bool:
    """Whether the cues are punctuated; raw speech-to-text is not."""
    sample = cues[:200]
    return sum(bool(re.search(r"[.!?。！？]", cue.text)) for cue in sample) >= 0.1 * len(sample)


def _block(cues: list[_Cue], url: str | None, punctuated: bool) -> Block:
    text, before = "", cues[0]
    for cue in cues:
        for line in cue.text.split("\n"):
            mark = "" if punctuated else "。" if cue.start - before.end > _PAUSE else "，"
            said = line if punctuated else _BETWEEN_HAN.sub("，", line)
            text += _joint(text, said, mark) + said
        before = cue
    place = Place("time", cues[0].start, max(cue.end for cue in cues), url=url and at_second(url, cues[0].start))
    return Block("paragraph", text, place=place)


def _joint(text: str, line: str, mark: str) -> str:
    """What parts two lines: a space, in Chinese nothing, or `mark` where the speaker's pauses are all there is."""
    if not text:
        return ""
    if not (language_of(text[-12:]) == ZH and language_of(line) == ZH):
        return " "
    return "" if text[-1] in "，。！？；：、,.!?…—" else mark


def at_second(url: str, second: float) -> str:
    """The recording's address, opened at a second."""
    if re.match(r"https?://(?:[\w-]+\.)?(?:youtube\.com|youtu\.be|bilibili\.com)/", url):
        return f"{url}{'&' if '?' in url else '?'}t={int(second)}"
    return f"{url.split('#', maxsplit=1)[0]}#t={int(second)}"
