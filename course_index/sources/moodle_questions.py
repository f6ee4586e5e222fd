"""The question bank of a Moodle backup, and what its quizzes ask."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from course_index.course import PracticeQuestion
from course_index.errors import SourceProblem
from course_index.sources.document import Notice
from course_index.sources.html import words_of
from course_index.sources.moodle_backup import Reading
from course_index.sources.package import inside
from course_index.sources.questions import moodle_answers
from course_index.sources.xml import raw_of, read_xml, text_of


@dataclass(slots=True)
class QuestionBank:
    """The bank: questions by their own id and, from Moodle 4 on, by the id of their entry."""

    by_id: dict[str, PracticeQuestion] = field(default_factory=dict)
    by_entry: dict[str, PracticeQuestion] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def of_quiz(self, root: Element) -> tuple[PracticeQuestion, ...]:
        """Those that a quiz asks, in its order."""
        quiz = root.find("quiz")
        if quiz is None:
            return ()
        ids = [text_of(one, "question") for one in quiz.iter("question_instance")]
        ids += text_of(quiz, "questions").split(",")
        entries = [text_of(one) for one in quiz.iter("questionbankentryid")]
        found = [self.by_id[id_] for id_ in ids if id_ in self.by_id]
        found += [self.by_entry[id_] for id_ in entries if id_ in self.by_entry]
        self.asked.update(one.id for one in found)
        return tuple(dict.fromkeys(found))

    def unasked(self) -> tuple[PracticeQuestion, ...]:
        """Those of the bank that no quiz has asked."""
        return tuple(one for one in self.by_id.values() if one.id not in self.asked)


def question_bank(reading: Reading) -> QuestionBank:
    """The questions of the backup that can be practised here."""
    path = inside(reading.folder, "questions.xml")
    bank = QuestionBank()
    if path is None:
        return bank
    left_out: Counter[str] = Counter()
    try:
        root = read_xml(path)
    except SourceProblem as error:
        reading.notices.append(Notice(f"{reading.where}!questions.xml", str(error)))
        return bank
    entry_of = {
        question: entry.get("id") or ""
        for entry in root.iter("question_bank_entry")
        for question in entry.iter("question")
    }
    former = _former_versions(root)
    for question in root.iter("question"):
        kind = text_of(question, "qtype")
        if not kind or text_of(question, "hidden") == "1" or question in former:
            continue
        made = moodle_answers(
            kind,
            words_of(raw_of(question, "questiontext")),
            list(_answers(question)),
            words_of(raw_of(question, "generalfeedback")),
        )
        if made is None:
            left_out[kind] += 1
            continue
        reading.outline["question"] += 1
        bank.by_id[question.get("id") or ""] = made
        if question in entry_of:
            bank.by_entry[entry_of[question]] = made
    if left_out:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(left_out.items()))
        what = f"questions of kinds that are not practised here were left out: {listed}"
        reading.notices.append(Notice(reading.where, what, skipped=False))
    return bank


def _former_versions(root: Element) -> set[Element]:
    """The questions that a later version took the place of, and those that are drafts or hidden."""
    former: set[Element] = set()
    for entry in root.iter("question_bank_entry"):
        versions = sorted(entry.iter("question_versions"), key=lambda one: int(text_of(one, "version") or 0))
        ready = [one for one in versions if text_of(one, "status") in ("", "ready")]
        former.update(question for one in versions if one not in ready[-1:] for question in one.iter("question"))
    return former


def _answers(question: Element) -> Iterator[tuple[str, float, str]]:
    for answer in question.iter("answer"):
        text = raw_of(answer, "answertext") or raw_of(answer, "answer_text")
        try:
            share = float(text_of(answer, "fraction") or 0)
        except ValueError:
            share = 0.0
        if text:
            yield words_of(text), share, words_of(raw_of(answer, "feedback"))
