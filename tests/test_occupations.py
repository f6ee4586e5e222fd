import pytest
from typer.testing import CliRunner

from companion.guidance.occupations import (
    SAMPLES,
    Occupations,
    OccupationsUnreadable,
    import_classification,
    read_occupations,
)
from companion.state.cli import commands

HEAD = "level,code,name,definition,tasks,alias\n"
TABLE = HEAD + (
    "2,4-00-00-00,服务人员,,,服务人员\n"
    '4,4-12-04-02,修鞋工L,修理鞋类制品的人员。,1.清洗鞋面 2.更换鞋底;,"修鞋工L,补鞋匠"\n'
    "4,4-12-04-02,修鞋工,修理鞋类制品的人员。,1.清洗鞋面 2.更换鞋底;,擦鞋师傅\n"
    "4,4-10-01-03,保育师,照顾婴幼儿的人员。,,保育师\n"
)


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(TABLE, "utf-8-sig")
    return file


@pytest.fixture(scope="module")
def samples(embedder):
    return Occupations(read_occupations(SAMPLES), lambda texts: embedder.embed(texts, "passage"))


def test_the_samples_are_marked_as_samples():
    assert all(one.sample and one.source and one.as_of for one in read_occupations(SAMPLES))


def test_a_classification_is_read_without_its_groups_marks_and_doubles(table):
    cobbler, nurse = import_classification(table, "大典", "2022")
    assert (cobbler.id, cobbler.title) == ("4-12-04-02", "修鞋工")
    assert set(cobbler.aliases) == {"补鞋匠", "擦鞋师傅"}
    assert cobbler.tasks == ["清洗鞋面", "更换鞋底"]
    assert nurse.aliases == []
    assert not nurse.sample


def test_the_command_makes_a_file_that_the_service_reads(table, tmp_path):
    made = tmp_path / "occupations.jsonl"
    asked = ["import-occupations", str(table), str(made), "--source", "大典（2022年版）", "--as-of", "2022"]
    done = CliRunner().invoke(commands, asked)
    assert done.exit_code == 0, done.output
    assert [one.title for one in read_occupations(made)] == ["修鞋工", "保育师"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column code, name"),
        (HEAD + "4,no such code,名,,,\n", "id"),
        (HEAD + ",4-10-01-03,保育师,,,\n", "rows of level 4"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_and_nothing_is_written(tmp_path, text, says):
    file, made = tmp_path / "table.csv", tmp_path / "occupations.jsonl"
    file.write_text(text, "utf-8")
    done = CliRunner().invoke(
        commands, ["import-occupations", str(file), str(made), "--source", "s", "--as-of", "2022"]
    )
    assert done.exit_code == 1
    assert says in done.output
    assert not made.exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "1"),
        ('{"id": "a", "title": "t", "source": "s", "as_of": "yesterday"}', "as_of"),
        ('{"id": "a", "title": "t", "source": "s", "as_of": "2022"}\n' * 2, "came before"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, says):
    file = tmp_path / "occupations.jsonl"
    file.write_text(line, "utf-8")
    with pytest.raises(OccupationsUnreadable, match=says):
        read_occupations(file)


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("送快递的", "快递员"),
        ("我想当护工", "养老护理员"),
        ("chef", "中式烹调师"),
        ("想学怎么照顾卧床老人", "养老护理员"),
        ("带货主播", "互联网营销师"),
    ],
)
def test_an_occupation_is_found_by_what_people_call_it_or_by_what_the_work_is(samples, words, title):
    assert samples.match(words, 1)[0].occupation.title == title


def test_a_name_that_was_said_counts_more_than_what_is_near(samples):
    first, second = samples.match("电工", 2)
    assert first.named
    assert not second.named
    assert first.score > second.score + 0.3


def test_without_words_or_occupations_nothing_is_meant(samples, embedder):
    assert samples.match("？！", 3) == []
    assert Occupations([], lambda texts: embedder.embed(texts, "passage")).match("电工") == []


def test_vectors_are_kept_for_the_embedder_that_made_them(tmp_path, embedder):
    asked = []

    def embed(texts):
        asked.append(len(texts))
        return embedder.embed(texts, "passage")

    records = read_occupations(SAMPLES)[:3]
    Occupations(records, embed, tmp_path, "one")
    first = len(asked)
    Occupations(records, embed, tmp_path, "one")
    assert len(asked) == first
    Occupations(records, embed, tmp_path, "another")
    assert len(asked) > first
