import json
import math

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.collections.beir import read_beir
from eval.errors import DataProblem
from eval.metrics import ranking_figures
from eval.stages import SERVED, STAGES, TOGETHER, evaluate, served_by
from retrieval.settings import RetrievalSettings

CORPUS = [
    {"_id": "快件", "title": "快递", "text": "快件丢了，由经营快递业务的企业赔偿。保价的按约定赔。"},
    {"_id": "荔枝", "title": "保鲜", "text": "荔枝采下来以后要尽快预冷，在五度左右冷藏。"},
    {"_id": "heap", "title": "", "text": "A binary heap keeps its largest item at the root."},
    {"_id": "血压", "text": "量血压以前先坐五分钟，袖带和心脏一样高。"},
]
QUERIES = [
    {"_id": "1", "text": "包裹弄丢了谁来赔"},
    {"_id": "2", "text": "荔枝怎样保鲜"},
    {"_id": "3", "text": "堆顶是最大的那个吗"},
    {"_id": "4", "text": "没有人答的问题"},
]


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "corpus.jsonl", CORPUS)
    write(tmp_path / "queries.jsonl", QUERIES)
    (tmp_path / "qrels").mkdir()
    rows = ["query-id\tcorpus-id\tscore", "1\t快件\t1", "2\t荔枝\t1", "2\t血压\t0", "3\theap\t1", "9\theap\t1"]
    (tmp_path / "qrels" / "test.tsv").write_text("\n".join(rows), "utf-8")
    return tmp_path


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def test_figures_are_those_of_a_hand_calculation():
    run = {"a": {"x": 3.0, "y": 2.0, "z": 1.0}, "b": {"q": 1.0}}
    relevant = {"a": {"y": 1, "w": 1}, "b": {"q": 1}, "c": {"n": 1}}
    figures = ranking_figures(run, relevant)
    # a finds one of two, second: gain 1/log2(3) of 1 + 1/log2(3); b is perfect; c found nothing.
    of_a = (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    assert figures["ndcg@10"] == pytest.approx((of_a + 1) / 3)
    assert figures["recall@1"] == pytest.approx(1 / 3)
    assert figures["recall@5"] == pytest.approx((0.5 + 1) / 3)
    assert figures["mrr@10"] == pytest.approx((0.5 + 1) / 3)
    assert figures["hit@3"] == pytest.approx(2 / 3)


def test_a_folder_is_read_as_it_is(folder):
    collection = read_beir(folder)
    assert [entry.id for entry in collection.corpus] == ["快件", "荔枝", "heap", "血压"]
    assert list(collection.queries) == ["1", "2", "3"]
    assert collection.relevant["2"] == {"荔枝": 1}
    assert list(read_beir(folder, limit=1).queries) == ["1"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("corpus.jsonl", "{broken", r"corpus\.jsonl, line 1: this is no JSON"),
        ("corpus.jsonl", '["a"]', r"corpus\.jsonl, line 1: a JSON object"),
        ("corpus.jsonl", '{"_id": "a"}', r"corpus\.jsonl, line 1: .*'text'"),
        ("corpus.jsonl", '{"_id": "a", "text": ""}\n{"_id": "a", "text": ""}', "1 entries repeat"),
        ("queries.jsonl", '{"text": "a"}', r"queries\.jsonl, line 1: .*'_id'"),
        ("qrels/test.tsv", "q\tc\ts\n1\t快件", r"test\.tsv, line 2"),
        ("qrels/test.tsv", "q\tc\ts\n1\t快件\tvery", r"test\.tsv, line 2"),
        ("queries.jsonl", '{"_id": "1", "text": "a"}\n{"_id": "1", "text": "b"}', r"line 2: another question"),
        ("qrels/test.tsv", "1\t快件\t0.5", "no whole number"),
        ("qrels/test.tsv", "q\tc\ts\n1\tgone\t1", "check the ids"),
        ("qrels/test.tsv", "q\tc\ts\n7\t快件\t1", "no question"),
    ],
)
def test_a_broken_folder_is_explained(folder, file, content, said):
    (folder / file).write_text(content, "utf-8")
    with pytest.raises(DataProblem, match=said):
        read_beir(folder)


