"""Quizzes: questions from a lesson, graded against it."""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from companion.conversation import Pending, Quiz, Shown
from companion.event_streams import said
from companion.events import Done, Event, QuizItem, Source, SourcesFound, TextAdded
from companion.finding.find import find
from companion.guidance.book import Book
from companion.guidance.progress import Practised, item_of
from companion.heard import Heard
from companion.ledger import Ledger
from companion.patterns import Patterns
from companion.portions import quoted
from companion.practice.bank import bank_questions
from companion.practice.grading import Grade, Verdict, grade, is_no_answer, reads_as_answer, replies, told
from companion.practice.hint import hint
from companion.practice.open_questions import open_questions
from companion.practice.questions import QuizQuestion, questions
from companion.quantities import chinese_value
from companion.replies.answering import Answering
from companion.safety.untrusted import for_prompt, without_orders
from companion.sentences import citing_nothing
from companion.sources import passages_for, source_of
from companion.understanding.wish import Wish, practice_subject, wish_by_rules
from companion.writing.language_model import ModelUnavailable
from companion.writing.material import material_of_passages
from companion.writing.writer import Writer
from course_index.analyze import normalise
from course_index.language import language_of
from prompts import for_audience, render
from retrieval.live import LiveIndex
from retrieval.search import Hit

# Questions of a round, unless the learner says how many.
_ROUND = 3
_MOST = 10
# A lesson's passages that a model reads for questions.
_READ = 4
_QUIZ_TOKENS = 500
_GRADE_TOKENS = 150
_SECONDS = 60.0
_COUNT = re.compile(r"(?<!第)(\d{1,2}|[一二两三四五六七八九十])\s*(?:道|条|个|题|questions?)")
# In simplified script and lower case. 三十？ answers and is not sure.
_ASKS_IN_WORDS = re.compile(r"怎么|如何|为什么|为啥|什么|啥|点解|点样|哪|咩|\b(?:what|why|how|when|where|who|which)\b")
_ASKS = re.compile(rf"[?？]\s*$|{_ASKS_IN_WORDS.pattern}")
# A message so long that asks something is a question of its own.
_A_QUESTION = 8
# A longer message says something else than that the questions are too easy.
_A_WORD_ON_THE_LEVEL = 12
# From this probability on the lesson found is taken to be the one that was meant.
_ABOUT = 0.3
_ABOUT_IN_ANOTHER = 0.6
_VERDICTS: dict[str, Verdict] = {"对": "right", "部分对": "partly", "错": "wrong"}
# What asks to go over what was practised before, not for something new.
_REVIEW = re.compile(r"复习|温习|到期|该复|\b(?:review|revise|due)\b")
_COURSES_LOOKED_AT = 5
_REVIEWED_AT_ONCE = 10
_SKIP = re.compile(
    r"(?:下一题|下一个|换一?[题道个](?:题)?[吧啦]?|跳过|过|next(?: one| question)?|skip(?: it)?)"
    r"(?: please)?[。！!.\s]*$"
)
_SAYS = Patterns(Path(__file__).with_name("practising.toml"))
_ANOTHER_WISH = ("hint", "practice", "plan", "end", "again")
_ANOTHER = re.compile(r"^(?:还有吗?|有冇)?[，,\s]*再(?:来|出|问|考|俾|给)我?(?:一|几|两)?[个道题条]")


