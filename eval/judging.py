"""A judge's grades for a run that was kept: on replies that answer, and on replies of a tutor."""

import json
from pathlib import Path

from course_index.terminal import OnProgress
from eval.case import AnswerCase, Case, TutorCase
from eval.errors import DataProblem
from eval.judge import Judge, Verdict
from eval.reply import Record
from eval.run import Run, scored
from eval.text import without_marks

# The figure of a suite, and the criterion that it is graded by.
_OF_ANSWERS = {"judge_correct": "correct", "judge_complete": "complete", "judge_supported": "supported"}
_OF_TUTOR = {
    "judge_mistake": "mistake_identification",
    "judge_guidance": "providing_guidance",
    "judge_actionable": "actionability",
}
# In other kinds of conversation there is no mistake to find, or nothing to be led to.
_GUIDED = ("hint", "stuck", "mistake")


async def judge_all(
    run: Run, base_url: str, model: str, api_key: str, progress: OnProgress, agreement: Path | None = None
) -> None:
    """Grade what the run has not had graded yet, and keep each grade at once. Raises SubjectUnreachable.

    `agreement` is the file in which the judge's agreement with people is kept, if it was measured.
    """
    measured = json.loads(agreement.read_text("utf-8")) if agreement and agreement.exists() else {}
    run.keep_judge({"model": model, "agreement": measured.get("agreement")})
    result = scored(run)
    done = {(row["suite"], row["case"], row["repetition"]) for row in run.rows("judged.jsonl")}
    due = [
        (suite, case, record)
        for suite in ("answers", "tutor")
        for record in result.records.get(suite, ())
        if (suite, record.case, record.repetition) not in done
        and _gradable(case := result.cases[suite][record.case], record)
    ]
    judge = Judge(base_url, model, api_key)
    try:
        for number, (suite, case, record) in enumerate(due, 1):
            verdicts = await _verdicts(judge, case, record)
            figures = {name: None if verdict.grade is None else verdict.grade / 2 for name, verdict in verdicts.items()}
            run.add_judgement(suite, case.id, record.repetition, figures)
            progress("judging", number, len(due))
    finally:
        await judge.close()


def _gradable(case: Case, record: Record) -> bool:
    if isinstance(case, AnswerCase):
        return case.answerable and record.replies[-1].answered
    return isinstance(case, TutorCase) and case.kind in _GUIDED and record.replies[-1].done is not None


async def _verdicts(judge: Judge, case: Case, record: Record) -> dict[str, Verdict]:
    reply = record.replies[-1]
    if isinstance(case, AnswerCase):
        passages = [record.text_behind([source]) for source in reply.cited]
        asked = "\n".join([*case.before, case.question])
        return {
            name: await judge.answer(criterion, asked, case.answer, passages, without_marks(reply.text))
            for name, criterion in _OF_ANSWERS.items()
        }
    if isinstance(case, TutorCase):
        before = zip(record.said, record.replies, strict=False)
        told = "\n".join(f"Learner: {said}\nTutor: {one.text}" for said, one in list(before)[:-1])
        conversation = f"{told}\nLearner: {record.said[-1]}".strip()
        wanted = {name: of for name, of in _OF_TUTOR.items() if name != "judge_mistake" or case.kind == "mistake"}
        return {name: await judge.tutor(of, conversation, reply.text) for name, of in wanted.items()}
    raise DataProblem(f"nothing is graded in {case.id}")
