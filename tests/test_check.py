import asyncio

import pytest

from companion.checking.check import _OURS, _in_words, _without_beginnings, _without_labels, checked_sentences
from companion.checking.contradiction import contradicts
from companion.checking.grounds import grounds_of
from companion.checking.support import Judge
from companion.sentences import cited_in, sentences, without_citations
from companion.words import words
from course_index.analyze import normalise
from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.search import Search
from tests.small_library import searching

LESSONS = {
    "赔偿": "快件丢失、损坏的，保过价的，按寄件时约定的保价规则赔。赔偿申请应当在签收后三十日内提出。骑车送件时不得逆行。",  # noqa: E501
    "链表": "链表由节点组成，插入很快，访问很慢。每个节点存着一个值和下一个节点的地址。",
    "Stacks": "A stack gives back first what was put on it last. It is used for undoing steps.",
}


@pytest.fixture(scope="module")
def material(tmp_path_factory, embedder, wording):
    """The judge, and the three sections as the grounds 1, 2 and 3."""
    folder = tmp_path_factory.mktemp("check")
    for title, body in LESSONS.items():
        (folder / f"{title}.md").write_text(f"# {title}\n\n{body}\n", "utf-8")
    home = IndexHome(folder / "data")
    build_index([folder], home, embedder)
    generation = home.open_current()
    search = Search(generation, embedder, wording=wording)
    questions = ("快件丢失怎么赔", "链表插入快不快", "what does a stack give back")
    hits = [search.choice(search.query(question), 1)[0] for question in questions]
    numbers = {hit.passage.id: number for number, hit in enumerate(hits, 1)}
    yield Judge(search, "快件丢了怎么赔"), grounds_of(search, search.contexts(hits), numbers)
    generation.close()


@pytest.fixture
def release(material):
    judge, grounds = material

    def run(*deltas):
        async def all_of_it():
            async def stream():
                for delta in deltas:
                    yield delta

            return [sentence async for sentence in checked_sentences(stream(), grounds, judge)]

        return asyncio.run(all_of_it())

    return run


def text(sentences):
    return "".join(sentence.text for sentence in sentences if sentence.supported)


def test_a_cited_and_supported_sentence_is_released(release):
    assert text(release("快件丢失的，保过价的按保价规则赔。[1]")) == "快件丢失的，保过价的按保价规则赔。[1]"


def test_half_a_pair_of_quotation_marks_is_left_out(release):
    assert text(release("快件丢失的，按保价规则赔”。[1]")) == "快件丢失的，按保价规则赔。[1]"
    assert text(release("“快件丢失的，按保价规则赔。[1]")) == "快件丢失的，按保价规则赔。[1]"
    assert text(release("快件丢失的，按“保价规则”赔。[1]")) == "快件丢失的，按“保价规则”赔。[1]"
    assert text(release('快件丢失的，按保价规则赔。"[1]')) == "快件丢失的，按保价规则赔。[1]"
    assert text(release('"快件丢失的，按保价规则赔。[1]')) == "快件丢失的，按保价规则赔。[1]"


def test_a_full_stop_of_an_abbreviation_or_a_decimal_ends_no_sentence():
    async def written(text):
        async def stream():
            yield text

        return [sentence async for sentence in sentences(stream())]

    said = "Ask Mr. Chan e.g. at 5 p.m. for approx. 3.5 cm [1]. No. 3 is right [2]. 量到 37.5 度就休息[1]。"
    assert [cited_in(one) for one in asyncio.run(written(said))] == [(1,), (2,), (1,)]


def test_the_prompts_own_words_are_left_out(release):
    assert text(release("课程段落：\n快件丢失的，按保价规则赔。[1]\n")) == "快件丢失的，按保价规则赔。[1]\n"


@pytest.mark.parametrize(
    "where", ["赔偿 赔偿部分提到，", "根据课程段落，赔偿部分提到，", "根据课程段落，", "这一课里写道：", "资料中说，"]
)
def test_where_it_is_said_to_stand_is_left_out(release, where):
    assert text(release(f"{where}快件丢失的，按保价规则赔。[1]")) == "快件丢失的，按保价规则赔。[1]"


def test_that_nothing_says_so_is_not_turned_into_saying_so():
    for said in ("没有一课说，可以逆行。", "大部分说，可以逆行。"):
        assert _without_beginnings(said) == said


