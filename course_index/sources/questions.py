"""Question banks: QTI 1.2, QTI 2 and 3, Moodle's XML, and Open edX problems, as practice questions."""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from course_index.course import PracticeQuestion, QuestionKind
from course_index.errors import SourceProblem
from course_index.sources.document import Document
from course_index.sources.html import read_html, words_of
from course_index.sources.xml import attribute, children, raw_of, read_xml, text_of

_MOST_OPTIONS = 12
_LONGEST = 4_000


@dataclass(slots=True)
class Bank:
    """The questions that could be read, and how many of each kind could not."""

    questions: list[PracticeQuestion] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, question: PracticeQuestion | None) -> None:
        """Take a question in, or count it among those left out."""
        if question is None:
            self.left_out[kind] = self.left_out.get(kind, 0) + 1
        else:
            self.questions.append(question)

    def looks(self) -> tuple[str, ...]:
        """What was left out, for the provider."""
        if not self.left_out:
            return ()
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(self.left_out.items()))
        return (f"questions of kinds that are not practised here were left out: {listed}",)


def read_question_file(path: Path) -> Document:
    """A file of QTI or Moodle questions. Raises SourceProblem when it is neither, or has no question to practise."""
    root = read_xml(path)
    bank = questions_in(root)
    if not bank.questions:
        why = "; ".join(bank.looks()) or "it is neither QTI nor Moodle XML"
        raise SourceProblem(f"it has no question to practise ({why})")
    titled = root.find("assessment")
    title = (titled.get("title") if titled is not None else None) or root.get("title")
    return Document(title, (), questions=tuple(bank.questions), looks=bank.looks())


def questions_in(root: Element) -> Bank:
    """All the questions of a file, whatever dialect it is in."""
    bank = Bank()
    if root.tag == "quiz":
        for question in children(root, "question"):
            kind = question.get("type") or "?"
            if kind != "category":
                bank.add(kind, moodle_question(question, kind))
    for item in root.iter("item"):
        bank.add(*_qti_1(item))
    items = [root] if root.tag.endswith("assessmentItem") or root.tag == "qti-assessment-item" else []
    for item in [*items, *(one for one in root.iter("assessmentItem") if one is not root)]:
        bank.add(*_qti_2(item))
    return bank


def question_of(
    kind: QuestionKind, prompt: str, answers: list[str], options: list[str] | None = None, explanation: str = ""
) -> PracticeQuestion | None:
    """A question, or None for one that cannot be asked in a conversation."""
    prompt, explanation = prompt.strip()[:_LONGEST], explanation.strip()[:_LONGEST]
    answers = list(dict.fromkeys(answer.strip() for answer in answers if answer.strip()))
    options = list(dict.fromkeys(option.strip() for option in options or () if option.strip()))
    if not prompt or not answers:
        return None
    if kind == "choice" and not (2 <= len(options) <= _MOST_OPTIONS and set(answers) < set(options)):
        return None
    named = "\0".join((kind, prompt, *options))
    id_ = hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:12]
    return PracticeQuestion(id_, kind, prompt, tuple(answers), tuple(options) if kind == "choice" else (), explanation)


# -- QTI 1.2, as Common Cartridge and Canvas have it -------------------------------------------------------------------


def _qti_1(item: Element) -> tuple[str, PracticeQuestion | None]:
    fields = {text_of(one, "fieldlabel"): text_of(one, "fieldentry") for one in item.iter("qtimetadatafield")}
    kind = fields.get("question_type") or fields.get("cc_profile") or "?"
    presentation = item.find("presentation")
    if presentation is None:
        return kind, None
    prompt = _materials(presentation)
    labels = {one.get("ident") or "": _materials(one) for one in presentation.iter("response_label")}
    right = list(_right_of(item))
    explanation = " ".join(
        _materials(one) for one in item.iter("itemfeedback") if "correct" in (one.get("ident") or "")
    )
    if len(list(presentation.iter("response_lid"))) > 1:
        return kind, None  # matching, or blanks to be filled from lists
    if labels and presentation.find(".//response_lid") is not None:
        answers = [labels[ident] for ident in right if ident in labels]
        return kind, choice_or_judgement(prompt, answers, list(labels.values()), explanation)
    if presentation.find(".//response_str") is not None:
        return kind, question_of("open" if "essay" in kind else "fill_in", prompt, right, explanation=explanation)
    return kind, None


def _right_of(item: Element) -> Iterator[str]:
    """What the conditions that give the score ask for; what they ask not to be chosen is left out."""
    for condition in item.iter("respcondition"):
        scores = [text_of(one) for one in condition.iter("setvar") if one.get("varname", "SCORE").upper() == "SCORE"]
        if not any(_number(score) > 0 for score in scores):
            continue
        banned = {text_of(one) for negated in condition.iter("not") for one in negated.iter("varequal")}
        yield from (said for one in condition.iter("varequal") if (said := text_of(one)) and said not in banned)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _materials(element: Element) -> str:
    """The words of the element's own material, not of the answers below it."""
    said = []
    for child in element:
        if child.tag in ("material", "flow", "flow_mat"):
            said += [words_of("".join(one.itertext())) for one in child.iter("mattext")]
    return " ".join(filter(None, said))


