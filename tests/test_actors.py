"""Who does what to whom: a sentence may change the words for somebody, not the somebody."""

import pytest

from companion.checking.actors import case_is_anothers, of_another, tells_who
from companion.checking.contradiction import contradicts
from course_index.analyze import normalise

NOTICE = "劳动者提前三十日以书面形式通知用人单位，可以解除劳动合同。用人单位不得扣押劳动者的居民身份证。"
INJURY = "职工或者其近亲属认为是工伤，用人单位不认为是工伤的，由用人单位承担举证责任。"
WHEELS = "货车右转时，后轮走的路比前轮更靠里，两条路线的差叫内轮差。"
DRUMS = "三星鼓三下一组，用于行进和高兴；七星鼓打得紧密，用在跳跃和高潮。"
BREAKERS = "断路器（空气开关）：电流过大或短路时跳闸，保护的是线路。\n漏电保护器：有人触电时跳闸，保护的是人。"
PAY = "用人单位应当按月向劳动者支付工资。"
RENT = "承租人应当按照约定的期限支付租金。出租人应当履行租赁物的维修义务。"
ENGLISH = (
    "The rear wheels take a shorter path than the front wheels. The employer must return the deposit to the worker."
)


@pytest.mark.parametrize(
    ("sentence", "ground"),
    [
        ("用人单位提前三十日以书面形式通知员工，可以解除劳动合同。", NOTICE),
        ("公司提前30日以书面形式通知员工的，可以解除合同。", NOTICE),
        ("员工认为是工伤、公司不认的，由员工承担举证责任。", INJURY),
        ("前轮走的路比后轮更靠里。", WHEELS),
        ("七星鼓用于行进和高兴。", DRUMS),
        ("漏电保护器在电流过大或短路时跳闸，保护的是线路。", BREAKERS),
        ("劳动者应当按月向用人单位支付工资。", PAY),
        ("房东应当按照约定的期限支付租金。", RENT),
        ("身份证号是生日的函数。", "所以生日是身份证号的函数，反过来不是。"),
        ("The front wheels take a shorter path than the rear wheels.", ENGLISH),
        ("The worker must return the deposit to the employer.", ENGLISH),
    ],
)
def test_what_is_said_of_one_is_not_said_of_another(sentence, ground):
    assert of_another(normalise(sentence), normalise(ground))


@pytest.mark.parametrize(
    ("sentence", "ground"),
    [
        ("员工提前三十日以书面形式通知公司，可以解除劳动合同。", NOTICE),
        ("老板不得扣押工人的居民身份证。", NOTICE),
        ("员工认为是工伤、公司不认的，由公司承担举证责任。", INJURY),
        ("后轮走的路比前轮更靠里。", WHEELS),
        ("前轮走的路没有后轮那么靠里。", WHEELS),
        ("三星鼓用于行进和高兴。", DRUMS),
        ("漏电保护器保护的是人。", BREAKERS),
        ("单位应当按月向员工支付工资。", PAY),
        ("工资由用人单位按月向劳动者支付。", PAY),
        ("房东应当履行租赁物的维修义务，租客应当按照约定的期限支付租金。", RENT),
        ("生日是身份证号的函数。", "所以生日是身份证号的函数，反过来不是。"),
        ("The employer must return the deposit to the worker.", ENGLISH),
        *((ground, ground) for ground in (NOTICE, INJURY, WHEELS, DRUMS, BREAKERS, PAY, RENT, ENGLISH)),
    ],
)
def test_the_same_somebody_may_be_called_something_else(sentence, ground):
    assert not of_another(normalise(sentence), normalise(ground))


@pytest.mark.parametrize(
    ("sentence", "ground", "turned"),
    [
        ("用人单位为了统一保管，可以扣押劳动者的居民身份证。", f"{NOTICE}扣押身份证的，由公安机关处罚。", True),
        ("付了赔偿金的，还应当再支付经济补偿。", "支付了赔偿金的，不再支付经济补偿。", True),
        ("寄件人拒绝验视的，可以收寄。", "寄件人拒绝验视的，不得收寄。", True),
        ("没有保价的，不得收寄；保过价的可以收寄。", "没有保价的，不得收寄；保过价的可以收寄。", False),
    ],
)
def test_what_may_not_be_done_is_not_said_to_be_allowed(sentence, ground, turned):
    assert contradicts(normalise(sentence), normalise(ground)) is turned


@pytest.mark.parametrize(
    ("condition", "told", "turned"),
    [
        ("劳动者不与用人单位订立书面劳动合同的", "老板不跟我签合同会怎样", True),
        ("劳动者不与用人单位订立书面劳动合同的", "如果老板不跟你签合同", True),
        ("劳动者不与用人单位订立书面劳动合同的", "员工不跟公司签合同", False),
        ("劳动者不与用人单位订立书面劳动合同的", "我不跟老板签合同", False),
        ("用人单位未与劳动者订立书面劳动合同的", "我没跟老板签合同", True),
        ("用人单位未与劳动者订立书面劳动合同的", "老板没跟我签合同", False),
        ("承租人向出租人支付押金的", "房东给租客退押金", True),
        ("承租人向出租人支付押金的", "租客交押金", False),
        ("职工发生工伤的", "公司没给我交保险", False),
    ],
)
def test_a_case_may_be_told_of_another_than_the_one_it_is_of(condition, told, turned):
    assert case_is_anothers(condition, told) is turned


def test_who_denies_nothing_tells_no_case_of_what_is_left_undone():
    assert tells_who("劳动者不与用人单位订立合同的", "老板不跟我签合同")
    assert not tells_who("劳动者不与用人单位订立合同的", "老板跟我签合同")
    assert not tells_who("劳动者不与用人单位订立合同的", "合同还没签")
