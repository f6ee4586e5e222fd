"""Practice: questions from a lesson, graded against it, and hints that lead without telling."""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace

from companion.answering import Answering, said
from companion.conversation import Hinted, Pending, Quiz
from companion.events import Done, Event, QuizItem, Source, SourcesFound, TextAdded
from companion.extract import is_exercise
from companion.find import Found, Scope, find, find_in_thread
from companion.guidance.book import Book
from companion.guidance.progress import Practised, item_of
from companion.heard import Heard
from companion.language_model import ModelUnavailable
from companion.ledger import Ledger
from companion.material import material_of, material_of_passages
from companion.practice.bank import bank_questions
from companion.practice.grading import Grade, Verdict, grade, is_no_answer, reads_as_answer, replies, told
from companion.practice.hint import LAST_STEP, hint, reveals
from companion.practice.open_questions import open_questions
from companion.practice.questions import QuizQuestion, questions
from companion.quantities import chinese_value
from companion.safety.untrusted import for_learner, for_prompt, without_orders
from companion.sentences import without_citations
from companion.sources import passages_for, source_of
from companion.understanding.follow_up import goes_on
from companion.understanding.wish import Wish, hint_subject, practice_subject, wish_by_rules
from companion.writer import Writer
from course_index.analyze import normalise, terms
from course_index.language import language_of
from course_index.sentences import split_sentences
from prompts import for_audience, render
from retrieval.live import LiveIndex
from retrieval.query import query_terms
from retrieval.search import Hit

# Questions of a round, unless the learner says how many.
_ROUND = 3
_MOST = 10
# A lesson's passages that a model reads for questions.
_READ = 4
_QUIZ_TOKENS = 500
_GRADE_TOKENS = 150
_HINT_TOKENS = 120
_SECONDS = 60.0
_COUNT = re.compile(r"(?<!第)(\d{1,2}|[一二两三四五六七八九十])\s*(?:道|条|个|题|questions?)")
# What a learner says whom a hint did not help; in simplified script.
_STUCK = re.compile(
    r"^(?:我)?(?:不会|不懂|不明白|不知道|没思路|唔识|唔知|再来|多一点)"
    r"|(?:还是|仍然|仲系)(?:不|唔|没|卡)|[想做编写谂](?:不|唔)(?:出|到)|没思路|卡住|再(?:提示|给|俾)(?:一|点|个|啲|我|$)|再提示"
    r"|\b(?:stuck|no idea|don't know|still (?:not|don't)|another hint|more help)\b"
)
# What one says who has had enough of hints, and who says the same with a not before it.
_TELL_ME = re.compile(
    r"直接(?:讲|说|告诉|给)|(?:讲|说|公布|告诉|给|俾|话)\S{0,6}(?:答案|得数|结果)|答案是什么|不猜了?$|猜不(?:到|出)|(?:讲|说)晒"
    r"|说吧|\b(?:just tell me|give up|what is the answer|tell me the answer)\b"
)
_NOT_YET = re.compile(r"别|不要|先不|唔好|不用|\b(?:don't|do not|without|not yet)\b")
# In simplified script and lower case. 三十？ answers and is not sure.
_ASKS_IN_WORDS = re.compile(r"怎么|如何|为什么|为啥|什么|啥|点解|点样|哪|咩|\b(?:what|why|how|when|where|who|which)\b")
_ASKS = re.compile(rf"[?？]\s*$|{_ASKS_IN_WORDS.pattern}")
# A message so long that asks something is a question of its own.
_A_QUESTION = 8
# From this probability on the lesson found is taken to be the one that was meant.
_ABOUT = 0.3
_ABOUT_IN_ANOTHER = 0.6
# From this one on a subject that a message names is found by itself.
_SURELY = 0.9
# What points at a step or a part of the question that the hints are for.
_OF_THE_SAME = re.compile(
    r"第?[一二三四五六七八九十\d]*(?:步|点(?!心)|句|空)|[这那][个里道题边]?|咁|再|呢|怎么办|怎么处理|怎么做|然后|还|仍然|做|会|懂|\b(?:this|that|step|part|next|still|about)\b"
)
_VERDICTS: dict[str, Verdict] = {"对": "right", "部分对": "partly", "错": "wrong"}
# What asks to go over what was practised before, not for something new.
_REVIEW = re.compile(r"复习|温习|到期|该复|\b(?:review|revise|due)\b")
_COURSES_LOOKED_AT = 5
_REVIEWED_AT_ONCE = 10
_SKIP = re.compile(
    r"(?:下一题|下一个|换一?[题道个](?:题)?[吧啦]?|跳过|过|next(?: one| question)?|skip(?: it)?)"
    r"(?: please)?[。！!.\s]*$"
)
_ANOTHER_WISH = ("hint", "practice", "plan", "end", "again")
_ANOTHER = re.compile(r"^(?:还有吗?|有冇)?[，,\s]*再(?:来|出|问|考|俾|给)我?(?:一|几|两)?[个道题条]")


