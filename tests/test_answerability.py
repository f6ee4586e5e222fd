"""What was learned of answers, on chapters that nothing was learned from."""

import json
from pathlib import Path

import numpy as np
import pytest

from course_index.build import index_entries
from course_index.store.generations import IndexHome
from course_index.store.tokens import PassageVectors
from eval.library import CASES
from eval.training_pairs import HELD_OUT, PAIRS, read_chapters, read_topics
from retrieval.answerability import answerability
from retrieval.query import Query
from retrieval.rank import BEARING_ENOUGH, BEARING_WEIGHT, LOOKED_INTO
from retrieval.search import Search

CHAPTERS = 12


@pytest.fixture(scope="module")
def chapters(embedder):
    held = read_topics()[::HELD_OUT]
    return read_chapters(held[:: len(held) // CHAPTERS][:CHAPTERS], embedder, lambda _: None)


def told_apart(right, wrong):
    """The area under the curve: how often the right one has more."""
    return float(np.mean(np.array(right)[:, None] > np.array(wrong)[None]))


def beside_neighbours(chapters, score):
    """The best of each question's chapter with its answer, the best without it, and the best of questions without."""
    answered, without, unanswered = [], [], []
    for chapter in chapters:
        passages = [forms.get("zh") or next(iter(forms.values())) for forms in chapter.passages]
        for query, answer in chapter.questions:
            scores = score(query, passages)
            (unanswered if answer < 0 else answered).append(max(scores))
            if answer >= 0:
                without.append(max(one for place, one in enumerate(scores) if place != answer))
    return told_apart(answered, without), told_apart(answered, unanswered)


def test_an_answer_is_told_from_its_neighbours_better_than_by_nearness(chapters):
    nearest = beside_neighbours(chapters, lambda query, some: [float(one.vector @ query.vector) for one in some])
    learned = beside_neighbours(chapters, answerability)
    assert learned[0] > nearest[0] + 0.03
    assert learned[0] > 0.75
    # Nothing was learned from questions that nobody answers.
    assert learned[1] > nearest[1] + 0.05


@pytest.fixture(scope="module")
def library(tmp_path_factory, embedder):
    """The passages of chapters that nothing was learned from as one library, and everyday questions with their ids."""
    topics = read_topics()[::HELD_OUT][:40]
    entries, asked = [], []
    for number, topic in enumerate(topics):
        for place, forms in enumerate(topic.passages):
            language = "zh" if "zh" in forms else "en"
            id_ = f"{number}-{place}"
            entries.append((id_, topic.titles.get(language, ""), forms[language]))
            asked.append((topic.questions[place][0], id_))
    home = IndexHome(tmp_path_factory.mktemp("library"))
    index_entries(entries, home, embedder)
    generation = home.open_current()
    yield Search(generation, embedder), asked
    generation.close()


def test_what_answers_comes_before_what_speaks_of_it(library):
    search, asked = library
    near, answering = [], []
    for question, id_ in asked[::2]:
        query = search.query(question)
        for ranks, found in ((near, search.ranked(query, 20)), (answering, search.answering(query, 20))):
            ids = [one.id for one in found]
            ranks.append(1 / (1 + ids.index(id_)) if id_ in ids else 0.0)
    assert np.mean(answering) > np.mean(near) + 0.003  # measured .702 -> .711


def test_only_the_first_change_places_and_none_is_lost(library):
    search, asked = library
    looked_into = 0
    for question, _ in asked[:20]:
        query = search.query(question)
        near, answering = search.ranked(query, 20), search.answering(query, 20)
        before = {one.id: one.score for one in near}
        assert {one.id for one in answering[:LOOKED_INTO]} == {one.id for one in near[:LOOKED_INTO]}
        assert [one.id for one in answering[LOOKED_INTO:]] == [one.id for one in near[LOOKED_INTO:]]
        assert [one.score for one in answering] == sorted((one.score for one in answering), reverse=True)
        if answering[0].bears is None:
            assert near[0].score - near[1].score > 2 * BEARING_WEIGHT * BEARING_ENOUGH
            assert [one.id for one in answering] == [one.id for one in near]
            continue
        for one in answering[:LOOKED_INTO]:
            counted = min(max(one.bears, -BEARING_ENOUGH), BEARING_ENOUGH)
            assert one.score == pytest.approx(before[one.id] + BEARING_WEIGHT * counted)
        looked_into += 1
        hits = [hit for hit in search.passages(query, 10) if hit.passage.id in before][:LOOKED_INTO]
        bears = {one.id: one.bears for one in answering[:LOOKED_INTO]}
        expected = [bears[hit.passage.id] for hit in hits]
        assert search.answerability(query, hits) == pytest.approx(expected, abs=1e-5)
    assert 5 < looked_into < 20


def test_it_says_nothing_where_there_are_no_tokens(chapters):
    (query, _), *_ = chapters[0].questions
    bare = PassageVectors("zh", query.vector, np.zeros((0, 96), np.int8), np.zeros(0, np.int32))
    assert answerability(query, [bare]) == [0.0]
    plain = Query("问", "zh", ("问",), (), query.vector, None, np.zeros(0, bool), np.zeros(0, np.float32))
    assert answerability(plain, list(chapters[0].passages[0].values())[:1]) == [0.0]


def test_no_question_of_the_evaluation_is_learned_from():
    learned = {text for topic in read_topics() for text in (*topic.unanswered, *sum(topic.questions, ()))}
    asked = {
        row[name]
        for path in CASES.glob("*.jsonl")
        for row in map(json.loads, path.read_text("utf-8").splitlines())
        for name in ("question", "message")
        if isinstance(row.get(name), str)
    }
    assert len(learned) > 10_000
    assert not learned & asked


def test_a_line_that_is_no_topic_is_named(tmp_path):
    first = next(iter(sorted(PAIRS.glob("*.jsonl")))).read_text("utf-8").splitlines()[0]
    topic = json.loads(first)
    topic["questions"] = topic["questions"][:1]
    Path(tmp_path / "some.jsonl").write_text(f"{first}\n{json.dumps(topic)}\n", "utf-8")
    with pytest.raises(ValueError, match=r"line 2 is no topic.*every passage needs a text and a question"):
        read_topics(tmp_path)
