"""What one may do about any matter is asked of what was talked of: 去哪里投诉, 举个例子."""

import pytest

from companion.understanding.follow_up import depends, names_no_matter


@pytest.mark.parametrize(
    "message",
    [
        "去哪里投诉",
        "要多久能解决",
        "什么时候要去医院",
        "举个例子",
        "要什么材料",
        "邊度投訴",
        "can you give me an example",
        "从哪天开始算",
        "怎么计算",
        "几号截止",
        "什么时候生效",
    ],
)
def test_what_may_be_asked_of_any_matter_is_on_what_was_talked_of(message):
    assert names_no_matter(message)
    assert depends(message)


@pytest.mark.parametrize(
    "message",
    ["工伤怎么申请", "垃圾怎么处理", "被狗咬了要去医院吗", "怎么做", "快递员怎么处理投诉", "工龄从哪天开始算"],
)
def test_what_names_its_matter_does_not_lean(message):
    assert not names_no_matter(message)
