import shutil
import unicodedata

import pytest

from course_index.build import build_index, remove_courses
from course_index.course import Course, Lesson
from course_index.sounds import readings, syllables
from course_index.store.connections import Connections
from course_index.store.generations import IndexHome
from course_index.store.phrases import Phrases
from course_index.store.records import Records
from course_index.suggestions import Suggestion, folded, suggestions
from retrieval.suggest import suggest, written
from tests.conftest import LIBRARY


def course(id_: str, title: str, **more) -> Course:
    return Course(id=id_, title=title, provider="测试（示例）", **more)


def lesson(course_id: str, title: str) -> Lesson:
    return Lesson(f"{course_id}/{title}", course_id, 0, title, "made", "0")


COURSES = [
    course("bank", "学分银行是什么"),
    course("litchi", "荔枝与龙眼果园管理", subjects=("荔枝", "果树栽培"), skills=("修剪",)),
    course("python", "计算机基础与 Python 入门", skills=("Python",)),
    course("cafe", "Café Culture in Guangzhou"),
    course("prune-1", "果树修剪"),
    course("prune-2", "果树修剪"),
    course("green", "绿色生活"),
]
LESSONS = [lesson("litchi", "荔枝采收"), lesson("litchi", "荔枝"), lesson("python", "果树")]


@pytest.fixture
def records(tmp_path):
    records = Records(tmp_path / "records.db")
    records.migrate()
    records.phrases.keep_suggestions(suggestions(COURSES, LESSONS))
    yield records
    records.close()


def texts(records, typed, limit=8):
    return [one.text for one in suggest(records, typed, limit)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("xfyh", "学分银行是什么"),
        ("xuefenyinhang", "学分银行是什么"),
        ("學分銀", "学分银行是什么"),
        ("lizhi", "荔枝"),
        ("li'zhi", "荔枝"),
        ("Lǐ Zhī", "荔枝"),
        ("ＬＺ", "荔枝"),
        ("龍眼", "荔枝与龙眼果园管理"),
        ("longyan", "荔枝与龙眼果园管理"),
        ("lygygl", "荔枝与龙眼果园管理"),
        ("pYTH", "Python"),
        ("入门", "计算机基础与 Python 入门"),
        ("cafe", "Café Culture in Guangzhou"),
        ("cul", "Café Culture in Guangzhou"),
        ("café c", "Café Culture in Guangzhou"),
        ("lvse", "绿色生活"),
        ("lüse", "绿色生活"),
        ("lǜsè", "绿色生活"),
    ],
)
def test_titles_are_found_by_start_by_words_inside_and_by_pinyin(records, typed, first):
    assert texts(records, typed)[:1] == [first]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("typed", ["Café", "学分", "ＰＹ", "㈻"])
def test_every_unicode_form_suggests_the_same(records, typed, form):
    assert texts(records, unicodedata.normalize(form, typed)) == texts(records, typed)


def test_starts_come_before_insides_the_shorter_first_and_lessons_last(records):
    assert texts(records, "荔枝") == ["荔枝", "荔枝与龙眼果园管理", "荔枝采收"]
    assert texts(records, "果") == ["果树修剪", "果树栽培", "果树", "荔枝与龙眼果园管理"]
    assert texts(records, "荔枝", 1) == ["荔枝"]


def test_a_text_is_suggested_once_and_names_a_course_only_if_there_is_one(records):
    assert suggest(records, "果树修剪", 8) == [Suggestion("果树修剪", "course", None, 2)]
    assert suggest(records, "绿色", 8) == [Suggestion("绿色生活", "course", "green")]
    assert [one.kind for one in suggest(records, "py", 8)] == ["skill", "course"]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "😀",
        "\u200f\u202e",
        "%_'\"--",
        "？！",
        "a" * 100_000,
        "荔" * 100_000,
        "\U0010ffff",
        "_",
    ],
)
def test_whatever_is_typed_is_no_error(records, typed):
    assert texts(records, typed) == []


