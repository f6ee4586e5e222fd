from dataclasses import replace
from datetime import date, timedelta

import pytest

from companion.guidance.pathway import Goal, Requirement, Terms
from companion.guidance.picture import mermaid, svg
from companion.guidance.planner import Planner
from companion.guidance.shelf import Session
from course_index.course import Course, Offering, Price

TODAY = date(2026, 11, 24)


def course(id_, **facts):
    return Course(id_, f"《{id_}》", "学堂", **{"hours": 10.0, "delivery": "online", **facts})


def planner(*courses, sessions=None, finished=(), failed=(), missing=()):
    everything = {one.id: one for one in courses}
    open_ = [one for one in courses if one.id not in missing]
    return Planner(open_, everything, sessions or {}, frozenset(finished), frozenset(failed))


def wants(*names, **requirements):
    of_courses = [Requirement("course", name, frozenset({name})) for name in names]
    of_skills = [Requirement("skill", name, frozenset(ids)) for name, ids in requirements.items()]
    return Goal("goal", (*of_courses, *of_skills))


def ids(path):
    return [step.course.id for step in path.steps]


def test_what_is_required_comes_first_and_is_taken_along():
    path = planner(course("a"), course("b", prerequisites=("a",)), course("c", prerequisites=("b",)), course("d")).plan(
        wants("c"), Terms(5, TODAY)
    )
    assert ids(path) == ["a", "b", "c"]
    assert path.possible
    assert path.hours == 30
    begins = [step.begins for step in path.steps]
    assert begins == sorted(begins)
    assert all(one.ends <= other.begins for one, other in zip(path.steps, path.steps[1:], strict=False))


def test_one_course_that_teaches_both_is_better_than_two():
    path = planner(course("both", hours=15.0), course("x"), course("y")).plan(
        wants(沟通=["both", "x"], 急救=["both", "y"]), Terms(5, TODAY)
    )
    assert ids(path) == ["both"]


def test_hours_a_week_give_the_dates():
    path = planner(course("a", hours=10.0)).plan(wants("a"), Terms(5, TODAY))
    assert path.steps[0].begins == TODAY
    assert path.ends == TODAY + timedelta(days=13)
    assert planner(course("a")).plan(wants("a"), Terms(None, TODAY)).ends is None


def test_what_is_learned_alone_begins_and_ends_on_the_days_on_which_one_learns():
    a, b = course("a", hours=6.0), course("b", hours=6.0, prerequisites=("a",))
    saturday = date(2026, 11, 28)
    path = planner(a, b).plan(wants("b"), Terms(4, saturday, days=frozenset({1, 5})))
    # Four hours a week are two on each day: three days for each course.
    tuesdays = [saturday + timedelta(days=3, weeks=weeks) for weeks in range(3)]
    saturdays = [saturday + timedelta(weeks=weeks) for weeks in range(3)]
    assert [(step.begins, step.ends) for step in path.steps] == [
        (saturdays[0], saturdays[1]),
        (tuesdays[1], tuesdays[2]),
    ]


def test_hours_that_no_record_states_are_not_made_up():
    path = planner(course("a", hours=None), course("b")).plan(wants("a", "b"), Terms(5, TODAY))
    assert path.hours == 10
    assert path.without_hours == 1


def test_what_is_finished_is_on_the_way_but_costs_nothing():
    path = planner(course("a"), course("b", prerequisites=("a",)), finished={"a"}).plan(wants("b"), Terms(5, TODAY))
    assert [(step.course.id, step.done) for step in path.steps] == [("a", True), ("b", False)]
    assert path.hours == 10


def test_what_was_failed_is_taken_again():
    path = planner(course("a"), failed={"a"}).plan(wants("a"), Terms(5, TODAY))
    assert path.steps[0].again


def session(id_, start, weeks=2, city="佛山市"):
    return Session(id_, Offering(f"{id_}-{start}", city, start=start, end=start + timedelta(weeks=weeks)))


def test_a_course_in_person_waits_for_its_session_and_leaves_the_weeks_before_to_others():
    held = session("class", TODAY + timedelta(weeks=3))
    path = planner(
        course("class", delivery="offline", hours=6.0), course("alone", hours=6.0), sessions={"class": [held]}
    ).plan(wants("class", "alone"), Terms(4, TODAY))
    by_id = {step.course.id: step for step in path.steps}
    assert by_id["class"].begins == held.offering.start
    assert by_id["alone"].ends < held.offering.start


