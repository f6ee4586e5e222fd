"""What changes upstream changes here, and what is deleted is gone: from answers, indexes, and every file on disk."""

import json
import threading
import time
import zipfile
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from course_index.build import build_index, move_source, remove_courses
from course_index.errors import SourceProblem
from course_index.sources.library import read_library, sources_at
from course_index.sources.package import Wishes
from course_index.sources.source import Source
from course_index.store.generations import IndexHome
from course_index.watching import keep_in_step
from retrieval.live import LiveIndex
from tests import exported

SECRET = "翡翠孔雀密码箱"


@pytest.fixture
def home(tmp_path):
    return IndexHome(tmp_path / "data")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "kurs"
    folder.mkdir()
    (folder / "a.md").write_text(f"# {SECRET}\n\n存放在{SECRET}里的货要先登记，再上锁。\n", "utf-8")
    (folder / "b.md").write_text("# 称重\n\n快件称重要先归零，再放上去，读数稳了再记。\n", "utf-8")
    return folder


def bytes_of(home: IndexHome) -> dict[str, bytes]:
    root = home.journal.parent
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("how", ["file deleted", "text changed", "course removed"])
def test_deleted_content_is_in_no_file_of_the_index(home, folder, embedder, how):
    build_index([folder], home, embedder)
    marks = [SECRET.encode(), SECRET[:2].encode(), "孔雀".encode()]
    assert any(mark in data for data in bytes_of(home).values() for mark in marks)
    match how:
        case "file deleted":
            (folder / "a.md").unlink()
            build_index([folder], home, embedder)
        case "text changed":
            (folder / "a.md").write_text("# 登记\n\n货要先登记，再上锁，钥匙交给组长。\n", "utf-8")
            build_index([folder], home, embedder)
        case _:
            remove_courses(["kurs"], home)
    left = [name for name, data in bytes_of(home).items() if any(mark in data for mark in marks)]
    assert left == []
    assert len(list((home.journal.parent / "generations").iterdir())) == 1


