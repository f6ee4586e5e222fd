"""What a message was understood to be."""

from dataclasses import dataclass
from typing import Literal

from companion.conversation import Conversation
from companion.finding.find import Scope
from companion.understanding.wholly import Kind
from companion.understanding.wish import Wish
from companion.words import Locale, Words

Style = Literal["answer", "hint", "quiz", "plan"]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a learner sends. `locale` is the interface's; the message's own language goes before it.

    `course_id` and `lesson_id` say where the learner is: what stands there is looked at first. Conversations are kept
    under `learner`, a pseudonym, which is empty where nobody has to say who they are. A door whose callers bring the
    conversation along passes it as `said`, (message, reply) the oldest first: then nothing is remembered. A door that
    knows what is wanted says so by `wish`.
    """

    message: str
    conversation_id: str | None = None
    locale: str | None = None
    audience: str | None = None
    style: Style = "answer"
    course_id: str | None = None
    lesson_id: str | None = None
    learner: str = ""
    said: tuple[tuple[str, str], ...] | None = None
    wish: Wish | None = None
    personalised: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """A learner's message, masked, with what it wants and the question that it puts when it stands alone.

    `style` is how the page wants questions taken; `depends` tells that it leans on the turns before, `answers_quiz`
    that it answers the quiz that is on, `enquiry` what of an office or of the machine it asks, `named` the courses that
    it names, `facts` what of their records it asks for and nothing else, `other_than` the titles of courses than which
    it wants others. Of what may be an emergency (`urgent`) courses are quoted and no model writes, since a weak one
    left out for whom resuscitation is. Where it is not `personalised`, advice is what anybody gets who says the same.
    """

    message: str
    question: str
    wish: Wish
    style: Style
    depends: bool
    locale: Locale
    say: Words
    audience: str | None
    scope: Scope
    conversation: Conversation
    personalised: bool = True
    answers_quiz: bool = False
    enquiry: Kind | None = None
    other_than: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    urgent: bool = False