def test_places_in_an_array_are_no_citations():
    assert without_citations("取 `box[1]` 和 box[0]，很快[1][2]。[^3]") == "取 `box[1]` 和 box[0]，很快。"
    assert cited_in("取 `box[1]` 和 box[0]，很快[2]。【3, 2】") == (2, 3)


@pytest.mark.parametrize("mark", ["[1]", "【1】", "［1］", "[^1]", "[ 1 ]", "[1, 1]"])
def test_citations_are_understood_however_they_are_written(release, mark):
    assert text(release(f"快件丢失按保价规则赔。{mark}\n")) == "快件丢失按保价规则赔。[1]\n"


@pytest.mark.parametrize("mark", ["", "[7]", "[2]"])
def test_a_missing_or_wrong_citation_is_put_right_where_a_passage_supports_the_sentence(release, mark):
    assert text(release(f"快件丢失按保价规则赔。{mark}\n")) == "快件丢失按保价规则赔。[1]\n"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("快件丢失赔 500 元，按保价规则赔。[1]", "number"),
        ("赔偿申请应当在签收后 60 日内提出。[1]", "number"),
        ("赔偿申请应当在签收后 10 日内提出。[1]", "number"),  # the ten of thirty is none
        ("赔偿申请应当在签收后三十个工作日内提出。[1]", "number"),
        ("骑车送件时可以逆行。[1]", "negation"),
        ("赔偿申请不必在签收后三十日内提出。[1]", "negation"),
        ("快件丢失按 SuperPost 的保价规则赔。[1]", "name"),
        ("快件丢失按《民法典》的保价规则赔。[1]", "name"),
        ("番茄要在春天播种，夏天收获。[1]", "unsupported"),
        ("快件丢失可以领一部新手机。[1]", "permission"),
        ("段落里没有答案。", "no_answer"),
    ],
)
def test_what_no_passage_bears_is_dropped_and_it_is_told_why(release, answer, verdict):
    (sentence,) = release(answer)
    assert (sentence.text, sentence.verdict) == ("", verdict)


def test_across_languages_the_words_of_the_question_prove_nothing(material):
    judge, grounds = material
    said = "To apply for compensation when a parcel is lost or damaged, you should say hello to the postman."
    asked = Judge(judge._search, "how do I apply for compensation when a parcel is lost or damaged")
    assert asked.verdict(asked.claim(said), [grounds[1]]) == "unsupported"
    whoever = Judge(judge._search, "what should I do")
    assert set(asked.claim(said).new_words) < set(whoever.claim(said).new_words)


def test_one_side_of_a_choice_is_an_answer(material):
    judge, grounds = material
    asked = Judge(judge._search, "骑车送件时能不能逆行，得不得")
    said = [
        asked.verdict(asked.claim(text), [grounds[1]])
        for text in ("骑车送件时不得逆行。", "骑车送件时能逆行。", "能不能逆行")
    ]
    assert said == ["supported", "negation", "unsupported"]


def judging(search, found_by):
    """What is told of a sentence in answer to a question, by the passage that is found by a query."""
    contexts = search.contexts(search.choice(search.query(found_by), 1))
    grounds = grounds_of(search, contexts, {hit.passage.id: 1 for context in contexts for hit in context.hits})

    def verdict(question, said):
        judge = Judge(search, question)
        return judge.verdict(judge.claim(said), [grounds[1]])

    return verdict


def test_what_holds_in_one_case_is_not_said_of_another(tmp_path, embedder, wording):
    steps = "1. 能咳的，让他自己用力咳，站在旁边看着。\n2. 失去反应，放平在地上，做心肺复苏。\n"
    lesson = f"# 急救\n\n## 大人噎住\n\n{steps}"
    with searching(tmp_path, {"first-aid.md": lesson}, embedder, wording=wording) as search:
        verdict = judging(search, "噎住了失去反应")

        choking = "大人吃东西噎住了怎么办"
        assert verdict(choking, "如果噎住，应放平在地上，做心肺复苏。") == "case"
        assert verdict(choking, "噎住的人失去反应时，放平在地上，做心肺复苏。") == "supported"
        assert verdict("噎住的人已经失去反应了怎么办", "放平在地上，做心肺复苏。") == "supported"
        assert verdict(choking, "不管能不能咳，都让他自己用力咳，站在旁边看着。") == "case"