@pytest.mark.parametrize("typed", ["\x00荔枝", "\u200f荔枝\u202c", "荔\u200b枝", "😀荔枝", "荔枝\ud800"])
def test_marks_that_nobody_sees_do_not_matter(records, typed):
    assert texts(records, typed)[:1] == ["荔枝"]


def test_strange_titles_can_be_kept(records):
    strange = ["😀", "", " ", "a" * 4_000, "荔" * 4_000, "㐂𠮷", "مرحبا بالعالم", "ⅷ ǅ ß"]
    records.phrases.keep_suggestions(suggestions([course(str(n), title) for n, title in enumerate(strange)], []))
    assert texts(records, "مرحبا") == ["مرحبا بالعالم"]
    assert texts(records, "𠮷") == ["㐂𠮷"]
    assert texts(records, "ss") == ["ⅷ ǅ ß"]
    assert [len(text) for text in texts(records, "荔荔")] == [4_000]


def test_only_what_changed_is_written_and_what_is_gone_is_gone(records):
    before = _ids(records)
    records.phrases.keep_suggestions(suggestions(COURSES[1:], LESSONS))
    assert texts(records, "xfyh") == []
    assert _ids(records) == {text: id_ for text, id_ in before.items() if text != "学分银行是什么"}
    records.phrases.keep_suggestions(set())
    assert texts(records, "荔枝") == []
    with records._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM suggestion_keys").scalar() == 0


def _ids(records):
    with records._engine.connect() as connection:
        return dict(connection.exec_driver_sql("SELECT text, id FROM suggestions WHERE kind = 'course'").all())


def test_an_index_from_before_there_were_suggestions_has_none(tmp_path):
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    phrases = Phrases(engine, Connections(tmp_path / "old.db"))
    assert (phrases.suggested("a", 5), phrases.sounding(["li zhi"]), phrases.latin()) == ([], [], [])
    assert phrases.known(["a"]) == set()
    engine.dispose()


def test_a_build_keeps_suggestions_in_step_with_the_courses(tmp_path, embedder):
    library = tmp_path / "library"
    shutil.copytree(LIBRARY, library)
    home = IndexHome(tmp_path / "home")

    def offered(typed):
        generation = home.open_current()
        try:
            return texts(generation.records, typed)
        finally:
            generation.close()

    build_index([library], home, embedder)
    assert offered("xstyb") == ["醒狮体验班"]
    assert offered("哈希") == ["哈希表"]
    catalogue = library / "catalogue.jsonl"
    catalogue.write_text(catalogue.read_text("utf-8").replace("醒狮体验班", "醒狮周末班"), "utf-8")
    build_index([library], home, embedder)
    assert (offered("xstyb"), offered("xszmb")) == ([], ["醒狮周末班"])
    remove_courses(["lion-dance"], home)
    assert offered("醒狮") == []


def test_characters_are_read_as_the_word_reads_them():
    assert syllables("学分银行") == ["xue", "fen", "yin", "hang"]
    assert syllables("㐂龘𠮷") == [syllable for syllable in syllables("㐂龘𠮷") if syllable]
    assert len(syllables("㐂龘𠮷")) == 3
    assert readings("行") == ("xing", "hang")
    assert readings("女") == ("nv", "ru")
    assert readings("a") == ()


def test_folding_leaves_letters_and_digits():
    assert folded("《Ｃ＋＋ 入門》 第２版") == "c入门第2版"
    assert folded("Ångström_x") == "angstromx"


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("lizhi", "荔枝"),
        ("Xiu Jian", "修剪"),
        ("guoshu xiujian", "果树修剪"),
        ("python", None),
        ("li", None),
        ("lizh", None),
        ("荔枝", None),
        ("cafe", None),
    ],
)
def test_what_is_typed_in_pinyin_is_written_as_the_library_writes_it(records, typed, word):
    assert written(records, typed) == word
