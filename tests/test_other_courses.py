import pytest

from companion.guidance.comparing import compared_with
from companion.guidance.need import Need
from companion.guidance.subject import subject_of
from companion.understanding.wish import without_asking_for_another
from tests.small_catalogue import indexed, talk, tutor_over

AT_FOSHAN = {"id": "a", "city": "佛山市", "start": "2027-01-18"}
COURSES = [
    {"title": "书法入门", "subjects": ["书法"], "audience": ["senior"], "price": {"amount": 0}, "hours": 20, "delivery": "online"},  # noqa: E501
    {"title": "书法：行书", "subjects": ["书法"], "audience": ["senior"], "price": {"amount": 90}, "hours": 6, "delivery": "offline", "offerings": [AT_FOSHAN]},  # noqa: E501
    {"title": "养老护理员培训", "subjects": ["养老护理", "老人照护"], "audience": ["worker"], "price": {"amount": 0}, "delivery": "online"},  # noqa: E501
    {"title": "儿童手工", "subjects": ["手工"], "audience": ["child"], "price": {"amount": 0}, "delivery": "online"},
]  # fmt: skip


FOR_GROWN_UPS = {"title": "Python 编程入门", "subjects": ["编程"], "audience": ["worker", "youth"]}


@pytest.fixture(scope="module")
def tutor(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("others")
    with tutor_over(indexed(folder, [*COURSES, FOR_GROWN_UPS], embedder), embedder, folder) as (companion, _):
        yield companion


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("换一个", ""),
        ("換一個近啲嘅", "近啲"),
        ("还有吗？", ""),
        ("仲有冇其他嘅", ""),
        ("别的呢", ""),
        ("another one please", ""),
        ("anything else?", ""),
        ("有没有更便宜的", ""),
        ("有冇更平啲嘅呢", ""),
        ("an easier one?", ""),
        ("更简单的数学", "数学"),
        ("这门课简单吗", None),
        ("免费的呢", None),
        ("怎么换灯泡", None),
        ("还有什么办法", None),
    ],
)
def test_what_wants_others_than_those_shown_is_known(message, left):
    assert without_asking_for_another(message) == left


def test_others_are_shown_until_there_are_none(tutor):
    first, second, third = talk(tutor, "我想学书法", "只要免费的", "换一个", conversation="none left")
    assert "书法入门" in first.titles
    assert second.titles == ("书法入门",)
    assert third.titles == ()
    assert "没有别的" in third.text


def test_others_are_shown_after_what_a_record_states_was_asked(tutor):
    *_, told, last = talk(tutor, "我想学书法", "只要免费的", "几时开课？", "换一个", conversation="after a fact")
    assert "书法入门" in told.text
    assert (last.titles, "没有别的" in last.text) == ((), True)


def test_a_condition_with_another_one_and_a_second_one_keep_the_subject(tutor):
    *_, third, fourth = talk(tutor, "我想学书法", "线上的", "换成线下的", "在佛山的", conversation="twice")
    assert third.titles == ("书法：行书",)
    assert fourth.titles == ("书法：行书",)


@pytest.mark.parametrize("message", ["免费的", "太贵了", "有没有短一点的", "不要面授的"])
def test_a_bare_condition_changes_the_list_and_is_no_question_on_one_course(tutor, message):
    *_, told = talk(tutor, "有什么适合老人的课", message, conversation=message)
    assert "记录" not in told.text
    assert "养老护理员培训" not in told.titles
    assert told.titles


def test_whom_it_suits_is_not_what_it_is_on():
    assert subject_of("有什么适合老人的课") == ""
    assert subject_of("给我爸找个课，他七十了") == ""
    assert "老人" in subject_of("护理老人的课")
    assert "手工" in subject_of("适合小朋友的手工课")


@pytest.mark.parametrize(
    "message",
    [
        "我是送外卖的，有什么课适合我",
        "快递员可以学什么",
        "我在电子厂上班，想学点东西",
        "推荐一门课",
        "有没有好玩的课",
        "我妈退休了，能学点什么",
        "有什么课适合我妈，她六十八了",
        "有啥课",
        "我今年58，下岗了，能学啥",
        "有没有学分多的课",
        "I just moved to Guangdong, what courses are there for me?",
    ],
)
def test_who_one_is_is_not_what_it_is_on(message):
    assert subject_of(message) == ""


@pytest.mark.parametrize(
    "message",
    [
        "我是做保洁的，有什么课",
        "想学种荔枝",
        "送快递的，想学点安全的",
        "我想学照顾老人",
        "养鱼有什么课",
        "厂里做质检的，想提升一下",
    ],
)
def test_what_one_does_is_what_it_is_on_where_the_catalogue_has_no_name_for_such_people(message):
    assert subject_of(message)


def test_who_says_only_who_they_are_is_shown_what_is_for_them(tutor):
    (told,) = talk(tutor, "长者可以学什么", conversation="for seniors")
    assert set(told.titles) == {"书法入门", "书法：行书"}
    (told,) = talk(tutor, "我在工厂上班的，有什么课适合我", conversation="for workers")
    assert set(told.titles) == {"养老护理员培训", "Python 编程入门"}
    (told,) = talk(tutor, "我在厂里上班", conversation="a worker, no more")
    assert set(told.titles) == {"养老护理员培训", "Python 编程入门"}


