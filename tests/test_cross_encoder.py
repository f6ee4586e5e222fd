"""The cross-encoder: what it reads, that neighbours change nothing, that what was trained is what runs."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from course_index.build import build_index
from course_index.embedders.e5_weights import read_weights, weights_file
from course_index.store.generations import IndexHome
from course_index.stretches import stretches
from retrieval import e5_cross_encoder as module
from retrieval.e5_cross_encoder import (
    PARITY_PAIRS,
    PASSAGE_PIECES,
    QUESTION_PIECES,
    Disagreement,
    E5CrossEncoder,
    Pieces,
    Section,
)
from retrieval.parts import make_cross_encoder
from retrieval.search import Search
from retrieval.settings import RetrievalSettings

ASKED = "夜里门禁卡丢了找谁"
ANSWER = Section("宿舍须知 门禁", ("门禁卡遗失，", "白天到二楼总台补办，", "夜里先找值班室的老冯登记。"), 2)
BESIDE = Section("宿舍须知 门禁", ("门禁卡每人一张，", "不得转借，", "退宿时交还总台。"))


@pytest.fixture(scope="module")
def pieces():
    return Pieces(read_weights(weights_file()))


def words(pieces, ids):
    by_id = {number: word for word, number in pieces._weights.vocabulary.ids.items()}
    return "".join(by_id.get(number, "") for number in ids[1:-1]).replace("▁", "")


def test_what_answers_is_told_from_what_stands_beside_it(cross_encoder):
    answers, beside = cross_encoder.log_odds(ASKED, [ANSWER, BESIDE])
    assert answers > beside + 1


def test_what_runs_is_what_was_trained(cross_encoder):
    found = [cross_encoder.log_odds(asked, [Section("", (says,))])[0] for asked, says in PARITY_PAIRS]
    trained = module.read_learned(files("retrieval") / "e5_cross_encoder.npz")["parity"]
    assert np.abs(np.array(found) - trained).max() < 0.8


def test_neighbours_of_whatever_length_change_nothing(cross_encoder):
    long = Section("年报", tuple(stretches_of("仓库一年进出货物的明细在这里逐月列出。" * 30)))
    (alone,) = cross_encoder.log_odds(ASKED, [ANSWER])
    beside = cross_encoder.log_odds(ASKED, [long, ANSWER, BESIDE])[1]
    assert beside == pytest.approx(alone, abs=1e-3)


def test_threads_read_at_once_what_one_reads(cross_encoder):
    asked = [f"{ASKED}{number}" for number in range(12)]
    one_by_one = [cross_encoder.log_odds(text, [ANSWER, BESIDE]) for text in asked]
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(lambda text: cross_encoder.log_odds(text, [ANSWER, BESIDE]), asked))
    np.testing.assert_allclose(at_once, one_by_one, atol=1e-3)


@pytest.mark.parametrize("text", ["", "\x00\ud800", "🙂🙂", "x" * 100_000, "\u200f\u200e", "\n\n"])
def test_whatever_is_typed_is_read(cross_encoder, text):
    odds = cross_encoder.log_odds(text, [ANSWER, Section(text, (text,)), Section("", ())])
    assert len(odds) == 3
    assert np.isfinite(odds).all()
    assert cross_encoder.log_odds(text, []) == []


def stretches_of(text):
    return [one.text for one in stretches(text)]


def test_of_a_long_passage_the_closest_stretch_is_read_with_its_neighbours(pieces):
    says = [f"第{number}段说的是仓库里第{number}排货架怎样清点和登记。" for number in range(60)]
    ids = pieces.section(Section("仓库管理", tuple(says), closest=40))
    assert len(ids) <= PASSAGE_PIECES + 2
    read = words(pieces, ids)
    assert read.startswith("passage:仓库管理")
    assert all(row in read for row in ("第39排", "第40排", "第41排"))
    assert "第5排" not in read


def test_of_one_stretch_that_is_too_long_its_beginning_is_read(pieces):
    ids = pieces.section(Section("题目" * 200, ("起头的话。" + "很长的一句" * 200,), closest=0))
    assert len(ids) == PASSAGE_PIECES + 2
    assert "起头的话" in words(pieces, ids)
    assert len(pieces.question("问" * 500)) <= QUESTION_PIECES + 2


def test_weights_that_say_something_else_are_refused_and_leave_nothing_behind(tmp_path, monkeypatch):
    learned = module.read_learned(files("retrieval") / "e5_cross_encoder.npz")
    monkeypatch.setattr(module, "read_learned", lambda path: learned | {"parity": learned["parity"] + 5})
    with pytest.raises(Disagreement, match="COMPANION_CROSS_ENCODER=none"):
        E5CrossEncoder(tmp_path)
    assert not list(tmp_path.glob("*.onnx"))


def test_a_conversion_that_was_killed_is_done_again(tmp_path, model_folder, cross_encoder):
    (graph,) = model_folder.glob("e5-small-pair-*.onnx")
    (tmp_path / graph.with_suffix(".partial").name).write_bytes(graph.read_bytes()[:1000])
    told = []
    fresh = E5CrossEncoder(tmp_path, progress=lambda what, done, total: told.append((what, done, total)))
    assert fresh.log_odds(ASKED, [ANSWER])[0] > 0
    assert told[-1] == ("converting", 12, 12)
    assert not list(tmp_path.glob("*.partial"))
    shutil.rmtree(tmp_path)


def test_it_can_be_done_without():
    assert make_cross_encoder(RetrievalSettings(cross_encoder="none")) is None


@pytest.fixture(scope="module")
def courses(tmp_path_factory, embedder):
    """Notices alike in words, of which one says who is to be found at night."""
    folder = tmp_path_factory.mktemp("dormitory")
    says = {
        "门禁卡领取": "门禁卡每人一张，凭工牌到二楼总台领取，不得转借他人。",
        "门禁卡遗失": "门禁卡遗失，白天到二楼总台补办；夜里总台没有人，先找值班室的老冯登记。",
        "门禁卡退还": "退宿时把门禁卡交还二楼总台，押金当场退回。",
        "夜里开门时间": "夜里十一点关大门，早上五点半开门，晚归的人按门铃。",
    }
    for title, text in says.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{text}\n", "utf-8")
    home = IndexHome(tmp_path_factory.mktemp("index"))
    build_index([folder], home, embedder)
    generation = home.open_current()
    yield generation
    generation.close()


def test_what_it_reads_as_the_answer_rises_and_the_scores_fall_from_first_to_last(courses, embedder, cross_encoder):
    class Fond:
        """Takes to what speaks of a deposit."""

        def log_odds(self, asked, sections):
            self.read = [(asked, section) for section in sections]
            return [9.0 if "押金" in "".join(section.stretches) else -9.0 for section in sections]

    fond = Fond()
    plain, reading = Search(courses, embedder), Search(courses, embedder, cross_encoder=fond)
    query = plain.query("門禁卡喺邊度攞")
    before = [one.id for one in plain.answering(query, 8)]
    after = reading.read(query, 8)
    assert sorted(before) == sorted(one.id for one in after)
    assert [one.score for one in after] == sorted((one.score for one in after), reverse=True)
    deposit = next(hit.passage.id for hit in plain.passages(query, 8) if "押金" in hit.passage.text)
    assert [one.id for one in after].index(deposit) < before.index(deposit)
    # In Mandarin wording and simplified script, under its titles, with its closest stretch.
    asked, section = fond.read[0]
    assert asked == "门禁卡在哪里拿"
    assert section.titles == plain.placed([before[0]])[0].lesson.title
    assert "门禁卡" in section.stretches[section.closest]
    assert [hit.passage.id for hit in reading.choice(query, 4)] == [one.id for one in after[:4]]
    inside = reading.choice_among(query, 4, [deposit, before[0]])
    assert {hit.passage.id for hit in inside} == {deposit, before[0]}


def test_where_the_best_leads_by_far_nothing_is_read(courses, embedder):
    class Untouched:
        def log_odds(self, asked, sections):
            raise AssertionError("nothing had to be read")

    search = Search(courses, embedder, cross_encoder=Untouched())
    best = search.answering(search.query(ASKED), 4)
    clear = [replace(best[0], score=best[1].score + 1), *best[1:]]
    assert search.read_together(search.query(ASKED), clear) == clear
    assert search.read_together(search.query(ASKED), best[:1]) == best[:1]


def test_the_real_one_answers_from_the_right_notice(courses, embedder, cross_encoder):
    search = Search(courses, embedder, cross_encoder=cross_encoder)
    assert "老冯" in search.choice(search.query(ASKED), 4)[0].passage.text
