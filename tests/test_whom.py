"""Who is to learn, and what of a message names what is to be learned."""

import pytest

from companion.guidance.need import need_of, with_profile
from companion.guidance.profile import Profile
from companion.guidance.subject import named_in, trade_spelt_out
from companion.guidance.whom import whom


@pytest.mark.parametrize(
    ("message", "audience", "named"),
    [
        ("我妈妈七十岁，想学用手机", "senior", "用手机"),
        ("我妈妈三十五岁，想学做菜", None, "做菜"),
        ("孩子数学不好怎么办", "child", "数学"),
        ("我徒弟刚进厂，想让他学质检", "worker", "质检"),
        ("我個女想學跳舞", "child", "跳舞"),
        ("我女朋友想学化妆", None, "化妆"),
        ("my mum is 68 and wants to learn first aid", "senior", "first aid"),
        ("my son is bad at maths", "child", "maths"),
    ],
)
def test_a_wish_for_another_is_for_them_and_about_what_they_are_to_learn(message, audience, named):
    found = whom(message)
    assert found
    assert found.audience == audience
    assert named_in(message) == named


@pytest.mark.parametrize(
    ("message", "audience"),
    [
        ("想学照顾老人", None),
        ("我老婆怀孕了，我想学急救", None),
        ("仔细听讲", None),
        ("我今年四十五岁，想学电工", None),
        ("教孩子做实验", "child"),  # courses for children suit, though nobody of the family is to learn
    ],
)
def test_who_is_only_spoken_of_is_not_to_learn(message, audience):
    assert whom(message) is None
    assert need_of(message).audience == audience


def test_what_one_has_told_of_oneself_says_nothing_of_ones_mother():
    told = Profile(audience="courier", standing="advanced", city="佛山市", free_only=True)
    need = with_profile(need_of("我妈想学用手机"), told)
    assert (need.audience, need.standing, need.free) == ("senior", None, True)
    assert need.around


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("当宇航员", "我想当宇航员"),
        ("做厨师", "我想做厨师"),
        ("当医生", "我想当医生"),
        ("做作业", None),
        ("当然", None),
        ("做工", None),
    ],
)
def test_a_trade_alone_is_a_wish_to_go_into_it(message, wish):
    assert trade_spelt_out(message) == wish
