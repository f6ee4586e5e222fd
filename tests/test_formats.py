"""Every format of course: what its platform exports goes in, and a question about it comes back with the place."""

import asyncio
import sys
from pathlib import Path

import pytest
from PIL import Image

from companion.events import whole_answer
from companion.heard import Ask
from course_index.build import build_index
from course_index.chunk import cut
from course_index.errors import SourceProblem
from course_index.sources.lesson_file import LessonFile
from course_index.sources.library import read_library
from course_index.sources.package import Wishes
from course_index.sources.source import Source
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from tests import exported

PAGES = [
    ["# 荔枝保鲜", "荔枝采后两小时内要预冷到五度，", "这样可以存放二十天。"],
    ["# 分级", "果径三十二毫米以上的是一级果，", "有裂口的不能进冷库。"],
    ["# 运输", "冷链车厢温度保持在三到五度之间，", "每箱装果不超过五公斤。"],
]


# A table without lines.
WAGES = [
    exported.written(60 + 120 * column, 740 - 20 * row, said)
    for row, cells in enumerate([("城市", "月最低工资"), ("广州", "2500元"), ("珠海", "2080元"), ("韶关", "1850元")])
    for column, said in enumerate(cells)
]


@pytest.fixture(scope="module")
def providers(tmp_path_factory) -> Path:
    """A folder as a province collects it: each provider's export in its own format."""
    folder = tmp_path_factory.mktemp("providers")
    exported.tarred(folder / "rider.olx.tar.gz", exported.olx())
    exported.zipped(folder / "yuesao.imscc", exported.cartridge(exported.pdf([["Feed the baby every three hours."]])))
    exported.zipped(folder / "forklift.zip", exported.scorm())
    exported.tarred(folder / "rice.mbz", exported.moodle())
    exported.zipped(folder / "fire.zip", exported.cmi5())
    files = folder / "files"
    files.mkdir()
    exported.zipped(files / "yuequ.epub", exported.epub())
    exported.docx(files / "jiazheng.docx")
    exported.pptx(files / "kefu.pptx")
    (files / "lychee.pdf").write_bytes(exported.pdf(PAGES))
    (files / "wages.pdf").write_bytes(exported.drawn_pdf([WAGES]))
    (files / "soup.srt").write_text(exported.SRT, "utf-8")
    (files / "taiji.vtt").write_text(exported.VTT, "utf-8")
    (files / "jianzhi.ass").write_text(exported.ASS, "utf-16")
    (files / "no-name").write_bytes(exported.pdf([["木工锯料时要留两毫米的锯缝。"]]))
    (folder / "rope_parsed.json").write_text(exported.open_courseware(), "utf-8")
    (folder / "courses.csv").write_bytes(exported.TABLE.encode("gb18030"))
    return folder


@pytest.fixture(scope="module")
def built(providers, tmp_path_factory, embedder):
    home = IndexHome(tmp_path_factory.mktemp("data"))
    wishes = Wishes(url="https://learn.gd.cn", links={"files/taiji.vtt": "https://v.gd.cn/taiji.mp4"})
    report = build_index([Source("province", providers, wishes)], home, embedder, workers=2)
    live = LiveIndex(home, embedder)
    yield report, live.search, home
    live.close()


