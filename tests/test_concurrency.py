"""Readers and a builder at once: nothing fails, and no search mixes two generations."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

from course_index.build import build_index
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex

LIBRARY = Path(__file__).with_name("library")
PROJECT = Path(__file__).parent.parent
READERS, BUILDS = 8, 4
QUESTIONS = ("快件丢了谁来赔", "哈希冲突怎么解决", "what is a binary heap", "醒狮")


def read_until(done, live, problems):
    turn = 0
    while not done.wait(0.01):  # the builder's turn
        turn += 1
        try:
            search = live.search
            hits = search.passages(search.query(QUESTIONS[turn % len(QUESTIONS)]), 8)
            known = search.records.passages([hit.passage.id for hit in hits])
            for hit in hits:
                assert known[hit.passage.id] == hit.passage
                assert (hit.passage.lesson_id, hit.lesson.course_id) == (hit.lesson.id, hit.course.id)
        except BaseException as error:
            problems.append(error)
            raise


def test_readers_see_whole_generations_while_the_index_is_built_anew(tmp_path, embedder):
    library = tmp_path / "library"
    shutil.copytree(LIBRARY, library)
    home = IndexHome(tmp_path / "data")
    build_index([library], home, embedder)
    live = LiveIndex(home, embedder)
    live.refresh()
    done, problems = threading.Event(), []
    readers = [threading.Thread(target=read_until, args=(done, live, problems)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    seen = {live.generation}
    try:
        for number in range(BUILDS):
            (library / "extra.md").write_text(f"# 新课\n\n第{number}次：快件丢了要先报案，再找快递公司。\n", "utf-8")
            build_index([library], home, embedder, rebuild=number == BUILDS - 1)
            live.refresh()
            seen.add(live.generation)
    finally:
        done.set()
        for reader in readers:
            reader.join()
        live.close()
    assert not problems
    assert len(seen) == BUILDS + 1


def test_a_second_process_is_refused_by_name(tmp_path):
    holder = (
        "import sys, time; from pathlib import Path; from course_index.store.generations import IndexHome\n"
        "with IndexHome(Path(sys.argv[1])).writing():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", holder, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == "held"
        second = subprocess.run(command, check=False, cwd=PROJECT, capture_output=True, text=True, timeout=60)
        first.kill()
    assert second.returncode != 0
    assert f"process {first.pid}" in second.stderr
