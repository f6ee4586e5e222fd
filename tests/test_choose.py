"""Choosing what an answer is made from, over tiny libraries of our own."""

from datetime import date

import numpy as np
import pytest

from course_index.build import build_index
from course_index.course import Course, Lesson, Passage
from course_index.store.generations import IndexHome
from retrieval.choose import choose, current, folded, newer_editions_first, spread
from retrieval.context import contexts
from retrieval.hit import Hit
from retrieval.rank import Ranked
from retrieval.search import Search

OLD, NEW = date(2019, 1, 1), date(2024, 1, 1)
FIRE = "油锅起火，先关火，再用锅盖从侧面推过去盖严，等它凉了才揭，绝不能泼水。"
LAW_OF_2018 = """# 骑手权益保护法

第一条 为了保护骑手的合法权益，制定本法。

第二条 平台应当给骑手买意外伤害保险，保险费由平台和骑手各出一半。

第三条 骑手连续送餐四小时，平台应当让他休息二十分钟。
"""
# 第二条 became 第三条 and says something else; 第三条 became 第四条 unchanged.
LAW_OF_2023 = """# 骑手权益保护法

第一条 为了保护骑手的合法权益，制定本法。

第二条 本法所称骑手，是指通过网络平台接单、送取餐食和物品的劳动者。

第三条 平台应当给骑手买意外伤害保险，保险费全部由平台出，不得从骑手收入里扣。

第四条 骑手连续送餐四小时，平台应当让他休息二十分钟。
"""
OTHER_LAW = """# 司机权益保护法

第一条 为了保护司机的合法权益，制定本法。

第二条 平台应当给司机买意外伤害保险，保险费由平台和司机各出一半。

第三条 骑手连续送餐四小时，平台应当让他休息二十分钟。
"""


def hit(
    text, score=1.0, *, lesson="厨房安全", course="c1", updated=None, locator="起火", kind="heading", provider=None
):
    lesson_id = f"{course}/{lesson}/{updated}"
    id_ = f"{lesson_id}/{locator}/{text}"
    return Hit(
        Passage(id_, course, lesson_id, 0, text, (locator,), kind, locator, "zh", 50),
        Lesson(lesson_id, course, 0, lesson, "x.md", "hash", updated),
        Course(course, "厨艺", provider),
        Ranked(id_, score, score, score, 0.0, 0.0, np.empty(0, np.float32)),
    )


def opened(folder, files, embedder):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    home = IndexHome(folder / "data")
    build_index([folder / name for name in files], home, embedder)
    return Search(home.open_current(), embedder)


@pytest.fixture(scope="module")
def laws(tmp_path_factory, embedder):
    files = {
        "骑手权益保护法(2018-05-01).md": LAW_OF_2018,
        "骑手权益保护法(2023-06-01).md": LAW_OF_2023,
        "司机权益保护法(2024-01-01).md": OTHER_LAW,
    }
    search = opened(tmp_path_factory.mktemp("laws"), files, embedder)
    yield search
    search.generation.close()


def found(search, question, k):
    return [
        (one.lesson.title[:2], one.lesson.updated_at.year, one.passage.locator)
        for one in search.choice(search.query(question), k)
    ]


def test_an_unchanged_article_counts_once_and_is_of_the_newer_edition(laws):
    chosen = found(laws, "骑手连续送餐几小时可以休息", 12)
    assert chosen[:2].count(("骑手", 2023, "第四条")) == 1
    assert ("骑手", 2018, "第三条") not in chosen


def test_articles_of_different_laws_stay_apart_though_they_say_the_same(laws):
    assert ("司机", 2024, "第三条") in found(laws, "骑手连续送餐几小时可以休息", 12)


def test_a_changed_article_is_given_as_the_newer_edition_has_it_under_whatever_number(laws):
    question = "骑手的意外伤害保险费谁出"
    chosen = found(laws, question, 12)
    assert chosen[0] == ("骑手", 2023, "第三条")
    assert chosen[-1] == ("骑手", 2018, "第二条")
    assert ("骑手", 2018, "第二条") not in found(laws, question, 3)