class Practising:
    """Quizzes, with or without a model."""

    def __init__(self, index: LiveIndex, writer: Writer, answering: Answering, passages: int, book: Book) -> None:
        self._index = index
        self._writer = writer
        self._answering = answering
        self._passages = passages
        self._book = book

    async def quiz(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """Questions from the lesson at hand, the subject named, or what the conversation was about."""
        say = heard.say
        hits = await asyncio.to_thread(self._lesson, heard)
        # Who plainly wants to be quizzed asks for no answer.
        plain = wish_by_rules(heard.message) == "practice"
        if not hits:
            nothing = said(say.practise_what)
            async for event in nothing if plain else self._answering.unless_answered(heard, ledger, nothing):
                yield event
            return
        wanted = _count(heard.message)
        asked, by_model = await self._questions(hits, wanted or _ROUND, heard, ledger)
        if not asked:
            nothing = said(say.practise_nothing)
            async for event in nothing if plain else self._answering.unless_answered(heard, ledger, nothing):
                yield event
            return
        sources = _sources_of(asked, hits)
        together = wanted is not None and wanted > 1
        ledger.pending = Quiz(tuple(asked), sources, together)
        ledger.cited.update(source.n for source in sources)
        yield SourcesFound(sources)
        intro = say.practise_intro.format(count=len(asked))
        if (heard.locale == "en") != (language_of(asked[0].prompt) == "en"):
            intro = f"{say.practise_language}{intro}"
        if heard.conversation.pending_quiz and _SAYS["other_level"].search(normalise(heard.message)):
            intro = f"{say.practise_no_levels}{intro}"
        yield TextAdded(f"{intro}\n\n")
        shown = enumerate(asked, 1) if together else [(1, asked[0])]
        yield TextAdded("\n\n".join(f"{number}. {one.prompt}" for number, one in shown), ai=by_model)
        if together:
            yield TextAdded(f"\n\n{say.practise_how}")
        label = self._writer.label(ledger.turn_id, say) if by_model else None
        yield Done(
            "generated" if by_model else "extracted", True, aigc=label, quiz=_items(asked if together else asked[:1])
        )

    def wants_another(self, message: str) -> bool:
        """Whether a message during a quiz asks for a question more, or a harder or easier one, and answers none."""
        said = normalise(message).strip()
        other_level = _SAYS["other_level"].search(said) and len(said) <= _A_WORD_ON_THE_LEVEL
        return bool(_ANOTHER.match(said) or (other_level and not is_no_answer(message)))

    def answered(self, pending: Pending | None, message: str, wish: Wish) -> str | None:
        """What the questions of a quiz stand on that a message answers; None where none is on, or it does not."""
        if not isinstance(pending, Quiz) or pending.is_over or self.wants_another(message):
            return None
        if self.asks_why(pending, message) or self.wants_it_again(pending, message):
            return None
        if not self._answers(pending, message, wish) or self.says_neither(pending, message):
            return None
        asked = pending.questions[pending.position :] if pending.together else pending.questions[pending.position :][:1]
        return " ".join(one.sentence or one.prompt for one in asked)

    def asks_why(self, quiz: Quiz, message: str) -> bool:
        """Whether a message asks why what was answered is right or wrong."""
        return quiz.position > 0 and bool(_SAYS["why"].search(normalise(message).strip()))

    def wants_it_again(self, quiz: Quiz, message: str) -> bool:
        """Whether the question that is open is to be put once more: who asks to go on, or why before any was answered,
        or who answers in another form.
        """
        said = normalise(message).strip()
        again = _SAYS["go_on"].search(said) or _SAYS["why"].search(said)
        return not quiz.is_over and bool(again or self.misses_the_form(quiz, message))

    def misses_the_point(self, quiz: Quiz, message: str, wish: Wish) -> bool:
        """Whether a message would answer the open question, which wants true or false, and says neither."""
        return not quiz.is_over and self._answers(quiz, message, wish) and self.says_neither(quiz, message)

    def says_neither(self, quiz: Quiz, message: str) -> bool:
        """Whether what answers the one open question says neither true nor false, as that has to be."""
        question = quiz.questions[quiz.position]
        judged = question.kind != "true_false" or quiz.together or is_no_answer(message)
        return not judged and not reads_as_answer(question, message)

    def misses_the_form(self, quiz: Quiz, message: str) -> bool:
        """Whether a message is a letter where nothing is to be chosen, or judges where something is to be filled in."""
        if quiz.is_over or quiz.together or quiz.questions[quiz.position].options:
            return False
        said, kind = normalise(message).strip(), quiz.questions[quiz.position].kind
        judges = kind == "fill_in" and bool(_SAYS["a_judgement"].search(said))
        return kind != "open" and (judges or bool(_SAYS["a_letter"].search(said)))

    async def reason(self, quiz: Quiz, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """What the lesson says around the sentence that the last answer was graded by, then the open question again."""
        question = quiz.questions[quiz.position - 1]
        ledger.pending = replace(quiz, aside=0)
        placed = await asyncio.to_thread(self._index.search.placed, [question.passage_id])
        if placed:
            (hit,) = placed
            ledger.cited.add(1)
            yield SourcesFound((source_of(hit, 1, question.sentence or hit.passage.text),))
            lesson = citing_nothing(hit.lesson.title)
            yield TextAdded(f"{heard.say.practise_why.format(lesson=lesson)}\n\n{quoted(hit.passage.text, 1)}")
        else:
            yield TextAdded(told("unknown", question, heard.locale).reason)
        if not quiz.is_over:
            yield TextAdded(f"\n\n{_numbered(quiz)}")
        yield Done("extracted" if placed else "catalogue", True if placed else None, quiz=open_items(quiz))

    async def once_more(self, quiz: Quiz, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The open question again, with the form that its answer has for who answered in another."""
        ledger.pending = replace(quiz, aside=0)
        ledger.cited.update(source.n for source in quiz.sources)
        yield SourcesFound(quiz.sources)
        said = normalise(heard.message).strip()
        if not any(_SAYS[wish].search(said) for wish in ("go_on", "why")):
            judges = quiz.questions[quiz.position].kind == "true_false"
            yield TextAdded(f"{heard.say.practise_judge if judges else heard.say.practise_write}\n\n")
        yield TextAdded(_numbered(quiz), ai=quiz.questions[quiz.position].kind == "open")
        yield Done("extracted", True, quiz=open_items(quiz))

    def _answers(self, quiz: Quiz, message: str, wish: Wish) -> bool:
        """Whether a message answers a quiz that is on, and is no question or wish of its own. Where something else was
        talked of since, only what is of the form asked for does.
        """
        said = normalise(message).strip()
        if _SKIP.match(said):
            return True
        if is_no_answer(message) and wish != "nothing" and wish_by_rules(message) not in _ANOTHER_WISH:
            return not quiz.aside  # 这题太难了 looks like a wish for others
        if wish not in ("question", "more", "nothing", "feedback", "smalltalk"):
            return False
        readable = reads_as_answer(quiz.questions[quiz.position], message)  # 错了 is praise or complaint at other times
        if len(said) >= _A_QUESTION:
            own_words = wish in ("question", "more") and (quiz.together or not quiz.aside)
            return (readable or own_words) and not _ASKS.search(said)
        if readable or quiz.aside or wish == "nothing":
            return readable
        return wish_by_rules(message) not in ("feedback", "smalltalk") and not _ASKS_IN_WORDS.search(said)

    async def hint_in_quiz(self, quiz: Quiz, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """Where the lesson has what the open question asks; the question goes on waiting."""
        question = quiz.questions[quiz.position]
        ledger.pending = replace(quiz, aside=0)
        placed = await asyncio.to_thread(self._index.search.placed, [question.passage_id])
        if not placed:
            yield TextAdded(heard.say.hint_what)
            yield Done("catalogue", None)
            return
        (hit,) = placed
        ledger.cited.add(1)
        yield SourcesFound((source_of(hit, 1, ""),))
        yield TextAdded(hint(question.prompt, hit.passage, hit.lesson.title, "", 1, heard.locale).text)
        yield Done("extracted", True, quiz=_items([question], quiz.position + 1))

    async def grades(self, quiz: Quiz, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The verdicts on what was answered, each with its reason and the sentence it stands on; then the next one."""
        say = heard.say
        open_ones = quiz.questions[quiz.position :] if quiz.together else quiz.questions[quiz.position :][:1]
        given = replies(heard.message, len(open_ones), quiz.position + 1)
        yield SourcesFound(quiz.sources)
        right, by_model = quiz.right, False
        for number, (question, reply) in enumerate(zip(open_ones, given, strict=False), quiz.position + 1):
            result = grade(question, reply, heard.locale)
            if question.kind == "open" and self._writer.has_model and not is_no_answer(reply):
                judged = await self._model_grade(question, reply, heard, ledger)
                result, by_model = judged or result, by_model or judged is not None
            right += result.verdict == "right"
            ledger.practised += _practised(question, result.verdict, quiz.sources)
            n = next((source.n for source in quiz.sources if source.passage_id == question.passage_id), None)
            ledger.cited.update(() if n is None else (n,))
            mark = "" if n is None else f" [{n}]"
            yield TextAdded(f"{number}. {result.reason}{mark}\n\n", ai=question.kind == "open" and by_model)
        position = quiz.position + len(given)
        following: Sequence[QuizQuestion] = ()
        if position < len(quiz.questions):
            ledger.pending = replace(quiz, position=position, right=right, aside=0)
            following = quiz.questions[position:] if quiz.together else quiz.questions[position : position + 1]
            yield TextAdded(
                "\n\n".join(f"{number}. {one.prompt}" for number, one in enumerate(following, position + 1)),
                ai=following[0].kind == "open",
            )
            by_model = by_model or following[0].kind == "open"
        else:
            ledger.pending = replace(quiz, position=len(quiz.questions), right=right, aside=0)
            yield TextAdded(say.practise_score.format(right=right, count=len(quiz.questions)))
        label = self._writer.label(ledger.turn_id, say) if by_model else None
        quiz_on = _items(following, position + 1)
        yield Done("generated" if by_model else "extracted", True, aigc=label, quiz=quiz_on)

    async def _questions(
        self, hits: Sequence[Hit], count: int, heard: Heard, ledger: Ledger
    ) -> tuple[list[QuizQuestion], bool]:
        """The model's questions whose answers stand in the lesson, filled up with such as are made of its sentences."""
        passages = [hit.passage for hit in hits]
        seed = zlib.crc32(heard.conversation.id.encode()) + heard.conversation.count
        # What the provider itself asks comes first: nobody has to check it.
        bank = await asyncio.to_thread(self._bank, hits, count, seed)
        count -= len(bank)
        written: list[QuizQuestion] = []
        if self._writer.has_model and count:
            material = await asyncio.to_thread(material_of_passages, self._index.search, heard.question, hits[:_READ])
            prompt = render(
                "quiz",
                count=str(count),
                passages=passages_for(material.found, material.contexts),
                language=heard.say.language,
                audience=for_audience(heard.audience),
            )
            with suppress(ModelUnavailable):
                text = await self._writer.whole(prompt, ledger.count, _QUIZ_TOKENS, _SECONDS)
                written = await asyncio.to_thread(open_questions, text, material, count)
        made = questions(passages, count, seed=seed)
        return [*bank, *[*written, *made][:count]], bool(written)

    def _bank(self, hits: Sequence[Hit], count: int, seed: int) -> list[QuizQuestion]:
        """Questions of the provider's bank, of the lesson at hand, or of the whole course where that is at hand."""
        records = self._index.search.records
        lessons = list(dict.fromkeys(hit.lesson.id for hit in hits))
        if len(lessons) > 1:
            courses = dict.fromkeys(hit.course.id for hit in hits)
            lessons = [lesson.id for course in courses for lesson in records.lessons(course)]
        first = {hit.lesson.id: hit.passage.id for hit in reversed(hits)}
        return bank_questions(records.practice_questions(lessons), first, count, seed)

    async def _model_grade(self, question: QuizQuestion, reply: str, heard: Heard, ledger: Ledger) -> Grade | None:
        """The model's verdict, where it gives one in the form asked for; the reason is the course's own sentence."""
        if question.options:
            return None  # letters are counted, not judged
        passage = (await asyncio.to_thread(self._index.search.records.passages, [question.passage_id])).get(
            question.passage_id
        )
        if passage is None:
            return None
        prompt = render(
            "grade",
            passage=for_prompt(without_orders(passage.text)),
            question=question.prompt,
            answer=question.answers[0],
            rubric=question.rubric,
            reply=for_prompt(reply),
            language=heard.say.language,
        )
        try:
            text = await self._writer.whole(prompt, ledger.count, _GRADE_TOKENS, _SECONDS)
        except ModelUnavailable:
            return None
        verdict = _VERDICTS.get(re.sub(r"[\W\d_]", "", text.splitlines()[0]) if text else "")
        if verdict is None:
            return None
        return told(verdict, question, heard.locale)

    def _lesson(self, heard: Heard) -> list[Hit]:
        """Passages to practise on: of the lesson or course at hand, of the subject named, of the turn before."""
        search = self._index.search
        ids: list[str] = []
        if heard.scope.course_id:
            ids = search.records.passages_within(heard.scope.course_id, heard.scope.lesson_id)
        subject = practice_subject(heard.message)
        if not ids and subject:
            ids = self._on(subject, heard)
        if not ids and not subject and _REVIEW.search(normalise(heard.message)):
            due = self._book.due(heard.conversation.owner)
            if due:
                return search.placed(due[:_REVIEWED_AT_ONCE])
        if (
            not ids
            and not subject
            and isinstance(shown := heard.conversation.pending, Shown)
            and len(shown.titles) == 1
        ):
            ids = self._of_the_course(shown.titles[0])
        if not ids and not subject and heard.conversation.turns:
            before = next((turn.passages for turn in reversed(heard.conversation.turns) if turn.passages), ())
            for hit in search.placed(before[:1]):
                ids = search.records.passages_within(hit.course.id, hit.lesson.id)
        return search.placed(ids)

    def _of_the_course(self, title: str) -> list[str]:
        """Ids of the passages of the one course that was shown."""
        search = self._index.search
        hits = search.nearest_courses(search.query(title), _COURSES_LOOKED_AT)
        course = next((hit.course for hit in hits if hit.course.title == title), None)
        return search.records.passages_within(course.id) if course else []

    def _on(self, subject: str, heard: Heard) -> list[str]:
        """Ids of the passages on a subject: of the course whose title has it, of the lesson that is found, or of the
        course that is surely meant. 急救 says little to passages, and names a course.
        """
        search = self._index.search
        sure = [hit.course for hit in search.nearest_courses(search.query(subject), _COURSES_LOOKED_AT) if hit.certain]
        titled = next((course for course in sure if normalise(subject) in normalise(course.title)), None)
        if titled and (of_course := search.records.passages_within(titled.id)):
            return of_course
        found = find(search, subject, self._passages, heard.scope)
        elsewhere = bool(found.hits) and found.hits[0].course.id not in {course.id for course in sure}
        if sure and elsewhere and (of_course := search.records.passages_within(sure[0].id)):
            return of_course
        # A few words in another language are near to anything: then only what surely answers is on them.
        other_language = found.hits and language_of(subject) != found.hits[0].passage.language.split("-")[0]
        enough = _ABOUT_IN_ANOTHER if other_language else _ABOUT
        if found.hits and ((found.answers and not other_language) or (found.confidence.on_subject or 1.0) >= enough):
            return search.records.passages_within(found.hits[0].course.id, found.hits[0].lesson.id)
        return search.records.passages_within(sure[0].id) if sure else []


def _practised(question: QuizQuestion, verdict: Verdict, sources: Sequence[Source]) -> list[Practised]:
    """How an item of practice went, where its source says which course it is from."""
    of = next((source.course_id for source in sources if source.passage_id == question.passage_id), None)
    if of is None:
        return []
    item = item_of(question.passage_id, question.id)
    return [Practised(item, of, verdict == "right", verdict == "partly")]


def _numbered(quiz: Quiz) -> str:
    """The questions that are open, with their numbers."""
    asked = quiz.questions[quiz.position :] if quiz.together else quiz.questions[quiz.position : quiz.position + 1]
    return "\n\n".join(f"{number}. {one.prompt}" for number, one in enumerate(asked, quiz.position + 1))


def open_items(quiz: Quiz) -> tuple[QuizItem, ...]:
    """The questions that wait for an answer, for a page that draws them."""
    asked = quiz.questions[quiz.position :] if quiz.together else quiz.questions[quiz.position : quiz.position + 1]
    return _items(asked, quiz.position + 1)


def _items(asked: Sequence[QuizQuestion], first: int = 1) -> tuple[QuizItem, ...]:
    return tuple(QuizItem(number, one.kind, one.prompt, one.options) for number, one in enumerate(asked, first))


def _count(message: str) -> int | None:
    found = _COUNT.search(normalise(message))
    if not found:
        return None
    number = int(found[1]) if found[1].isdigit() else chinese_value(found[1])
    return min(max(number, 1), _MOST)


def _sources_of(asked: Sequence[QuizQuestion], hits: Sequence[Hit]) -> tuple[Source, ...]:
    """The passages that the questions are from, without quoting them: that would tell the answers."""
    placed = {hit.passage.id: hit for hit in hits}
    ids = list(dict.fromkeys(one.passage_id for one in asked if one.passage_id in placed))
    return tuple(source_of(placed[id_], number, "") for number, id_ in enumerate(ids, 1))
