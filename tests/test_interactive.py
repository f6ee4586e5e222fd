"""H5P packages, and what the activities of a Moodle backup play or hold beside what learners wrote."""

import hashlib
import io
import json
import zipfile

import pytest

from course_index.reading import read_lesson
from course_index.sources.h5p import read_h5p
from course_index.sources.library import read_library
from tests import exported


def zip_of(files) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def part(library, **params):
    return {"library": f"H5P.{library} 1.0", "params": params}


def h5p(library, content, **files) -> bytes:
    about = {"title": "火罐", "mainLibrary": f"H5P.{library}"}
    return zip_of({"h5p.json": json.dumps(about), "content/content.json": json.dumps(content), **files})


CHOICE = part(
    "MultiChoice",
    question="<p>留罐多久？</p>",
    answers=[{"text": "<div>十分钟</div>", "correct": True}, {"text": "<div>一小时</div>", "correct": False}],
    UI={"checkAnswerButton": "检查", "text": "按钮"},
)
BOOK = {
    "bookCover": {"coverDescription": "<p>给初学的人。</p>"},
    "chapters": [
        {
            **part(
                "Column",
                content=[
                    {"content": part("AdvancedText", text="<h2>准备</h2><p>皮肤破损处不拔罐。</p>")},
                    {"content": part("Accordion", panels=[{"title": "禁忌", "content": part("AdvancedText", text="<p>发烧时不拔。</p>")}])},
                    {"content": part("DragText", taskDescription="拖一拖", textField="*罐*")},
                    {"content": part("Shape", type="circle")},
                    {"content": part("FutureThing", odd=1)},
                ],
            ),
            "metadata": {"title": "第一章"},
        }
    ],
    "l10n": {"text": "下一页"},
}  # fmt: skip
SLIDES = {
    "presentation": {
        "slides": [
            {
                "keywords": [{"main": "起罐"}],
                "elements": [
                    {"y": 50, "x": 0, "action": part("AdvancedText", text="<p>再按住罐口的皮肤放气。</p>")},
                    {"y": 5, "x": 0, "action": part("AdvancedText", text="<p>先扶稳罐身。</p>")},
                ],
            },
            {"elements": [{"y": 0, "x": 0, "action": CHOICE}]},
        ]
    }
}
VIDEO = {
    "interactiveVideo": {
        "video": {"textTracks": {"videoTrack": [{"track": {"path": "files/t.vtt"}}]}},
        "assets": {"interactions": [{"duration": {"from": 65.2, "to": 70}, "action": part("Text", text="<p>火不碰罐口。</p>")}]},
        "summary": {"task": part("Summary", intro="选对的", summaries=[{"summary": ["酒精要挤干", "酒精要多蘸"]}])},
    }
}  # fmt: skip
VTT = "WEBVTT\n\nNOTE 字幕组\n\n00:01.000 --> 00:04.000\n闪火法要快进快出。\n"
H5P = [
    ("InteractiveBook", BOOK, ["给初学的人。", "第一章", "准备", "皮肤破损处不拔罐。", "禁忌", "发烧时不拔。"], 0),
    ("CoursePresentation", SLIDES, ["起罐", "先扶稳罐身。", "再按住罐口的皮肤放气。"], 1),
    ("InteractiveVideo", VIDEO, ["闪火法要快进快出。", "火不碰罐口。"], 1),
    ("Dialogcards", {"dialogs": [{"text": "<p>走罐</p>", "answer": "<p>涂油后推动罐子。</p>"}]}, ["走罐：涂油后推动罐子。"], 0),
    ("QuestionSet", {"introPage": {"introduction": "<p>先看完。</p>"}, "questions": [CHOICE, part("Blanks", questions=["<p>留罐*十/10*分钟</p>", "*一*和*二*"]), part("TrueFalse", question="罐口要先烤热", correct="false")], "texts": {"text": "提交"}}, ["先看完。"], 3),
    ("SingleChoiceSet", {"choices": [{"question": "罐用什么做", "answers": ["玻璃", "纸"]}]}, [], 1),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "content", "said", "questions"), H5P, ids=[row[0] for row in H5P])
def test_what_a_learner_reads_of_h5p_is_read_and_what_can_be_asked_is_a_question(
    tmp_path, kind, content, said, questions
):
    (tmp_path / "a.h5p").write_bytes(h5p(kind, content, **{"content/files/t.vtt": VTT}))
    document = read_h5p(tmp_path / "a.h5p")
    assert [block.text for block in document.blocks] == said
    assert len(document.questions) == questions
    assert not any("一小时" in block.text or "十分钟" in block.text for block in document.blocks)


