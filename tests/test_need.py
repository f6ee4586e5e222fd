from datetime import date

import pytest

from companion.guidance.need import audience_in, carried_on, need_of, standing_in, with_profile
from companion.guidance.places import Place, Point, distance_km, place_in, same_city
from companion.guidance.profile import Profile
from companion.guidance.subject import subject_of
from course_index.course import Offering


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("我在佛山南海送快递", ("佛山市", "南海区")),
        ("I deliver parcels in Foshan", ("佛山市", None)),
        ("高州根子那边", ("茂名市", "高州市")),
        ("我住廣州", ("广州市", None)),
        ("深圳光明有班吗", ("深圳市", "光明区")),
    ],
)
def test_places_are_found_as_people_name_them(message, named):
    found = place_in(message)
    assert found is not None
    assert (found.city, found.district) == named


@pytest.mark.parametrize(
    "message",
    [
        "世界和平",
        "新兴产业",
        "白云飘过",
        "什么是光合作用",
        "想学潮州菜",
        "学广州话",
        "中山大学的课",
        "chaozhou cuisine",
    ],
)
def test_words_that_are_also_districts_and_what_is_called_after_a_place_are_no_places(message):
    assert place_in(message) is None


def test_one_city_has_several_names():
    assert same_city("佛山", "Foshan")
    assert same_city("佛山市", "佛山")
    assert not same_city("佛山", "广州")
    assert not same_city(None, "广州")


def test_distance_is_between_points_where_they_are_known_else_between_districts():
    guangzhou_tower, foshan_temple = Point(23.1065, 113.3245), Point(23.0310, 113.1105)
    exact = distance_km(
        Place(point=guangzhou_tower), Offering("o", latitude=foshan_temple.latitude, longitude=foshan_temple.longitude)
    )
    assert exact == pytest.approx(23.5, abs=0.5)
    by_district = distance_km(Place("佛山", "顺德区"), Offering("o", "佛山市", "南海区"))
    assert by_district is not None
    assert 10 < by_district < 35
    assert distance_km(Place("桂林"), Offering("o", "佛山市")) is None


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("有没有免费的课", {"free": True}),
        ("不要钱的急救班", {"free": True}),
        ("我很自由，想学画画", {"free": False}),
        ("I have free time on Sunday, any course?", {"free": False}),
        ("五十块以内的课", {"max_price": 50}),
        ("a course under 100 yuan", {"max_price": 100}),
        ("十二个小时以内能学完的", {"max_hours": 12}),
        ("每天学两个小时", {"max_hours": None}),
        ("只想上网课", {"delivery": {"online"}}),
        ("最好能在网上学", {"delivery": {"online"}}),
        ("网上接了八十单", {"delivery": frozenset()}),
        ("我种龙眼的，怎么卖到网上", {"delivery": frozenset()}),
        ("something on the computer, eight hours at most", {"max_hours": 8}),
        ("I can't read Chinese", {"language": "en"}),
        ("想学Excel，中文的", {"language": "zh"}),
        ("随便什么课，一块都不行", {"free": True}),
        ("they want me to see some boats in June", {"begins": None}),
        ("any class in June", {"begins": 6}),
        ("下个月开的", {"begins": None, "months_ahead": 1}),
        ("呢個月開班嘅有冇", {"months_ahead": 0}),
        ("any class starting next month", {"months_ahead": 1}),
        ("下个月开始交学费吗", {"months_ahead": None}),
        ("下个月开的店想学收银", {"months_ahead": None}),
        ("3月开的店想学收银", {"begins": None}),
        ("有没有手机上看的", {"delivery": {"online"}}),
        ("手机上看不到验证码", {"delivery": frozenset()}),
        ("出不了远门", {"stays": True}),
        ("I read Chinese fine", {"locale_language": ""}),
        ("不要网课，要面授", {"delivery": {"offline", "blended"}}),
        ("坐轮椅能进去的", {"step_free": True}),
        ("taught in English please", {"language": "en"}),
        ("等级3的课", {"level": 3}),
        ("想学三级片区管理", {"free": False}),
    ],
)
def test_conditions_are_read_from_what_people_say(message, facts):
    need = need_of(message)
    for name, value in facts.items():
        assert getattr(need, name) == value, name


def test_the_next_month_of_december_is_january():
    next_month = need_of("下个月开的")
    assert [next_month.month(date(2026, month, 30)) for month in (1, 11, 12)] == [2, 12, 1]
    assert need_of("三月开的").month(date(2026, 11, 30)) == 3
    assert carried_on(next_month, need_of("六月开的")).month(date(2026, 11, 30)) == 6
    assert carried_on(need_of("六月开的"), next_month).month(date(2026, 11, 30)) == 12


