"""Courses as platforms export them, written by us: small, in their real shape, about what our learners do."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

RIDER = "course-v1:GD+RIDER101+2026"


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder of these files."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A zip of these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A gzipped tar of these files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def olx() -> dict[str, str | bytes]:
    """An Open edX course: a page, a recording with its transcript, a problem, and a unit for staff alone."""
    return {
        "course/course.xml": '<course url_name="2026" org="GD" course="RIDER101"/>',
        "course/course/2026.xml": '<course display_name="骑手出行安全" language="zh-cn">'
        '<chapter url_name="c1"/><chapter url_name="c2"/></course>',
        "course/policies/2026/policy.json": '{"course/2026": {"display_name": "骑手出行安全"}}',
        "course/about/short_description.html": "<p>给外卖骑手和快递员的出行安全课。</p>",
        "course/chapter/c1.xml": '<chapter display_name="出门之前"><sequential url_name="s1"/></chapter>',
        "course/chapter/c2.xml": '<chapter display_name="路上"><sequential url_name="s2"/></chapter>',
        "course/sequential/s1.xml": '<sequential display_name="检查车辆"><vertical url_name="v1"/>'
        '<vertical url_name="v9"/></sequential>',
        "course/sequential/s2.xml": '<sequential display_name="雨天"><vertical url_name="v2"/>'
        '<vertical url_name="v3"/></sequential>',
        "course/vertical/v1.xml": '<vertical display_name="刹车和轮胎"><html url_name="h1"/></vertical>',
        "course/vertical/v2.xml": '<vertical display_name="雨天怎么骑"><video url_name="m1"/></vertical>',
        "course/vertical/v3.xml": '<vertical display_name="想一想"><problem url_name="p1"/></vertical>',
        "course/vertical/v9.xml": '<vertical display_name="教师用" visible_to_staff_only="true">'
        '<html url_name="h9"/></vertical>',
        "course/html/h1.xml": '<html filename="h1" display_name="两分钟检查"/>',
        "course/html/h1.html": "<p>每天出车前捏一捏前后刹把，刹把捏到底还有两指的空隙才算合格。</p>"
        "<p>轮胎花纹磨到三毫米以下就要换新胎，胎压按车身标签来打。</p><script>steal()</script>",
        "course/html/h9.xml": '<html filename="h9" display_name="评分标准"/>',
        "course/html/h9.html": "<p>教师评分密语是青蛙跳水，不得外传。</p>",
        "course/video/m1.xml": '<video youtube_id_1_0="AbCdEfGhIjk" display_name="雨天骑行" '
        'transcripts=\'{"zh": "rain-zh.srt", "fr": "rain-fr.srt"}\'/>',
        "course/static/rain-zh.srt": "1\n00:00:05,000 --> 00:00:12,000\n雨天路面的附着力只有晴天的一半\n\n"
        "2\n00:00:12,500 --> 00:00:20,000\n所以车速要降到每小时十五公里以下\n\n"
        "3\n00:01:30,000 --> 00:01:38,000\n井盖和斑马线沾了水最滑\n\n"
        "4\n00:01:38,500 --> 00:01:46,000\n压过去的时候不要刹车也不要转把\n",
        "course/static/rain-fr.srt": "1\n00:00:05,000 --> 00:00:12,000\nSous la pluie il faut ralentir\n",
        "course/problem/p1.xml": '<problem display_name="头盔"><multiplechoiceresponse>'
        "<label>头盔摔过一次之后应该怎么办？</label><choicegroup>"
        '<choice correct="false">擦干净接着戴</choice><choice correct="true">换一顶新的</choice>'
        '<choice correct="false">用胶带缠一圈</choice></choicegroup>'
        "<solution><p>答案：换一顶新的</p><p>头盔里的泡沫受过一次重击就压扁了，看不出来却已经不能再缓冲。</p></solution>"
        "</multiplechoiceresponse></problem>",
    }


_QTI = """<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="q" title="月嫂小测">
<section ident="root"><item ident="i1" title="一"><itemmetadata><qtimetadata><qtimetadatafield>
<fieldlabel>cc_profile</fieldlabel><fieldentry>cc.multiple_choice.v0p1</fieldentry></qtimetadatafield></qtimetadata></itemmetadata>
<presentation><material><mattext texttype="text/html">&lt;p&gt;新生儿洗澡水温多少合适？&lt;/p&gt;</mattext></material>
<response_lid ident="r1" rcardinality="Single"><render_choice>
<response_label ident="a"><material><mattext>三十度</mattext></material></response_label>
<response_label ident="b"><material><mattext>三十八度</mattext></material></response_label>
<response_label ident="c"><material><mattext>四十五度</mattext></material></response_label>
</render_choice></response_lid></presentation><resprocessing><respcondition><conditionvar>
<varequal respident="r1">b</varequal></conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>
</resprocessing></item></section></assessment></questestinterop>"""


def cartridge(pdf: bytes) -> dict[str, str | bytes]:
    """A Canvas export: a page in a module, one that is not published, a quiz, a document, a topic."""
    return {
        "imsmanifest.xml": """<manifest identifier="gd-yuesao-1" xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
 xmlns:lomimscc="http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest"><metadata><schema>IMS Common Cartridge</schema>
