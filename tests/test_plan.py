from datetime import date, timedelta

import pytest

from companion.practice.plan import hours_in_time, study_plan, wanted
from course_index.course import Course, Lesson

TODAY = date(2026, 11, 23)


def course(hours):
    return Course("c", "课", "p", hours=hours)


LESSONS = [Lesson(f"l{n}", "c", n, f"第{n}课", "s", "h") for n in range(1, 6)]


@pytest.mark.parametrize("hours", [1, 2.5, 10, 37])
@pytest.mark.parametrize("a_week", [0.5, 2, 3, 7.5, 40])
def test_hours_add_up_no_lesson_is_lost_and_no_week_has_too_much(hours, a_week):
    plan = study_plan(course(hours), LESSONS, a_week, TODAY)
    taught = [one for one in plan.weeks if not one.review]
    assert sum(one.hours for one in taught) == pytest.approx(hours, abs=0.05)
    assert all(one.hours <= a_week + 1e-6 for one in taught)
    assert list(dict.fromkeys(title for one in taught for title in one.lessons)) == [one.title for one in LESSONS]
    assert [one.review for one in plan.weeks].count(True) == 1
    assert plan.weeks[-1].review
    assert all(
        after.start == before.end + timedelta(days=1) for before, after in zip(plan.weeks, plan.weeks[1:], strict=False)
    )


def test_a_course_without_hours_gets_weeks_and_no_invented_hours():
    plan = study_plan(course(None), LESSONS, 3, TODAY)
    assert plan.hours is None
    assert all(one.hours is None for one in plan.weeks)
    assert len(plan.weeks) == len(LESSONS) + 1


def test_without_hours_the_lessons_are_shared_out_up_to_the_day_that_was_asked_for():
    plan = study_plan(course(None), LESSONS, 3, TODAY, TODAY + timedelta(weeks=3))
    assert [one.lessons for one in plan.weeks] == [("第1课", "第2课"), ("第3课", "第4课", "第5课"), ()]
    assert plan.late_by == 0
    far = study_plan(course(None), LESSONS, 3, TODAY, TODAY + timedelta(weeks=40))
    assert [len(one.lessons) for one in far.weeks] == [1, 1, 1, 1, 1, 0]
    tomorrow = study_plan(course(None), LESSONS, 3, TODAY, TODAY + timedelta(days=1))
    assert [len(one.lessons) for one in tomorrow.weeks] == [5, 0]


def test_a_part_of_the_lessons_takes_its_part_of_the_hours():
    plan = study_plan(course(10), LESSONS[:2], 2, TODAY, share=2 / 5)
    assert plan.hours == 4
    assert sum(one.hours or 0 for one in plan.weeks) == 4


def test_a_day_that_cannot_be_met_is_said_in_weeks():
    assert study_plan(course(20), LESSONS, 2, TODAY, TODAY + timedelta(weeks=4)).late_by > 0
    assert study_plan(course(4), LESSONS, 2, TODAY, TODAY + timedelta(weeks=4)).late_by == 0


@pytest.mark.parametrize(
    ("message", "hours"),
    [
        ("每周5小时", 5), ("每天半小时", 3.5), ("一个星期三个钟", 3), ("2 hours a week", 2), ("每晚一小时", 7),
        ("周末各两小时", 4), ("每个工作日二十分钟", 1.67), ("一周學四個鐘頭", 4), ("30 minutes a day", 3.5), ("每天一个半小时", 10.5),  # noqa: E501
        ("帮我排个计划", None), ("第三周学什么", None),
    ],
)  # fmt: skip
def test_hours_a_week_are_read_in_three_languages(message, hours):
    assert wanted(message, TODAY).hours_a_week == (None if hours is None else pytest.approx(hours, abs=0.01))


@pytest.mark.parametrize(
    ("message", "until"),
    [
        ("到12月31日学完", date(2026, 12, 31)), ("到1月5号", date(2027, 1, 5)), ("下个月底前", date(2026, 12, 31)),
        ("本月底前", date(2026, 11, 30)), ("8周内学完", TODAY + timedelta(weeks=8)), ("两个月内", TODAY + timedelta(days=60)),  # noqa: E501
        ("每周5小时", None), ("过年前", None), ("我落下了两周", None), ("I missed two weeks", None),
        ("三月三号考试", date(2027, 3, 3)), ("十二月二十三日前", date(2026, 12, 23)), ("12月底之前", date(2026, 12, 31)),  # noqa: E501
        ("exam on 3 March", date(2027, 3, 3)), ("by March 3rd", date(2027, 3, 3)), ("三个月学完", TODAY + timedelta(days=90)),  # noqa: E501
        ("推迟两周", None), ("start two weeks later", None), ("i may learn 3 hours", None),
    ],
)  # fmt: skip
def test_the_last_day_is_read(message, until):
    assert wanted(message, TODAY).until == until