def test_what_is_permitted_is_spoken_of_in_one_place(tmp_path, embedder, wording):
    said = (
        "楼道和电梯是逃生的路。电池拆下来提回屋里充，起火的仍旧是那块电池。楼下没有地方充，请房东帮忙找最近的充电点。"
    )
    lesson = f"# 充电\n\n## 为什么不能推进楼里\n\n{said}\n"
    with searching(tmp_path, {"charging.md": lesson}, embedder, wording=wording) as search:
        verdict = judging(search, "电动车没电了去哪里充")
        out_of_power = "电动车没电了怎么办"

        assert verdict(out_of_power, "可以尝试在楼道或电梯里充电，或者请房东帮忙找最近的充电点。") == "permission"
        assert verdict(out_of_power, "楼下没有地方充电，可以请房东帮忙找最近的充电点。") == "supported"


def test_by_which_passages_a_sentence_says_it_is_no_part_of_it(release):
    (sentence,) = release("依据[1]和[2]，快件丢失的，保过价的，按寄件时约定的保价规则赔。")
    assert sentence.text.startswith("快件丢失的")


@pytest.mark.parametrize(
    "where", ["依据的段落编号为 [1] 和 [2]。", "根据段落[1]。", "Source: [1]", "参考资料：[1]、[2]"]
)
def test_where_something_stands_is_no_sentence_of_an_answer(release, where):
    (sentence,) = release(f"快件丢失的，保过价的按保价规则赔。[1]\n{where}")
    assert sentence.supported


@pytest.mark.parametrize(
    "leaning", ["它访问很慢。[2]", "因此，链表插入很快。[2]", "这是因为链表由节点组成，插入很快。[2]"]
)
def test_what_leans_on_a_refused_sentence_goes_with_it(release, leaning):
    (refused, leans) = release(f"链表由一百个柜子组成。[2]{leaning}")
    assert not refused.supported
    assert not leans.supported


def test_what_leans_on_a_sentence_that_stands_stays(release):
    assert [one.supported for one in release("链表由节点组成。[2]它插入很快，访问很慢。[2]")] == [True, True]


def test_a_listing_stands_as_a_whole_or_not_at_all(tmp_path, embedder, wording):
    lesson = "# 循环\n\n## 数数\n\n用循环从零数到二：\n\n```python\nfor n in range(3):\n    print(n)\n```\n"
    with searching(tmp_path, {"loops.md": lesson}, embedder, wording=wording) as search:
        contexts = search.contexts(search.choice(search.query("用循环数数"), 1))
        grounds = grounds_of(search, contexts, {hit.passage.id: 1 for context in contexts for hit in context.hits})

        async def told(written):
            async def stream():
                yield written

            judge = Judge(search, "怎么用循环数数")
            return [one.text async for one in checked_sentences(stream(), grounds, judge)]

        listing = "```python\nfor n in range(3):\n    print(n)\n```"
        assert asyncio.run(told(f"{listing}\n")) == [f"{listing}\n[1]\n"]
        assert asyncio.run(told(listing.replace("3", "9"))) == [""]
        assert asyncio.run(told("```src\n[file]{loops}-[func]{count}")) == []


def test_what_the_learner_was_told_last_is_not_told_again(material):
    judge, grounds = material

    async def told(before):
        async def stream():
            yield "快件丢失的，保过价的按保价规则赔。[1]赔偿申请应当在签收后三十日内提出。[1]"

        return [one.text async for one in checked_sentences(stream(), grounds, judge, [before])]

    assert asyncio.run(told("快件丢失的，保过价的按保价规则赔。[2]")) == ["赔偿申请应当在签收后三十日内提出。[1]"]
    assert len(asyncio.run(told(""))) == 2


@pytest.mark.parametrize("lead", ["申请的步骤如下：\n", "申请的步骤如下： "])
def test_steps_that_are_begun_anew_are_the_last_answer_again(material, lead):
    judge, grounds = material
    steps = "1. 快件丢失的，保过价的按保价规则赔。[1]\n2. 赔偿申请应当在签收后三十日内提出。[1]\n"

    async def told(before):
        async def stream():
            yield f"{lead}{steps}"

        return [one.supported async for one in checked_sentences(stream(), grounds, judge, [before])]

    assert asyncio.run(told("步骤：\n\n1. 快件丢失的，保过价的按保价规则赔。[1]\n")) == []
    assert asyncio.run(told("1. 先拍照。[1]\n"))[-1]


