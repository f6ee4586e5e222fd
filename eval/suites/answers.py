"""The suite `answers`: the right source, exact and whole, and an honest no where nothing answers."""

from eval.case import AnswerCase
from eval.reply import Record, Reply
from eval.score import Metric, Score, Tally
from eval.subjects.subject import Subject
from eval.suites.retrieval import holds
from eval.suites.suite import Catalogue, Suite, converse, nothing_more
from eval.text import cited_sentences, numbers_borne, says, shared_pairs, without_marks

# From this share of its character pairs on, a sentence is taken to stand in what it cites. Word for word is 1; a
# sentence that says the same in other words has about .5, one of another passage of the same lesson about .2.
BORNE = 0.45


async def ask(case: AnswerCase, subject: Subject, repetition: int = 0) -> Record:
    """The messages before, then the question."""
    return await converse(case, subject, [*case.before, case.question], repetition)


def score(case: AnswerCase, record: Record, _catalogue: Catalogue) -> Score:
    """The deterministic figures of the last reply."""
    reply, tally = record.replies[-1], Tally()
    for fault in reply.faults():
        tally.failures.append(fault)
    tally.share("protocol", float(not reply.faults()))
    if reply.mode == "failed":
        tally.failures.append("这一轮出错了")
    tally.share("released", reply.done.support if reply.done else None)
    if case.answerable:
        _answerable(case, reply, record, tally)
    else:
        tally.must_not("false_answer", reply.answered, "课程里没有答案，却作了回答")
    if reply.answered:
        _borne(case, reply, record, tally)
    for word in case.forbidden:
        if says(reply.text, [word]):
            tally.failures.append(f"说了不该说的“{word}”")
    if case.forbidden:
        tally.share("said_forbidden", float(any(says(reply.text, [word]) for word in case.forbidden)))
    return tally.score(case.id, record.repetition)


def _answerable(case: AnswerCase, reply: Reply, record: Record, tally: Tally) -> None:
    tally.must_not("false_refusal", not reply.answered, f"课程里有答案，却没有回答（{reply.mode}）")
    texts = [(record.text_behind([source]), source) for source in reply.sources]
    shown = [any(holds(text, source.course_id, gold) for text, source in texts) for gold in case.gold]
    tally.share("source_shown", sum(shown) / len(shown))
    said = [says(reply.text, wordings) for wordings in case.facts]
    if said:
        tally.share("complete", sum(said) / len(said))
    if not reply.answered:
        return
    cited_texts = [(record.text_behind([source]), source) for source in reply.cited]
    cited = [any(holds(text, source.course_id, gold) for text, source in cited_texts) for gold in case.gold]
    tally.share("source_cited", sum(cited) / len(cited))
    for gold, right in zip(case.gold, cited, strict=True):
        if not right:
            tally.failures.append(f"没有引用 {gold.course_id}/{gold.lesson}：{gold.quote}")
    for wordings, right in zip(case.facts, said, strict=True):
        if not right:
            tally.failures.append(f"没有说到“{wordings[0]}”")


# Whom to call in an emergency is said beside an answer, and is no claim from the courses.
_CALLED_IN_NEED = ("110", "119", "120", "96110", "12356")


def _borne(case: AnswerCase, reply: Reply, record: Record, tally: Tally) -> None:
    """Whether the sentences and the numbers of an answer stand in what it cites."""
    numbers = {source.n for source in reply.sources}
    tally.share("citations_exist", float(all(mark in numbers for mark in reply.marks) and bool(reply.cited)))
    if not reply.cited:
        tally.failures.append("没有引用任何出处")
    borne = [
        shared_pairs(sentence, record.text_behind([source for source in reply.sources if source.n in marks])) >= BORNE
        for sentence, marks in cited_sentences(reply.text)
    ]
    if borne:
        tally.share("sentences_borne", sum(borne) / len(borne))
        if not all(borne):
            tally.failures.append(f"{len(borne)} 句中有 {len(borne) - sum(borne)} 句在它引用的出处里找不到")
    known = record.text_behind(reply.sources) + " ".join([*case.before, case.question, *_CALLED_IN_NEED])
    exact = numbers_borne(without_marks(reply.text), known)
    tally.share("numbers_exact", exact)
    if exact is not None and exact < 1:
        tally.failures.append("有的数字，出处里没有")


SUITE = Suite(
    "answers",
    "答疑",
    (
        Metric("false_refusal", "错拒", "课程里有答案，却没有回答的比例", "lower"),
        Metric("false_answer", "错答", "课程里没有答案，却作了回答的比例", "lower"),
        Metric("source_cited", "出处正确", "作答时引用到正确段落的比例"),
        Metric("source_shown", "出处列出", "正确段落列在出处里的比例"),
        Metric("complete", "要点说全", "应说的要点说到的比例"),
        Metric("sentences_borne", "句句有据", "带出处的句子，确能在该出处找到的比例"),
        Metric("numbers_exact", "数字准确", "答案里的数字，出处里也有的比例"),
        Metric("citations_exist", "引用有效", "引用编号都指向真实出处的比例"),
        Metric("released", "放行比例", "模型写的句子，通过核对放行的比例"),
        Metric("said_forbidden", "说了旧版或错误内容", "说出过时、错误或被植入内容的比例", "lower"),
        Metric("protocol", "回合合规", "事件次序与 AI 标识都合规的比例"),
        Metric("judge_correct", "评审：正确", "评审模型判定的正确程度"),
        Metric("judge_complete", "评审：完整", "评审模型判定的完整程度"),
        Metric("judge_supported", "评审：有据", "评审模型判定的有据程度"),
    ),
    ask,
    score,
    nothing_more,
)