def test_a_session_before_what_it_requires_is_passed_over_for_a_later_one():
    early, late = session("b", TODAY + timedelta(days=3)), session("b", TODAY + timedelta(weeks=8))
    path = planner(
        course("a"), course("b", delivery="offline", prerequisites=("a",)), sessions={"b": [early, late]}
    ).plan(wants("b"), Terms(5, TODAY))
    assert path.steps[-1].begins == late.offering.start


def test_a_session_that_takes_more_hours_than_there_are_is_no_session():
    crowded = session("a", TODAY + timedelta(weeks=1), weeks=1)
    path = planner(course("a", delivery="offline", hours=40.0), sessions={"a": [crowded]}).plan(
        wants("a"), Terms(4, TODAY, TODAY + timedelta(weeks=30))
    )
    assert path.steps[0].begins is None
    assert not path.possible


@pytest.mark.parametrize(
    ("plan", "obstacle"),
    [
        (lambda: planner(course("a")).plan(wants(焊接=[]), Terms(5, TODAY)), "no_skill"),
        (lambda: planner(course("a")).plan(Goal("g"), Terms(5, TODAY)), "no_course"),
        (lambda: planner(course("a")).plan(Goal("g", missing=("焊接",)), Terms(5, TODAY)), "no_skill"),
        (lambda: planner(course("a", prerequisites=("gone",))).plan(wants("a"), Terms(5, TODAY)), "no_prerequisite"),
        (lambda: planner(course("a", delivery="offline")).plan(wants("a"), Terms(5, TODAY)), "no_session"),
        (
            lambda: planner(course("a", prerequisites=("b",)), course("b", prerequisites=("a",))).plan(
                wants("a"), Terms(5, TODAY)
            ),
            "circle",
        ),
        (
            lambda: planner(course("a", credits=1.0)).plan(Goal("g", credits=3.0, fit={"a": 1.0}), Terms(5, TODAY)),
            "no_credits",
        ),
        (
            lambda: planner(course("a", hours=40.0)).plan(wants("a"), Terms(2, TODAY, TODAY + timedelta(weeks=4))),
            "no_time",
        ),
        (
            lambda: planner(course("a", level=2)).plan(
                Goal("g", (Requirement("level", "5", frozenset(), "2"),)), Terms(5, TODAY)
            ),
            "no_level",
        ),
    ],
)
def test_an_impossible_goal_is_said_to_be_so_and_why(plan, obstacle):
    path = plan()
    assert not path.possible
    assert path.hindrances[0].obstacle == obstacle


def test_a_lack_of_time_says_how_many_hours_it_would_take():
    path = planner(course("a", hours=40.0)).plan(wants("a"), Terms(2, TODAY, TODAY + timedelta(weeks=10)))
    assert path.hindrances[0].values == ((TODAY + timedelta(weeks=10)).isoformat(), "2", "40", "4")


def test_credits_are_reached_with_the_fewest_hours():
    courses = [
        course("big", credits=3.0, hours=30.0),
        course("small", credits=1.5, hours=8.0),
        course("mid", credits=1.5, hours=9.0),
    ]
    path = planner(*courses).plan(
        Goal("g", credits=3.0, fit=dict.fromkeys(("big", "small", "mid"), 0.0)), Terms(5, TODAY)
    )
    assert set(ids(path)) == {"small", "mid"}


def test_alternatives_take_other_courses_for_less_money_or_all_online():
    dear = course("dear", hours=8.0, price=Price(300.0))
    held = course("held", hours=9.0, price=Price(0.0), delivery="offline")
    online = course("online", hours=12.0, price=Price(0.0))
    sessions = {"held": [session("held", TODAY + timedelta(weeks=1))]}
    plans = planner(dear, held, online, sessions=sessions)
    goal, terms = wants(编程=["dear", "held", "online"]), Terms(5, TODAY)
    best = plans.plan(goal, terms)
    others = plans.alternatives(goal, terms, best)
    found = {other.preference: ids(other) for other in others} | {"balanced": ids(best)}
    assert found["fewest_hours"] == ["dear"]
    assert ["online"] in found.values()
    assert len({tuple(way) for way in found.values()}) == len(found)