# -- QTI 2 and 3 -------------------------------------------------------------------------------------------------------


def _qti_2(item: Element) -> tuple[str, PracticeQuestion | None]:
    right = [
        text_of(value)
        for declared in children(item, "responseDeclaration", "qti-response-declaration")
        for value in declared.iter()
        if value.tag in ("value", "qti-value")
    ]
    body = next(children(item, "itemBody", "qti-item-body"), None)
    if body is None:
        return "?", None
    asked = [one for one in body.iter() if one.tag.removeprefix("qti-").lower().endswith("interaction")]
    kind = asked[0].tag if len(asked) == 1 else "several interactions"
    if len(asked) != 1:
        return kind, None
    inner = [one for one in asked[0].iter() if one.tag in ("prompt", "qti-prompt")]
    prompt = " ".join(filter(None, (_words(body, asked[0]), *map(_words, inner))))
    options = {
        attribute(one, "identifier") or "": _words(one)
        for one in asked[0].iter()
        if one.tag in ("simpleChoice", "qti-simple-choice", "inlineChoice", "qti-inline-choice")
    }
    feedback = " ".join(text_of(one) for one in item.iter() if one.tag in ("modalFeedback", "qti-modal-feedback"))
    if options and kind.replace("-", "").lower().endswith("choiceinteraction"):
        return kind, choice_or_judgement(
            prompt, [options[one] for one in right if one in options], list(options.values()), feedback
        )
    if kind in ("textEntryInteraction", "qti-text-entry-interaction"):
        return kind, question_of("fill_in", prompt, right, explanation=feedback)
    return kind, None


_INLINE_FEEDBACK = re.compile(r"feedbackInline|qti-feedback-inline|\w*:?rubricBlock|qti-rubric-block")


def _words(element: Element, asked: Element | None = None) -> str:
    """The words of an element without what is said to an answer, and with a gap where the one that is `asked` goes."""
    gap = asked is not None and asked.tag.replace("-", "").lower().endswith(
        ("textentryinteraction", "inlinechoiceinteraction")
    )
    page = _as_html(element, _INLINE_FEEDBACK, asked, "____" if gap else "")
    return words_of(f"<div>{page}</div>")


# -- Moodle ------------------------------------------------------------------------------------------------------------


def moodle_question(question: Element, kind: str) -> PracticeQuestion | None:
    """A question of Moodle's XML format (`<quiz>`)."""
    prompt = words_of(raw_of(question, "questiontext/text"))
    explanation = words_of(raw_of(question, "generalfeedback/text"))
    answers = [
        (words_of(raw_of(one, "text")), _number(one.get("fraction") or "0"), words_of(raw_of(one, "feedback/text")))
        for one in children(question, "answer")
    ]
    return moodle_answers(kind, prompt, answers, explanation)


def moodle_answers(
    kind: str, prompt: str, answers: list[tuple[str, float, str]], explanation: str
) -> PracticeQuestion | None:
    """A question of a kind that Moodle names, with (words, share of the mark, feedback) of each answer."""
    right = [words for words, share, _ in answers if share > 0]
    told = explanation or " ".join(feedback for _, share, feedback in answers if share > 0 and feedback)
    match kind:
        case "multichoice" | "truefalse":
            return choice_or_judgement(prompt, right, [words for words, _, _ in answers], told)
        case "shortanswer" | "numerical":
            return question_of("fill_in", prompt, [words for words in right if words != "*"], explanation=told)
        case _:
            return None


def choice_or_judgement(prompt: str, right: list[str], options: list[str], explanation: str) -> PracticeQuestion | None:
    """A question with options; one of true and false is a judgement, answered in the language it is asked in."""
    judged = {option.strip().lower() for option in options}
    if len(judged) == 2 and len(right) == 1 and judged in _JUDGEMENTS:
        chinese = bool(re.search(r"[\u4e00-\u9fff]", prompt))
        holds = right[0].strip().lower() in _HOLDS
        answer = ("对" if holds else "错") if chinese else ("true" if holds else "false")
        return question_of("true_false", prompt, [answer], explanation=explanation)
    return question_of("choice", prompt, right, options, explanation)


_HOLDS = ("true", "对", "正确", "是", "yes", "√", "對", "正確")
_JUDGEMENTS = (
    {"true", "false"}, {"对", "错"}, {"正确", "错误"}, {"是", "否"}, {"yes", "no"}, {"√", "×"},
    {"對", "錯"}, {"正確", "錯誤"},
)  # fmt: skip