def test_judged_entries_that_the_corpus_lacks_were_to_be_found(folder):
    rows = ["query-id\tcorpus-id\tscore", "1\t快件\t1", "1\tgone\t1", "3\tgone\t1", "3\tgone\t1", "9\theap\t1"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows), "utf-8")
    collection = read_beir(folder)
    assert collection.relevant == {"1": {"快件": 1, "gone": 1}, "3": {"gone": 1}}
    assert collection.notes == (
        "1 entries judged relevant are not in corpus.jsonl and count as not found",
        "1 questions in qrels are not in queries.jsonl",
        "2 questions have no entry judged relevant and are left out",
        "1 judgements repeat a question and an entry; the last counts",
    )
    figures = ranking_figures({"1": {"快件": 1.0}, "3": {"heap": 1.0}}, collection.relevant)
    assert figures["recall@20"] == pytest.approx(0.25)


@pytest.mark.parametrize("first", ["1\t快件\t1", "1\t快件\t1.0", "1\t0\t快件\t1"])
def test_judgements_without_a_heading_keep_their_first_line(folder, first):
    (folder / "qrels" / "test.tsv").write_text(f"{first}\n2\t荔枝\t1\n", "utf-8")
    assert read_beir(folder).relevant == {"1": {"快件": 1}, "2": {"荔枝": 1}}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataProblem, match=r"corpus\.jsonl cannot be read"):
        read_beir(tmp_path)


def test_every_stage_ranks_the_corpus(folder, embedder, wording, cross_encoder):
    indexing, reports = evaluate(read_beir(folder), embedder, list(STAGES), lambda *_: None, wording, cross_encoder)
    assert indexing.passages == 4
    assert indexing.passages_per_second > 0
    assert [report.stage for report in reports] == list(STAGES)
    assert [served_by(RetrievalSettings()), served_by(RetrievalSettings(cross_encoder="e5"))] == [SERVED, TOGETHER]
    for served in (report for report in reports if report.stage in (SERVED, TOGETHER)):
        assert {id_: found[0] for id_, found in served.run.items()} == {"1": "快件", "2": "荔枝", "3": "heap"}
        assert served.figures["ndcg@10"] == 1
    lexical = reports[0]
    assert "heap" not in lexical.run["3"]


def test_the_cross_encoders_stage_is_none_without_it(folder, embedder):
    with pytest.raises(ValueError, match="needs the cross-encoder"):
        evaluate(read_beir(folder), embedder, [TOGETHER], lambda *_: None)


def test_the_command_prints_one_line_of_figures_and_keeps_a_report(folder, tmp_path, model_folder, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(model_folder)
    monkeypatch.setenv("COMPANION_DATA_DIR", str(data))
    kept = tmp_path / "kept"
    done = CliRunner().invoke(app, ["retrieval", "--data", str(folder), "--ablate", "--report", str(kept)])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["ndcg@10"] == 1
    assert set(figures["stages"]) == set(STAGES)
    assert {
        "recall@1",
        "recall@5",
        "recall@20",
        "mrr@10",
        "query_p50_ms",
        "query_p95_ms",
        "passages_per_second",
    } <= set(figures)
    assert figures["notes"] == [
        "1 questions in qrels are not in queries.jsonl",
        "1 questions have no entry judged relevant and are left out",
    ]
    assert all(note in done.stderr for note in figures["notes"])
    (run,) = kept.iterdir()
    assert json.loads((run / "figures.json").read_text("utf-8")) == figures
    first = json.loads((run / f"{SERVED}.jsonl").read_text("utf-8").splitlines()[0])
    assert first["first_relevant_rank"] == 1


def test_the_command_explains_a_broken_folder(tmp_path):
    done = CliRunner().invoke(app, ["retrieval", "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert "corpus.jsonl" in done.stderr


def test_options_that_a_data_set_does_not_use_are_refused(folder):
    words = ["--base-url", "http://127.0.0.1:9", "--gate", "--repeat", "3", "--limit", "1", "--run", "foo"]
    done = CliRunner().invoke(app, ["retrieval", "--data", str(folder), *words])
    assert done.exit_code == 1
    assert "--base-url, --gate, --repeat, --run cannot be used" in " ".join(done.stderr.split())
