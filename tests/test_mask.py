import random
import time

import pytest

from companion.safety.mask import PLACEHOLDERS, masked

IDENTITY = "440106199003071231"
PHONE = "13800138000"


def identity_number(seventeen):
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(seventeen))
    return seventeen + "10X98765432"[total % 11]


def card_number(body):
    """The body with its Luhn digit."""
    for check in "0123456789":
        number = body + check
        odd = sum(map(int, number[-1::-2]))
        even = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
        if (odd + even) % 10 == 0:
            return number
    raise AssertionError


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"我的身份证是{IDENTITY}，帮我", "我的身份证是[身份证号]，帮我"),
        ("440106 19900307 1231", "[身份证号]"),
        (" ".join(IDENTITY), "[身份证号]"),
        ("身份证号：440106900307123", "身份证号：[身份证号]"),
        ("身份证440106199003071239抄错了一位", "身份证[身份证号]抄错了一位"),
        ("手机13800138000谢谢", "手机[手机号]谢谢"),
        ("+86 138-0013-8000", "[手机号]"),
        ("8613800138000", "[手机号]"),
        ("138 0013 8000", "[手机号]"),
        ("1 3 8 0 0 1 3 8 0 0 0", "[手机号]"),
        ("１３８００１３８０００", "[手机号]"),
        ("138\u200b0013\u200d8000", "[手机号]"),
        ("一三八零零一三八零零零", "[手机号]"),
        ("幺三八，零零幺三，八零零零", "[手机号]"),
        ("1３8二二三八零零零零", "[手机号]"),
        ("138二二三80000", "[手机号]"),
        ("13800138000*2等于多少", "[手机号]*2等于多少"),
        ("+852 5123 4567", "[手机号]"),
        ("1.13800138000", "1.[手机号]"),
        ("020-83333333 转 8", "[电话号码] 转 8"),
        ("（0755）2345 6789", "[电话号码]"),
        ("4111 1111 1111 1111", "[银行卡号]"),
        ("银行卡：6222 0212 3456 7890 123", "银行卡：[银行卡号]"),
        ("邮箱abc@qq.com谢谢", "邮箱[邮箱]谢谢"),
        ("ａｂｃ＠ｑｑ．ｃｏｍ", "[邮箱]"),
        ("abc(at)qq(dot)com", "[邮箱]"),
        ("A123456(3)", "[港澳身份证号]"),
        ("香港身份证Z683365A", "香港身份证[港澳身份证号]"),
        ("澳门居民 1234567(8)", "澳门居民 [港澳身份证号]"),
        ("护照号 E12345678", "护照号 [证件号]"),
        ("13800 138000，或者 138 - 0013 - 8000", "[手机号]，或者 [手机号]"),
        ("我電話 9123 4567", "我電話 [电话号码]"),
        ("WhatsApp：６１２３４５６７", "WhatsApp：[电话号码]"),
        ("居住证 810000199001011234", "居住证 [身份证号]"),
    ],
)
def test_a_personal_number_is_replaced_by_what_it_is(text, safe):
    assert masked(text).text == safe


@pytest.mark.parametrize(
    "text",
    [
        "12356 110 96110 12348 120 12345 95588 400-123-4567",
        "2024-02-28 与 2023年10月15日 08:30:00",
        "一共 1,234,567.89 元，利率 3.14159265359，0.13800138000",
        "第一百三十八条 二〇二三年一月一日",
        "手机 2999-3999 元，电话打了 20260301 次，手机 2000 3000元",
        "ISBN 9787111128069，978-7-111-12806-9",
        "时间戳 1700000000000 和 1700000000",
        "20! = 2432902008176640000，2^53 = 9007199254740992",
        "nums = [1, 3, 5, 7, 9, 2, 4, 6, 8, 10, 11]",
        "1 2 3 4 5 6 7 8 9 10 11 12",
        "有三种硬币 [1, 5, 10, 20, 50, 100]",
        "course-440106-19900307，订单 A1234567",
        "git@github.com:owner/repo.git",
        "@property def f(x): return x@y",
        "f(1234567)(8) + g = 1234567",
        "g = 1234567(8)",
        "订单 1234567812345670",  # its check digit is a card's, its first digits are no issuer's
        "138二二380000",
        "440106900307123",
        "6222021234567890124",
        "一三八零零一三八零零零零",
    ],
)
def test_numbers_that_are_nobodys_stay(text):
    assert masked(text).text == text
    assert masked(text).kinds == ()


def test_every_valid_number_is_found_in_every_dress():
    chance = random.Random(1)
    for _ in range(300):
        born = f"{chance.randint(1930, 2020)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
        identity = identity_number(f"44{chance.randint(0, 9999):04}{born}{chance.randint(0, 999):03}")
        phone = f"1{chance.choice(['38', '58', '76', '99'])}{chance.randint(0, 99_999_999):08}"
        card = card_number("62" + "".join(chance.choice("0123456789") for _ in range(chance.choice([13, 16]))))
        dress = chance.choice(
            [
                str,
                lambda number: number.translate({48 + digit: 0xFF10 + digit for digit in range(10)}),
                "\u200b".join,
                lambda number: f"“{number}”",
            ]
        )
        for number, kind in ((identity, "identity_number"), (phone, "mobile"), (card, "bank_card")):
            found = masked(f"请看{dress(number)}，谢谢")
            assert found.kinds == (kind,), number
            assert PLACEHOLDERS[kind] in found.text
            assert not any(digit in found.text for digit in "0123456789０１２３４５６７８９")


def test_what_is_masked_stays_as_it_is_when_masked_again():
    text = f"{IDENTITY} {PHONE} a@b.cn 020-83333333 4111111111111111"
    once = masked(text)
    assert once.kinds == ("identity_number", "mobile", "email", "landline", "bank_card")
    assert masked(once.text).text == once.text
    assert masked(once.text).kinds == ()


def test_the_text_around_a_number_is_kept_to_the_letter():
    around = "ｆｕｌｌ　ｗｉｄｔｈ，繁體 $x^2$ `code` \u200b"
    assert masked(f"{around}{PHONE}{around}").text == f"{around}[手机号]{around}"


def test_a_wrong_date_or_check_digit_is_no_identity_number():
    for number in (identity_number("44010619901307123"), IDENTITY[:-1] + "0", identity_number("99010619900307123")):
        assert "identity_number" not in masked(number).kinds


@pytest.mark.parametrize("unit", ["1", "1 ", "一", "a@", "a.", "0(", "(020) ", "138 ", "身份证"])
def test_a_long_text_takes_no_multiple_of_its_length(unit):
    before = time.process_time()  # which other processes do not use up
    masked(unit * (40_000 // len(unit)))
    assert time.process_time() - before < 1
