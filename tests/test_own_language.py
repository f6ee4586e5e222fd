"""What is in another language than the question answers only where it is on the subject."""

import pytest

from tests.small_catalogue import talk


@pytest.mark.parametrize(("message", "mode"), [("一百萬嘅英文點講", "extracted"), ("聽日會唔會落雨", "catalogue")])
def test_an_answer_in_another_language_is_on_the_subject(sample_tutor, message, mode):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert told.mode == mode