def test_steps_are_the_same_again_after_another_turn(material):
    judge, grounds = material

    async def told(*replies):
        async def stream():
            yield "1. 快件丢失的，保过价的按保价规则赔。[1]\n2. 赔偿申请应当在签收后三十日内提出。[1]\n"

        return [one.text async for one in checked_sentences(stream(), grounds, judge, replies)]

    assert asyncio.run(told("1. 快件丢失的，保过价的按保价规则赔。[1]\n", "骑车送件时不得逆行。[1]")) == []
    assert asyncio.run(told("1. 快件丟失的，保過價的按保價規則賠。[1]\n", "好。")) == []
    assert len(asyncio.run(told("骑车送件时不得逆行。[1]", "每个节点存着一个值。[1]"))) == 2


def test_the_last_answer_behind_the_question_that_it_was_an_answer_to_is_said_again(material):
    judge, grounds = material

    async def told(before):
        async def stream():
            yield "快件丢失怎么赔：快件丢失的，保过价的按保价规则赔。[1]赔偿申请应当在签收后三十日内提出。[1]"

        return [one.written async for one in checked_sentences(stream(), grounds, judge, [before])]

    assert asyncio.run(told("快件丢失的，保过价的按保价规则赔。[1]")) == []
    assert len(asyncio.run(told("骑车送件时不得逆行。[1]"))) == 2


def test_an_english_sentence_has_no_chinese_words_but_those_it_speaks_of(material):
    judge, grounds = material
    asked = Judge(judge._search, "what does a linked list have")
    for said, verdict in (
        ("A linked list is made of nodes; inserting is fast and 访问很慢.", "language"),
        ("A linked list (链表) is made of nodes; inserting is fast and access is slow.", "supported"),
    ):
        assert asked.verdict(asked.claim(said), [grounds[2]]) == verdict


def test_a_cause_is_one_of_what_the_passage_says_it_is_the_cause_of(tmp_path, embedder, wording):
    lesson = (
        "# 数据结构\n\n## 内存效率\n\n数组需要一次性分配足够的连续内存空间，这可能导致内存浪费。"
        "数组的插入很慢，因为后面的元素都要往后移一格。\n"
    )
    with searching(tmp_path, {"memory.md": lesson}, embedder, wording=wording) as search:
        verdict = judging(search, "数组的内存")
        why = "为什么在数组里删掉一个元素这么慢"
        borrowed = "在数组里删掉一个元素这么慢，是因为数组需要一次性分配足够的连续内存空间，这可能导致内存浪费。"
        assert verdict(why, borrowed) in ("cause", "unsupported")
        assert verdict("数组插入慢吗", "数组的插入很慢，是因为后面的元素都要往后移一格。") == "supported"
        assert verdict("数组插入慢吗", "因为后面的元素都要往后移一格，数组的插入很慢。") == "supported"


def test_what_matters_most_is_said_by_the_passage(tmp_path, embedder, wording):
    lesson = "# 红烧肉\n\n## 做法\n\n红烧肉肥而不腻，要掌握炒糖色与火候。\n"
    with searching(tmp_path, {"pork.md": lesson}, embedder, wording=wording) as search:
        verdict = judging(search, "红烧肉炒糖色")
        assert verdict("怎么做才不腻", "红烧肉不腻的秘诀是掌握炒糖色与火候。") == "case"
        assert verdict("怎么做才不腻", "红烧肉要掌握炒糖色与火候，肥而不腻。") == "supported"


def test_the_question_said_back_is_no_answer(release, material):
    judge, grounds = material
    assert judge.verdict(judge.claim("快件丢了赔"), [grounds[1]]) == "unsupported"
    assert release("快件丢了赔。[1]") == []


@pytest.mark.parametrize(
    "label", ["快件丢了怎么赔：", "快件丟了怎麼賠：課程裏是這樣寫的：> ", "The course content says: "]
)
def test_the_question_and_our_own_words_before_an_answer_are_left_out(release, label):
    assert all(
        _OURS.search(normalise(say)) for one in map(words, ("zh-Hans", "en")) for say in (one.quoted, one.rest_quoted)
    )
    assert text(release(f"{label}快件丢失的，保过价的按保价规则赔。[1]")) == "快件丢失的，保过价的按保价规则赔。[1]"
    assert text(release("注意：骑车送件时不得逆行。[1]")) == "注意：骑车送件时不得逆行。[1]"


