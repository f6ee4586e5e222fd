import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course_index.build import build_index, remove_courses
from course_index.centring import Centring, load_centring
from course_index.errors import IndexLocked, IndexMismatch, IndexMissing, SourceProblem
from course_index.parts import index_home
from course_index.settings import IndexSettings
from course_index.store.journal import Journalled, VectorJournal
from retrieval.live import LiveIndex

PROJECT = Path(__file__).parent.parent


class CountingEmbedder:
    """The real embedder, which counts what it is given."""

    def __init__(self, embedder, fingerprint=None):
        self._embedder = embedder
        self.fingerprint = fingerprint or embedder.fingerprint
        self.dimension = embedder.dimension
        self.passages = 0

    def embed(self, texts, role):
        self.passages += len(texts) if role == "passage" else 0
        return self._embedder.embed(texts, role)


@pytest.fixture(params=["folder", "servers"])
def settings(request, tmp_path):
    """Where an index is: in one folder, or as far as can be on servers."""
    if request.param == "folder":
        return IndexSettings(data_dir=tmp_path / "data")
    chroma, database = request.getfixturevalue("chroma"), request.getfixturevalue("postgres_url")
    return IndexSettings(data_dir=tmp_path / "data", chroma_url=chroma.url, lexical="postgresql", database_url=database)


@pytest.fixture
def home(settings):
    home = index_home(settings)
    yield home
    home.close()


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "kurs"
    folder.mkdir()
    for number, subject in enumerate(("电动车充电", "荔枝保鲜", "血压测量")):
        body = "".join(f"关于{subject}的第{n}点说明，要记在心里。" for n in range(60))
        (folder / f"{number}.md").write_text(f"# {subject}\n\n## 要点\n\n{body}", "utf-8")
    return folder


def test_a_second_build_embeds_nothing_and_changes_nothing(home, course, embedder):
    first = build_index([course], home, embedder)
    counting = CountingEmbedder(embedder)
    second = build_index([course], home, counting)
    assert first.embedded > 3
    assert (second.embedded, counting.passages, second.lessons_unchanged) == (0, 0, 3)
    assert second.totals == first.totals


def test_only_what_changed_is_embedded_again_and_what_is_gone_is_gone(home, course, embedder):
    before = build_index([course], home, embedder)
    text = (course / "1.md").read_text("utf-8")
    (course / "1.md").write_text(text + "\n\n## 新的一节\n\n" + "冷链运输要全程保持低温。" * 10, "utf-8")
    (course / "2.md").unlink()
    report = build_index([course], home, embedder)
    assert (report.lessons_read, report.lessons_unchanged, report.lessons_removed, report.embedded) == (1, 1, 1, 1)
    generation = home.open_current()
    ids = generation.records.passage_ids()
    assert generation.passage_vectors.ids() == ids == generation.passage_terms.ids()
    assert not generation.passage_terms.search(["血压"], 5)
    assert before.totals.lessons == 3
    assert report.totals.lessons == 2
    generation.close()


def test_a_lesson_that_moves_within_its_course_keeps_its_vectors(home, course, embedder):
    build_index([course], home, embedder)
    (course / "index.md").write_text("# 前言\n\n" + "先读这里，再读后面的各课。" * 6, "utf-8")
    report = build_index([course], home, embedder)
    generation = home.open_current()
    assert report.embedded == 2  # the new lesson, and the course that its front page renames
    assert [lesson.title for lesson in generation.records.lessons("kurs")] == [
        "前言",
        "电动车充电",
        "荔枝保鲜",
        "血压测量",
    ]
    generation.close()


def test_removed_courses_leave_no_trace_in_what_serves(home, course, tmp_path, embedder):
    other = tmp_path / "other.md"
    other.write_text("# 别的课\n\n" + "这是另一门课的内容，与前面无关。" * 5, "utf-8")
    build_index([course, other], home, embedder)
    with pytest.raises(SourceProblem, match="no course is called nope"):
        remove_courses(["kurs", "nope"], home)
    remove_courses(["kurs"], home)
    generation = home.open_current()
    assert len(generation.records.course_ids()) == 1
    ids = generation.records.passage_ids()
    assert generation.passage_vectors.ids() == ids == generation.passage_terms.ids()
    assert len(generation.course_vectors.ids()) == 1
    generation.close()