def test_what_was_shown_is_not_shown_anew_once_there_are_no_others(tutor):
    *_, third, fourth = talk(tutor, "我想学书法", "只要免费的", "换一个", "换一个", conversation="none left twice")
    assert (third.titles, "没有别的" in third.text) == ((), True)
    assert (fourth.titles, "没有别的" in fourth.text) == ((), True)


def test_another_one_of_nothing_is_asked_of_what(tutor):
    (told,) = talk(tutor, "换一个", conversation="another of nothing")
    assert told.text.startswith("您想换成什么？")


def test_what_was_asked_for_twice_with_conditions_is_all_kept(tutor):
    *_, told = talk(tutor, "我想学书法", "免费的", "短一点的", conversation="both")
    assert "书法入门" not in told.titles  # free, and of twenty hours
    assert "书法：行书" not in told.titles  # short, and not free


def test_what_is_stated_to_be_for_grown_ups_is_not_offered_to_a_child(tutor):
    (told,) = talk(tutor, "我女儿上小学，想学编程", conversation="young")
    assert "Python 编程入门" not in told.titles
    (told,) = talk(tutor, "我想学编程", conversation="grown up")
    assert told.titles == ("Python 编程入门",)
    (told,) = talk(tutor, "我细路想学手工", conversation="for a child")
    assert told.titles == ("儿童手工",)


def test_two_things_are_both_found_and_what_nothing_is_near_to_gets_nothing(tutor):
    (told,) = talk(tutor, "我想学书法和编程", conversation="two")
    assert {"书法入门", "Python 编程入门"} <= set(told.titles)
    for number, message in enumerate(
        [
            "教我炒股",
            "我想学炒股，免费的",
            "想学炒股，线上的",
            "I want to learn sailing",
            "I want to learn sailing, free",
        ]
    ):
        (told,) = talk(tutor, message, conversation=f"nothing near {number}")
        assert (told.mode, told.titles) == ("catalogue", ())


# The last is less in all, and comes after the others for who asks for 口语.
LANGUAGES = [
    {"title": title, "subjects": ["英语"], "price": {"amount": price}, "hours": hours, "level": level}
    for title, price, hours, level in (
        *(("英语口语甲", 300, 40, 3), ("英语口语乙", 200, 30, 2), ("英语口语丙", 100, 20, 2)),
        *(("英语口语丁", 90, 15, 2), ("英语口语戊", 80, 12, 2), ("英语书信", 50, 10, 1)),
    )
]


@pytest.mark.parametrize(
    ("message", "of"),
    [
        ("有没有更便宜的", lambda course: course["price"]["amount"]),
        ("有冇更短嘅", lambda course: course["hours"]),
        ("an easier one please", lambda course: course["level"]),
    ],
)
def test_what_is_to_be_less_is_compared_with_what_was_shown_or_is_not_there(tmp_path, embedder, message, of):
    known = {course["title"]: course for course in LANGUAGES}
    with tutor_over(indexed(tmp_path, LANGUAGES, embedder), embedder, tmp_path) as (companion, _):
        first, second, last = talk(companion, "我想学英语口语", message, message)
    assert first.titles
    least = min(of(known[title]) for title in first.titles)
    assert [of(known[title]) < least for title in second.titles] == [True]
    assert (last.titles, "no others" in last.text or "没有别的" in last.text) == ((), True)


@pytest.mark.parametrize("message", ["有没有难一点的", "有冇深啲嘅", "有进阶的吗", "a more advanced one"])
def test_what_is_to_be_harder_is_harder_than_what_was_shown_or_is_not_there(tmp_path, embedder, message):
    courses = [course | {"level": 4 if course["title"] == "英语书信" else 2} for course in LANGUAGES]
    with tutor_over(indexed(tmp_path, courses, embedder), embedder, tmp_path) as (companion, _):
        first, second, last = talk(companion, "我想学英语口语", message, message)
    assert len(first.titles) == 5
    assert second.titles == ("英语书信",)
    assert (last.titles, "no others" in last.text or "没有别的" in last.text) == ((), True)


@pytest.mark.parametrize("message", ["换一个水平高的", "换一个平时晚上的", "换一个短视频的"])
def test_a_word_that_only_has_a_letter_of_it_compares_nothing(message):
    assert compared_with((), Need(), message) == Need()


@pytest.mark.parametrize(
    ("wish", "dear", "shown"),
    [
        ("有没有行书的课", "太贵了，有便宜点的吗", "书法：行书"),
        ("有没有养老护理的课", "贵咗啲喎，有冇平啲嘅", "养老护理员培训"),
        ("Python 编程入门的课", "too expensive", "Python 编程入门"),
    ],
)
def test_what_costs_less_than_the_one_course_shown_is_not_that_course_again(tutor, wish, dear, shown):
    first, told = talk(tutor, wish, dear, conversation=dear)
    assert (first.titles, told.titles) == ((shown,), ())
    assert "没有别的" in told.text or "no others" in told.text