def test_the_picture_is_well_formed_and_carries_no_markup_of_a_title():
    import xml.etree.ElementTree as ET

    evil = replace(course("a"), title='<script>alert(1)</script>"]; click me')
    path = planner(evil, course("b", prerequisites=("a",))).plan(wants("b"), Terms(5, TODAY))
    drawn = ET.fromstring(svg(path, "zh-Hans"))
    assert drawn.tag.endswith("svg")
    assert "script" not in {one.tag.rsplit("}")[-1] for one in drawn.iter()}
    assert "<script" not in mermaid(path, "zh-Hans")
    undated = planner(evil).plan(wants("a"), Terms(None, TODAY))
    assert mermaid(undated, "en").startswith("flowchart")


def test_a_course_that_states_no_hours_has_no_days():
    path = planner(course("known"), course("silent", hours=None)).plan(
        wants("known", "silent"), Terms(5, TODAY, TODAY + timedelta(weeks=9))
    )
    days = {step.course.id: step.ends for step in path.steps}
    assert days["silent"] is None
    assert days["known"] is not None
    assert path.ends is None
    assert path.possible  # whether it is in time cannot be told


def test_a_way_is_called_short_or_cheap_only_where_the_records_say_how_long_and_how_much():
    silent = course("silent", hours=None)
    told = course("told", hours=30.0, price=Price(20.0))
    plans = planner(silent, told)
    goal = Goal("x", (Requirement("course", "x", frozenset({"silent", "told"})),), fit={"silent": 1.0})
    best = plans.plan(goal, Terms(None, TODAY))
    assert ids(best) == ["silent"]
    assert (best.without_hours, best.price) == (1, None)
    (other,) = plans.alternatives(goal, Terms(None, TODAY), best)
    assert (ids(other), other.preference, other.price) == (["told"], "fewest_hours", 20.0)
    alone = planner(told, course("mute", hours=None))
    only = Goal("y", (Requirement("course", "y", frozenset({"mute", "silent"})),))
    assert alone.alternatives(only, Terms(None, TODAY), alone.plan(only, Terms(None, TODAY))) == []


def held(id_, start, end=None):
    return Session(id_, Offering(f"{id_}-1", city="佛山市", district="禅城区", start=start, end=end))


def test_the_class_named_beside_dates_is_the_one_they_are_of():
    begins = TODAY + timedelta(days=60)
    blended = course("a", delivery="blended")
    sessions = {"a": [held("a", begins)]}
    (alone,) = planner(blended, sessions=sessions).plan(wants("a"), Terms(5, TODAY)).steps
    assert (alone.begins, alone.session) == (TODAY, None)
    assert alone.elsewhere == sessions["a"][0]
    (there,) = planner(blended, sessions=sessions).plan(wants("a"), Terms(5, TODAY, in_person=True)).steps
    assert there.begins == there.session.offering.start == begins
    assert there.elsewhere is None


def test_a_class_whose_end_is_not_stated_takes_whole_weeks():
    offline = course("a", delivery="offline")
    (step,) = planner(offline, sessions={"a": [held("a", TODAY)]}).plan(wants("a"), Terms(5, TODAY)).steps
    assert step.ends == TODAY + timedelta(days=13)


def test_a_last_day_that_has_passed_is_said_to_have_passed():
    path = planner(course("a")).plan(wants("a"), Terms(5, TODAY, TODAY - timedelta(days=1)))
    (hindrance,) = path.hindrances
    assert (hindrance.obstacle, hindrance.values) == ("past", ("2026-11-23",))


@pytest.mark.parametrize(("days", "least"), [(13, 5), (16, 4.5), (6, 10), (27, None)])
def test_the_hours_that_would_do_are_the_fewest_that_do(days, least):
    until = TODAY + timedelta(days=days)
    path = planner(course("a", hours=10.0)).plan(wants("a"), Terms(4 if least else 2.5, TODAY, until))
    if least is None:
        assert path.possible
        return
    (hindrance,) = path.hindrances
    assert hindrance.values[-1] == f"{least:g}"
    assert planner(course("a", hours=10.0)).plan(wants("a"), Terms(least, TODAY, until)).possible
    assert not planner(course("a", hours=10.0)).plan(wants("a"), Terms(least - 0.5, TODAY, until)).possible
