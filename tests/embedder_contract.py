"""What every embedder must do, whichever engine or endpoint is behind it. Subclasses bring the fixture `engine`."""

import threading

import numpy as np
import pytest

TEXTS = (
    "电动车的电池怎么保养",
    "電動車的電池怎樣保養",
    "how do I look after the battery of an electric bike",
    "荔枝采后在五度左右保鲜，湿度要高，不要压坏果皮。" * 4,
    "《民法典》第五百七十七条规定了违约责任。",
    "x = np.zeros((3, 384))  # a line of code",
    "",
)


class EmbedderContract:
    """Collected under each subclass named Test..."""

    @pytest.mark.parametrize("role", ["query", "passage"])
    def test_texts_become_unit_vectors_and_alone_as_in_company(self, engine, role):
        vectors = engine.embed(TEXTS, role)
        assert vectors.shape == (len(TEXTS), engine.dimension)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        for text, vector in zip(TEXTS, vectors, strict=True):
            np.testing.assert_allclose(engine.embed([text], role)[0], vector, atol=1e-2)

    def test_no_texts_become_no_vectors(self, engine):
        assert engine.embed([], "passage").shape == (0, engine.dimension)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "\x00",
            "before\x00after",
            "\ud800",
            "😀😀",
            "\u200f\u202e",
            "</s><mask>",
            "a" * 4_000 + "\ufdfa" * 100_000,
        ],
    )
    def test_any_text_has_a_vector(self, engine, text):
        (vector,) = engine.embed([text], "query")
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)

    def test_what_follows_a_nul_still_counts(self, engine):
        with_more, without = engine.embed(["电池\x00荔枝的保鲜方法", "电池"], "passage")
        assert with_more @ without < 0.99

    def test_one_text_has_one_vector_in_every_normal_form(self, engine):
        composed, decomposed = engine.embed(["caf\u00e9 ガス", "cafe\u0301 カ\u3099ス"], "passage")
        np.testing.assert_allclose(composed, decomposed, atol=1e-2)

    def test_several_threads_get_what_one_gets(self, engine):
        alone = engine.embed(TEXTS, "passage")
        found = [None] * 4

        def embed(place):
            found[place] = engine.embed(TEXTS, "passage")

        threads = [threading.Thread(target=embed, args=(place,)) for place in range(len(found))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for vectors in found:
            np.testing.assert_allclose(vectors, alone, atol=1e-2)
