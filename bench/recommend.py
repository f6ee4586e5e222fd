"""Recommendation as the catalogue and the learners grow: p50 and p95 of a recommendation, memory, and preparation.

    python -m bench.recommend [--asked 200] [COURSES:LEARNERS ...]

Courses are made of words that catalogues have, learners of courses that follow each other; cards are embedded by the
real embedder, and no course has content. Each figure is beside the embedding of the same wish in the same run.
"""

import argparse
import json
import random
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil

from companion.guidance.following import Following, following
from companion.guidance.need import need_of, with_profile
from companion.guidance.occupations import SAMPLES, Occupations, read_occupations
from companion.guidance.profile import Known, LearningEvent, Profile
from companion.guidance.recommend import Recommender
from companion.guidance.shelf import Shelf
from companion.guidance.skills import SkillMap
from companion.guidance.subject import subject_of
from companion.understanding.wish import course_subject
from course_index.build import build_index
from course_index.course import Course
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex

TODAY = date(2026, 11, 24)
SUBJECTS = (
    "电工 烹饪 粤剧 编程 数学 英语 急救 养老 摄影 荔枝 直播 垃圾分类 宪法 历史 物流 焊接 会计 园艺 书法 舞狮".split()
)
ASPECTS = "入门 基础 实务 进阶 案例 安全 技巧 常识 训练 考证 工艺 管理".split()
PLACES = "广州市 佛山市 东莞市 茂名市 湛江市 江门市 珠海市 中山市".split()
AUDIENCES = "worker youth courier senior farmer child parent migrant".split()
WISHES = (
    "想学{}", "零基础学{}，最好免费", "有没有{}的线下班，我在{}", "{}有一点基础，想再进一步", "推荐几门课给我", "五十块以内的{}课",  # noqa: E501
)  # fmt: skip


def catalogue(size: int, chance: random.Random) -> list[dict[str, object]]:
    """Records as an operator would hand them over."""
    made = []
    for number in range(size):
        subject, aspect = chance.choice(SUBJECTS), chance.choice(ASPECTS)
        record: dict[str, object] = {
            "id": f"c{number}",
            "title": f"{subject}{aspect}第 {number % 97 + 1} 期",
            "provider": f"学院 {number % 83}",
            "summary": f"{subject}的{aspect}，{chance.choice(ASPECTS)}与{chance.choice(SUBJECTS)}。",
            "language": "zh-Hans",
            "subjects": [subject],
            "skills": [f"{subject}{aspect}"],
            "audience": [chance.choice(AUDIENCES)],
            "level": chance.randint(1, 7),
            "hours": chance.randint(2, 40),
            "price": {"amount": chance.choice((0, 0, 30, 120)), "currency": "CNY"},
            "delivery": chance.choice(("online", "blended", "offline")),
            "updated_at": (TODAY - timedelta(days=chance.randint(0, 900))).isoformat(),
        }
        if record["delivery"] != "online":
            record["offerings"] = [{"id": "o", "city": chance.choice(PLACES), "start": "2027-03-01"}]
        made.append(record)
    return made


def taken(learners: int, courses: int, chance: random.Random) -> list[tuple[str, str, datetime]]:
    """(learner, course, when), five a learner: one leads to those near it, as in real catalogues."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    rows = []
    for number in range(learners):
        at = int(chance.paretovariate(1.1)) % courses
        for step in range(5):
            rows.append((f"l{number}", f"c{at}", begin + timedelta(days=step)))
            at = (at + chance.randint(1, 3)) % courses
    return rows


def measure(courses: int, learners: int, asked: int) -> tuple[float, float, float, float, float, float]:
    """p50 and p95 of advice and p50 of the embedding (ms), memory grown (MB), preparation and counting (s)."""
    chance = random.Random(7)
    process = psutil.Process()
    embedder = make_embedder(IndexSettings())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "catalogue"
        folder.mkdir()
        lines = (json.dumps(record, ensure_ascii=False) for record in catalogue(courses, chance))
        (folder / "courses.jsonl").write_text("\n".join(lines), "utf-8")
        home = IndexHome(Path(name) / "index")
        build_index([folder], home, embedder)
        index = LiveIndex(home, embedder)
        search = index.search
        before = process.memory_info().rss
        began = time.perf_counter()
        shelf_courses: list[Course] = list(search.records.courses(search.records.course_ids()).values())
        embed = search.embed_plainly
        recommender = Recommender(
            search, Occupations(read_occupations(SAMPLES), embed), SkillMap(shelf_courses, embed), Shelf(shelf_courses)
        )
        recommender.skills.same("电工安全")
        prepared = time.perf_counter() - began
        rows = taken(learners, courses, chance)
        began = time.perf_counter()
        after: Following = following(rows, {f"c{number}": (20, 0.8) for number in range(0, courses, 3)})
        counted = time.perf_counter() - began
        del rows
        spent, alone = [], []
        for number in range(asked):
            words = chance.choice(WISHES).format(chance.choice(SUBJECTS), chance.choice(PLACES))
            done = f"c{chance.randrange(courses)}"
            event = LearningEvent(str(number), datetime(2026, 9, 1, tzinfo=UTC), "completed", done)
            known = Known(Profile(audience=chance.choice(AUDIENCES), city=chance.choice(PLACES)), (event,))
            began = time.perf_counter()
            search.query(words)
            alone.append(time.perf_counter() - began)
            began = time.perf_counter()
            bare = subject_of(words)
            need = with_profile(need_of(words), known.profile)
            recommender.recommend(need, known, 5, TODAY, after, course_subject(bare) if bare else "")
            spent.append(time.perf_counter() - began)
        grown = (process.memory_info().rss - before) / 1e6
        index.close()
    p50, p95 = np.percentile(spent, [50, 95]) * 1_000
    return float(p50), float(p95), float(np.median(alone) * 1_000), grown, prepared, counted


def main() -> None:
    """Measure each size; the last columns say what it costs to prepare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["100:1000", "1000:10000", "10000:100000"])
    parser.add_argument("--asked", type=int, default=200)
    wish = parser.parse_args()
    print("courses  learners   p50 ms   p95 ms   of the embedding   grown MB   prepared s   counted s")
    for size in wish.sizes:
        courses, learners = map(int, size.split(":"))
        p50, p95, alone, grown, prepared, counted = measure(courses, learners, wish.asked)
        print(
            f"{courses:7}  {learners:8}  {p50:7.1f}  {p95:7.1f}  {p50 / alone:17.1f}  {grown:9.0f}  {prepared:11.1f}"
            f"  {counted:10.1f}"
        )


if __name__ == "__main__":
    main()