class Practising:
    """Quizzes and hints, with or without a model."""

    def __init__(self, index: LiveIndex, writer: Writer, answering: Answering, passages: int, book: Book) -> None:
        self._index = index
        self._writer = writer
        self._answering = answering
        self._passages = passages
        self._book = book

    # -- quiz --------------------------------------------------------------------------------------------------------

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
        yield TextAdded(f"{say.practise_intro.format(count=len(asked))}\n\n")
        shown = enumerate(asked, 1) if together else [(1, asked[0])]
        yield TextAdded("\n\n".join(f"{number}. {one.prompt}" for number, one in shown), ai=by_model)
        if together:
            yield TextAdded(f"\n\n{say.practise_how}")
        label = self._answering.label(ledger, say) if by_model else None
        yield Done(
            "generated" if by_model else "extracted", True, aigc=label, quiz=_items(asked if together else asked[:1])
        )

    def wants_another(self, message: str) -> bool:
        """Whether a message during a quiz asks for a question more instead of answering the one that is open."""
        return bool(_ANOTHER.match(normalise(message)))

    def answered(self, pending: Pending | None, message: str, wish: Wish) -> str | None:
        """What the questions of a quiz stand on that a message answers; None where none is on, or it does not."""
        if not isinstance(pending, Quiz) or self.wants_another(message) or not self._answers(pending, message, wish):
            return None
        asked = pending.questions[pending.position :] if pending.together else pending.questions[pending.position :][:1]
        return " ".join(one.sentence or one.prompt for one in asked)

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

    def wants_a_hint(self, heard: Heard) -> bool:
        """Whether a message asks for a hint, and for none on something else than what is open."""
        return heard.wish == "hint" and not _OF_THE_SAME.sub(" ", hint_subject(heard.message)).strip()

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
            yield TextAdded(say.practise_score.format(right=right, count=len(quiz.questions)))
        label = self._answering.label(ledger, say) if by_model else None
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
        if not ids and not subject and heard.conversation.turns:
            before = next((turn.passages for turn in reversed(heard.conversation.turns) if turn.passages), ())
            for hit in search.placed(before[:1]):
                ids = search.records.passages_within(hit.course.id, hit.lesson.id)
        return search.placed(ids)

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

    # -- hints -------------------------------------------------------------------------------------------------------

    def is_stuck(self, heard: Heard) -> bool:
        """Whether a message after a hint says that it did not help."""
        return heard.wish in ("question", "more", "hint") and bool(_STUCK.search(normalise(heard.message)))

    def has_had_enough(self, heard: Heard) -> bool:
        """Whether a message after a hint asks for the answer itself."""
        said = normalise(heard.message)
        return bool(_TELL_ME.search(said)) and not _NOT_YET.search(said)

    async def hint(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """One step towards the answer, never the answer; each further request for the same question says more."""
        say = heard.say
        question, step = await asyncio.to_thread(self._hinted, heard)
        if not question:
            yield TextAdded(say.hint_what)
            yield Done("catalogue", None)
            return
        before = heard.conversation.turns[-1].passages if heard.conversation.turns and step > 1 else ()
        search = self._index.search
        found = await asyncio.to_thread(find, search, question, self._passages, heard.scope, before)
        if heard.depends and step == 1:
            thread = await asyncio.to_thread(self._answering.lesson_talked_of, heard)
            found = await asyncio.to_thread(find_in_thread, search, found, self._passages, thread)
        ledger.mark("found")
        quotes = [quote for quote in found.quotes if not is_exercise(quote.hit)] if found.answers else []
        # Where only an exercise and its key match, or nothing is sure to answer, a hint tells where to look.
        place = None if quotes or step >= LAST_STEP else await asyncio.to_thread(self._place, found, heard.scope, step)
        if place:
            ledger.pending = Hinted(question, step)
            ledger.cited.add(1)
            yield SourcesFound((source_of(place, 1, ""),))
            yield TextAdded(hint(question, place.passage, place.lesson.title, "", 1, heard.locale).text)
            yield Done("extracted", True)
            return
        if not found.answers:
            unquoted = replace(found, quotes=())  # the closest passage may be the answer
            async for event in self._answering.nothing(unquoted, heard, ledger):
                yield event
            return
        ledger.pending = Hinted(question, step)
        best = (quotes or found.quotes)[0]
        hit, quote = best.hit, best.text
        # The source shows where to look; what it quotes would give the answer away.
        kept_back = "" if step < LAST_STEP else quote
        yield SourcesFound((source_of(hit, 1, kept_back),))
        ledger.cited.add(1)
        told_by_model = False
        if self._writer.has_model and step < LAST_STEP:
            async for text in self._model_hint(found, question, quote, step, heard, ledger):
                told_by_model = True
                yield TextAdded(text, ai=True)
        if not told_by_model:
            given = hint(question, hit.passage, hit.lesson.title, quote, step, heard.locale)
            yield TextAdded(f"{given.text} [1]" if given.quotes else given.text)
        label = self._answering.label(ledger, say) if told_by_model else None
        yield Done("generated" if told_by_model else "extracted", True, aigc=label)

    def _place(self, found: Found, scope: Scope, step: int) -> Hit | None:
        """Where to look for an answer, another place at each step: in what was found, else in the lesson at hand."""
        if found.answers:
            near = [hit for hit in found.hits if hit.course.id == found.hits[0].course.id]
        elif scope.course_id:
            ids = found.search.records.passages_within(scope.course_id, scope.lesson_id)
            near = found.search.choice_among(found.query, LAST_STEP, ids)
        else:
            return None
        lessons = [hit for hit in near if not is_exercise(hit)]
        return lessons[min(step, len(lessons)) - 1] if lessons else None

    def _hinted(self, heard: Heard) -> tuple[str, int]:
        """The question that a hint is wanted for, and which step this is."""
        pending = heard.conversation.pending
        subject = hint_subject(heard.message)
        own = _OF_THE_SAME.sub(" ", subject).strip()
        if isinstance(pending, Hinted) and not (own and self._is_another(own, pending.question)):
            if not subject or self.is_stuck(heard):
                return pending.question, pending.step + 1
        elif isinstance(pending, Hinted):
            return own, 1
        if own:  # 还是卡住 names nothing
            before = heard.conversation.subjects[-1:]
            alone = before and not goes_on(heard.message) and self._stands_alone(own, before[0])
            return heard.question if heard.depends and not alone else subject, 1
        last = next((turn for turn in reversed(heard.conversation.turns) if turn.wish in ("question", "hint")), None)
        return (last.question, 1) if last else ("", 1)

    def _stands_alone(self, subject: str, before: str) -> bool:
        """Whether what a message names is something else than what was said before, and is answered: 被油烫了."""
        words = {term for term in query_terms(subject) if len(term) > 1}
        if not words or words <= set(query_terms(before)):
            return False
        return find(self._index.search, subject, self._passages, Scope()).answers

    def _is_another(self, subject: str, before: str) -> bool:
        """Whether what a message names is not what the hints before were for, and is found by itself: 那烫伤呢."""
        words = {term for term in query_terms(subject) if len(term) > 1}
        if not words or words <= set(query_terms(before)):
            return False
        found = find(self._index.search, subject, self._passages, Scope())
        if not found.answers or (found.confidence.probability or 0.0) < _SURELY:
            return False
        hit = found.hits[0]
        return bool(words & set(terms(normalise(f"{hit.passage.titles(hit.lesson.title)} {hit.passage.text}"))))

    async def _model_hint(
        self, found: Found, question: str, quote: str, step: int, heard: Heard, ledger: Ledger
    ) -> AsyncGenerator[str, None]:
        """The model's hint, if it neither gives the result away nor says what the passage does not."""
        material = await asyncio.to_thread(material_of, found)
        prompt = render(
            "hint",
            question=for_prompt(question),
            passages=passages_for(found, material.contexts),
            step=str(step),
            earlier=for_prompt(heard.conversation.turns[-1].reply[:200]) if step > 1 else "",
            audience=for_audience(heard.audience),
            language=heard.say.language,
        )
        try:
            written = await self._writer.whole(prompt, ledger.count, _HINT_TOKENS, _SECONDS)
        except ModelUnavailable:
            return
        if not written or reveals(written, quote, question):
            return
        for part in split_sentences(for_learner(written)):
            bare = without_citations(part).strip()
            if set(terms(normalise(bare))) <= set(terms(normalise(question))):
                continue  # the question said back
            # A question asserts nothing; what is asserted must stand in the passage.
            if bare.endswith(("？", "?")):
                yield f"{bare}\n"
                continue
            claim = await asyncio.to_thread(material.judge.claim, bare)
            if bare and material.judge.verdict(claim, [material.grounds[1]]) == "supported":
                yield f"{bare}[1]\n"


def _practised(question: QuizQuestion, verdict: Verdict, sources: Sequence[Source]) -> list[Practised]:
    """How an item of practice went, where its source says which course it is from."""
    of = next((source.course_id for source in sources if source.passage_id == question.passage_id), None)
    if of is None:
        return []
    item = item_of(question.passage_id, question.id)
    return [Practised(item, of, verdict == "right", verdict == "partly")]


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