# (question, words of the passage, kind of place, what the place is called, its anchor, how its address ends)
PLACES = [
    # Open edX: by block, and by second of a recording
    ("轮胎花纹磨到多少要换", "三毫米", "block", "出门之前 › 检查车辆", "block-v1:GD+RIDER101+2026+type@html+block@h1", "block@h1"),
    ("每天出车前怎么检查刹车", "两指的空隙", "block", "两分钟检查", "block@h1", "block@h1"),
    ("雨天骑车速度要降到多少", "十五公里", "time", "00:00:05", "block@m1#t=5", "watch?v=AbCdEfGhIjk&t=5"),
    ("头盔摔过以后为什么不能再用", "泡沫", "block", "头盔", "block@p1", "block@p1"),
    # Common Cartridge
    ("脐带残端多久脱落", "七到十天", "heading", "第一周 新生儿", None, "learn.gd.cn"),
    ("宝宝哭闹先看什么", "先看尿布", "lesson", "分享", None, "learn.gd.cn"),
    ("how often should the baby be fed", "three hours", "page", "page 1", "1", "learn.gd.cn"),
    # SCORM
    ("叉车行驶时货叉离地多高", "三十厘米", "heading", "装卸", None, None),
    ("叉车在坡道上停车要怎么做", "三角木", "heading", "装卸", None, None),
    ("叉车看不见前方怎么走", "倒车", "heading", "装卸", None, None),
    # Moodle
    ("盐水选种的比重是多少", "一点一", "block", "育秧", "page-11", "mod/page/view.php?id=11"),
    ("插秧要插多深", "两到三厘米", "block", "插秧", "book-12-chapter-31", "view.php?id=12&chapterid=31"),
    ("什么时候排水晒田", "分蘖够苗", "block", "晒田", "book-12-chapter-32", "chapterid=32"),
    ("有效积温是什么意思", "下限温度", "block", "育秧", "glossary-13", "mod/glossary/view.php?id=13"),
    ("施药后什么时候登记", "当天登记", "block", "育秧", "resource-16", "mod/resource/view.php?id=16"),
    # cmi5
    ("楼道有烟怎么逃生", "湿毛巾", "heading", "逃生", None, None),
    ("拨打119要说清什么", "楼栋", "heading", "逃生", None, None),
    ("灭火器多久检修一次", "五年", "heading", "灭火器", None, None),
    # OpenCourseWare
    ("八字结绳尾要留多长", "十五厘米", "block", "八字结", None, "learn.gd.cn/courses/rope/knots"),
    ("下降器停住以后绳子绕几圈", "两圈", "block", "第一讲", None, "ocw.gd.cn/rope/lecture-1"),
    # subtitles
    ("排骨煲汤之前要怎么处理", "焯水", "time", "00:00:01–", "1", None),
    ("how long does a slow soup take", "two hours", "time", "00:00:01–00:05:12", "1", None),
    ("太极拳起势要注意什么", "沉肩坠肘", "time", "00:00:10–00:00:20", "10", "taiji.mp4#t=10"),
    ("剪团花纸要对折几次", "三次", "time", "00:01:40", "100", None),
    # documents
    ("荔枝采后多久要预冷", "两小时", "page", "第1页", "1", None),
    ("一级荔枝果径多大", "三十二毫米", "page", "第2页", "2", None),
    ("运荔枝的冷链车厢多少度", "三到五度", "page", "第3页", "3", None),
    ("木工锯料锯缝留多少", "两毫米", "page", "第1页", "1", None),
    ("韶关的月最低工资是多少", "| 韶关 | 1850元 |", "page", "第1页", "1", None),
    ("怎么擦玻璃才干净", "四十五度", "heading", "擦玻璃", None, None),
    ("油烟机的油网怎么洗", "小苏打", "heading", "油烟机", None, None),
    ("衣服上的血渍怎么去掉", "双氧水", "heading", "油烟机", None, None),
    ("顾客说没收到货怎么回", "先道歉", "slide", "第1", "1", None),
    ("网购签收几天内可以退货", "七天", "slide", "幻灯片", None, None),
    ("顾客收到碎了的花瓶", "补寄", "slide", "幻灯片", None, None),
    ("粤曲慢板几板几眼", "一板三眼", "heading", "板眼", None, None),
    ("梆黄是什么", "二黄腔", "heading", "梆黄", None, None),
    ("梆子腔听起来怎么样", "明快刚劲", "heading", "梆黄", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("question", "words", "kind", "told", "anchor", "url"), PLACES, ids=[row[0] for row in PLACES])
def test_a_question_about_each_source_comes_back_with_the_place(built, question, words, kind, told, anchor, url):
    _, search, _ = built
    hits = search.passages(search.query(question), 3)
    found = next((hit.passage for hit in hits if words in hit.passage.text), None)
    assert found, [hit.passage.text[:40] for hit in hits]
    assert found.locator_kind == kind
    assert told in found.locator
    assert anchor is None or (found.anchor or "").endswith(anchor)
    assert url is None or (found.url or hits[0].course.url or "").endswith(url)


def test_the_report_says_what_there_is_and_what_was_left_out(built):
    report, search, _ = built
    assert report.outlines[exported.RIDER] == {
        "chapter": 2, "sequential": 2, "vertical": 3, "html": 1, "video": 1, "problem": 1,
    }  # fmt: skip
    said = "\n".join(f"{one.where} {one.what}" for one in report.notices)
    for told in (
        "1 transcript in fr",
        "rider.olx.tar.gz!course: 1 part that learners do not see".replace(": ", " "),
        "不见了的页 the manifest names files that are not in the package",
        "rice.mbz 1 part that learners do not see",
        "its chapter OEBPS/lost.xhtml is missing",
        "courses.csv:4 title: Field required",
    ):
        assert told in said
    assert not [one for one in report.notices if "Error" in one.what]
    titles = {course.title for course in search.records.courses(search.records.course_ids()).values()}
    assert {
        "骑手出行安全",
        "母婴护理入门",
        "叉车安全操作",
        "水稻种植技术",
        "社区消防",
        "粤菜师傅：白切鸡",
        "手机摄影",
        "高空绳索作业",
    } <= titles
    assert report.outlines["ocw-rope-work"] == {"page": 1, "recording": 1, "file": 2}


def test_what_is_hidden_personal_or_a_script_is_nowhere(built):
    _, search, _ = built
    everything = "\n".join(
        passage.text for passage in search.records.passages(sorted(search.records.passage_ids())).values()
    )
    for secret in (
        "青蛙跳水",
        "剂量是错的",
        "稻花香里",
        "zhangsan",
        "13800138000",
        "张三",
        "steal",
        "这是注释",
        "ralentir",
    ):
        assert secret not in everything


def test_hidden_parts_go_in_when_the_operator_says_so(tmp_path):
    path = exported.tarred(tmp_path / "rice.mbz", exported.moodle())
    library = read_library([Source("x", path, Wishes(hidden=True))], {})
    texts = [block.text for lesson in library.drafts[0].lessons for block in lesson.document().blocks]
    assert any("稻花香里" in text for text in texts)
    library.close()


def test_which_choice_is_right_stands_in_no_passage(built):
    _, search, _ = built
    texts = [passage.text for passage in search.records.passages(sorted(search.records.passage_ids())).values()]
    assert not any("答案：换一顶新的" in text or "换一顶新的" in text for text in texts)
    assert not any("三十八度" in text for text in texts)
    lessons = [lesson.id for lesson in search.records.all_lessons()]
    asked = {question.prompt: question for _, question in search.records.practice_questions(lessons)}
    assert asked["头盔摔过一次之后应该怎么办？"].answers == ("换一顶新的",)
    assert asked["新生儿洗澡水温多少合适？"].answers == ("三十八度",)
    assert asked["新生儿洗澡水温多少合适？"].options == ("三十度", "三十八度", "四十五度")
    judged = asked["盐水选种时应该留下浮起来的种子。"]
    assert (judged.kind, judged.answers, judged.explanation) == ("true_false", ("错",), "浮起来的是秕谷。")
    assert not any("旧题" in prompt for prompt in asked)


def test_a_table_gives_records_with_what_its_cells_plainly_say(built):
    _, search, _ = built
    courses = search.records.courses(["GD-001", "GD-002"])
    chicken, photos = courses["GD-001"], courses["GD-002"]
    assert (chicken.provider, chicken.hours, chicken.price.amount) == ("顺德技工学校", 16.0, 0.0)
    assert (chicken.audience, chicken.delivery) == (("求职者", "厨师"), "offline")
    assert chicken.valid_until.isoformat() == "2027-12-31"
    # 约八周 is no number of hours, and no guess is made of it.
    assert (photos.hours, photos.price.amount, photos.delivery) == (None, 120.0, "online")
    (found, *_) = search.nearest_courses(search.query("学做白切鸡"), 1)
    assert found.course.id == "GD-001"


def test_a_course_without_anything_published_is_taken_whole(tmp_path):
    files = exported.cartridge(b"")
    files["imsmanifest.xml"] = str(files["imsmanifest.xml"]).replace(
        'identifierref="page1"', 'isvisible="false" identifierref="page1"'
    )
    only = {name: files[name] for name in ("imsmanifest.xml", "wiki_content/navel.html")}
    only["wiki_content/navel.html"] = str(only["wiki_content/navel.html"]).replace(
        "<head>", '<head><meta name="workflow_state" content="unpublished"/>'
    )
    library = read_library([exported.zipped(tmp_path / "a.imscc", only)], {})
    assert [lesson.relative for lesson in library.drafts[0].lessons] == ["wiki_content/navel.html"]
    assert any("nothing in it is published" in one.what for one in library.notices)
    library.close()


def lessons_in(folder, files) -> dict[str, str]:
    """The files written, and what is read of them: each lesson's text by what it is called."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (draft,) = read_library([folder], {}).drafts
    read = {lesson.relative: lesson.document() for lesson in draft.lessons}
    return {
        name: " ".join([*(block.text for block in one.blocks), *(question.prompt for question in one.questions)])
        for name, one in read.items()
    }


def test_all_of_an_older_open_edx_course_is_read(tmp_path):
    course = (
        '<course display_name="老课"><chapter display_name="一"><sequential url_name="s" display_name="直放">'
        "<html><![CDATA[<p>页在<b>序列</b>里。</p>]]></html><problem><div><p>看图回答，</p><table><tr><td>甲</td><td>乙</td></tr></table></div>"
        "<optionresponse><label>哪国？</label><optioninput options=\"('中国','德国')\" correct=\"德国\"/></optionresponse></problem>"
        '</sequential><videosequence url_name="v"><html><p>老式的序列。</p></html></videosequence></chapter></course>'
    )
    policy = '{"course/r": {"tabs": [{"url_slug": "syllabus", "name": "大纲"}, {"url_slug": "staff", "course_staff_only": true}]}}'
    files = {
        "course.xml": '<course url_name="r" org="O" course="C"/>', "course/r.xml": course, "policies/r/policy.json": policy,
        "tabs/syllabus.html": "<p>共八讲。</p>", "tabs/staff.html": "<p>只给老师。</p>", "info/handouts.html": "<p>带安全帽。</p>",
    }  # fmt: skip
    assert lessons_in(tmp_path, files) == {
        "sequential/s": "一 页在序列里。 看图回答， | 甲 | 乙 |\n| --- | --- | 哪国？ 哪国？",
        "videosequence/v": "一 老式的序列。",
        "tabs/syllabus.html": "共八讲。",
        "info/handouts.html": "带安全帽。",
    }


def test_topics_and_quizzes_that_canvas_does_not_show_stay_out(tmp_path):
    item = (
        "<assessmentItem><responseDeclaration><correctResponse><value>A</value></correctResponse></responseDeclaration><itemBody>"
        "<p>10<sup>2</sup> 的<b>一</b>半？</p><choiceInteraction><simpleChoice identifier='A'>五十<feedbackInline>对</feedbackInline>"
        "</simpleChoice><simpleChoice identifier='B'>五</simpleChoice></choiceInteraction></itemBody></assessmentItem>"
    )
    kinds = (("t1", "imsdt_xmlv1p1"), ("t2", "imsdt_xmlv1p1"), ("q1", "imsqti_xmlv1p2"), ("q2", "imsqti_xmlv1p2"))
    files = {
        "imsmanifest.xml": "<manifest><organizations><organization><item><item identifierref='t2'/></item></organization>"
        "</organizations><resources>"
        + "".join(f"<resource identifier='{id_}' type='{kind}'><file href='{id_}.xml'/></resource>" for id_, kind in kinds)
        + "</resources></manifest>",
        "t1.xml": "<topic><title>一</title><text>说说看法。</text></topic>", "q1.xml": item,
        "t2.xml": "<topic><title>二</title><text>还没写好。</text></topic>", "q2.xml": item,
        "m.xml": "<topicMeta><topic_id>t2</topic_id><workflow_state>unpublished</workflow_state></topicMeta>",
        "q2/assessment_meta.xml": "<quiz identifier='q2'><available>false</available></quiz>",
    }  # fmt: skip
    assert lessons_in(tmp_path, files) == {"topic/t1": "说说看法。", "quiz/q1": "10² 的一半？"}
    assert "2 parts" in read_library([tmp_path], {}).notices[0].what


def test_raw_speech_without_marks_reads_as_sentences(tmp_path):
    cues = "".join(
        f"{n}\n00:00:{4 * n:02},000 --> 00:00:{4 * n + (2 if n % 3 else 4):02},000\n这是第{n}句没有标点的话 老师接着讲\n\n"
        for n in range(1, 12)
    )
    path = tmp_path / "raw.srt"
    path.write_text(cues, "utf-8")
    (block, *_) = LessonFile(path, "raw.srt").document().blocks
    assert "，" in block.text
    assert "。" in block.text
    assert "话 老师" not in block.text


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        ("TODAY WE LEARN HTTP", "TODAY WE LEARN HTTP"),  # captions in capitals are no sounds
        ("[APPLAUSE]", None),
        ("♪ ♪", None),
        ("<v 老师><i>声明</i> vector<int> v，若 a &lt; b", "声明 vector<int> v，若 a < b"),
    ],
)
def test_what_is_said_is_kept_and_sounds_and_tags_are_not(tmp_path, cue, said):
    path = tmp_path / "a.srt"
    path.write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{cue}\n\n2\n00:00:02,000 --> 00:00:03,000\nEND.\n", "utf-8")
    blocks = LessonFile(path, path.name).document().blocks
    assert " ".join(block.text for block in blocks) == " ".join(filter(None, (said, "END.")))


def test_a_hundred_thousand_cues_are_read(tmp_path):
    def clock(seconds: int) -> str:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},000"

    path = tmp_path / "long.srt"
    path.write_text("".join(f"{n}\n{clock(n)} --> {clock(n + 1)}\n第{n}句话。\n\n" for n in range(100_000)), "utf-8")
    document = LessonFile(path, path.name).document()
    assert len(document.blocks) > 1_000
    assert document.blocks[-1].place.last == 100_000


def test_heads_and_feet_of_pages_stay_out_and_their_headings_and_numbers_do_not(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(
        exported.pdf(
            [
                [
                    "技工教材",
                    f"# 第 {n} 课",
                    f"第 {n} 次试验里电流增加到",
                    f"3.{n} 倍，线径要加大一档。",
                    "12",
                    f"第 {n + 6} 页",
                ]
                for n in range(1, 6)
            ]
        )
    )
    document = LessonFile(path, path.name).document()
    assert [block.text for block in document.blocks if block.place.first == 2] == [
        "第 2 课",
        "第 2 次试验里电流增加到 3.2 倍，线径要加大一档。",
    ]


def test_pieces_of_one_page_stay_on_it_and_small_ones_say_both_pages(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(exported.pdf([["第一页只有一句短话。"], ["第二页也只有一句短话。"]]))
    document = LessonFile(path, path.name).document()
    (piece,) = cut(document, "a")
    assert (piece.locator, piece.place.machine) == ("第1–2页", "1")


@pytest.fixture
def scan(tmp_path) -> LessonFile:
    """A picture of a page as the only thing on a page, askew and with specks, as scanners give it."""
    path = tmp_path / "scan.pdf"
    with Image.open(Path(__file__).parent / "scanned_page.png") as picture:
        picture.convert("RGB").save(path, resolution=110)
    return LessonFile(path, path.name)


def test_a_scanned_page_is_read_by_the_models_inside_the_wheel(scan):
    document = scan.document()
    text = "".join(block.text for block in document.blocks)
    assert document.title == "高处作业安全须知"
    for said in ("卡扣有裂纹的不能用", "挂在高于腰部的牢固结构上", "六级以上大风要停止高处作业", "不能抛掷"):
        assert said in text
    assert {block.place.machine for block in document.blocks} == {"1"}


def test_without_the_extra_a_scan_is_told_what_to_do(scan, monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(SourceProblem, match="install the extra `ocr`"):
        scan.document()


@pytest.fixture
def ask(built, companion_with, embedder):
    """Asks a companion over the built courses; the whole answer."""
    _, _, home = built
    live = LiveIndex(home, embedder)
    companion = companion_with(over=live)

    async def whole(wanted: Ask) -> dict:
        return whole_answer([event async for event in companion.reply(wanted)])

    yield lambda message, **about: asyncio.run(whole(Ask(message, **about)))
    live.close()


def test_an_answer_cites_the_second_the_page_and_the_block_and_opens_them(ask):
    rain = ask("雨天骑车速度要降到多少？")
    assert "十五公里" in rain["text"]
    assert rain["sources"][0]["url"] == "https://www.youtube.com/watch?v=AbCdEfGhIjk&t=5"
    assert rain["sources"][0]["locator"].startswith("00:00:05")
    lychee = ask("一级荔枝的果径要多大？")
    assert ("三十二毫米" in lychee["text"], lychee["sources"][0]["locator"]) == (True, "第2页")
    wages = ask("韶关的月最低工资是多少？")
    assert "| 城市 | 月最低工资 |\n> | --- | --- |\n" in wages["text"]
    assert "| 韶关 | 1850元 |" in wages["text"]
    tyre = ask("轮胎花纹磨到多少要换新胎？")
    assert tyre["sources"][0]["anchor"].endswith("type@html+block@h1")
    assert tyre["sources"][0]["url"].startswith(
        "https://learn.gd.cn/courses/course-v1:GD+RIDER101+2026/jump_to/block-v1:"
    )


def test_the_provider_s_own_question_is_practised_first_and_graded_by_its_key(ask):
    asked = ask("考考我", course_id="RICE", conversation_id="quiz")
    assert "盐水选种时应该留下浮起来的种子" in asked["text"]
    assert "秕谷" not in asked["text"]
    graded = ask("错", course_id="RICE", conversation_id="quiz")
    assert "答对了" in graded["text"]
    assert "浮起来的是秕谷" in graded["text"]


def test_asked_outright_the_key_of_an_exercise_is_not_quoted(ask):
    told = ask("头盔那道题的正确答案是哪一个？")
    assert "换一顶新的" not in told["text"]
