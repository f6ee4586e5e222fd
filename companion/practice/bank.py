"""Questions of a provider's own bank, as they are put to a learner."""

import random
from collections.abc import Iterable, Mapping
from string import ascii_uppercase

from companion.practice.questions import QuizQuestion, question_id
from course_index.course import PracticeQuestion
from course_index.language import ZH, language_of


def bank_questions(
    bank: Iterable[tuple[str, PracticeQuestion]], passage_of_lesson: Mapping[str, str], count: int, seed: int
) -> list[QuizQuestion]:
    """Up to `count` of the bank's (lesson id, question), the same for the same seed.

    A question stands on the first passage of its lesson, or on none where the lesson has only questions.
    """
    every = list(bank)
    random.Random(seed).shuffle(every)
    return [_put(question, passage_of_lesson.get(lesson, "")) for lesson, question in every[:count]]


def _put(question: PracticeQuestion, passage_id: str) -> QuizQuestion:
    chinese = language_of(question.prompt) == ZH
    several = question.kind == "choice" and len(question.answers) > 1
    letters = tuple(ascii_uppercase[question.options.index(one)] for one in question.answers if one in question.options)
    answers = (*question.answers, *letters) if question.kind == "choice" and not several else question.answers
    return QuizQuestion(
        id=question_id(question.kind, question.id),
        kind="open" if several else question.kind,
        prompt=_prompt(question, several, chinese),
        answers=answers,
        rubric="".join(letters) if several else question.answers[0],
        passage_id=passage_id,
        sentence=question.explanation,
        options=question.options,
    )


def _prompt(question: PracticeQuestion, several: bool, chinese: bool) -> str:
    told = {
        "choice": "多选（写出所有正确的字母）：" if several else "选择：",
        "true_false": "判断对错：",
        "fill_in": "填空：",
    } if chinese else {
        "choice": "Choose all that are right, by their letters: " if several else "Choose: ",
        "true_false": "True or false: ",
        "fill_in": "Fill in: ",
    }  # fmt: skip
    listed = "　".join(f"{letter}. {option}" for letter, option in zip(ascii_uppercase, question.options, strict=False))
    return f"{told.get(question.kind, '')}{question.prompt}{f'{chr(10)}{listed}' if listed else ''}"
