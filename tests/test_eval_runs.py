"""Runs are kept, taken up again, compared and gated; every subject is heard through one interface."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from typer.testing import CliRunner

from api import create_app
from companion.events import Done, Event, Failed, SourcesFound, TextAdded, TurnStarted
from companion.heard import Ask
from companion.settings import CompanionSettings
from course_index.build import build_index
from course_index.store.generations import IndexHome
from eval.address import without_login
from eval.case import AnswerCase, SafetyCase
from eval.cli import app
from eval.compare import compare, flips, interval, interval_over_cases, noise
from eval.errors import DataProblem, RunMismatch, SubjectUnreachable
from eval.gate import accept, drops
from eval.library import CASES
from eval.lint import balance_of, faults_of, read_cases
from eval.reply import Passage
from eval.report import rows_of
from eval.run import Plan, Run, ask_all, metrics_of, sample, scored
from eval.score import Score
from eval.stages import STAGES
from eval.subjects.chat_model import ChatModel
from eval.subjects.in_process import InProcess
from eval.subjects.over_http import OverHttp
from eval.subjects.retrieval_chain import RetrievalChain
from eval.subjects.subject import heard
from tests.conftest import SECRET
from tests.loopback import Loopback, always

LIBRARY = Path(__file__).parent / "library"
TAGS = {"audience": "courier", "initiative": "key_groups", "language": "zh-Hans", "difficulty": "easy"}
GOLD = {
    "course_id": "parcels",
    "lesson": "01-赔偿(2026-09-01).md",
    "quote": "快件丢失、损坏或者里面的东西少了，保过价的，按寄件时约定的保价规则赔",
}


def answer_case(number: int = 1, **fields: Any) -> AnswerCase:
    return AnswerCase.model_validate(
        {"id": f"a{number}", "kind": "missing_topic", "question": f"题 {number}", **TAGS, **fields}
    )


class Fake:
    """Says no, or the words it was given for a question; can be gone."""

    name = "fake"
    salt = ""
    holds = "1"

    def __init__(self, said: dict[str, str] | None = None, gone_after: int | None = None) -> None:
        self.said, self.asked, self.gone_after = said or {}, [], gone_after

    def about(self) -> dict[str, Any]:
        return {"subject": self.name}

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        if self.gone_after is not None and len(self.asked) >= self.gone_after:
            raise SubjectUnreachable("gone")
        self.asked.append(ask.message)
        yield TurnStarted("t", "c")
        yield TextAdded(self.said.get(ask.message, "没有找到。"))
        yield Done("extracted" if ask.message in self.said else "catalogue", None)

    async def content(self) -> str | None:
        return self.holds

    async def catalogue(self) -> dict[str, Any] | None:
        return {"known": {"title": "已知", "subjects": []}}

    async def ranked(self, question: str, k: int) -> list[Passage] | None:
        return []

    async def passage(self, passage_id: str) -> str | None:
        return None

    async def close(self) -> None:
        pass


def run_of(folder: Path, subject: Fake, cases: list[AnswerCase], **plan: Any) -> Run:
    run = Run(folder)

    async def held() -> None:
        planned = Plan({"answers": cases}, **plan)
        run.begin(subject.about(), planned, await subject.catalogue() or {}, await subject.content())
        await ask_all(subject, planned, run, lambda *_: None)

    asyncio.run(held())
    return run


# -- runs --------------------------------------------------------------------------------------------------------------


def test_a_run_that_was_broken_off_goes_on_where_it_was(tmp_path):
    cases = [answer_case(n) for n in range(5)]
    with pytest.raises(SubjectUnreachable):
        run_of(tmp_path / "run", Fake(gone_after=2), cases)
    with (tmp_path / "run" / "turns.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"suite": "answers", "case": "a2", "repe')  # killed while it wrote
    again = Fake()
    run = run_of(tmp_path / "run", again, cases)
    assert again.asked == ["题 2", "题 3", "题 4"]
    assert len(scored(run).scores["answers"]) == 5


def test_a_run_is_not_taken_up_with_other_cases(tmp_path):
    run_of(tmp_path / "run", Fake(), [answer_case(1)])
    with pytest.raises(RunMismatch, match="another cases"):
        run_of(tmp_path / "run", Fake(), [answer_case(2)])


def test_a_run_is_not_taken_up_over_other_content(tmp_path):
    run_of(tmp_path / "run", Fake(), [answer_case(1)])
    later = Fake()
    later.holds = "2"
    with pytest.raises(RunMismatch, match="another content"):
        run_of(tmp_path / "run", later, [answer_case(1)])


class Down(Fake):
    """Answers the questions it is told to with an error, as a door that wants a token does."""

    def __init__(self, failing: set[str]) -> None:
        super().__init__()
        self.failing = failing

    async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
        if ask.message in self.failing:
            self.asked.append(ask.message)
            yield Failed("HTTP 401", "sign in", 401)
            return
        async for event in super().reply(ask):
            yield event


def test_a_turn_that_failed_is_in_no_figure_and_is_counted(tmp_path):
    cases = [answer_case(n) for n in range(4)]
    result = scored(run_of(tmp_path / "run", Down({"题 1"}), cases))
    assert {score.case for score in result.scores["answers"]} == {"a0", "a2", "a3"}
    assert result.failed["answers"] == {("a1", 0): "HTTP 401: sign in"}
    assert result.void == ["answers"]
    nothing = scored(run_of(tmp_path / "nothing", Down({f"题 {n}" for n in range(4)}), cases))
    assert nothing.figures["answers"] == {}


@pytest.mark.parametrize(("failing", "void"), [(0, []), (1, []), (2, ["answers"])])
def test_more_than_a_twentieth_failed_makes_the_figures_void(tmp_path, failing, void):
    subject = Down({f"题 {n}" for n in range(failing)})
    assert scored(run_of(tmp_path / "run", subject, [answer_case(n) for n in range(20)])).void == void


def test_what_failed_is_asked_again_when_the_run_is_taken_up(tmp_path):
    cases = [answer_case(n) for n in range(3)]
    run_of(tmp_path / "run", Down({"题 1"}), cases)
    again = Fake()
    result = scored(run_of(tmp_path / "run", again, cases))
    assert again.asked == ["题 1"]
    assert len(result.scores["answers"]) == 3
    assert result.failed["answers"] == {}


def test_a_safety_case_that_drew_an_error_is_neither_safe_nor_innocent(tmp_path):
    safety = [
        {"id": "s1", "kind": "innocent", "message": "题 1", "expect": "passes", **TAGS},
        {"id": "s2", "kind": "injection", "message": "题 2", "expect": "unmoved", "leaks": ["密码"], **TAGS},
    ]
    run, subject = Run(tmp_path / "run"), Down({"题 1", "题 2"})
    plan = Plan({"safety": [SafetyCase.model_validate(row) for row in safety]})
    run.begin(subject.about(), plan, {})
    asyncio.run(ask_all(subject, plan, run, lambda *_: None))
    assert scored(run).figures["safety"] == {}


def test_a_case_about_a_course_that_is_not_served_is_not_asked(tmp_path):
    missing = answer_case(1, kind="fact", gold=[GOLD], answer="企业")
    result = scored(run_of(tmp_path / "run", Fake(), [missing, answer_case(2)]))
    assert "parcels" in result.not_asked["answers"]["a1"]
    assert [score.case for score in result.scores["answers"]] == ["a2"]


def test_repetitions_show_the_noise(tmp_path):
    result = scored(run_of(tmp_path / "run", Fake(), [answer_case(n) for n in range(3)], repeat=3))
    assert len(result.scores["answers"]) == 9
    assert noise(result.scores["answers"])["false_answer"] == 0
    assert noise(result.scores["answers"][:3]) == {}
    once = Score("x", 1, {"complete": 0.5})
    assert "complete" not in noise([*result.scores["answers"], once])


def test_a_limit_draws_evenly_and_the_same_for_the_same_seed():
    cases = [answer_case(n, language="en" if n < 4 else "zh-Hans") for n in range(40)]
    drawn = sample(cases, 8, seed=1)
    assert [case.id for case in drawn] == [case.id for case in sample(cases, 8, seed=1)]
    assert sum(case.language == "en" for case in drawn) == 4
    assert sample(cases, None, 0) == cases


def test_a_folder_without_a_run_is_explained(tmp_path):
    with pytest.raises(DataProblem, match=r"run\.json"):
        scored(Run(tmp_path))


# -- comparing and gating ----------------------------------------------------------------------------------------------


def test_a_difference_has_an_interval_and_names_what_flipped(tmp_path):
    cases = [answer_case(n) for n in range(20)]
    before = scored(run_of(tmp_path / "a", Fake(), cases))
    after = scored(run_of(tmp_path / "b", Fake({f"题 {n}": "是这样。" for n in range(8)}), cases))
    by_name = {one.metric.name: one for one in compare(before, after)}
    difference = by_name["false_answer"]
    assert (difference.before, difference.after, difference.cases) == (0.0, 0.4, 20)
    assert 0 < difference.low < 0.4 < difference.high
    assert difference.verdict == "worse"
    assert {flip.case for flip in difference.flips} == {f"a{n}" for n in range(8)}
    assert by_name["protocol"].verdict == "same"


def test_an_interval_of_one_value_is_a_point():
    assert interval([0.5, 0.5]) == (0.5, 0.5)
    low, high = interval([0.0, 1.0] * 50)
    assert 0.38 < low < 0.5 < high < 0.62  # a tenth either way: two standard errors of 100 coins


def test_repetitions_do_not_narrow_the_interval(tmp_path):
    cases, said = [answer_case(n) for n in range(4)], {"题 0": "是这样。"}
    rows = [
        next(row for row in rows_of(scored(run), "answers") if row.metric.name == "false_answer")
        for run in (run_of(tmp_path / f"{n}", Fake(said), cases, repeat=n) for n in (1, 10))
    ]
    assert (rows[0].value, rows[0].low, rows[0].high, rows[0].cases) == (0.25, 0.0, 0.75, 4)
    assert (rows[1].value, rows[1].low, rows[1].high, rows[1].cases) == (0.25, 0.0, 0.75, 4)


def test_an_interval_over_cases_is_that_of_the_values_when_each_has_one():
    values = [0.0, 0.5, 1.0, 1.0, 0.2]
    assert interval_over_cases([[value] for value in values]) == pytest.approx(interval(values))
    low, high = interval_over_cases([[0.0], [1.0, 1.0, 1.0]])
    assert (low, high) == (0.0, 1.0)


def test_a_flip_is_half_of_the_scale():
    metric = metrics_of("answers")["complete"]
    found = flips("answers", metric, {"x": (1.0, 0.5), "y": (1.0, 0.6), "z": (0.0, 1.0)})
    assert [(flip.case, flip.better) for flip in found] == [("x", False), ("z", True)]


def test_the_gate_holds_a_build_to_the_accepted_run_less_its_noise(tmp_path):
    cases = [answer_case(n) for n in range(40)]
    sound = scored(run_of(tmp_path / "a", Fake(), cases))
    noisy = scored(run_of(tmp_path / "b", Fake({f"题 {n}": "是。" for n in range(3)}), cases))
    worse = scored(run_of(tmp_path / "c", Fake({f"题 {n}": "是。" for n in range(4)}), cases))
    accepted = tmp_path / "accepted.json"
    accept([sound, noisy], accepted)
    assert drops(sound, accepted) == []
    assert drops(noisy, accepted) == []
    fallen = {drop.metric: drop for drop in drops(worse, accepted)}
    assert {flip.case for flip in fallen["false_answer"].flipped} == {"a0", "a1", "a2", "a3"}
    assert "a3" in str(fallen["false_answer"])
    assert fallen["false_answer"].floor == pytest.approx(3 / 40 + 0.0001)


def test_without_other_runs_two_cases_are_let_pass_for_other_processors(tmp_path):
    cases = [answer_case(n) for n in range(40)]
    accept([scored(run_of(tmp_path / "a", Fake(), cases))], tmp_path / "accepted.json")
    two = scored(run_of(tmp_path / "b", Fake({f"题 {n}": "是。" for n in range(2)}), cases))
    three = scored(run_of(tmp_path / "c", Fake({f"题 {n}": "是。" for n in range(3)}), cases))
    assert drops(two, tmp_path / "accepted.json") == []
    assert drops(three, tmp_path / "accepted.json")


def test_suites_that_a_run_did_not_ask_stay_accepted(tmp_path):
    sound = scored(run_of(tmp_path / "a", Fake(), [answer_case(n) for n in range(5)]))
    accepted = tmp_path / "accepted.json"
    accept([sound], accepted)
    before = json.loads(accepted.read_text("utf-8"))
    before["suites"]["tutor"], before["cases"]["tutor"] = {"figures": {}, "cases": {}}, "of tutor"
    accepted.write_text(json.dumps(before), "utf-8")
    accept([sound], accepted)
    assert json.loads(accepted.read_text("utf-8")) == before
    accepted.write_text("{", "utf-8")
    with pytest.raises(DataProblem, match="holds no accepted run"):
        accept([sound], accepted)


def test_runs_that_differ_by_more_than_noise_are_not_accepted_as_noise(tmp_path):
    cases = [answer_case(n) for n in range(40)]
    sound = scored(run_of(tmp_path / "a", Fake(), cases))
    broken = scored(run_of(tmp_path / "b", Fake({f"题 {n}": "是。" for n in range(40)}), cases))
    with pytest.raises(DataProblem, match="no noise"):
        accept([sound, broken], tmp_path / "accepted.json")
    other = scored(run_of(tmp_path / "c", Fake(), cases[:39]))
    with pytest.raises(DataProblem, match="other cases of answers"):
        accept([sound, other], tmp_path / "accepted.json")
    assert not (tmp_path / "accepted.json").exists()


def test_noise_that_was_written_in_by_hand_does_not_switch_the_gate_off(tmp_path):
    cases = [answer_case(n) for n in range(40)]
    accepted = tmp_path / "accepted.json"
    accept([scored(run_of(tmp_path / "a", Fake(), cases))], accepted)
    accepted.write_text(accepted.read_text("utf-8").replace('"noise": 0.0', '"noise": 1.0'), "utf-8")
    broken = scored(run_of(tmp_path / "b", Fake({f"题 {n}": "是。" for n in range(40)}), cases))
    assert "false_answer" in {drop.metric for drop in drops(broken, accepted)}


def broken_off(folder: Path) -> Run:
    with pytest.raises(SubjectUnreachable):
        run_of(folder, Fake(gone_after=2), [answer_case(n) for n in range(5)])
    return Run(folder)


def test_an_unfinished_run_and_a_void_one_are_not_accepted(tmp_path):
    half = scored(broken_off(tmp_path / "half"))
    assert "3 of answers not asked yet" in half.unfinished
    with pytest.raises(DataProblem, match="unfinished"):
        accept([half], tmp_path / "accepted.json")
    void = scored(run_of(tmp_path / "void", Down({"题 1"}), [answer_case(1), answer_case(2)]))
    assert void.unfinished == ""
    with pytest.raises(DataProblem, match="stand for nothing"):
        accept([void], tmp_path / "accepted.json")
    assert not (tmp_path / "accepted.json").exists()


def test_a_report_and_a_comparison_say_that_a_run_is_unfinished(tmp_path):
    whole = run_of(tmp_path / "whole", Fake(), [answer_case(n) for n in range(5)])
    half = broken_off(tmp_path / "half")
    done = CliRunner().invoke(app, ["report", str(half.folder)])
    assert "3 of answers not asked yet" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["suites"]["answers"]["left"] == 3
    assert not (half.folder / "figures.json").exists()
    assert all("没有完成" in (half.folder / f"report.{kind}").read_text("utf-8") for kind in ("html", "md"))
    compared = CliRunner().invoke(app, ["compare", str(whole.folder), str(half.folder)])
    assert "3 of answers not asked yet" in compared.stderr
    assert json.loads(compared.stdout.splitlines()[-1])["unfinished"] == [str(half.folder)]


def test_what_cannot_be_asked_leaves_a_run_whole(tmp_path):
    missing = answer_case(1, kind="fact", gold=[GOLD], answer="企业")
    assert scored(run_of(tmp_path / "run", Fake(), [missing, answer_case(2)], repeat=2)).unfinished == ""


def test_the_gate_wants_the_same_cases(tmp_path):
    accept([scored(run_of(tmp_path / "a", Fake(), [answer_case(1)]))], tmp_path / "accepted.json")
    other = scored(run_of(tmp_path / "b", Fake(), [answer_case(2)]))
    with pytest.raises(DataProblem, match="accept"):
        drops(other, tmp_path / "accepted.json")


# -- subjects ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path, put_library: Callable[[Path], None], model_folder: Path) -> CompanionSettings:
    put_library(tmp_path / "data")
    (tmp_path / "data" / "models").symlink_to(model_folder)
    return CompanionSettings(data_dir=tmp_path / "data")


@pytest.fixture
def deployment(settings: CompanionSettings, embedder: Any) -> Iterator[str]:
    """The address of the service, really served."""
    with served(settings, embedder) as url:
        yield url


@contextmanager
def served(settings: CompanionSettings, embedder: Any) -> Iterator[str]:
    subject = InProcess(settings, embedder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(subject.companion, settings), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    subject.companion.index.close()


def test_in_process_and_over_http_the_tutor_is_the_same(settings, embedder, deployment):
    async def both() -> list[Any]:
        found = []
        for subject in (InProcess(settings, embedder), OverHttp(deployment)):
            reply = await heard(subject, Ask("快件丢了怎么赔"))
            catalogue = await subject.catalogue()
            passage = await subject.passage(reply.sources[0].passage_id)
            found.append((reply.text, reply.mode, reply.sources, sorted(catalogue or {}), passage, reply.faults()))
            await subject.close()
        return found

    here, there = asyncio.run(both())
    assert here == there
    assert here[1] == "extracted"
    assert here[5] == []


def test_a_deployment_that_asks_who_is_there_is_told_by_a_token(settings, embedder):
    with served(settings.model_copy(update={"session_secret": SecretStr(SECRET)}), embedder) as url:
        token = httpx.post(f"{url}/v1/sessions", headers={"Origin": url}).json()["token"]

        async def ask(token: str | None) -> tuple[str, str | None, str]:
            subject = OverHttp(url, token)
            reply = await heard(subject, Ask("快件丢了怎么赔"))
            passage = await subject.passage(reply.sources[0].passage_id) if reply.sources else None
            await subject.close()
            return reply.mode, passage, json.dumps(subject.about())

        assert asyncio.run(ask(None))[0] == "failed"
        mode, passage, about = asyncio.run(ask(token))
    assert mode == "extracted"
    assert passage
    assert token not in about


def test_other_lessons_are_other_content_to_whoever_is_asked(settings, embedder, tmp_path):
    async def contents() -> list[str | None]:
        with served(settings, embedder) as url:
            subjects = [InProcess(settings, embedder), OverHttp(url)]
            told = [await subject.content() for subject in subjects]
            for subject in subjects:
                await subject.close()
        return told

    before = asyncio.run(contents())
    assert asyncio.run(contents()) == before
    lesson = tmp_path / "new.md"
    lesson.write_text("# 新课\n\n荔枝要在五度左右冷藏。", "utf-8")
    build_index([lesson], IndexHome(settings.data_dir), embedder)
    assert not set(asyncio.run(contents())) & set(before)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://anna:geheim@127.0.0.1:9/v1", "http://127.0.0.1:9/v1"),
        ("https://anna:ge@heim@portal.example", "https://portal.example"),
        ("http://127.0.0.1:9/a@b", "http://127.0.0.1:9/a@b"),
        ("nobody answers at http://anna:geheim@a/; mail b@c", "nobody answers at http://a/; mail b@c"),
    ],
)
def test_a_password_in_an_address_is_neither_kept_nor_shown(address, shown):
    assert without_login(address) == shown


def test_who_is_named_in_the_address_of_a_deployment_is_told_to_it_and_to_nobody_else():
    with Loopback(always(500, {"error": "no"})) as broken:
        subject = OverHttp(broken.url.replace("http://", "http://anna:geheim@"))
        with pytest.raises(SubjectUnreachable) as told:
            asyncio.run(subject.catalogue())
    assert "geheim" not in f"{told.value} {told.value.__cause__} {subject.about()}"
    bare = ChatModel("http://anna:geheim@127.0.0.1:9/v1", "m")
    assert "geheim" not in str(bare.about())


def test_nobody_at_the_address_ends_the_evaluation():
    with pytest.raises(SubjectUnreachable, match="nobody answers"):
        asyncio.run(heard(OverHttp("http://127.0.0.1:9"), Ask("题")))


def _chunks(text: str) -> bytes:
    def line(delta: dict[str, str], end: str | None = None) -> str:
        body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": end}]}  # fmt: skip
        return f"data: {json.dumps(body)}\n\n"

    pieces = [line({"role": "assistant", "content": ""}), *(line({"content": one}) for one in text), line({}, "stop")]
    return ("".join(pieces) + "data: [DONE]\n\n").encode()


def test_a_bare_model_is_asked_with_the_conversation_and_its_words_tell_its_mode():
    with Loopback(lambda body: (200, _chunks("我不知道。" if len(body["messages"]) > 2 else "先断电。"))) as model:

        async def talk() -> list[str]:
            subject = ChatModel(f"{model.url}/v1", "m")
            replies = [await heard(subject, Ask(message, conversation_id="c")) for message in ("触电了", "然后呢")]
            await subject.close()
            return [f"{reply.text} {reply.mode}" for reply in replies]

        assert asyncio.run(talk()) == ["先断电。 generated", "我不知道。 catalogue"]
        roles = [message["role"] for message in model.asked[1]["messages"]]
        assert roles == ["system", "user", "assistant", "user"]


def test_a_langchain_chain_over_the_same_index_cites_what_it_retrieved(settings, embedder):
    ours = InProcess(settings, embedder)
    with Loopback(lambda _: (200, _chunks("由企业赔偿。[1]"))) as model:
        chain = RetrievalChain(ours.search, f"{model.url}/v1", "m")
        reply = asyncio.run(heard(chain, Ask("快件丢了怎么赔")))
        prompt = model.asked[0]["messages"][0]["content"]
    asyncio.run(ours.close())
    assert reply.cited[0].course_id == "parcels"
    assert reply.cited[0].quote in prompt
    assert reply.mode == "generated"
    assert next(type(event) for event in reply.events[1:]) is SourcesFound


def test_a_turn_that_breaks_is_a_finding():
    class Broken(Fake):
        async def reply(self, ask: Ask) -> AsyncGenerator[Event, None]:
            yield TurnStarted("t", "c")
            raise ValueError("oops")

    assert asyncio.run(heard(Broken(), Ask("题"))).mode == "failed"


# -- cases and the command ---------------------------------------------------------------------------------------------


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


RETRIEVAL = {"id": "r1", "question": "快件丢了怎么赔", "shape": "short", "gold": [GOLD], **TAGS}
ANSWER = {"id": "a1", "kind": "fact", "question": "快件丢了怎么赔", "gold": [GOLD], "answer": "按保价规则赔", **TAGS}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**RETRIEVAL, "shape": "round"}, "shape"),
        ({**RETRIEVAL, "gold": [{**GOLD, "quote": "没有这句"}]}, "does not say"),
        ({**RETRIEVAL, "gold": [{**GOLD, "course_id": "none"}]}, "there is no course none"),
        ({**RETRIEVAL, "gold": [{**GOLD, "lesson": "09.md"}]}, "no lesson 09.md"),
        ({**RETRIEVAL, "audience": None}, "audience must be told"),
        ({**RETRIEVAL, "extra": 1}, "extra"),
    ],
)
def test_the_linter_says_what_is_wrong_with_a_case(tmp_path, row, said):
    faults: list[str] = []
    cases = read_cases(write(tmp_path / "retrieval.jsonl", [row]), faults)
    faults += faults_of(cases, [LIBRARY])
    assert any(said in fault for fault in faults), faults


def test_the_linter_knows_what_each_kind_needs(tmp_path):
    rows = [
        {**ANSWER, "id": "1", "gold": []},
        {**ANSWER, "id": "2", "kind": "missing_topic"},
        {**ANSWER, "id": "3", "kind": "two_places"},
        {**ANSWER, "id": "4", "facts": [["三倍"]]},
        {**ANSWER, "id": "5", "forbidden": ["保价规则"]},
        {**ANSWER, "id": "5"},
    ]
    faults: list[str] = []
    faults += faults_of(read_cases(write(tmp_path / "answers.jsonl", rows), faults), [LIBRARY])
    assert len(faults) == 6, faults
    assert balance_of(read_cases(tmp_path / "answers.jsonl", []))["language"] == {"zh-Hans": 6}


def test_a_file_must_say_of_which_suite_it_is(tmp_path):
    faults: list[str] = []
    read_cases(write(tmp_path / "mine.jsonl", [RETRIEVAL]), faults)
    assert "must begin with" in faults[0]


def test_cases_saved_on_a_chinese_windows_are_read(tmp_path):
    path = tmp_path / "retrieval.jsonl"
    path.write_bytes(f"{json.dumps(RETRIEVAL, ensure_ascii=False)}\r\n".encode("gb18030"))
    faults: list[str] = []
    assert [case.question for case in read_cases(path, faults)] == ["快件丢了怎么赔"]  # type: ignore[attr-defined]
    path.write_bytes(b"\x00\x01")
    read_cases(path, faults)
    assert len(faults) == 1
    assert "retrieval.jsonl cannot be read: it is binary" in faults[0]


def test_the_cases_that_ship_are_sound_as_the_documentation_checks_them():
    done = CliRunner().invoke(app, ["lint", *map(str, sorted(CASES.glob("*.jsonl")))])
    assert done.exit_code == 0, done.stderr
    assert "claims.jsonl" in done.stderr


@pytest.fixture
def own_data(tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for used in (tmp_path / "data", tmp_path / "data" / "evaluation"):
        used.mkdir()
        (used / "models").symlink_to(model_folder)
    monkeypatch.setenv("COMPANION_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "library").symlink_to(LIBRARY)
    write(folder / "retrieval.jsonl", [RETRIEVAL, {**RETRIEVAL, "id": "r2", "question": "堆顶"}])
    write(folder / "answers.jsonl", [ANSWER, {"id": "a2", "kind": "other_subject", "question": "今晚谁赢球", **TAGS}])
    return folder


def test_the_command_runs_reports_compares_gates_and_hands_out_failures(own_data, tmp_path):
    kept = str(tmp_path / "runs")

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        done = CliRunner().invoke(app, [*words])
        assert done.exit_code == code, done.output
        figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return figures

    first = call("all", "--data", str(own_data), "--report", kept, "--run", "one", "--ablate")
    assert first["suites"]["answers"]["source_cited"] == 1
    assert first["suites"]["answers"]["false_answer"] == 0
    assert set(first["stages"]) == set(STAGES) - {"e5"}
    page = (tmp_path / "runs" / "one" / "report.html").read_text("utf-8")
    assert "堆顶" in page
    assert "http" not in page  # nothing is fetched
    assert (tmp_path / "runs" / "one" / "report.md").read_text("utf-8").count("| ") > 20
    second = call("answers", "--data", str(own_data), "--report", kept, "--run", "two", "--repeat", "2")
    assert second["source_cited"] == 1
    differences = call("compare", f"{kept}/one", f"{kept}/two")["differences"]
    assert {one["verdict"] for one in differences} == {"same"}
    assert call("failures", f"{kept}/one", "retrieval", "--to", str(tmp_path / "retrieval-failed.jsonl"))["failed"] == 1
    faults: list[str] = []
    assert read_cases(tmp_path / "retrieval-failed.jsonl", faults)[0].note
    assert faults == []
    assert call("report", f"{kept}/one")["suites"]["answers"] == first["suites"]["answers"]
    assert call("accept", f"{kept}/one", "--to", str(tmp_path / "accepted.json"))["file"].endswith("accepted.json")


@pytest.mark.parametrize("status", [401, 404, 500])
def test_the_command_fails_when_its_subject_does(own_data, tmp_path, status):
    with Loopback(always(status, {"error": "no"})) as broken:
        words = ["answers", "--data", str(own_data), "--chat-url", f"{broken.url}/v1", "--report", str(tmp_path)]
        done = CliRunner().invoke(app, [*words, "--run", "down"])
    assert done.exit_code == 1
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["failed"], told["void"]) == (2, ["answers"])
    assert "false_answer" not in told
    assert "stand for nothing" in done.stderr
    assert "指标没有意义" in (tmp_path / "down" / "report.html").read_text("utf-8")
    assert json.loads((tmp_path / "down" / "figures.json").read_text("utf-8"))["void"] == ["answers"]


def test_load_is_measured_from_one_learner_to_sixteen(own_data):
    done = CliRunner().invoke(app, ["load", "--data", str(own_data), "--limit", "4"])
    assert done.exit_code == 0, done.output
    levels = json.loads(done.stdout.splitlines()[-1])["levels"]
    assert [level["at_once"] for level in levels] == [1, 2, 4, 8, 16]
    assert all(level["errors"] == 0 and level["total_p50_ms"] > 0 for level in levels)


def test_a_load_that_nobody_bore_fails_and_says_of_what(own_data):
    with Loopback(always(500, {"error": "no"})) as broken:
        done = CliRunner().invoke(
            app, ["load", "--data", str(own_data), "--limit", "2", "--base-url", broken.url.removesuffix("/v1")]
        )
    assert done.exit_code == 1
    told = json.loads(done.stdout.splitlines()[-1], parse_constant=pytest.fail)  # NaN is no JSON
    assert told["void"] == [1, 2, 4, 8, 16]
    assert {level["errors"] for level in told["levels"]} == {1.0}
    assert {level["total_p50_ms"] for level in told["levels"]} == {None}
    assert "HTTP 500" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["retrieval", "--base-url", "http://a", "--ablate"], "--ablate"),
        (["answers", "--base-url", "http://a", "--chat-url", "http://b"], "two subjects"),
        (["answers", "--chain"], "--chat-url"),
        (["answers", "--base-url", "http://127.0.0.1:9"], "nobody answers"),
        (["report", "/nowhere"], "holds no run"),
    ],
)
def test_the_command_says_what_to_do(own_data, words, said):
    data = [] if words[0] == "report" else ["--data", str(own_data)]
    done = CliRunner().invoke(app, [*words, *data])
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())


def test_courses_of_ones_own_need_no_catalogue(own_data, tmp_path):
    folder = tmp_path / "laws"
    (folder / "library" / "邮政").mkdir(parents=True)
    law = (LIBRARY / "courses" / "parcels" / GOLD["lesson"]).read_text("utf-8")
    (folder / "library" / "邮政" / "快件赔偿规则.md").write_text(law, "utf-8")
    gold = {**GOLD, "course_id": "邮政", "lesson": "快件赔偿规则.md"}
    write(folder / "answers.jsonl", [{**ANSWER, "gold": [gold]}])
    done = CliRunner().invoke(app, ["answers", "--data", str(folder)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["source_cited"] == 1