def test_what_holds_are_the_newer_editions_alone(laws):
    near = laws.passages(laws.query("骑手的意外伤害保险费谁出"), 12)
    holding = {(hit.lesson.updated_at.year, hit.passage.locator) for hit in current(near, date(2026, 1, 1))}
    assert (2023, "第三条") in holding
    assert (2018, "第二条") not in holding


def test_the_plain_ranking_stays_as_it_was(laws):
    query = laws.query("骑手的意外伤害保险费谁出")
    assert {hit.lesson.updated_at.year for hit in laws.passages(query, 12)} >= {2018, 2023}


def test_one_lesson_uploaded_twice_counts_once_in_either_script():
    best, copy = (
        hit(FIRE),
        hit("油鍋起火，先關火，再用鍋蓋從側面推過去蓋嚴，等它涼了才揭，絕不能潑水！", 0.9, course="c2"),
    )
    assert folded([best, copy]) == [best]


def test_of_two_that_say_the_same_the_newer_takes_the_better_place():
    old, other, new = hit(FIRE, updated=OLD), hit("被烫伤先用凉水冲。", 0.9), hit(FIRE, 0.8, course="c2", updated=NEW)
    assert folded([old, other, new]) == [new, other]
    undated = hit(FIRE, 0.8, course="c2")
    assert folded([old, other, undated]) == [old, other]


@pytest.mark.parametrize(("here", "there"), [("1000", "2000"), ("一千", "两千"), ("1.5", "15")])
def test_two_sums_in_the_same_words_are_two_facts(here, there):
    text = "持有初级职业资格证书的学员，可以到所在镇街的服务中心申请一次性技能提升补贴{}元，由本人带身份证办理。"
    pair = [hit(text.format(here)), hit(text.format(there), 0.9, course="c2", updated=NEW)]
    assert folded(pair) == pair


WORDED = "油锅起火，先关火，用锅盖盖严，不要泼水。"
REWORDED = "油锅起火，先关火，用锅盖或者灭火毯盖严，千万不要泼水，也不要端锅跑。"


def test_the_newest_of_three_editions_takes_the_place_of_the_best():
    first = hit(WORDED, lesson="厨房安全（2018年版）", updated=NEW)
    third = hit(REWORDED, 0.8, lesson="厨房安全(2024-03-01)", updated=OLD)
    second = hit(WORDED + "火大就跑。", 0.9, lesson="厨房安全【2021修订】")
    assert newer_editions_first([first, second, third]) == ([third], [first, second])


@pytest.mark.parametrize(
    "newer",
    [
        {"provider": "另一所学校"},
        {"updated": OLD},
        {"updated": None},
    ],
)
def test_what_is_not_surely_a_newer_edition_takes_no_place(newer):
    pair = [hit(WORDED, updated=OLD), hit(REWORDED, 0.9, course="c2", **{"updated": NEW, **newer})]
    assert newer_editions_first(pair) == (pair, [])


def test_a_newer_edition_of_the_course_goes_first_whatever_its_lessons_are_called():
    old = hit(WORDED, updated=OLD)
    new = hit("着火了就盖锅盖。", 0.9, course="c2", lesson="出了事怎么办", updated=NEW)
    assert newer_editions_first([old, new]) == ([new], [old])
    hardly = hit("灶台每天擦。", 0.4, course="c2", lesson="打扫", updated=NEW)
    assert newer_editions_first([old, hardly]) == ([old, hardly], [])


def test_the_same_number_in_a_newer_edition_is_another_article_when_it_says_something_else():
    old = hit("第四十条 禁止对妇女实施性骚扰。", kind="article", locator="第四十条", updated=OLD)
    new = hit("第四十条 学校应当建立有效预防的制度。", 0.5, kind="article", locator="第四十条", updated=NEW)
    assert newer_editions_first([old, new]) == ([old, new], [])


