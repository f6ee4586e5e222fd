import pytest

from tests.small_catalogue import talk


@pytest.mark.parametrize(
    ("message", "pointed"),
    [
        # What happened is what the lesson is called by: from its start, not 人工呼吸.
        ("我爸突然倒地没有呼吸了", "从头看：《有人突然倒地：心肺复苏和 AED》"),
        # What comes nearest is an exercise of that lesson.
        ("奶奶晕倒了叫不应", "从头看：《有人突然倒地：心肺复苏和 AED》"),
        # A section of it is called so.
        ("孩子被花生噎住了脸发紫", "《噎住、烫伤和出血》里的“噎住”"),
        ("电池着火了", "《充电与防暑》里的“电池起火怎么办”"),
    ],
)
def test_in_an_emergency_what_is_called_by_what_happened_is_pointed_at(sample_tutor, message, pointed):
    (told,) = talk(sample_tutor, message, conversation=message)
    assert pointed in told.text


def test_where_nothing_answers_whom_to_call_is_all_that_is_said(sample_tutor):
    (told,) = talk(sample_tutor, "奶奶晕倒了叫不应怎么办", conversation="nothing-else")
    assert told.text.startswith("如果这正在发生，请马上拨打 120")