def test_a_label_that_says_of_which_of_two_it_is_so_stays(material):
    judge = material[0].of("鸡肉和鲈鱼要煮多久")
    assert _without_labels("鲈鱼：蒸十分钟。", judge) == "鲈鱼：蒸十分钟。"
    assert _without_labels("鸡肉和鲈鱼要煮多久：蒸十分钟。", judge) == "蒸十分钟。"


def test_an_answer_is_not_the_question_said_back_for_its_letters(material):
    choking = material[0].of("What should I do when somebody is choking and cannot breathe?")
    assert not choking.is_asked_by("hit them on the back.")
    assert choking.is_asked_by("what should i do when somebody is choking?")
    assert not material[0].of("着火了先打119还是先跑").is_asked_by("先跑。")


def test_a_case_alone_is_told_in_a_list_whose_beginning_says_what_holds(release):
    assert release("保过价的[1]") == []
    assert len(release("可以要求赔偿的有：\n1. 保过价的[1]\n2. 没有保价的[1]\n")) == 2


def test_a_number_with_a_point_is_no_step():
    assert _in_words("成人用量：2.5 克。") != _in_words("儿童用量：1.5 克。")
    assert _in_words("步骤如下：1. 先断电。") == _in_words("2. 先断电。")


def test_the_steps_behind_one_that_was_refused_go_with_it(release):
    steps = ("1. 快件丢失的，按保价规则赔。[1]\n", "2. 拍照发给站长。[1]\n", "3. 签收后三十日内提出申请。[1]\n")
    assert text(release(*steps)) == steps[0]
    assert text(release(steps[0], steps[2])) == steps[0] + steps[2]
    assert text(release(steps[1], "1. 骑车送件时不得逆行。[1]\n")) == "1. 骑车送件时不得逆行。[1]\n"


def test_numbers_may_be_written_as_digits_or_in_chinese(release):
    assert text(release("赔偿申请应当在签收后 30 日内提出。[1]")) != ""
    assert text(release("赔偿申请应当在签收后 30 天内提出。[1]")) != ""


def test_a_line_that_leads_in_stands_or_falls_with_what_follows(release):
    assert text(release("赔偿规则如下：\n- 快件丢失按保价规则赔。[1]\n")).startswith("赔偿规则如下：")
    assert text(release("赔偿规则如下：\n- 赔 500 元。[1]\n")) == ""


def test_the_result_is_the_same_however_the_stream_is_cut(release):
    answer = "快件丢失的，按保价规则赔。[1] 链表插入很快，访问很慢[2]。编造 999 元。[1]\n尾巴没有出处"
    whole = text(release(answer))
    assert whole == text(release(*answer)) == text(release(answer[:9], answer[9:13], answer[13:]))
    assert whole == "快件丢失的，按保价规则赔。[1] 链表插入很快，访问很慢。[2]"


def test_a_sentence_that_breaks_off_is_not_released(release):
    assert text(release("快件丢失的，按保价规则赔。[1]骑车送件时不得")) == "快件丢失的，按保价规则赔。[1]"


def test_the_first_sentence_is_released_before_the_stream_ends(material):
    judge, grounds = material

    async def run():
        async def stream():
            yield "快件丢失的，按保价规则赔。[1]\n"
            yield "下一句"
            raise RuntimeError("the stream goes on")

        sentences = checked_sentences(stream(), grounds, judge)
        first = await anext(sentences)
        await sentences.aclose()
        return first

    assert asyncio.run(run()).supported


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("A linked list is made of nodes; inserting is fast and access is slow.[2]", "supported"),
        ("Each node holds a value and the address of the next node.[2]", "supported"),
        ("Apply for compensation within thirty days of signing.[1]", "supported"),
        ("Apply for compensation within twenty days of signing.[1]", "number"),
        ("You may ride against the traffic when delivering.[1]", "negation"),
        ("A linked list has no nodes, and inserting is fast.[2]", "negation"),
        ("By following these steps you can use linked lists well in daily life.[2]", "unsupported"),
        ("Tomatoes are sown in spring and harvested in summer.[2]", "unsupported"),
        ("If you have any questions, please let me know.[1]", "unsupported"),
        ("You should say hello, and sign for it.[1]", "unsupported"),
    ],
)
def test_across_languages_words_and_closeness_decide(release, said, verdict):
    (sentence,) = release(said)
    assert sentence.verdict == verdict


