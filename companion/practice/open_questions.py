"""A model's questions, as far as the lesson bears them out."""

import re

from companion.practice.questions import QuizQuestion, question_id
from companion.sentences import cited_in, without_citations
from companion.writing.material import Material
from course_index.analyze import normalise
from retrieval.asked import states_it

_BLOCK = re.compile(
    r"(?:题目?|问题?|question)\s*\d*\s*[：:](?P<question>.+?)\n+\s*(?:答案?|参考答案|answer)\s*[：:](?P<answer>.+?)"
    r"(?:\n+\s*(?:评分|要点|rubric|grading)\s*[：:](?P<rubric>.+?))?(?=\n\s*(?:\d+[.、]\s*)?(?:题目?|问题?|question)\s*\d*\s*[：:]|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_LONGEST = 160


def open_questions(written: str, material: Material, count: int) -> list[QuizQuestion]:
    """Of what a model wrote, the questions that a passage speaks of and whose answers it supports, as answers to them,
    and that do not give them away.
    """
    kept: list[QuizQuestion] = []
    for block in _BLOCK.finditer(written):
        question, answer = (" ".join(block[name].split()) for name in ("question", "answer"))
        bare = without_citations(answer).strip()
        if not bare or max(len(question), len(bare)) > _LONGEST or normalise(bare).strip("。.") in normalise(question):
            continue
        if not states_it(question, [bare]):
            continue  # how long is answered by no advice
        judge = material.judge.of(question)
        claim = judge.claim(bare)
        cited = [number for number in cited_in(answer) if number in material.grounds]
        for number in [*cited, *(one for one in material.grounds if one not in cited)]:
            ground = material.grounds[number]
            if judge.verdict(claim, [ground]) == "supported" and judge.is_asked_of(ground):
                source = next(source for source in material.sources if source.n == number)
                kept.append(
                    QuizQuestion(
                        id=question_id("open", question),
                        kind="open",
                        prompt=question,
                        answers=(bare,),
                        rubric=" ".join((block["rubric"] or bare).split()),
                        passage_id=source.passage_id,
                        sentence=bare,
                    )
                )
                break
        if len(kept) == count:
            break
    return kept
