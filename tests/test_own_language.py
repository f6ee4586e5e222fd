"""What is in another language than the question answers only where it is on the subject."""

import pytest

from eval.stories import storyteller
from tests.small_catalogue import talk


@pytest.fixture(scope="module")
def tutor(tmp_path_factory, embedder, wording, put_samples):
    put_samples(home := tmp_path_factory.mktemp("own-language"))
    companion, state = storyteller(home, embedder, wording)
    yield companion
    companion.index.close()
    state.close()


@pytest.mark.parametrize(("message", "mode"), [("一百萬嘅英文點講", "extracted"), ("聽日會唔會落雨", "catalogue")])
def test_an_answer_in_another_language_is_on_the_subject(tutor, message, mode):
    (told,) = talk(tutor, message, conversation=message)
    assert told.mode == mode