def test_what_was_copied_in_another_language_than_was_asked_in_is_dropped(release, material):
    (sentence,) = release("A stack gives back first what was put on it last.[3]")
    assert (sentence.supported, sentence.verdict) == (False, "language")
    judge, grounds = material
    for question in ("what is a stack", "栈用英语怎么讲"):
        asked = Judge(judge._search, question)
        assert asked.verdict(asked.claim(sentence.written.removesuffix("[3]")), [grounds[3]]) == "supported"


def test_a_model_that_goes_round_in_circles_is_not_read_any_further(release):
    said = "快件丢失的，保过价的按保价规则赔。[1]"
    told = release(*[said] * 4, "赔偿申请应当在签收后三十日内提出。[1]")
    assert [one.text for one in told] == [said]


def test_a_model_that_asks_itself_another_question_is_not_read_any_further(release):
    answer = (
        "快件丢失的，保过价的按保价规则赔。[1]\n\n学习者的问题：多久申请？\n回答：申请应当在签收后三十日内提出。[1]"
    )
    assert text(release(answer)) == "快件丢失的，保过价的按保价规则赔。[1]\n\n"
    assert text(release(answer.replace("学习者的问题", "學習者"))) == text(release(answer))
    assert text(release(f"学习者的问题：快件丢了怎么赔\n{answer}")).startswith("快件丢失的")


def test_what_a_lesson_is_called_is_no_answer(release):
    # The lesson's, the section's behind it, and where in it as the prompt has it.
    for titles in ("赔偿", "赔偿 赔偿", "快件丢失、损坏的赔 Compensation › 赔偿申请"):
        answer = release(f"{titles}。[1]\n快件丢失的，保过价的按保价规则赔。[1]")
        assert text(answer) == "快件丢失的，保过价的按保价规则赔。[1]"
    assert len(release("赔偿 赔偿\n快件丢失的，保过价的按保价规则赔。[1]")) == 1  # a heading is no sentence that failed


def test_what_was_said_already_is_passed_over(release):
    said = "快件丢失的，保过价的按保价规则赔。[1]"
    told = release(f"{said}{said}\n{said[:-3]}[2]另外可以得到 9999 元。[1]")
    assert [one.supported for one in told] == [True, False]
    assert text(told) == said


def test_addresses_images_and_html_of_a_model_never_reach_a_learner(release):
    answer = "快件丢失按[保价规则](https://evil.example/?q=secret)赔。![x](https://evil.example/p.png)<b>[1]</b>\n"
    assert text(release(answer)) == "快件丢失按保价规则赔。[1]"


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("可以逆行", "不得逆行"),
        ("没有找到就不要打", "没有找到也要打"),
        ("不得携带", "可以携带物品"),
        ("必须投保", "用户可以投保"),
        ("不必报告", "应当立即报告"),
        ("量血压前要喝咖啡", "量血压前不喝茶和咖啡"),
        ("不能装漏电保护器也不得带电干活", "所以装了它也不能带电干活"),
        ("申请期不少于30日", "申请期不超过三十日"),
        ("最多试用两次", "至少试用 2 次"),
        ("可以辞退学徒", "店主不得因怀孕扣工钱,降低岗位,辞退学徒"),
        ("可以辞退学徒", "店主不得辞退学徒。但是,学徒自己要求辞退的除外"),
        ("处二百元罚款", "处二百元以上一千元以下罚款"),
        ("you must not use ice", "use ice on the burn"),
        ("it may take more than 30 days", "it takes at most thirty days"),
    ],
)
def test_contradictions_are_seen(claim, ground):
    assert contradicts(claim, ground)


@pytest.mark.parametrize(
    ("claim", "ground"),
    [
        ("不得逆行", "骑车不得逆行"),
        ("保过价的按保价规则赔", "保过价的，按保价规则赔；没有保价的，按民事法律赔"),
        ("单位不能在法定情形以外约定", "不得在劳动合同法规定的情形之外约定"),
        ("应当先申请认定", "应当自受伤之日起申请认定"),
        ("看看是不是好的", "先看它是好的"),
        ("没有找到也要打", "没有找到也要打"),
        ("没有票就不能打折", "没有票不能打折"),
        ("自己翻不了身的", "不能自己翻身的"),
        ("最多等三天", "不超过 3 天"),
        ("单位不能要违约金", "单位不得要求员工支付违约金"),
        ("不能连续骑车超过四小时", "骑车不得有下列行为:(七)连续骑车超过4小时"),
        ("下坡不能空挡滑行", "骑车不得有下列行为:(四)下坡时空挡滑行"),
        ("不用再排序", "无须进行额外的排序"),
        ("分别写上姓名", "写上姓名"),
        ("可以辞退学徒", "店主不得打骂学徒,学徒偷东西的可以辞退学徒"),
        ("最高罚一千元", "处二百元以上一千元以下罚款"),
        ("罚二百到一千元", "处二百元以上一千元以下罚款"),
        ("年满十八岁", "十八周岁以上的公民,即年满十八周岁的人"),
        ("do not move the person", "don't move them unless there is danger"),
        ("write the unit, never in the cell", "write the unit in the heading and do not write it in the cell"),
    ],
)
def test_agreement_is_not_taken_for_contradiction(claim, ground):
    assert not contradicts(claim, ground)