def test_h5p_says_where_and_what_it_could_not_read(tmp_path):
    (tmp_path / "火罐.h5p").write_bytes(h5p("InteractiveVideo", VIDEO, **{"content/files/t.vtt": VTT}))
    (lesson,) = read_library([tmp_path / "火罐.h5p"], {}).drafts[0].lessons
    places = [block.place.told(chinese=True) for block in lesson.document().blocks]
    assert places == ["00:00:01–00:00:04", "00:01:05–00:01:10"]
    (tmp_path / "b.h5p").write_bytes(h5p("InteractiveBook", BOOK))
    looks = "; ".join(read_h5p(tmp_path / "b.h5p").looks)
    assert "1 DragText" in looks
    assert "1 H5P.FutureThing" in looks


class Backup:
    """A Moodle backup that grows by activities."""

    def __init__(self):
        self.files = dict(exported.moodle())
        self.listed, self.stored = "", ""

    def add(self, id_, kind, title, inner="", *stored):
        self.listed += (
            f"<activity><moduleid>{id_}</moduleid><sectionid>1</sectionid><modulename>{kind}</modulename>"
            f"<title>{title}</title><directory>activities/{kind}_{id_}</directory></activity>"
        )
        self.files[f"activities/{kind}_{id_}/{kind}.xml"] = (
            f'<activity id="{id_}" contextid="c{id_}"><{kind} id="1"><name>{title}</name>{inner}</{kind}></activity>'
        )
        for item, area, name, data in stored:
            digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
            self.files[f"files/{digest[:2]}/{digest}"] = data
            folder, _, bare = f"/{name}".rpartition("/")
            self.stored += (
                f"<file><contenthash>{digest}</contenthash><contextid>c{id_}</contextid><itemid>{item}</itemid>"
                f"<filearea>{area}</filearea><filepath>{folder}/</filepath><filename>{bare}</filename></file>"
            )

    def written(self, path):
        backup = self.files["moodle_backup.xml"].replace("</activities>", f"{self.listed}</activities>")
        roles = '<roles><role id="3"><shortname>editingteacher</shortname></role><role id="5"><shortname>student</shortname></role></roles>'
        given = "".join(
            f"<assignment><roleid>{role}</roleid><userid>{user}</userid></assignment>"
            for role, user in ((3, 5), (5, 99))
        )
        self.files |= {
            "moodle_backup.xml": backup,
            "files.xml": f"<files>{self.stored}</files>",
            "roles.xml": roles,
            "course/roles.xml": f"<roles><role_assignments>{given}</role_assignments></roles>",
        }
        return exported.tarred(path, self.files)


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def test_what_activities_of_moodle_play_and_what_their_teachers_wrote_is_read_and_the_rest_named(tmp_path):
    backup = Backup()
    scorm = exported.scorm()
    unpacked = [("0", "content", name, data.encode()) for name, data in scorm.items()]
    backup.add(31, "scorm", "叉车", "<intro></intro>", ("0", "package", "f.zip", zip_of(scorm)))
    backup.add(32, "scorm", "叉车二", "<intro></intro>", *unpacked)
    backup.add(33, "scorm", "缺包的课件", "<intro></intro>")
    backup.add(34, "scorm", "空壳", "<intro>先看说明书。</intro>", ("0", "package", "e.zip", zip_of({"a.js": "x"})))
    backup.add(
        35,
        "h5pactivity",
        "起罐",
        "<intro></intro>",
        ("0", "package", "a.h5p", h5p("CoursePresentation", SLIDES)),
    )
    backup.add(
        36,
        "hvp",
        "火罐",
        f"<machine_name>H5P.InteractiveBook</machine_name><json_content>{escaped(json.dumps(BOOK))}</json_content>",
    )
    posts = [(1, 0, 5, "玻璃罐看得见皮肤。"), (2, 1, 99, "学员的回帖"), (3, 0, 99, "学员的主帖")]
    discussions = "".join(
        f"<discussion><name>选罐</name><posts><post><parent>{parent}</parent><userid>{user}</userid><message>{said}</message></post></posts></discussion>"
        for _, parent, user, said in posts
    )
    backup.add(37, "forum", "讨论", f"<type>general</type><discussions>{discussions}</discussions>")
    backup.add(
        38,
        "forum",
        "公告",
        f"<type>news</type><discussions>{discussions.replace('玻璃罐', '停课一次，玻璃罐')}</discussions>",
    )
    pages = "".join(
        f"<page><title>穴</title><cachedcontent>{said}</cachedcontent><versions><version><version>1</version><userid>{user}</userid></version></versions></page>"
        for user, said in ((5, "足三里在膝下三寸。"), (99, "学员改的页"))
    )
    backup.add(39, "wiki", "穴位", f"<subwikis><subwiki><pages>{pages}</pages></subwiki></subwikis>")
    records = "".join(
        f"<record><userid>{user}</userid><contents><content><fieldid>7</fieldid><content>{said}</content></content></contents></record>"
        for user, said in ((5, "落枕"), (99, "学员的病例"))
    )
    backup.add(
        40, "data", "病例", f'<fields><field id="7"><name>症状</name></field></fields><records>{records}</records>'
    )
    backup.add(
        41,
        "workshop",
        "互评",
        "<instructauthors>录三分钟。</instructauthors><conclusion>常见的错是火太猛。</conclusion>",
    )
    answers = "<answer><jumpto>-1</jumpto><answer_text>两小时</answer_text></answer><answer><jumpto>0</jumpto><answer_text>马上</answer_text></answer>"
    backup.add(
        42,
        "lesson",
        "课",
        f"<pages><page><qtype>3</qtype><title>问</title><contents>拔罐后多久洗澡？</contents><answers>{answers}</answers></page></pages>",
    )
    backup.add(
        43,
        "assign",
        "作业",
        "<intro>拍一张照片。</intro>",
        ("0", "introattachment", "要求.md", "# 要求\n\n照片里要看得见罐口。".encode()),
        ("0", "submission_files", "张三.md", "学员交的".encode()),
    )
    chapters = '<chapters><chapter id="1"><title>开</title><content>先热身。</content><hidden>0</hidden></chapter><chapter id="2"><hidden>1</hidden></chapter></chapters>'
    backup.add(
        47,
        "book",
        "热身",
        chapters,
        ("1", "chapter", "见.md", "# 见\n\n转踝十圈。".encode()),
        ("2", "chapter", "藏.md", "# 藏\n\n学员看不到的附件。".encode()),
    )
    backup.add(44, "lti", "外部工具", "<intro></intro>")
    backup.add(45, "customcert", "结业证", "<intro></intro>")
    backup.add(46, "resource", "素材", "<intro></intro>", ("0", "content", "素材包.rar", b"Rar!"))
    library = read_library([backup.written(tmp_path / "a.mbz")], {})
    read = {lesson.relative: read_lesson(lesson) for lesson in library.drafts[0].lessons}
    said = {name: "\n".join(piece.text for piece in lesson.pieces) for name, lesson in read.items()}
    for name, words in (
        ("scorm/31", "坡道上还要垫三角木"),
        ("scorm/32", "坡道上还要垫三角木"),
        ("scorm/34", "先看说明书"),
        ("h5pactivity/35", "先扶稳罐身"),
        ("hvp/36", "发烧时不拔"),
        ("forum/37", "玻璃罐看得见皮肤"),
        ("wiki/39", "足三里在膝下三寸"),
        ("data/40", "症状：落枕"),
        ("workshop/41", "火太猛"),
        ("assign/43/要求.md", "看得见罐口"),
        ("book/47/1/见.md", "转踝十圈"),
    ):
        assert words in said[name]
    assert read["scorm/31"].pieces[0].heading_path == ("育秧", "装卸", "叉货 / 停车")
    assert read["scorm/31"].pieces[0].place.url == "https://moodle.gd-learn.cn/mod/scorm/view.php?id=31"
    assert [len(read[name].questions) for name in ("h5pactivity/35", "lesson/42")] == [1, 1]
    assert read["lesson/42"].questions[0].answers == ("两小时",)
    assert not any("学员" in words or "停课" in words for words in said.values())
    assert "no manifest" in read["scorm/34"].looks[0]
    told = "\n".join(f"{notice.where} {notice.what}" for notice in library.notices)
    for words in (
        "缺包的课件 what it plays is not in the backup",
        "1 lti (外部工具)",
        "1 customcert (结业证)",
        "1 forum of announcements (公告)",
        "素材包.rar",
    ):
        assert words in told
    library.close()
