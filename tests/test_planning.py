import pytest

from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests.test_turn import text, turn

CHAPTERS = {
    "1-砌砖": ["拌砂浆", "挂线", "摆砖", "勾缝", "转角"],
    "2-贴瓷砖": ["找平", "泡砖", "铺贴", "留缝", "美缝"],
    "3-刷墙": ["铲墙皮", "刮腻子", "打磨", "滚涂", "收边"],
}


@pytest.fixture
def book(tmp_path, embedder):
    """A book of three chapters that says nothing of hours."""
    for chapter, lessons in CHAPTERS.items():
        folder = tmp_path / "泥水工手册" / chapter
        folder.mkdir(parents=True)
        for number, lesson in enumerate(lessons, 1):
            subject = chapter.split("-")[1]
            (folder / f"{number}.md").write_text(
                f"# {lesson}\n\n{subject}的时候，{lesson}这一步要慢慢来：{subject}做得好不好，先看{lesson}。\n", "utf-8"
            )
    home = IndexHome(tmp_path / "data")
    build_index([tmp_path / "泥水工手册"], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    yield live
    live.close()


def planned(told):
    """The lessons of a plan by week, without the last week, which is for review."""
    rows = [line.partition("：")[2] for line in told.splitlines() if line.startswith("- ")]
    return rows[:-1] if rows[-1].startswith("总复习") else rows


def test_only_the_part_that_is_named_is_planned_until_all_of_it_is_wanted(companion_with, book):
    companion = companion_with(over=book)
    first = text(turn(companion, "帮我排泥水工手册贴瓷砖那部分的计划，每周3小时", conversation_id="c"))
    assert planned(first) == CHAPTERS["2-贴瓷砖"]
    assert "全部 15 课里的 5 课" in first
    assert planned(text(turn(companion, "改成每周4小时", conversation_id="c"))) == CHAPTERS["2-贴瓷砖"]
    other = text(turn(companion, "帮我改排刷墙那一章的计划", conversation_id="c"))
    assert planned(other) == CHAPTERS["3-刷墙"]
    assert planned(text(turn(companion, "只想学砌砖那几课", conversation_id="c"))) == CHAPTERS["1-砌砖"]
    whole = text(turn(companion, "整门课都排", conversation_id="c"))
    assert len(planned(whole)) == 12
    assert "只排了" not in whole
    assert "没有变" not in whole
    assert "没有变" in text(turn(companion, "再排一次学习计划", conversation_id="c"))


def test_of_a_long_plan_the_first_weeks_are_told_and_any_other_when_it_is_asked_for(companion_with, book):
    companion = companion_with(over=book)
    told = text(turn(companion, "帮我排泥水工手册的学习计划，每周3小时", conversation_id="c"))
    assert planned(told) == [lesson for lessons in CHAPTERS.values() for lesson in lessons][:12]
    assert "一直到第 16 周" in told
    assert "收边" in text(turn(companion, "第十五周学什么", conversation_id="c"))
    assert "总复习" in text(turn(companion, "第 16 周呢", conversation_id="c"))


def test_a_simple_plan_is_no_part(companion_with, book):
    told = text(turn(companion_with(over=book), "给我排个简单的泥水工手册学习计划，每周3小时"))
    assert len(planned(told)) == 12


def test_a_part_that_there_is_not_leaves_the_whole_course(companion_with, book):
    told = text(turn(companion_with(over=book), "帮我排泥水工手册水电那几课的计划，每周3小时"))
    assert len(planned(told)) == 12


def test_weeks_that_are_alike_are_told_in_a_line(companion_with):
    companion = companion_with()
    told = text(turn(companion, "帮我排快递服务规则的计划，每周半小时，从2026年12月1日开始", conversation_id="c"))
    rows = [line for line in told.splitlines() if line.startswith("- ")]
    assert len(rows) < 8  # of the nine weeks
    assert any("周（" in row and " 到 " in row and "，每周 0.5 小时）" in row for row in rows)
    assert rows[-1].startswith("- 第 9 周（")
    third = text(turn(companion, "第三周学什么", conversation_id="c"))
    assert third.startswith("- 第 3 周（")