def test_no_file_of_the_index_holds_anything_of_a_removed_course(home, course, tmp_path, embedder):
    other = tmp_path / "other.md"
    other.write_text("# 别的课\n\n" + "这是另一门课的内容，与前面无关。" * 5, "utf-8")
    build_index([course, other], home, embedder)
    generation = home.open_current()
    ids = [b"kurs", *(id_.encode() for id_ in generation.records.passages_within("kurs"))]
    vectors = [vector.tobytes() for _, page in generation.passage_vectors.everything() for vector in page]
    kept = next(iter(generation.records.passages_within("other")))
    generation.close()
    remove_courses(["kurs"], home)
    generation = home.open_current()
    left = [vector.tobytes() for _, page in generation.passage_vectors.everything() for vector in page]
    folder = generation.folder
    generation.close()
    gone = [vector for vector in vectors if vector not in left]
    assert gone
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(kept.encode() in content for content in files.values())
    found = [(path.name, trace[:20]) for path, content in files.items() for trace in (*ids, *gone) if trace in content]
    assert found == []


def test_a_course_deleted_upstream_is_taken_out(home, tmp_path, embedder):
    catalogue = tmp_path / "c.jsonl"
    catalogue.write_text('{"id":"a","title":"甲","provider":"校"}\n{"id":"b","title":"乙","provider":"校"}\n', "utf-8")
    build_index([catalogue], home, embedder)
    catalogue.write_text('{"id":"a","title":"甲","provider":"校"}\n', "utf-8")
    report = build_index([catalogue], home, embedder)
    assert (report.courses_removed, report.totals.courses) == (1, 1)