<schemaversion>1.3.0</schemaversion><lomimscc:lom><lomimscc:general><lomimscc:title><lomimscc:string>母婴护理入门</lomimscc:string>
</lomimscc:title></lomimscc:general></lomimscc:lom></metadata><organizations><organization identifier="o"><item identifier="root">
<item identifier="m1"><title>第一周 新生儿</title>
<item identifier="i1" identifierref="page1"><title>脐带护理</title></item>
<item identifier="i2" identifierref="quiz1"><title>月嫂小测</title></item>
<item identifier="i3" identifierref="doc1"><title>Feeding plan</title></item>
<item identifier="i4" identifierref="page2"><title>草稿</title></item>
<item identifier="i5" identifierref="gone"><title>不见了的页</title></item>
</item></item></organization></organizations><resources>
<resource identifier="page1" type="webcontent" href="wiki_content/navel.html"><file href="wiki_content/navel.html"/></resource>
<resource identifier="page2" type="webcontent" href="wiki_content/draft.html"><file href="wiki_content/draft.html"/></resource>
<resource identifier="quiz1" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment"><file href="quiz1/assessment_qti.xml"/></resource>
<resource identifier="doc1" type="webcontent" href="web_resources/plan.pdf"><file href="web_resources/plan.pdf"/></resource>
<resource identifier="topic1" type="imsdt_xmlv1p3"><file href="topic1.xml"/></resource>
<resource identifier="gone" type="webcontent" href="wiki_content/gone.html"><file href="wiki_content/gone.html"/></resource>
</resources></manifest>""",
        "wiki_content/navel.html": "<html><head><title>脐带护理</title></head><body><p>脐带残端一般七到十天自己脱落，"
        "期间每天用百分之七十五的酒精由里向外擦一圈，擦完敞开晾干。</p><p>如果根部发红流脓，要马上看医生。</p></body></html>",
        "wiki_content/draft.html": '<html><head><meta name="workflow_state" content="unpublished"/><title>草稿</title></head>'
        "<body><p>这一页还没有审过，里面的剂量是错的。</p></body></html>",
        "quiz1/assessment_qti.xml": _QTI,
        "web_resources/plan.pdf": pdf,
        "topic1.xml": '<topic xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imsdt_v1p3"><title>分享</title>'
        '<text texttype="text/html">&lt;p&gt;宝宝哭闹的时候，先看尿布，再看饥饱，最后看衣服是不是勒着。&lt;/p&gt;</text></topic>',
    }


def scorm() -> dict[str, str | bytes]:
    """A SCORM 1.2 package of two pages."""
    page = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"
    return {
        "imsmanifest.xml": """<manifest identifier="gd.forklift.12" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
 xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"><metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