DYES = "这里常用苏木代替茜草，染出来颜色偏紫。青矾要最后下。"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("没有茜草，用苏木代替。", "supported"),
        ("常用苏木代替茜草。", "supported"),
        ("没有蓝靛用苏木代替。", "mixed"),
        ("冇藍靛用蘇木代替。", "mixed"),
        ("常用苏木代替蓝靛。", "mixed"),
    ],
)
def test_what_takes_the_place_of_one_thing_takes_not_that_of_another(tmp_path, embedder, wording, claim, verdict):
    with searching(tmp_path, {"dyes.md": f"# 染料\n\n{DYES}\n"}, embedder, wording=wording) as search:
        judged = judging(search, "染料不够，用什么代替")
        assert judged("没有蓝靛用什么代替", claim) == verdict


FINES = "电动自行车停在楼梯间，拒不改正的，对个人处五百元以上一千元以下罚款。电动自行车不戴头盔的，处二十元罚款。"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("电动自行车不上牌会罚五百元以上一千元以下。", "case"),
        ("电动自行车不戴头盔的，处二十元罚款。", "supported"),
    ],
)
def test_a_fine_for_what_only_the_question_names_is_refused(tmp_path, embedder, claim, verdict):
    with searching(tmp_path, {"fines.md": f"# 电动自行车\n\n{FINES}\n"}, embedder) as search:
        hits = search.choice(search.query("电动自行车罚款"), 1)
        ground = grounds_of(search, search.contexts(hits), {hits[0].passage.id: 1})[1]
        judge = Judge(search, "电动自行车不上牌会罚多少钱，不戴头盔呢")
        assert judge.verdict(judge.claim(claim), [ground]) == verdict


RIDING = (
    "酒后骑车的，处五十元罚款。再次酒后骑车的，处二百元罚款，并扣留车辆十日。酒后骑运货车的，处三百元罚款。\n\n"
    "学徒不与店主签协议的，店主应当书面通知学徒离开，不用付补偿。学徒在见习期内提前两天告诉店主，可以离开。\n\n"
    "刹车每个月试一次。在仓库里堆放油桶的，责令搬走；拒不搬走的，处四百元罚款。"
)


@pytest.mark.parametrize(
    ("question", "claim", "verdict"),
    [
        ("酒后骑车怎么罚", "酒后骑车的，处五十元罚款。", "supported"),
        ("酒后骑车怎么罚", "酒后骑车的，扣留车辆十日。", "case"),
        ("酒后骑车怎么罚", "酒后骑车会处五十元罚款、扣留车辆。", "case"),
        ("酒后骑车怎么罚", "再次酒后骑车的，扣留车辆十日。", "supported"),
        ("酒后骑车怎么罚", "酒后骑车的，处三百元罚款。", "case"),
        ("酒后骑运货车怎么罚", "处三百元罚款。", "supported"),
        ("仓库能不能堆纸箱", "仓库里堆放纸箱的，处四百元罚款。", "case"),
        ("刹车多久试一次", "刹车每个月试一次。", "supported"),
        ("刹车多久试一次", "刹车每年试一次。", "number"),
    ],
)
def test_what_is_so_of_a_special_case_is_not_said_of_every_case(tmp_path, embedder, question, claim, verdict):
    with searching(tmp_path, {"riding.md": f"# 骑车和学徒\n\n{RIDING}\n"}, embedder) as search:
        hits = search.choice(search.query("酒后骑车 学徒 刹车"), 1)
        ground = grounds_of(search, search.contexts(hits), {hits[0].passage.id: 1})[1]
        judge = Judge(search, question)
        assert judge.verdict(judge.claim(claim), [ground]) == verdict