# -- Open edX ----------------------------------------------------------------------------------------------------------

_KEY_LINE = re.compile(
    r"^\W*(?:(?:the )?(?:correct )?answers?(?: is| are)?\s*[:：]|the correct answers? (?:is|are)\b"
    r"|(?:正确)?答案(?:是|为)?\s*[:：]?)",
    re.IGNORECASE,
)


# What is filled in or picked, what answers it, and what helps with it.
_NOT_ASKED = re.compile(
    r"script|answer|additional_answer|text(?:line|box)|schematic|choice|option|\w*(?:input|inputs|group|param|hints?|solution)"
)
# Parts that no page knows.
_OF_ITS_OWN = re.compile(r"problem|label|description|\w+response")
_ATTRIBUTES_READ = ("alt", "colspan", "rowspan")


def problem_words(problem: Element) -> tuple[str, str]:
    """What an Open edX problem asks, as HTML, and its explanation without lines that only name the right answer."""
    lines = [
        said
        for solution in problem.iter("solution")
        for said in _lines_of(solution)
        if not _KEY_LINE.match(said) and said.strip(": ").lower() not in ("explanation", "解析", "解释", "说明")
    ]
    return f"<html><body>{_as_html(problem, _NOT_ASKED)}</body></html>", "\n\n".join(lines)


def _lines_of(solution: Element) -> Iterator[str]:
    for block in read_html(f"<html><body>{_as_html(solution)}</body></html>").blocks:
        yield from [block.text] if block.kind in ("table", "code") else block.text.splitlines()


def _as_html(
    element: Element, without: re.Pattern[str] | None = None, asked: Element | None = None, gap: str = ""
) -> str:
    """The element with what stands in it, as HTML; labels and the like are parts of a page to it."""
    if element is asked:
        return gap
    if without and without.fullmatch(element.tag):
        return ""
    inner = html.escape(element.text or "") + "".join(
        _as_html(child, without, asked, gap) + html.escape(child.tail or "") for child in element
    )
    tag = "div" if _OF_ITS_OWN.fullmatch(element.tag) else element.tag
    kept = "".join(
        f' {name}="{html.escape(said)}"' for name, said in element.attrib.items() if name in _ATTRIBUTES_READ
    )
    return f"<{tag}{kept}>{inner}</{tag}>"


def problem_questions(problem: Element) -> Bank:
    """The questions of an Open edX problem that can be asked and graded in a conversation."""
    bank = Bank()
    statement, explanation = problem_words(problem)
    asked = words_of(statement)
    responses = [one for one in problem.iter() if one.tag.endswith("response")]
    for response in responses:
        own = " ".join(text_of(one) for one in response if one.tag in ("label", "p", "description"))
        prompt = own or (asked if len(responses) == 1 else "")
        bank.add(response.tag, _edx_question(response, prompt, explanation))
    return bank


def _edx_question(response: Element, prompt: str, explanation: str) -> PracticeQuestion | None:
    match response.tag:
        case "multiplechoiceresponse" | "choiceresponse":
            choices = [
                (_choice_words(one), (one.get("correct") or "").lower() == "true") for one in response.iter("choice")
            ]
            right = [words for words, correct in choices if correct]
            return choice_or_judgement(prompt, right, [words for words, _ in choices], explanation)
        case "optionresponse":
            options = [
                (_choice_words(one), (one.get("correct") or "").lower() == "true") for one in response.iter("option")
            ] or list(_options_listed(response))
            return choice_or_judgement(
                prompt, [w for w, correct in options if correct], [w for w, _ in options], explanation
            )
        case "stringresponse" if "regexp" not in (response.get("type") or ""):
            others = [one.get("answer") or "" for one in response.iter("additional_answer")]
            return question_of("fill_in", prompt, [response.get("answer") or "", *others], explanation=explanation)
        case "numericalresponse" if re.fullmatch(r"-?[\d.]+", response.get("answer") or ""):
            return question_of("fill_in", prompt, [response.get("answer") or ""], explanation=explanation)
        case _:
            return None


def _options_listed(response: Element) -> Iterator[tuple[str, bool]]:
    """The options of an older course, which stand in one attribute: ('USA','Germany')."""
    listed = response.find("optioninput")
    said = (listed.get("options") or "") if listed is not None else ""
    for one in re.findall(r"""'([^']*)'|"([^"]*)\"""", said):
        words = "".join(one).strip()
        yield words, listed is not None and words == (listed.get("correct") or "").strip()


def _choice_words(choice: Element) -> str:
    hints = {id(inner) for one in choice if one.tag.endswith("hint") for inner in one.iter()}
    said = [choice.text or ""]
    for child in choice:
        if id(child) not in hints:
            said.append("".join(child.itertext()))
        said.append(child.tail or "")
    return html.unescape(" ".join("".join(said).split()))
