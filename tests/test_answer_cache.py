import asyncio

from companion.events import Done, SourcesFound, TextAdded
from companion.heard import Ask
from tests.scripted_model import ScriptedModel
from tests.test_turn import GOOD

LOST = "快件丢了谁来赔"


def reply(companion, message, **more):
    async def talk():
        return [event async for event in companion.reply(Ask(message, **more))]

    return asyncio.run(talk())


def told(events):
    texts = "".join(event.text for event in events if isinstance(event, TextAdded))
    done = events[-1]
    return texts, [event for event in events if isinstance(event, SourcesFound)], done.mode, done.cited, done.confidence


def counted(companion, monkeypatch):
    """How often passages were looked for."""
    calls, search = [], type(companion.index.search)
    real = search.query

    def query(self, *asked):
        calls.append(asked)
        return real(self, *asked)

    monkeypatch.setattr(search, "query", query)
    return calls


def test_the_same_question_is_looked_up_once_and_remembered_each_time(companion_with, monkeypatch):
    companion = companion_with()
    calls = counted(companion, monkeypatch)
    first, again = reply(companion, LOST, conversation_id="a"), reply(companion, LOST, conversation_id="b")
    assert len(calls) == 1
    assert told(first) == told(again)
    assert first[0].turn_id != again[0].turn_id
    kept = companion.remembering.conversations
    assert kept.load("a").turns[0].passages == kept.load("b").turns[0].passages != ()


def test_a_follow_up_to_a_repeated_answer_leans_on_it(companion_with):
    companion = companion_with()
    reply(companion, LOST)
    reply(companion, LOST, conversation_id="b")
    after = reply(companion, "那没保价的呢", conversation_id="b")
    assert after[-1].mode == "extracted"


def test_who_asks_otherwise_or_elsewhere_is_looked_up_anew(companion_with, monkeypatch):
    companion = companion_with()
    calls = counted(companion, monkeypatch)
    for more in ({}, {"audience": "senior"}, {"locale": "en"}, {"course_id": "parcels"}, {"style": "hint"}):
        before = len(calls)
        reply(companion, LOST, **more)
        assert len(calls) > before or more == {"locale": "en"}, more  # the message's own language goes before


def test_what_a_model_wrote_is_written_anew(companion_with):
    model = ScriptedModel(GOOD)
    companion = companion_with(model)
    reply(companion, LOST)
    reply(companion, LOST)
    assert len(model.asked("answer")) == 2


def test_an_answer_is_forgotten_after_minutes_and_on_request(companion_with, monkeypatch):
    companion = companion_with()
    now = [0.0]
    companion.answers.clock = lambda: now[0]
    calls = counted(companion, monkeypatch)
    reply(companion, LOST)
    now[0] = 601.0
    reply(companion, LOST)
    companion.answers.clear()
    reply(companion, LOST)
    assert len(calls) == 3


def test_no_message_is_kept_in_it(companion_with):
    companion = companion_with()
    assert isinstance(reply(companion, f"{LOST}独一无二")[-1], Done)
    assert all("独一无二" not in repr(key) for key in companion.answers._answers)