<organizations default="o"><organization identifier="o"><title>叉车安全操作</title><item identifier="a"><title>装卸</title>
<item identifier="a1" identifierref="r1"><title>叉货</title></item><item identifier="a2" identifierref="r2"><title>停车</title></item>
</item></organization></organizations><resources>
<resource identifier="r1" type="webcontent" adlcp:scormtype="sco" href="pages/lift.html?x=1"><file href="pages/lift.html"/></resource>
<resource identifier="r2" type="webcontent" adlcp:scormtype="sco" href="pages/park.html"><file href="pages/park.html"/></resource>
</resources></manifest>""",
        "pages/lift.html": page.format("叉货", "货叉离地面三十厘米左右行驶，门架要向后倾，看不见前方时必须倒车走。"),
        "pages/park.html": page.format("停车", "停车时货叉落到地面，方向摆正，拉手刹，拔钥匙，坡道上还要垫三角木。"),
    }


def open_courseware() -> str:
    """An OpenCourseWare export: a page, an empty one, and a recording with what stands beside it."""
    page = {"order_index": 3, "short_url": "knots", "uid": "k1", "title": "绳结", "url": "/courses/rope/knots"}
    video = {"order_index": 5, "short_url": "lecture-1", "uid": "v1", "title": "第一讲", "transcript": ""}
    return json.dumps(
        {
            "short_url": "rope-work",
            "title": "高空绳索作业",
            "description": "<p>讲怎样在<b>高处</b>安全作业。</p>",
            "language": "zh-CN",
            "url": "/courses/rope",
            "last_published_to_production": "2026/03/05 10:00:00 Universal",
            "course_collections": [{"ocw_speciality": "高处作业", "ocw_subfeature": "安全"}],
            "course_files": [{"id": "a.pdf"}, {"id": "b.pdf"}],
            "course_pages": [
                {**page, "text": "<h2>八字结</h2><p>八字结打好以后要留出十五厘米的绳尾。</p><script>steal()</script>"},
                {**page, "uid": "k2", "order_index": 4, "text": "\r\n"},
            ],
            "course_embedded_media": {
                "x": {
                    **video,
                    "about_this_resource_text": "<p>这一讲示范下降器的锁定：下降器停住后要把绳子绕两圈再松手。</p>",
                    "technical_location": "https://ocw.gd.cn/rope/lecture-1",
                }
            },
        },
        ensure_ascii=False,
    )


def moodle() -> dict[str, str | bytes]:
    """A Moodle backup: a page, a book, a glossary, a quiz, a hidden page, and people who must not get in."""
    listed = "".join(
        f"<activity><moduleid>{id_}</moduleid><sectionid>1</sectionid><modulename>{kind}</modulename>"
        f"<title>{title}</title><directory>activities/{kind}_{id_}</directory></activity>"
        for id_, kind, title in (
            (11, "page", "选种"), (12, "book", "水稻栽培"), (13, "glossary", "农技词汇"), (14, "quiz", "小测"), (15, "page", "隐藏页"),
            (16, "resource", "农药台账"),
        )
    )  # fmt: skip
    files: dict[str, str | bytes] = {
        "moodle_backup.xml": "<moodle_backup><information><original_wwwroot>https://moodle.gd-learn.cn</original_wwwroot>"
        "<original_course_id>7</original_course_id><original_course_fullname>水稻种植技术</original_course_fullname>"
        "<original_course_shortname>RICE</original_course_shortname><contents><activities>"
        f"{listed}</activities><sections><section><sectionid>1</sectionid><directory>sections/section_1</directory>"
        "</section></sections></contents></information></moodle_backup>",
        "sections/section_1/section.xml": '<section id="1"><number>1</number><name>育秧</name><summary></summary>'
        "<sequence>11,12,13,14,15</sequence><visible>1</visible></section>",
        "activities/page_11/page.xml": '<activity id="1" moduleid="11" modulename="page" contextid="21"><page id="1">'
        "<name>选种</name><intro></intro><content>&lt;p&gt;用盐水选种，比重一点一，浮起来的秕谷捞掉，沉底的用清水洗两遍。&lt;/p&gt;"
        "</content><timemodified>1760000000</timemodified></page></activity>",
        "activities/book_12/book.xml": '<activity id="2" moduleid="12" modulename="book" contextid="22"><book id="1">'
        '<name>水稻栽培</name><intro></intro><chapters><chapter id="31"><pagenum>1</pagenum><subchapter>0</subchapter>'
        "<title>插秧</title><content>&lt;p&gt;插秧深度两到三厘米，每穴三到四苗，行距三十厘米。&lt;/p&gt;</content><hidden>0</hidden>"
        '</chapter><chapter id="32"><pagenum>2</pagenum><subchapter>0</subchapter><title>晒田</title>'
        "<content>&lt;p&gt;分蘖够苗就排水晒田，晒到田边开小裂、人踩不陷脚。&lt;/p&gt;</content><hidden>0</hidden></chapter></chapters>"
        "</book></activity>",
        "activities/glossary_13/glossary.xml": '<activity id="3" moduleid="13" modulename="glossary" contextid="23">'
        '<glossary id="1"><name>农技词汇</name><intro></intro><entries><entry id="1"><userid>99</userid>'
        "<concept>有效积温</concept><definition>&lt;p&gt;作物某一生育期内日平均气温减去生物学下限温度的总和。&lt;/p&gt;</definition>"
        "<approved>1</approved></entry></entries></glossary></activity>",
        "activities/quiz_14/quiz.xml": '<activity id="4" moduleid="14" modulename="quiz" contextid="24"><quiz id="1">'
        "<name>小测</name><intro></intro><question_instances><question_instance><question_reference>"
        "<questionbankentryid>501</questionbankentryid></question_reference></question_instance></question_instances>"
        "<attempts><attempt><userid>99</userid><answer>张三的作答</answer></attempt></attempts></quiz></activity>",
        "activities/page_15/page.xml": '<activity id="5" moduleid="15" modulename="page" contextid="25"><page id="2">'
        "<name>隐藏页</name><intro></intro><content>&lt;p&gt;期末试卷的密码是稻花香里。&lt;/p&gt;</content></page></activity>",
        "questions.xml": '<question_categories><question_category id="1"><question_bank_entries><question_bank_entry id="501">'
        "<question_version><question_versions><version>1</version><status>ready</status><questions>"
        '<question id="0"><questiontext>盐水选种时该留下浮起来的种子么（旧题）。</questiontext><qtype>truefalse</qtype>'
        "<answers><answer><answertext>对</answertext><fraction>1</fraction></answer><answer><answertext>错</answertext>"
        "<fraction>0</fraction></answer></answers></question></questions></question_versions>"
        "<question_versions><version>2</version><status>ready</status>"
        '<questions><question id="1"><name>q</name>'
        "<questiontext>&lt;p&gt;盐水选种时应该留下浮起来的种子。&lt;/p&gt;</questiontext>"
        "<generalfeedback>浮起来的是秕谷。</generalfeedback><qtype>truefalse</qtype><plugin_qtype_truefalse_question><answers>"
        '<answer id="1"><answertext>对</answertext><fraction>0</fraction></answer>'
        '<answer id="2"><answertext>错</answertext><fraction>1</fraction></answer></answers>'
        "</plugin_qtype_truefalse_question></question></questions></question_versions></question_version>"
        "</question_bank_entry></question_bank_entries></question_category></question_categories>",
        "users.xml": '<users><user id="99"><username>zhangsan</username><firstname>三</firstname><lastname>张</lastname>'
        "<email>zhangsan@gd-learn.cn</email><phone1>13800138000</phone1></user></users>",
        "files.xml": "<files></files>",
        "activities/resource_16/resource.xml": '<activity id="6" moduleid="16" modulename="resource" contextid="26">'
        '<resource id="1"><name>农药台账</name><intro>&lt;p&gt;每次施药后当天登记农药名称、用量和安全间隔期。&lt;/p&gt;</intro>'
        "</resource></activity>",
    }
    shown = (
        (11, "page", 1),
        (12, "book", 1),
        (13, "glossary", 1),
        (14, "quiz", 1),
        (15, "page", 0),
        (16, "resource", 1),
    )
    for id_, kind, visible in shown:
        files[f"activities/{kind}_{id_}/module.xml"] = f'<module id="{id_}"><visible>{visible}</visible></module>'
    return files


def pdf(pages: list[list[str]]) -> bytes:
    """A text PDF with a line of Latin or Chinese text after the other; a line that begins with # is set large."""
    return drawn_pdf(
        [
            [
                written(60, 780 - down, line.lstrip("# "), 20 if line.startswith("#") else 11)
                for down, line in zip(_downwards(lines), lines, strict=True)
            ]
            for lines in pages
        ]
    )