@pytest.mark.parametrize(
    ("message", "hours", "days", "off"),
    [
        ("每周一三五各一小时", 3, {0, 2, 4}, set()),
        ("每周一、三、五晚上各一个半小时", 4.5, {0, 2, 4}, set()),
        ("周一到周五每天45分钟", 3.75, {0, 1, 2, 3, 4}, set()),
        ("45 minutes every weekday", 3.75, {0, 1, 2, 3, 4}, set()),
        ("an hour on Mon, Wed and Fri", 3, {0, 2, 4}, set()),
        ("4 hours on Saturdays", 4, {5}, set()),
        ("每周一三五，一共三小时", 3, {0, 2, 4}, set()),
        ("2 hours each weekend", 2, {5, 6}, set()),
        ("每天一小时，星期天不学", 6, set(), {6}),
        ("1.5 hours every evening, no Fridays", 9, set(), {4}),
        ("每周三次，每次一小时", 3, set(), set()),
        ("每周五天，每天一小时", 5, set(), set()),
        ("每周三小时", 3, set(), set()),
        ("每周一小时", 1, set(), set()),
        ("星期天不学", None, set(), {6}),
        ("除了星期三", None, set(), {2}),
        ("星期三要加班，去掉", None, set(), {2}),
        ("I have to work late on Thursday", None, set(), {3}),
        ("not on Sundays", None, set(), {6}),
        ("sun protection, 2 hours a week", 2, set(), set()),
        ("I sat there for an hour", None, set(), set()),
        ("第一周学什么", None, set(), set()),
    ],
)
def test_days_of_the_week_and_how_long_each_is(message, hours, days, off):
    asked = wanted(message, TODAY)
    assert (asked.hours_a_week, set(asked.days), set(asked.off)) == (hours, days, off)


@pytest.mark.parametrize(
    ("message", "start"),
    [
        ("从下周一开始", date(2026, 11, 30)),
        ("下星期三起，每周两小时", date(2026, 12, 2)),
        ("周六开始", date(2026, 11, 28)),
        ("由一月開始得唔得", date(2027, 1, 1)),
        ("从三月三号开始", date(2027, 3, 3)),
        ("start in January", date(2027, 1, 1)),
        ("明天开始学", date(2026, 11, 26)),
        ("从12月1号开始", date(2026, 12, 1)),
        ("推迟到下周一", date(2026, 11, 30)),
        ("start next Monday", date(2026, 11, 30)),
        ("starting on 1 December", date(2026, 12, 1)),
        ("where do I start on Python", None),
        ("从基础开始", None),
        ("下周一考试", None),
    ],
)
def test_the_day_on_which_a_plan_begins(message, start):
    asked = wanted(message, date(2026, 11, 25))
    assert (asked.start, asked.until) == (start, None)


def test_what_is_said_later_changes_only_what_it_says():
    plan = wanted("每天一小时", TODAY)
    plan = wanted("星期天不学", TODAY).after(plan)
    assert (plan.hours_a_week, len(plan.days)) == (6, 6)
    plan = wanted("改成每周三小时", TODAY).after(plan)
    assert (plan.hours_a_week, len(plan.days)) == (3, 6)
    plan = wanted("改成每周一三各一小时", TODAY).after(plan)
    assert (plan.hours_a_week, set(plan.days)) == (2, {0, 2})
    plan = wanted("星期六也学", TODAY).after(plan)
    assert (plan.hours_a_week, set(plan.days)) == (3, {0, 2, 5})


@pytest.mark.parametrize(
    ("said", "hours", "days"),
    [
        (["我只有周末有空", "每次最多一个小时"], 2, {5, 6}),
        (["每次四十分钟", "周一三五"], 2, {0, 2, 4}),
        (["on weekends only", "an hour each time"], 2, {5, 6}),
        (["每周三小时", "周末"], 3, {5, 6}),
        (["每次一小时"], None, set()),
    ],
)
def test_the_days_and_how_long_each_is_may_be_said_one_after_the_other(said, hours, days):
    asked = wanted(said[0], TODAY)
    for message in said[1:]:
        asked = wanted(message, TODAY).after(asked)
    assert (asked.hours_a_week, asked.days) == (hours, days)


def test_the_hours_with_which_a_course_is_done_in_time_leave_the_last_week_for_review():
    until = TODAY + timedelta(weeks=3)
    needed = hours_in_time(course(20), TODAY, until)
    assert needed == 10
    assert study_plan(course(20), LESSONS, needed, TODAY, until).late_by == 0
    assert hours_in_time(course(None), TODAY, until) is None