def test_a_third_passage_of_a_lesson_gives_way_to_one_about_as_good():
    same = [hit(f"第{n}步", 1 - n / 100) for n in range(1, 5)]
    other = hit("别处也讲了", 0.8, lesson="灭火")
    assert spread([*same, other], 3) == [*same[:2], other]
    assert spread([*same, other], 4) == [*same[:3], other]


def test_another_edition_of_a_lesson_is_no_other_lesson():
    new = [hit(f"第{n}步", 1 - n / 100, updated=NEW) for n in range(1, 4)]
    assert spread([*new, hit("旧办法", 0.9, updated=OLD)], 3) == new


def test_a_third_passage_of_a_lesson_stays_when_the_others_are_much_weaker():
    same = [hit(f"第{n}步", 1 - n / 100) for n in range(1, 5)]
    other = hit("勉强相关", 0.5, lesson="灭火")
    assert spread([*same, other], 3) == same[:3]


def test_as_many_are_chosen_as_there_are():
    assert choose([], 4) == []
    assert len(choose([hit(f"第{n}步", lesson=n) for n in "1234"], 2)) == 2
    old, new = hit(WORDED, updated=OLD), hit(REWORDED, updated=NEW)
    assert choose([old, new], 4) == [new, old]
    assert choose([old, new], 1) == [new]


# -- contexts --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def manual(tmp_path_factory, embedder):
    def section(name, what):
        return f"## {name}\n\n" + "\n\n".join(
            f"{what}第{n}步：{'把要用的东西先摆好，看清楚再动手，做完一步检查一步，' * 9}然后做下一步。"
            for n in "一二三四五六"
        )

    warranty = "第一条 保修一年。\n\n第二条 保修期内免费。\n"
    text = f"# 家电维修\n\n{section('风扇', '修风扇')}\n\n{section('水泵', '修水泵')}\n\n{warranty}"
    search = opened(tmp_path_factory.mktemp("manual"), {"家电维修.md": text}, embedder)
    yield search
    search.generation.close()


def ordered(search):
    hits = search.passages(search.query("修风扇修水泵第三步保修"), 30)
    return sorted(hits, key=lambda one: one.passage.ordinal)


def of(hits, locator):
    return [one for one in hits if one.passage.locator == locator]


def test_a_passage_is_read_with_its_whole_section_and_nothing_beyond(manual):
    fan = of(ordered(manual), "风扇")
    assert len(fan) > 2
    passages = [one.passage for one in fan]
    (context,) = contexts(fan[1:2], [one.passage for one in ordered(manual)], 5_000)
    assert context.hits == (fan[1],)
    assert context.text == "\n\n".join(one.text for one in passages)


def test_an_article_is_read_alone(manual):
    (article,) = of(ordered(manual), "第一条")
    (context,) = manual.contexts([article])
    assert context.text == article.passage.text


def test_two_chosen_of_one_section_are_one_context(manual):
    fan, pump = of(ordered(manual), "风扇"), of(ordered(manual), "水泵")
    near = [one.passage for one in ordered(manual)]
    first, second = contexts([fan[2], pump[0], fan[0]], near, 10_000)
    assert (first.hits, second.hits) == ((fan[2], fan[0]), (pump[0],))
    assert first.text.count(fan[1].passage.text) == 1


def test_contexts_stay_within_their_budget_but_passages_stay_whole(manual):
    hits = ordered(manual)
    fan, near = of(hits, "风扇"), [one.passage for one in hits]
    budget = fan[1].passage.tokens + fan[2].passage.tokens
    (context,) = contexts(fan[1:2], near, budget)
    assert context.text == "\n\n".join(one.passage.text for one in fan[1:3])
    assert [one.text for one in contexts([fan[0], fan[2]], near, 1)] == [fan[0].passage.text, fan[2].passage.text]


def test_neighbours_come_in_one_reading_from_the_passages_own_lesson(manual):
    fan = of(ordered(manual), "风扇")
    near = manual.records.neighbours([fan[1].passage], 1)
    assert {one.ordinal for one in near} == {one.passage.ordinal for one in fan[:3]}
    assert manual.records.neighbours([], 1) == []