def _downwards(lines: list[str]) -> Iterator[int]:
    down = 0
    for line in lines:
        yield down
        down += 40 if line.startswith("#") else 22


def written(x: float, y: float, said: str, size: int = 11) -> str:
    """The order that writes words on a page of a PDF."""
    return f"BT /F1 {size} Tf {x} {y} Td <{said.encode('utf-16-be').hex().upper()}> Tj ET"


def ruled(x: float, y: float, to_x: float, to_y: float) -> str:
    """The order that draws a line."""
    return f"{x} {y} m {to_x} {to_y} l S"


def drawn_pdf(pages: list[list[str]]) -> bytes:
    """A PDF whose pages are drawn by these orders."""
    objects: list[bytes] = [b"", b""]
    fonts = (
        b"<< /F1 << /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts "
        b"[<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 >>] >> >>"
    )
    kids = []
    for drawn in pages:
        stream = "\n".join(drawn).encode()
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font %s >> >>"
            % (content, fonts)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def cmi5() -> dict[str, str | bytes]:
    """A cmi5 package of three units, one of which brings its page."""

    def unit(id_: str, title: str, described: str, url: str) -> str:
        return (
            f'<au id="https://gd.cn/au/{id_}"><title><langstring lang="en-US">{id_}</langstring>'
            f'<langstring lang="zh-CN">{title}</langstring></title><description><langstring lang="zh-CN">{described}'
            f"</langstring></description><url>{url}</url></au>"
        )

    return {
        "cmi5.xml": '<?xml version="1.0"?><courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">'
        '<course id="https://gd.cn/courses/fire"><title><langstring lang="zh-CN">社区消防</langstring></title>'
        '<description><langstring lang="zh-CN">居民楼里的消防常识</langstring></description></course>'
        + unit("one", "灭火器", "干粉灭火器的指针在绿区才能用，喷的时候站在上风口对准火焰根部。", "one.html")
        + '<block id="https://gd.cn/b"><title><langstring lang="zh-CN">逃生</langstring></title>'
        + unit("two", "逃生路线", "楼道有烟时要弯腰贴墙走，用湿毛巾捂住口鼻，不要坐电梯。", "https://elsewhere.cn/two")
        + unit("three", "报警", "拨打一一九要说清小区、楼栋、楼层和烧的是什么东西。", "three.html")
        + "</block></courseStructure>",
        "one.html": "<html><body><h1>灭火器的保养</h1><p>每月看一次铅封和压力表，满五年送厂家检修。</p></body></html>",
    }


