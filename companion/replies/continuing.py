"""What goes on from an answer on request: its rest, what its lesson says next, or the same once more."""

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

from companion.conversation import PastTurn, Rest
from companion.event_streams import said
from companion.events import Done, Event, Mode, Source, SourcesFound, TextAdded
from companion.finding.reading_on import next_of_lesson
from companion.heard import Heard
from companion.ledger import Ledger
from companion.portions import asking_for_more, portions_of_quotes
from companion.sentences import cited_in, citing_nothing
from companion.sources import source_of
from companion.understanding.follow_up import wants_only_another
from companion.writing.writer import Writer
from retrieval.live import LiveIndex

# What a turn wanted that may be read on from, and that has a course.
_READ_ON = ("question", "again", "more", "credits")
# And of which nothing is left to tell: 说简单点 after 你好.
_TELLS_NOTHING = ("more", "smalltalk", "feedback", "end", "nothing")


class Continuing:
    """Goes on with what was told."""

    def __init__(self, index: LiveIndex, writer: Writer) -> None:
        self._index = index
        self._writer = writer

    def more(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """更多: the rest of the answer, else what its lesson says next."""
        pending = heard.conversation.pending
        if wants_only_another(heard.message, heard.conversation):
            return self._another(heard)
        return self.rest(pending, heard, ledger) if isinstance(pending, Rest) else self._further(heard, ledger)

    async def rest(self, rest: Rest, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """The next portion of the answer before."""
        first, *left = rest.portions
        yield SourcesFound(rest.sources)
        ledger.cited.update(cited_in(first))
        if left:
            ledger.pending = Rest(tuple(left), rest.sources, rest.ai)
        yield TextAdded(first, ai=rest.ai)
        if left:
            yield TextAdded(f"\n\n{asking_for_more(left[0], heard.audience, heard.say)}")
        label = self._writer.label(ledger.turn_id, heard.say) if rest.ai else None
        yield Done("generated" if rest.ai else "extracted", True, aigc=label)

    async def _further(self, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """更多 when all of an answer was told: what its lesson says next, if anything."""
        turns = heard.conversation.turns
        last = turns[-1] if turns else None
        found = None
        if last and last.passages and last.wish in _READ_ON and last.mode != "catalogue":
            replies = "\n".join(turn.reply for turn in turns)
            found = await asyncio.to_thread(next_of_lesson, self._index.search, last.passages[0], replies)
        if found is None:
            told = next((turn for turn in reversed(turns) if turn.wish not in _TELLS_NOTHING), None)
            answered = told and (told.mode != "catalogue" or told.wish not in ("question", "hint"))
            async for event in said(heard.say.no_more if answered else heard.say.more_of_what):
                yield event
            return
        hit, text = found
        sources = (source_of(hit, 1, text),)
        yield SourcesFound(sources)
        first, *left = portions_of_quotes([text], heard.audience)
        ledger.cited.add(1)
        yield TextAdded(f"{heard.say.lesson_goes_on}\n\n{first}")
        if left:
            ledger.pending = Rest(tuple(left), sources, ai=False)
            yield TextAdded(f"\n\n{asking_for_more(left[0], heard.audience, heard.say)}")
        yield Done("extracted", True)

    async def _another(self, heard: Heard) -> AsyncGenerator[Event, None]:
        """换一个 where no courses were shown and no quiz is on: what there is to go on with from here."""
        last = next(
            (turn for turn in reversed(heard.conversation.turns) if turn.wish not in ("more", "smalltalk")), None
        )
        told = last.passages[:1] if last and last.told else ()
        hits = await asyncio.to_thread(self._index.search.placed, list(told))
        lesson = citing_nothing(hits[0].lesson.title) if hits else ""
        asked = heard.say.another_here.format(lesson=lesson) if lesson else heard.say.another_of_what
        async for event in said(asked):
            yield event

    async def again(self, last: PastTurn | None, heard: Heard, ledger: Ledger) -> AsyncGenerator[Event, None]:
        """再说一遍: the last answer in the same words, with its sources; what waited goes on waiting."""
        if last is None:
            async for event in said(heard.say.nothing_told):
                yield event
            return
        ledger.pending = heard.conversation.pending
        sources = await asyncio.to_thread(self._sources_of, last)
        if sources:
            yield SourcesFound(sources)
        ledger.cited.update({source.n for source in sources} & set(cited_in(last.reply)))
        yield TextAdded(last.reply, ai=last.ai)
        mode = cast("Mode", last.mode if sources or last.mode == "declined" else "catalogue")
        yield Done(mode, last.grounded, aigc=self._writer.label(ledger.turn_id, heard.say) if last.ai else None)

    def _sources_of(self, last: PastTurn) -> tuple[Source, ...]:
        """The sources of a turn that has ended, by their numbers; none of what is in the index no more."""
        hits = {hit.passage.id: hit for hit in self._index.search.placed(list(last.passages))}
        numbered = enumerate(last.passages, 1)
        return tuple(source_of(hits[id_], n, hits[id_].passage.text) for n, id_ in numbered if id_ in hits)
