import pytest

from companion.checking.provisos import (
    Rule,
    breaks_off,
    clauses_that_permit,
    is_special,
    lead_in,
    rules_in,
    share,
    widens,
)
from course_index.analyze import normalise


@pytest.mark.parametrize(
    ("text", "conditions", "outcome"),
    [
        ("5. 失去反应，放平在地上，做心肺复苏。", ("失去反应",), "放平在地上,做心肺复苏"),
        ("人失去反应：放平在地上。", ("人失去反应",), "放平在地上"),
        ("保过价的，按约定赔；没保价的，按法律赔。", ("没保价的",), "按法律赔"),
        ("天气潮湿时，不要用湿手插插头。", ("天气潮湿时",), "不要用湿手插插头"),
        ("如果面团太干，可以加一勺水，再揉两分钟。", ("如果面团太干",), "可以加一勺水,再揉两分钟"),
        ("（二）连续旷工的，签过字的，单位可以解除合同。", ("连续旷工的", "签过字的"), "单位可以解除合同"),
        ("腿脚不便的老人，先坐下再起身。", ("腿脚不便的老人",), "先坐下再起身"),
        ("新栽、根浅的树，隔天浇一次。", ("新栽、根浅的树",), "隔天浇一次"),
        ("If you feel dizzy, sit down at once.", ("if you feel dizzy",), "sit down at once."),
        ("Tap the table unless your hands are full.", ("unless your hands are full.",), "tap the table"),
    ],
)
def test_in_what_case_something_holds_is_read(text, conditions, outcome):
    assert rules_in(normalise(text))[-1] == Rule(conditions, outcome)


@pytest.mark.parametrize(
    "text",
    [
        "柠檬汁是酸的，小苏打水是碱的。",
        "有下列情形之一的，视同工伤：",
        "要及时，不要拖到第二天。",
        "他是队里跑得最快的人，先上场。",
        "扶住坐不稳的老人，帮他系好安全带。",
        "每两小时，翻一次身。",
        "在这种情况下，高度加一。",
        "放平在地上，做心肺复苏。",
        "Wash your hands, dry them and put on gloves.",
    ],
)
def test_what_is_no_case_is_not_taken_for_one(text):
    assert rules_in(normalise(text)) == []


def test_each_half_of_a_sentence_has_its_own_case():
    found = rules_in(normalise("逾期不改的，罚款一万元；情节严重的，吊销执照。"))
    assert [(rule.conditions, rule.outcome) for rule in found] == [
        (("逾期不改的",), "罚款一万元"),
        (("情节严重的",), "吊销执照"),
    ]


def test_a_case_within_a_clause_is_one():
    (rule,) = rules_in(normalise("劳动者在试用期内提前三日通知用人单位的做法很普遍。"))
    assert rule == Rule(("在试用期内",), "劳动者提前三日通知用人单位的做法很普遍")


def test_what_makes_a_case_worse_and_what_only_follows_go_on_with_the_case_before():
    worse = rules_in(normalise("第七十一条 在充电处存放易燃物的，责令改正；逾期不改正的，处五百元罚款。"))
    assert worse[-1] == Rule(("在充电处存放易燃物的", "逾期不改正的"), "处五百元罚款")
    follows = rules_in(normalise("醉酒驾驶的，吊销驾驶证；五年内不得重新取得。营运的，处拘留。"))
    assert [one.conditions for one in follows] == [("醉酒驾驶的",), ("醉酒驾驶的",), ("营运的",)]


@pytest.mark.parametrize(
    ("condition", "special"),
    [
        ("再次饮酒后驾驶机动车的", {"再", "次"}),
        ("饮酒后驾驶营运机动车的", {"营", "运"}),
        ("饮酒后驾驶机动车的", set()),
        ("逾期不改正的", set()),
    ],
)
def test_what_makes_a_case_a_special_one_of_another(condition, special):
    assert is_special(condition, "饮酒后驾驶机动车的") == special


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("腿脚不便、坐轮椅的", True),
        ("2. 天气潮湿时，", True),
        ("天气潮湿时，不要用湿手插插头", False),
        ("天气潮湿的时候。", False),
        ("是酸的", False),
        ("不要用湿手插插头", False),
    ],
)
def test_a_case_without_what_holds_in_it_breaks_off(text, alone):
    assert breaks_off(normalise(text)) == alone


def test_a_list_is_led_in_by_what_stands_above_it():
    stretches = ["先看他能不能说话。\n", "能说话的：\n", "1. 让他自己用力咳。\n", "2. 站在旁边看着。\n", "不要离开。"]
    assert lead_in(stretches, 3) == "能说话的："
    assert lead_in(stretches, 4) == lead_in(stretches, 1) == ""
    assert rules_in(normalise(lead_in(stretches, 3) + stretches[3]))[0].conditions == ("能说话的",)


@pytest.mark.parametrize(
    ("claim", "ground", "wider"),
    [
        ("不管有没有受伤，都可以自行协商。", "没有人受伤的，可以自行协商。", True),
        ("所有申请都在十五日内决定。", "对事实清楚的申请，在十五日内决定。", True),
        ("所有申请都在十五日内决定。", "申请应当全部在十五日内决定。", False),
        ("公民都有选举权，没有任何例外。", "公民都有选举权，被剥夺政治权利的人除外。", True),
        ("公民都有选举权，没有任何例外。", "公民都有选举权。", False),
        ("只有贵重的件才要涂黑面单。", "面单撕下来或者涂黑。", True),
        ("只有贵重的件才要涂黑面单。", "贵重的件才涂黑面单。", False),
        ("Sleep is always better than reading.", "Sleep is often better than reading.", True),
        ("面单要涂黑。", "面单撕下来或者涂黑。", False),
    ],
)
def test_what_is_said_of_every_case_or_of_one_alone_has_to_stand_there(claim, ground, wider):
    assert widens(normalise(claim), normalise(ground)) == wider


def test_a_share_of_nothing_is_none():
    assert (share([], ["a"]), share(["a", "b"], ["b"])) == (0.0, 0.5)


def test_what_one_may_do_is_read_clause_by_clause():
    said = normalise("要是楼下没电，可以请房东帮忙，才能放心；不能推进楼里，能源要省。")
    assert clauses_that_permit(said) == ["可以请房东帮忙"]
    assert clauses_that_permit("you cannot stay, but you may sit outside.") == [" but you may sit outside."]