def test_bad_files_are_reported_by_name_and_the_rest_is_indexed(home, course, embedder):
    (course / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    (course / "empty.md").write_bytes(b"")
    (course / "old.txt").write_bytes(("旧文件\n\n" + "这是用老编码保存的课程内容。" * 6).encode("gb18030"))
    with (course / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    report = build_index([course], home, embedder)
    said = {Path(notice.where).name: notice for notice in report.notices}
    assert said.keys() == {"picture.md", "empty.md", "old.txt", "huge.txt"}
    assert "binary" in said["picture.md"].what
    assert "200 MB" in said["huge.txt"].what
    assert not said["old.txt"].skipped
    assert "GB18030" in said["old.txt"].what
    assert report.lessons_read == 4


def test_a_build_that_finds_nothing_still_leaves_an_index_that_opens(home, tmp_path, embedder):
    report = build_index([tmp_path / "nowhere"], home, embedder)
    assert (report.totals.courses, len(report.notices)) == (0, 1)
    live = LiveIndex(home, embedder)
    assert live.search.passages(live.search.query("荔枝"), 3) == []
    live.close()


def test_another_embedder_is_refused_with_the_way_out_and_rebuild_takes_it(home, course, embedder):
    build_index([course], home, embedder)
    other = CountingEmbedder(embedder, fingerprint="another")
    with pytest.raises(IndexMismatch, match="--rebuild"):
        build_index([course], home, other)
    with pytest.raises(IndexMismatch, match="another"):
        LiveIndex(home, other).refresh()
    report = build_index([course], home, other, rebuild=True)
    assert report.embedded > 3
    LiveIndex(home, other).refresh()


def test_a_second_writer_is_refused_by_its_process_number(settings, home, course, embedder):
    with home.writing(), pytest.raises(IndexLocked, match=str(os.getpid())):
        build_index([course], index_home(settings), embedder)


def test_nothing_indexed_is_said_with_what_to_run(home):
    with pytest.raises(IndexMissing, match="companion-index build"):
        home.open_current()


def as_environment(settings):
    told = settings.model_dump(exclude_defaults=True)
    plain = {name: getattr(value, "get_secret_value", lambda value=value: value)() for name, value in told.items()}
    return {f"COMPANION_{name.upper()}": str(value) for name, value in plain.items()}


BUILD = """
import sys, os, signal
from pathlib import Path
from course_index.build import build_index
from course_index.embedders.e5_onnx import OnnxE5
from course_index.parts import index_home
from course_index.settings import IndexSettings
import course_index.searchable as searchable
searchable._EMBED_BATCH = 2
def progress(stage, done, total):
    if stage == "embedding" and done >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
build_index([Path(sys.argv[1])], index_home(IndexSettings()), OnnxE5(Path(sys.argv[2])), progress=progress)
"""


def test_a_killed_build_is_completed_by_the_next_while_the_old_index_serves(
    settings, home, course, tmp_path, embedder, model_folder
):
    build_index([course / "0.md"], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    killed = subprocess.run(
        [sys.executable, "-c", BUILD, str(course), str(model_folder), "4"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **as_environment(settings)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert not live.refresh()
    assert live.search.passages(live.search.query("电动车怎么充电"), 1)[0].lesson.title == "电动车充电"

    report = build_index([course], home, embedder)
    assert report.taken_from_journal >= 4
    assert not home.journal.exists()
    assert live.refresh()
    assert live.search.passages(live.search.query("荔枝怎么保鲜"), 1)[0].lesson.title == "荔枝保鲜"
    live.close()


def test_readers_see_one_whole_generation_or_the_other_while_builds_go_on(home, course, embedder):
    build_index([course], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    for round_ in range(3):
        search = live.search
        (course / "0.md").write_text("# 电动车充电\n\n" + f"第{round_}版：充满就拔，不要整夜充。" * 8, "utf-8")
        build_index([course], home, embedder)
        hit = search.passages(search.query("电动车充电"), 1)[0]
        assert hit.lesson.title == "电动车充电"  # the turn under way still reads what it began with
        assert live.refresh()
        fresh = live.search.passages(live.search.query("电动车充电"), 1)[0]
        assert f"第{round_}版" in fresh.passage.text
    folders = sorted(folder.name for folder in (home.journal.parent / "generations").iterdir())
    assert len(folders) == 2
    live.close()


def test_the_journal_gives_back_what_it_was_given(tmp_path):
    journal = VectorJournal(tmp_path / "j.db")
    row = Journalled(
        np.arange(3, dtype=np.float32), np.arange(6, dtype=np.int8).reshape(3, 2), np.array([1, 3], np.int32)
    )
    journal.put([("a", row), ("b", row)])
    journal.close()
    again = VectorJournal(tmp_path / "j.db")
    back = again.get(["b", "c"])
    assert list(back) == ["b"]
    for name in ("vector", "tokens", "ends"):
        assert np.array_equal(getattr(back["b"], name), getattr(row, name))
    again.discard()
    assert not list(tmp_path.iterdir())


def test_centring_gives_unit_vectors_and_survives_the_disk(tmp_path):
    centring = Centring({("query", "zh"): np.array([1.0, 0.0], np.float32), ("passage", "en"): np.zeros(2, np.float32)})
    centring.save(tmp_path)
    loaded = load_centring(tmp_path)
    out = loaded.apply(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), "query", ["zh", "zh"])
    assert np.allclose(np.linalg.norm(out, axis=1), 1)
    assert np.allclose(out[0], [0, 1])
    assert loaded.apply(np.zeros((0, 2), np.float32), "query", []).shape == (0, 2)


def test_migrations_lead_up_and_down(tmp_path):
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, inspect

    from course_index.store.records import Records
    from course_index.store.tables import metadata

    records = Records(tmp_path / "r.db")
    records.migrate()
    records.migrate()
    engine = create_engine(f"sqlite:///{tmp_path / 'r.db'}")
    made = {
        table: {
            (column["name"], str(column["type"]), column["nullable"]) for column in inspect(engine).get_columns(table)
        }
        for table in metadata.tables
    }
    declared = {
        name: {(column.name, str(column.type), bool(column.nullable)) for column in table.columns}
        for name, table in metadata.tables.items()
    }
    assert made == declared
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "course_index" / "store" / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()
    records.close()


def test_each_build_is_noted_with_what_it_left_out_and_the_latest_are_kept(home, course, embedder, tmp_path):
    build_index([course], home, embedder)
    (course / "broken.md").write_bytes(b"\xff\xfe\x00")
    build_index([course], home, embedder)
    first, second = home.builds()
    assert (first["generation"], second["generation"]) == ("1", "2")
    assert first["totals"]["courses"] == 1
    assert first["embedded"] > second["embedded"] == 0
    assert any("broken.md" in notice["where"] for notice in second["notices"])
    for number in range(60):
        home.note_build({"generation": str(number)})
    assert len(home.builds()) == 50
    (home.journal.parent / "builds.jsonl").write_text("{cut", "utf-8")
    assert home.builds() == []
