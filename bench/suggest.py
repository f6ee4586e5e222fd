"""How fast typing ahead and spelling help are over synthetic titles.

    python -m bench.suggest [--titles 1000 10000 50000]

Every title is a course with three lessons, two subjects and a skill. What is typed are the first one to six letters of
pinyin, of initials and of the titles themselves; what is spelt wrong are titles with one character changed.
"""

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from course_index.course import Course, Lesson
from course_index.sounds import syllables
from course_index.spellings import spelling_terms
from course_index.store.lexical import LexicalIndex
from course_index.store.records import Records
from course_index.suggestions import suggestions
from retrieval.spelling import Spelling
from retrieval.suggest import suggest

_WORDS = tuple(
    "电动车 荔枝 血压 合同 方程 粤剧 醒狮 短视频 急救 蔬菜 冷库 卡尺 表格 英语 社保 消防 鱼塘 书法 摄影 太极 "
    "烹饪 养老 护理 直播 电商 物流 快递 骑行 法律 宪法 历史 地理 编程 数据 网络 安全 心理 沟通 写作 会计 税务 "
    "创业 就业 垃圾 分类 环保 园艺 果树 水稻 养殖 兽医 焊接 车床 电工 机械 汽车 维修 裁缝 茶艺 咖啡 面点 刀工 "
    "火候 营养 儿童 家庭 老年 青年 社区 志愿".split()
)
_LATIN = tuple("Python Excel English Java Linux Photoshop Cantonese Statistics Marketing Robotics".split())
_ENDS = tuple("入门 基础 实务 进阶 管理 技术 赏析 初级 中级 高级 培训 第一课 与生活 案例 方法".split())


def _title(rng: random.Random) -> str:
    words = [rng.choice(_LATIN if rng.random() < 0.15 else _WORDS) for _ in range(rng.randint(1, 3))]
    return f"{'与'.join(words)}{rng.choice(_ENDS)}{rng.choice(('', '', f'（{rng.randint(1, 99)}）'))}"


def _typed(titles: Sequence[str], rng: random.Random) -> list[str]:
    typed = []
    for title in rng.choices(titles, k=400):
        sounds = syllables("".join(character for character in title if "\u4e00" <= character <= "\u9fff"))
        way = rng.choice((title, "".join(sounds), "".join(sound[0] for sound in sounds)))
        typed.append(way[: rng.randint(1, 6)])
    return typed


def _misspelt(titles: Sequence[str], rng: random.Random) -> list[str]:
    return [title[:2] + rng.choice("权雷成导应") + title[3:] for title in rng.choices(titles, k=400)]


def _milliseconds(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    work(texts[0])
    seconds = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        seconds.append(time.perf_counter() - started)
    return [round(float(np.percentile(seconds, share)) * 1_000, 3) for share in (50, 95)]


def measure(count: int, folder: Path) -> dict[str, float]:
    """Median and 95th percentile at `count` titles, with what it took to prepare them."""
    rng = random.Random(7)
    titles = [_title(rng) for _ in range(count)]
    courses = [
        Course(str(n), title, "测试（示例）", subjects=tuple(rng.sample(_WORDS, 2)), skills=(rng.choice(_ENDS),))
        for n, title in enumerate(titles)
    ]
    lessons = [Lesson(f"{n}/{part}", str(n), part, _title(rng), "made", "0") for n in range(count) for part in range(3)]
    records = Records(folder / f"{count}.db")
    records.migrate()
    started = time.perf_counter()
    records.phrases.keep_suggestions(suggestions(courses, lessons))
    records.phrases.keep_terms(spelling_terms({*titles, *(lesson.title for lesson in lessons)}, _WORDS))
    prepared = time.perf_counter() - started
    index = LexicalIndex(folder / f"{count}.terms")
    index.change([(course.id, course.title) for course in courses], [])
    suggested = _milliseconds(lambda typed: suggest(records, typed, 8), _typed(titles, rng))
    corrected = _milliseconds(Spelling(records, (index,)).correct, _misspelt(titles, rng))
    records.close()
    return {
        "titles": count,
        "suggest_p50_ms": suggested[0],
        "suggest_p95_ms": suggested[1],
        "correct_p50_ms": corrected[0],
        "correct_p95_ms": corrected[1],
        "prepared_seconds": round(prepared, 1),
        "megabytes": round((folder / f"{count}.db").stat().st_size / 1e6, 1),
    }


def main() -> None:
    """Print each size, and one JSON object last."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--titles", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    folder = Path(tempfile.mkdtemp(prefix="companion-bench-"))
    figures = []
    try:
        for count in arguments.parse_args().titles:
            figures.append(measure(count, folder))
            print(f"  {figures[-1]}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"suggest": figures}))


if __name__ == "__main__":
    main()