def epub() -> dict[str, str | bytes]:
    """A book of two chapters."""
    chapter = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>粤曲入门</dc:title></metadata><manifest>"
        '<item id="nav" href="nav.xhtml" properties="nav"/><item id="a" href="one.xhtml"/><item id="b" href="two.xhtml"/>'
        '<item id="c" href="lost.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/><itemref idref="c"/></spine></package>',
        "OEBPS/nav.xhtml": "<html><body><nav>目录</nav></body></html>",
        "OEBPS/one.xhtml": chapter.format("板眼", "粤曲的慢板是一板三眼，敲板的一下最重，三个眼轻轻带过。"),
        "OEBPS/two.xhtml": chapter.format("梆黄", "梆子腔明快刚劲，二黄腔低回婉转，唱腔统称梆黄。"),
    }


def docx(path: Path) -> Path:
    """A Word file with headings of Word's own and a table."""
    import docx as word

    document = word.Document()
    document.add_heading("家政服务员手册", 0)
    document.add_heading("擦玻璃", 1)
    document.add_paragraph("擦玻璃先刮后擦：刮水器斜着四十五度从上往下走，最后用干布收边。")
    document.add_heading("油烟机", 1)
    document.add_paragraph("拆下油网，用六十度热水加小苏打泡半小时，再用软刷刷洗。")
    table = document.add_table(rows=2, cols=2)
    for cell, said in zip(
        [c for row in table.rows for c in row.cells], ["污渍", "去法", "血渍", "冷水加双氧水"], strict=True
    ):
        cell.text = said
    document.save(str(path))
    return path