def test_a_service_that_still_reads_the_former_index_keeps_it_and_then_lets_it_go(home, folder, embedder, monkeypatch):
    build_index([folder], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    (folder / "a.md").unlink()
    build_index([folder], home, embedder)
    search = live.search  # a turn that is under way
    assert any(SECRET in hit.passage.text for hit in search.passages(search.query(SECRET), 3))
    assert live.refresh()
    assert not any(SECRET in hit.passage.text for hit in live.search.passages(live.search.query(SECRET), 3))
    monkeypatch.setattr("retrieval.live._LONGEST_TURN_SECONDS", 0.0)
    live.refresh()
    assert not any(SECRET.encode() in data for data in bytes_of(home).values())
    live.close()


def test_a_named_source_keeps_its_courses_when_its_path_changes(home, folder, tmp_path, embedder):
    build_index([Source("academy", folder, Wishes())], home, embedder)
    moved = folder.rename(tmp_path / "kurs-2026")
    report = build_index([Source("academy", moved, Wishes())], home, embedder)
    assert (report.totals.courses, report.courses_removed) == (1, 0)
    assert courses_of(home) == {"kurs": "academy"}
    (moved / "c.jsonl").write_text('{"id":"x","title":"甲","provider":"校"}\n', "utf-8")
    build_index([Source("academy", moved, Wishes())], home, embedder)
    elsewhere = moved.rename(tmp_path / "kurs-2027")
    report = build_index([Source("academy", elsewhere, Wishes())], home, embedder)
    assert not [one for one in report.notices if "belongs to" in one.what]
    assert report.totals.courses == 2


def courses_of(home):
    generation = home.open_current()
    sources = generation.records.sources()
    generation.close()
    return sources


@pytest.fixture
def catalogue(tmp_path):
    """A folder with a catalogue of two courses that have lessons, and a third course that is a folder of lessons."""
    folder = tmp_path / "2026" / "kurse"
    for name in ("wiegen", "packen", "fahren"):
        (folder / name).mkdir(parents=True)
        (folder / name / "a.md").write_text(f"# {name}\n\n快件称重要先归零，再放上去，{name}。\n", "utf-8")
    records = [{"id": name, "title": name, "provider": "校", "content": name} for name in ("wiegen", "packen")]
    (folder / "alle.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    return folder


def test_a_folder_that_was_moved_is_told_of_and_keeps_its_courses_once_that_is_said(
    home, catalogue, tmp_path, embedder
):
    build_index([catalogue], home, embedder)
    before = courses_of(home)
    assert set(before) == {"wiegen", "packen", "kurse"}
    (tmp_path / "2027").mkdir()
    moved = catalogue.rename(tmp_path / "2027" / "kurse")
    report = build_index([moved], home, embedder)
    told = " ".join(f"{one.where} {one.what}" for one in report.notices)
    assert f"companion-index moved {catalogue} NEW" in told
    assert "the id wiegen belongs to" in told
    assert "if it was moved" in told
    assert set(courses_of(home)) == {*before, "kurse-2"}  # of fahren alone: what belongs to a record is in no other
    remove_courses(["kurse-2"], home)

    assert move_source(str(catalogue), str(moved), home) == 3
    report = build_index([moved], home, embedder)
    assert (report.lessons_unchanged, report.embedded, report.notices) == (3, 0, [])
    assert courses_of(home) == {id_: source.replace("/2026/", "/2027/") for id_, source in before.items()}


def test_what_lies_in_an_archive_is_there_while_the_archive_is(home, folder, tmp_path, embedder):
    inner = tmp_path / "exported"
    inner.mkdir()
    with zipfile.ZipFile(inner / "alle.zip", "w") as archive:
        archive.writestr("liste/alle.jsonl", '{"id": "packen", "title": "打包", "provider": "校"}\n')
    build_index([inner], home, embedder)
    assert courses_of(home) == {"packen": f"{inner}/alle.zip/liste/alle.jsonl"}
    assert build_index([folder], home, embedder).notices == []
    (inner / "alle.zip").unlink()
    assert [one.where for one in build_index([folder], home, embedder).notices] == [f"{inner}/alle.zip"]


def test_a_move_from_nowhere_or_onto_courses_is_refused(home, catalogue, tmp_path, embedder):
    build_index([catalogue], home, embedder)
    with pytest.raises(SourceProblem, match="no course came from"):
        move_source(str(catalogue)[:-1], str(tmp_path), home)
    with pytest.raises(SourceProblem, match="companion-index remove"):
        move_source(str(catalogue / "alle.jsonl"), str(catalogue), home)
    assert set(courses_of(home).values()) == {str(catalogue), str(catalogue / "alle.jsonl")}


def test_a_record_that_is_unsound_now_leaves_its_course_as_it_was(home, catalogue, embedder):
    build_index([catalogue], home, embedder)
    text = (catalogue / "alle.jsonl").read_text("utf-8")
    (catalogue / "alle.jsonl").write_text(text.replace('"title": "packen"', '"title": ""'), "utf-8")
    report = build_index([catalogue], home, embedder)
    assert [(one.what.endswith("Until then the former version stays"), one.skipped) for one in report.notices] == [
        (True, True)
    ]
    assert report.courses_removed == 0
    generation = home.open_current()
    assert generation.records.courses(["packen"])["packen"].title == "packen"
    assert [lesson.title for lesson in generation.records.lessons("packen")] == ["packen"]
    assert [lesson.title for lesson in generation.records.lessons("kurse")] == ["fahren"]
    generation.close()


def test_a_named_file_keeps_its_course_when_it_is_renamed(home, folder, embedder):
    build_index([Source("handout", folder / "a.md", Wishes())], home, embedder)
    before = courses_of(home)
    (folder / "a.md").rename(folder / "a-2027.md")
    build_index([Source("handout", folder / "a-2027.md", Wishes())], home, embedder)
    assert courses_of(home) == before


def test_the_id_of_a_course_that_is_gone_passes_to_no_other_and_back_to_its_own(home, tmp_path, embedder):
    for place in ("one", "two"):
        (tmp_path / place / "kurs").mkdir(parents=True)
        (tmp_path / place / "kurs" / "a.md").write_text(f"# {place}\n\n快件称重要先归零，再放上去。\n", "utf-8")
    one, two = (tmp_path / place / "kurs" for place in ("one", "two"))
    build_index([one], home, embedder)
    remove_courses(["kurs"], home)
    build_index([two], home, embedder)
    assert courses_of(home) == {"kurs-2": str(two)}
    build_index([one], home, embedder)
    assert courses_of(home) == {"kurs": str(one), "kurs-2": str(two)}


def test_where_a_file_opens_is_told_anew_when_the_sources_file_says_otherwise(home, folder, embedder):
    (folder / "video").mkdir()
    (folder / "video" / "rain.srt").write_text(exported.SRT, "utf-8")
    (folder / "video" / "rain.md").write_text("# 雨\n\n雨衣先抖干再折。\n", "utf-8")
    (folder / "video" / "rain.html").write_text("<h1>雨</h1><p>雨靴倒着放。</p>", "utf-8")
    (folder / "c.jsonl").write_text('{"id":"x","title":"甲","provider":"校","content":"video"}\n', "utf-8")

    def opened() -> set[str | None]:
        generation = home.open_current()
        passages = generation.records.passages(generation.records.passages_within("x"))
        generation.close()
        return {passage.url and passage.url.partition("#")[0] for passage in passages.values()}

    for address in (None, "https://v.example/1", "https://v.example/2", None):
        links = {f"video/rain.{kind}": address for kind in ("srt", "md", "html")} if address else {}
        build_index([Source("academy", folder, Wishes(links=links))], home, embedder)
        assert opened() == {address}


def test_a_sources_file_names_sources_and_is_refused_whole_when_it_is_wrong(tmp_path, folder):
    good = tmp_path / "sources.toml"
    good.write_text(
        '[[source]]\nname = "academy"\npath = "kurs"\nprovider = "快递学院"\n'
        '[[source]]\nname = "library"\nfeed = "oai-pmh"\nurl = "https://lib.example/oai"\n',
        "utf-8",
    )
    academy, library = sources_at([good])
    assert (academy.path, academy.wishes.provider) == (folder, "快递学院")
    assert library.feed is not None
    assert read_library([academy], {}).drafts[0].course.provider == "快递学院"
    for wrong, said in (
        ('[[source]]\nname = "a"\n', "either `path` or `feed`"),
        ('[[source]]\nname = "a"\npath = "x"\ncolour = "red"\n', "colour"),
        ('[[source]]\nname = "a"\nfeed = "moodle"\n', "needs its `url`"),
        ('[[source]]\nname = "a"\npath = "x"\n[[source]]\nname = "a"\npath = "y"\n', "two sources a"),
        ('[[source]]\nname = "a"\npath = "x"\nurl = "javascript:alert(1)"\n', "https://"),
        ("name = 1\n", "names no source"),
        ("[[source\n", "cannot be read"),
    ):
        good.write_text(wrong, "utf-8")
        with pytest.raises(SourceProblem, match=said):
            sources_at([good])


def test_what_is_not_valid_any_more_comes_last_and_says_so(home, tmp_path, embedder):
    for id_, until, said in (("old", "2020-01-01", "每趟补贴八元"), ("new", "2099-01-01", "每趟补贴十二元")):
        (tmp_path / id_).mkdir()
        (tmp_path / id_ / "a.md").write_text(
            f"# 夜班补贴{id_}\n\n骑手夜班送餐{said}，按平台当天公布的为准。\n", "utf-8"
        )
        record = {"id": id_, "title": f"夜班补贴{id_}", "provider": "校", "valid_until": until, "content": id_}
        with (tmp_path / "c.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    build_index([tmp_path], home, embedder)
    live = LiveIndex(home, embedder)
    hits = live.search.passages(live.search.query("骑手夜班送餐每趟补贴多少"), 3)
    assert [hit.course.id for hit in hits] == ["new", "old"]
    assert hits[1].course.valid_until < date.today()
    live.close()


def test_a_record_without_content_is_found_and_a_second_build_changes_nothing(home, tmp_path, embedder):
    path = tmp_path / "courses.csv"
    path.write_text(exported.TABLE, "utf-8")
    build_index([path], home, embedder)
    report = build_index([path], home, embedder)
    assert (report.embedded, report.totals.courses, report.courses_removed) == (0, 2, 0)


def test_an_export_is_read_again_only_where_it_changed(home, tmp_path, embedder):
    path = tmp_path / "rider.tar.gz"
    files = exported.olx()
    exported.tarred(path, files)
    first = build_index([path], home, embedder)
    files["course/html/h1.html"] = "<p>每天出车前捏一捏刹把，再转一转车把，看看灯。</p>"
    exported.tarred(path, files)
    report = build_index([path], home, embedder, workers=2)
    assert first.lessons_read == 3
    assert (report.lessons_read, report.lessons_unchanged) == (1, 2)
    del files["course/vertical/v2.xml"]
    exported.tarred(path, files)
    report = build_index([path], home, embedder)
    assert (report.lessons_removed, report.totals.lessons) == (1, 2)


@contextmanager
def watching(paths, build, said):
    """Keeps `paths` in step meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=keep_in_step, args=(build, paths, 3_600.0, said.append, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)


def wait_for(built: list[object], last: object) -> None:
    until = time.monotonic() + 30
    while (not built or built[-1] != last) and time.monotonic() < until:
        time.sleep(0.05)


def names_in(folder: Path) -> list[str] | None:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else None


def test_watching_builds_now_and_after_each_change_and_goes_on_after_a_failure(tmp_path: Path):
    built, said = [], []

    def build() -> None:
        built.append(names_in(tmp_path))
        if len(built) == 2:
            raise SourceProblem("the sources file is broken")

    with watching(lambda: [tmp_path], build, said):
        for before, name in (([], "a.md"), (["a.md"], "b.md")):
            wait_for(built, before)
            (tmp_path / name).write_text("x", "utf-8")
        wait_for(built, ["a.md", "b.md"])
    assert built == [[], ["a.md"], ["a.md", "b.md"]]
    assert said == ["the sources file is broken"]


def test_what_is_saved_while_a_build_reads_or_the_watch_begins_anew_is_not_missed(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    built, said = [], []
    # What is done behind the back of a build that has read all.
    meanwhile = {
        1: lambda: (first / "a.md").write_text("x", "utf-8"),
        2: second.mkdir,  # from here on it is watched too
        3: lambda: (second / "b.md").write_text("x", "utf-8"),
    }

    def build() -> None:
        built.append((names_in(first), names_in(second)))
        meanwhile.get(len(built), lambda: None)()

    with watching(lambda: [path for path in (first, second) if path.exists()], build, said):
        wait_for(built, (["a.md"], ["b.md"]))
    assert built == [([], None), (["a.md"], None), (["a.md"], []), (["a.md"], ["b.md"])]
    assert said == []


def replaced(path: Path, new: Path) -> None:
    """As who saves under another name first, so that nobody reads half of it."""
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name("before"))
    new.replace(path)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_replaced_goes_on_being_watched(tmp_path: Path, kind: str):
    watched, built, said = tmp_path / "watched", [], []

    def put(text: str) -> None:
        new = tmp_path / text
        if kind == "file":
            new.write_text(text, "utf-8")
        else:
            new.mkdir()
            (new / text).touch()
        if kind == "link":
            (tmp_path / "link").symlink_to(new)
            new = tmp_path / "link"
        if watched.exists():
            replaced(watched, new)
        else:
            new.rename(watched)

    def build() -> None:
        built.append(watched.read_text("utf-8") if kind == "file" else " ".join(names_in(watched) or ()))

    put("1")
    with watching(lambda: [watched], build, said):
        wait_for(built, "1")
        put("2")
        wait_for(built, "2")
        if kind == "file":
            put("3")
        else:
            (watched / "3").touch()
        wait_for(built, last := "3" if kind == "file" else "2 3")
    assert built == ["1", "2", last]
    assert said == []
