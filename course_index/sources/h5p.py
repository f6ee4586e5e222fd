"""H5P content: the words that its learner reads, and the questions that can be practised; labels are neither."""

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_index.course import PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Block, Document, Place
from course_index.sources.html import page_blocks, words_of
from course_index.sources.inline import picture_words
from course_index.sources.questions import Bank, choice_or_judgement, question_of
from course_index.sources.subtitles import subtitle_blocks

_MOST_BYTES = 20_000_000
_DEEPEST = 40
# What a part is called, and what it says, in the parameters of all kinds of content. Everything else that is text is a
# label of the player, a setting, or a key to a task.
_HEADINGS = frozenset({"title", "header", "headline", "contentTitle"})
_TEXTS = frozenset(
    "text introduction intro description taskDescription coverDescription solutionText shortStartDescription "
    "definition caption labelText placeholderText".split()
)
_NOT_CONTENT = frozenset(
    "l10n UI texts behaviour override overallFeedback tips tipsAndFeedback feedback metadata license copyright visuals "
    "startScreenOptions endGame endPage currentState a11y accessibility".split()
)
# Kinds whose parameters have a title for the editor or a screen reader alone.
_UNTITLED = frozenset(
    {"AdvancedText", "Text", "Image", "Table", "Audio", "Video", "Link", "Column", "Row", "RowColumn"}
)
# Tasks that a conversation cannot set.
_NOT_ASKED = frozenset(
    "DragText MarkTheWords DragQuestion SortParagraphs ImageSequencing ImagePair MemoryGame FindTheWords "
    "ImageMultipleHotspotQuestion ImageHotspotQuestion ArithmeticQuiz PersonalityQuiz SpeakTheWords Dictation "
    "SimpleMultiChoice OpenEndedQuestion Questionnaire".split()
)
# Of which nobody misses words.
_PICTURES = frozenset({"Image", "Shape", "ImageSlide", "ImageJuxtaposition", "Collage"})
_BLANK = re.compile(r"\*([^*\n]{1,200})\*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError, NotImplementedError, RuntimeError)


def read_h5p(path: Path) -> Document:
    """A package. Raises SourceProblem for one that is broken, or has no words and no question."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = _json(_part(archive, "h5p.json"))
            content = _json(_part(archive, "content/content.json"))
            library, title = str(about.get("mainLibrary") or ""), str(about.get("title") or "").strip()
            return h5p_document(library, content, title or None, lambda name: _part(archive, f"content/{name}"))
    except _BROKEN as error:
        raise SourceProblem(f"it is broken, or no H5P ({type(error).__name__}); export it again") from error


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _MOST_BYTES:
        raise SourceProblem(f"{name} in it has more than {_MOST_BYTES / 1e6:.0f} MB; split it")
    with archive.open(name) as part:
        return part.read(_MOST_BYTES)


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceProblem("what it holds is not JSON; export it again") from error


def h5p_document(
    library: str, content: Any, title: str | None, part: Callable[[str], bytes], place: Place | None = None
) -> Document:
    """What `content` of the kind `library` (H5P.Accordion 1.0) says; `part` gives a file that it names."""
    reading = _Reading(part)
    blocks = list(reading.of(library, content, place, 0))
    return Document(title, tuple(blocks), questions=tuple(reading.bank.questions), looks=reading.looks())


@dataclass(slots=True)
class _Reading:
    part: Callable[[str], bytes]
    bank: Bank = field(default_factory=Bank)
    silent: list[str] = field(default_factory=list)
    depth: int = 0

    def looks(self) -> tuple[str, ...]:
        """What was left out, for the provider."""
        if not self.silent:
            return self.bank.looks()
        kinds = ", ".join(f"{self.silent.count(kind)} {kind}" for kind in sorted(set(self.silent)))
        return (*self.bank.looks(), f"parts of H5P in which nothing can be read were passed over: {kinds}")

    def of(self, library: str, params: Any, place: Place | None, level: int) -> Iterator[Block]:
        """What a piece of content says, in the order in which it is met."""
        kind = library.split(" ", maxsplit=1)[0].removeprefix("H5P.")
        if not isinstance(params, dict) or self.depth > _DEEPEST:
            return
        self.depth += 1
        asked = len(self.bank.questions) + sum(self.bank.left_out.values())
        blocks = list(self._of_kind(kind, params, place, level))
        self.depth -= 1
        if not blocks and asked == len(self.bank.questions) + sum(self.bank.left_out.values()):
            self.silent += [] if kind in _PICTURES else [f"H5P.{kind}"]
        yield from blocks

    def _of_kind(self, kind: str, params: dict[str, Any], place: Place | None, level: int) -> Iterator[Block]:
        if kind in _NOT_ASKED:
            self.bank.add(kind, None)
            return
        if kind in _QUESTIONS:
            for question in _QUESTIONS[kind](params):
                self.bank.add(kind, question)
            return
        match kind:
            case "InteractiveBook":
                yield from self.below(params.get("bookCover"), place, level)
                for chapter in _listed(params, "chapters"):
                    name = _name_of(chapter)
                    yield from [Block("heading", name, min(level + 1, 6), place)] if name else []
                    yield from self.below(chapter, place, level + 1)
            case "CoursePresentation":
                slides = _listed(params.get("presentation"), "slides")
                for number, slide in enumerate(slides, 1):
                    yield from self._slide(slide, number, place)
            case "InteractiveVideo":
                yield from self._video(params.get("interactiveVideo"), place, level)
                yield from self.below(_at(params, "interactiveVideo", "summary"), place, level)
            case "Dialogcards" | "GuessTheAnswer":
                shown = {key: value for key, value in params.items() if key in ("title", "description")}
                yield from self.below(shown, place, level)
                yield from _pairs(_listed(params, "dialogs") or [params], place)
            case "Chart":
                rows = [(str(one.get("text", "")), str(one.get("value", ""))) for one in _listed(params, "listOfTypes")]
                yield from [Block("list", "\n".join(f"- {name}: {value}" for name, value in rows), place=place)] * bool(
                    rows
                )
            case "Image":
                said = picture_words(str(params.get("alt") or ""))
                yield from [Block("paragraph", said, place=place)] if said else []
            case _:
                hidden = _HEADINGS if kind in _UNTITLED else frozenset()
                shown = {key: value for key, value in params.items() if key not in hidden}
                yield from self.below(shown, place, level)

    def below(self, node: Any, place: Place | None, level: int) -> Iterator[Block]:
        """What a part of the parameters says: content of a kind of its own, or what stands under known names."""
        if isinstance(node, list):
            for one in node:
                yield from self.below(one, place, level)
        if not isinstance(node, dict):
            return
        if isinstance(node.get("library"), str):
            yield from self.of(node["library"], node.get("params"), place, level)
            return
        under = level
        for key, value in node.items():
            if key in _HEADINGS and isinstance(value, str):
                if said := words_of(value):
                    yield Block("heading", said, min(level + 1, 6), place)
                    under = level + 1
            elif key in _TEXTS and isinstance(value, str):
                yield from page_blocks(value, place, under)
            elif key not in _NOT_CONTENT and isinstance(value, dict | list):
                yield from self.below(value, place, under)

    def _slide(self, slide: dict[str, Any], number: int, place: Place | None) -> Iterator[Block]:
        own = Place("slide", number, number, url=place.url if place else None)
        for keyword in _listed(slide, "keywords")[:1]:
            if said := words_of(str(keyword.get("main") or "")):
                yield Block("heading", said, 1, own)
        elements = sorted(_listed(slide, "elements"), key=lambda one: (_seconds(one.get("y")), _seconds(one.get("x"))))
        for element in elements:
            yield from self.below(element.get("action"), own, 1)

    def _video(self, video: Any, place: Place | None, level: int) -> Iterator[Block]:
        opening = _at(video, "video", "startScreenOptions")
        if isinstance(opening, dict):
            yield from self.below({key: opening.get(key) for key in ("title", "shortStartDescription")}, place, level)
        url = place.url if place else None
        for track in _listed(_at(video, "video", "textTracks"), "videoTrack"):
            name = _at(track, "track", "path")
            if isinstance(name, str) and not re.match(r"https?:", name):
                try:
                    yield from subtitle_blocks(self.part(name), Path(name).suffix.lower(), url)[0]
                except (*_BROKEN, SourceProblem):
                    self.silent.append("subtitles")
        met = _listed(_at(video, "assets"), "interactions")
        for one in sorted(met, key=lambda one: _seconds(_at(one, "duration", "from"))):
            at = Place("time", _seconds(_at(one, "duration", "from")), _seconds(_at(one, "duration", "to")), url=url)
            label = words_of(str(one.get("label") or ""))
            yield from [Block("paragraph", label, place=at)] if label else []
            yield from self.below(one.get("action"), at, level)


def _listed(node: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list of that name."""
    value = node.get(name) if isinstance(node, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _at(node: Any, *names: str) -> Any:
    for name in names:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _name_of(chapter: dict[str, Any]) -> str:
    return words_of(str(_at(chapter, "metadata", "title") or ""))


def _pairs(cards: list[dict[str, Any]], place: Place | None) -> Iterator[Block]:
    """Cards with two sides, as a term and what it means."""
    for card in cards:
        front = words_of(str(card.get("text") or card.get("taskDescription") or ""))
        back = words_of(str(card.get("answer") or card.get("solutionText") or ""))
        if front or back:
            colon = "：" if _HAN.search(front + back) else ": "
            yield Block("paragraph", colon.join(filter(None, (front, back))), place=place)


# -- questions ---------------------------------------------------------------------------------------------------------


def _multi_choice(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    answers = _listed(params, "answers")
    right = [words_of(str(one.get("text") or "")) for one in answers if one.get("correct") is True]
    options = [words_of(str(one.get("text") or "")) for one in answers]
    yield choice_or_judgement(words_of(str(params.get("question") or "")), right, options, "")


def _single_choices(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    """The first answer is the right one, here and in a summary."""
    for one in _listed(params, "choices"):
        yield _first_is_right(str(one.get("question") or ""), one.get("answers"))


def _summary(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    for one in _listed(params, "summaries"):
        if one.get("summary"):
            yield _first_is_right(str(params.get("intro") or ""), one.get("summary"))


def _first_is_right(prompt: str, answers: Any) -> PracticeQuestion | None:
    options = [words_of(str(one)) for one in answers] if isinstance(answers, list) else []
    return choice_or_judgement(words_of(prompt), options[:1], sorted(options), "")


def _true_false(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    right = str(params.get("correct") or "").lower()
    yield choice_or_judgement(words_of(str(params.get("question") or "")), [right], ["true", "false"], "")


def _blanks(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    """A sentence with one blank each, written as *answer/other answer:hint*."""
    listed = params.get("questions")
    for one in listed if isinstance(listed, list) else []:
        said = words_of(str(one))
        blanks = _BLANK.findall(said)
        answers = blanks[0].split(":")[0].split("/") if len(blanks) == 1 else []
        yield question_of("fill_in", _BLANK.sub("____", said), answers)


def _cards(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    for card in _listed(params, "cards"):
        answers = str(card.get("answer") or "").split("/")
        yield question_of("fill_in", words_of(str(card.get("text") or "")), list(map(words_of, answers)))


def _crossword(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    for word in _listed(params, "words"):
        yield question_of("fill_in", words_of(str(word.get("clue") or "")), [words_of(str(word.get("answer") or ""))])


def _essay(params: dict[str, Any]) -> Iterator[PracticeQuestion | None]:
    sample = words_of(str(_at(params, "solution", "sample") or ""))
    yield question_of("open", words_of(str(params.get("taskDescription") or "")), [sample])


_QUESTIONS: dict[str, Callable[[dict[str, Any]], Iterator[PracticeQuestion | None]]] = {
    "MultiChoice": _multi_choice,
    "SingleChoiceSet": _single_choices,
    "Summary": _summary,
    "TrueFalse": _true_false,
    "Blanks": _blanks,
    "Flashcards": _cards,
    "Crossword": _crossword,
    "Essay": _essay,
}
