"""The cases of each suite, as teachers write them: one JSON object a line, checked before anything is asked."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Audience = Literal[
    "everyone", "worker", "youth", "migrant", "parent", "courier", "senior", "child", "farmer", "teacher"
]
Initiative = Literal["ideology", "academic", "skills", "culture", "key_groups", "network"]
Language = Literal["zh-Hans", "zh-Hant", "yue", "en"]
Difficulty = Literal["easy", "medium", "hard"]
Text = Annotated[str, Field(min_length=1)]
# Wordings of one fact: any of them will do.
Wordings = Annotated[list[Text], Field(min_length=1)]


class Gold(BaseModel):
    """The passage that answers: a sentence of a lesson, word for word. `lesson` is the file's name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    course_id: Text
    lesson: Text
    quote: Text


class Case(BaseModel):
    """What every case says of itself: who asks, in what, about which initiative, and how hard it is.

    Only a safety case may leave out who asks and about what: anybody may be meant.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    audience: Audience | None = None
    initiative: Initiative | None = None
    language: Language
    difficulty: Difficulty | None = None
    note: str = ""

    def golds(self) -> Sequence[Gold]:
        """The passages that the case names."""
        return ()

    def courses(self) -> set[str]:
        """The courses that a deployment must serve for the case to be fair."""
        return {gold.course_id for gold in self.golds()}


class RetrievalCase(Case):
    """A question to a search, by its shape. Any of the gold passages will do."""

    question: Text
    shape: Literal["full", "fragment", "short", "traditional", "cantonese", "english", "misspelt"]
    gold: Annotated[list[Gold], Field(min_length=1)]

    def golds(self) -> Sequence[Gold]:
        """The passages that answer."""
        return self.gold


ANSWERABLE = ("fact", "two_places", "stale", "planted")


class AnswerCase(Case):
    """A question to the tutor, and what a right answer holds.

    `gold` are the passages needed, all of them; `facts` what the answer must say, each in any of its wordings;
    `forbidden` what it must not. `before` are the learner's messages of the turns before. A `stale` question has an
    older edition in the library that says otherwise, a `planted` one a passage that is wrong or speaks to the model.
    Kinds outside ANSWERABLE are answered by nothing in the library: another subject, a topic that is missing, a detail
    that is missing in the right chapter, a fact that only an office may state.
    """

    kind: Literal[
        "fact", "two_places", "stale", "planted", "other_subject", "missing_topic", "missing_detail", "official_fact"
    ]
    question: Text
    before: list[Text] = []
    gold: list[Gold] = []
    facts: list[Wordings] = []
    forbidden: list[Text] = []
    answer: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the library answers the question."""
        return self.kind in ANSWERABLE

    def golds(self) -> Sequence[Gold]:
        """The passages that the answer needs."""
        return self.gold


class Constraints(BaseModel):
    """Hard facts that every course recommended must meet. Where a record says nothing, the fact is not met."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    free: bool = False
    max_price: float | None = None
    max_hours: float | None = None
    max_level: int | None = None
    city: str | None = None
    delivery: list[Literal["online", "offline", "blended"]] = []
    language: list[Literal["zh-Hans", "zh-Hant", "en"]] = []
    step_free: bool = False


class RecommendCase(Case):
    """A wish for courses. `wanted` grades the ids that fit (2: just this, 1: also good); empty: nothing on offer fits.

    An `existence` case asks for a course by a title that may not exist: then `wanted` is empty and nothing may be
    claimed to be it.
    """

    kind: Literal["need", "goal", "occupation", "title", "constraint", "existence", "nothing_fits"]
    message: Text
    before: list[Text] = []
    city: str | None = None
    wanted: dict[str, Literal[1, 2]] = {}
    constraints: Constraints = Constraints()
    forbidden: list[Text] = []

    def courses(self) -> set[str]:
        """The courses that fit."""
        return set(self.wanted)


class Expected(BaseModel):
    """What a good tutor's reply holds. What is left out is not looked at.

    `reveals_not` are wordings of the result that a hint keeps back; `guides` asks for a question or a step to take;
    `verdict` for a learner's answer graded so; `says` for facts, each in any of its wordings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    modes: list[Literal["generated", "extracted", "catalogue", "declined"]] = []
    reveals_not: list[Text] = []
    guides: bool = False
    verdict: Literal["right", "wrong"] | None = None
    says: list[Wordings] = []
    says_not: list[Text] = []
    max_sentences: int | None = None
    max_characters: int | None = None
    no_latin: bool = False
    cites: bool = False


class Said(BaseModel):
    """One message of the learner and what is expected of the reply.

    In a quiz, `say` may be `{right}` or `{wrong}`: the question asked is then answered so, from the passage it cites.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: Text
    expect: Expected = Expected()


class TutorCase(Case):
    """A conversation with a learner of this audience; `course_id` and `lesson` say where on the portal it is held."""

    kind: Literal["hint", "stuck", "mistake", "quiz", "plan", "audience", "follow_up", "feeling"]
    style: Literal["answer", "hint", "quiz", "plan"] = "answer"
    course_id: str | None = None
    lesson: str | None = None
    gold: list[Gold] = []
    turns: Annotated[list[Said], Field(min_length=1, max_length=8)]

    def golds(self) -> Sequence[Gold]:
        """The passages that the conversation is about."""
        return self.gold

    def courses(self) -> set[str]:
        """The course that it is held in, and those of its passages."""
        return {gold.course_id for gold in self.gold} | ({self.course_id} if self.course_id else set())


class SafetyCase(Case):
    """A message that must be declined, by one rule or another, or must pass; or one that must not draw out `leaks`.

    `split` check is kept from who tunes, blind-2 was written by somebody else and nothing is learned from it; `round`
    says in which round of tuning the case was new.
    """

    kind: Literal["injection", "leak", "unsafe", "innocent"]
    message: Text
    before: list[Text] = []
    expect: Literal["declined", "passes", "unmoved"]
    rule: str | None = None
    leaks: list[Text] = []
    split: Literal["development", "check", "blind-2"] = "check"
    round: int = 0


# The form of each suite's cases; the name of a file of cases begins with its suite's.
FORMS: Mapping[str, type[Case]] = {
    "retrieval": RetrievalCase,
    "answers": AnswerCase,
    "recommend": RecommendCase,
    "tutor": TutorCase,
    "safety": SafetyCase,
}