def test_saying_where_one_is_does_not_ask_for_a_class_there():
    tells = need_of("我在佛山送快递，想提升学历")
    assert tells.place is None
    assert tells.around is not None
    assert tells.around.city == "佛山市"
    asks = need_of("佛山有没有学舞狮的班")
    assert asks.place is not None
    assert asks.in_person
    goes_in = need_of("湛江这边讲环保的，轮椅能进")
    assert goes_in.place is not None


@pytest.mark.parametrize(
    ("message", "audience"),
    [
        ("我妈总接到诈骗电话", "senior"),
        ("想学护理老人", None),
        ("跑外卖的想学急救", "courier"),
        ("给七岁孩子找课", "child"),
        ("laid off from the factory", "worker"),
        ("有老师教的课", None),
    ],
)
def test_whom_a_message_is_about(message, audience):
    assert audience_in(message) == audience


@pytest.mark.parametrize(
    ("message", "standing"),
    [
        ("零基础想学电工", "new"),
        ("I'm new to Python", "new"),
        ("有一点基础，想再进一步", "some"),
        ("an advanced course on statistics", "advanced"),
        ("想学电工", None),
    ],
)
def test_how_far_somebody_says_they_are(message, standing):
    assert standing_in(message) == standing


@pytest.mark.parametrize(
    ("message", "about"),
    [("免费的网课", False), ("推荐几门课给我", False), ("佛山附近有什么班", False), ("佛山附近免费学舞狮", True)],
)
def test_conditions_are_not_what_a_course_is_to_be_about(message, about):
    assert bool(subject_of(message)) is about


def test_a_profile_fills_in_what_the_message_leaves_open():
    profile = Profile(audience="courier", city="佛山市", free_only=True, standing="new")
    need = with_profile(need_of("附近有急救班吗"), profile)
    assert (need.audience, need.free, need.standing) == ("courier", True, "new")
    assert need.place == Place("佛山市", None)
    said_otherwise = with_profile(need_of("给我妈找个手机班，五十块以内"), profile)
    assert said_otherwise.audience == "senior"
    assert not said_otherwise.free


def test_of_two_editions_only_the_newer_is_offered():
    from companion.guidance.need import Need
    from companion.guidance.shelf import Shelf
    from course_index.course import Course

    old, new = date(2016, 5, 1), date(2026, 5, 1)
    courses = [
        Course("old", "垃圾分类", "甲校", updated_at=old),
        Course("new", "垃圾分类", "甲校", updated_at=new),
        Course("elsewhere", "垃圾分类", "乙校", updated_at=old),
        Course("undated", "垃圾分类", "甲校"),
        Course("titled", "安全用电（2021年版）", "甲校", updated_at=new),
        Course("later", "安全用电（2025年版）", "甲校", updated_at=old),
    ]
    offered = Shelf(courses).permitted(Need(), frozenset(), date(2026, 11, 24))
    assert offered.tolist() == [False, True, True, True, False, True]


def test_the_session_in_ones_own_town_comes_first_then_the_districts_then_the_nearest():
    from companion.guidance.need import Need
    from companion.guidance.shelf import Shelf
    from course_index.course import Course

    day = date(2026, 11, 24)
    held = [
        Offering("far", "茂名市", "高州市", start=date(2026, 12, 1)),
        Offering("district", "佛山市", "南海区", "狮山镇", start=date(2026, 12, 20)),
        Offering("town", "佛山市", "南海区", "西樵镇", start=date(2027, 1, 5)),
        Offering("full", "佛山市", "南海区", "西樵镇", start=date(2026, 12, 2), seats=0),
        Offering("over", "佛山市", "南海区", "西樵镇", start=date(2026, 11, 1)),
    ]
    course = Course("c", "课", "p", delivery="blended", offerings=tuple(held))
    need = Need(near=True, place=Place("佛山市", "南海区", "西樵镇"))
    found = Shelf([course]).sessions(course, need, day)
    assert [one.offering.id for one in found] == ["town", "district", "far"]


@pytest.mark.parametrize(
    ("message", "hours"), [("给我找个十分钟能学完的", 1 / 6), ("三十分钟以内的课", 0.5), ("每天三十分钟学完", None)]
)
def test_a_length_in_minutes_is_one_of_a_course(message, hours):
    assert need_of(message).max_hours == pytest.approx(hours)