def pptx(path: Path) -> Path:
    """A presentation of three slides, the last with notes only the speaker sees."""
    import pptx as powerpoint

    presentation = powerpoint.Presentation()
    slides = (
        ("电商客服话术", "顾客说没收到货时，先道歉，再查物流轨迹，最后给出明确的时间。", ""),
        ("退换货", "签收七天之内可以无理由退货，生鲜和定做的商品除外。", ""),
        (
            "差评",
            "看到差评先私信，二十四小时内回复。",
            "讲到这里举例：有位顾客收到碎了的花瓶，客服补寄一个，差评就改了。",
        ),
    )
    for title, said, noted in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, said
        if noted:
            slide.notes_slide.notes_text_frame.text = noted
    presentation.save(str(path))
    return path


SRT = """1
00:00:01,000 --> 00:00:06,000
煲汤之前先把排骨焯水
Blanch the ribs before making soup.

2
00:00:06,500 --> 00:00:12,000
水开之后再煮三分钟撇去浮沫
Skim off the foam after three minutes.

3
00:05:00,000 --> 00:05:06,000
老火汤要煲够两个小时
A slow soup takes two hours.

4
00:05:06,500 --> 00:05:12,000
中途不要加冷水
Do not add cold water on the way.
"""
VTT = """WEBVTT

00:00:10.000 --> 00:00:15.000
<v 老师>太极拳的起势要<b>沉肩坠肘</b>，呼吸放匀。

00:00:15.000 --> 00:00:20.000
膝盖不要超过脚尖，不然容易伤膝。
"""
ASS = """[Script Info]
Title: 剪纸
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,这是注释不是字幕
Dialogue: 0,0:01:40.00,0:01:45.00,Default,,0,0,0,,{\\pos(1,1)}剪团花要先把纸对折三次，
Dialogue: 0,0:01:45.50,0:01:50.00,Default,,0,0,0,,再从折边往里剪，\\N不要剪断连接的地方。
"""
TABLE = """课程编号,课程名称,开课机构,课程简介,学时,价格,适用人群,授课方式,有效期至
GD-001,粤菜师傅：白切鸡,顺德技工学校,学做皮爽肉滑的白切鸡,16学时,免费,求职者、厨师,面授,2027-12-31
GD-002,手机摄影,广州老年大学,用手机拍好花草和人像,约八周,120元,老年人,线上,
GD-003,,无名机构,没有名称的课,1,1,人,线上,
"""
