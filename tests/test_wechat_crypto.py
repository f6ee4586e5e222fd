"""The official vectors, wechatpy as a second opinion, and what must not pass."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from wechat.crypto import Envelope, NotFromWechat, is_signed, read_key, signature

KEY = "A" * 43
APP = "wxba5fad812f8e6fb9"
SEALED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8X"
    "GT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32II"
    "jdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
WECOM_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
WECOM_ECHO = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="


@pytest.mark.parametrize(
    ("timestamp", "nonce", "expected"),
    [
        ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ("1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
    ],
)
def test_the_official_signatures_come_out(timestamp, nonce, expected):
    assert signature("AAAAA", timestamp, nonce) == expected
    assert is_signed(expected, "AAAAA", timestamp, nonce)
    assert not is_signed(expected[:-1] + "é", "AAAAA", timestamp, nonce)


def test_the_official_message_signatures_come_out():
    assert signature("AAAAA", "1714112445", "415670741", SEALED) == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    assert signature("AAAAA", "1713424427", "415670741", REPLY) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    assert signature("QDG6eK", "1409659589", "263014780", WECOM_ECHO) == "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"


def test_the_official_message_is_opened_and_the_official_reply_is_sealed():
    message = json.loads(Envelope(KEY, APP).open(SEALED))
    assert (message["Event"], message["debug_str"]) == ("debug_demo", "hello world")
    assert Envelope(KEY, APP).seal(b'{"demo_resp":"good luck"}', b"707722b803182950") == REPLY


def test_the_sample_of_enterprise_wechat_is_opened():
    assert Envelope(WECOM_KEY, "wx5823bf96d3bd56c7").open(WECOM_ECHO) == b"1616140317555161061"


def flipped(sealed, at):
    data = bytearray(base64.b64decode(sealed))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()


@pytest.mark.parametrize("at", [20, -40, -1])
def test_a_flipped_byte_is_noticed_by_the_signature_and_in_the_ends_by_the_envelope_too(at):
    bad = flipped(SEALED, at)
    assert signature("AAAAA", "1714112445", "415670741", bad) != "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    if at != 20:
        with pytest.raises(NotFromWechat):
            Envelope(KEY, APP).open(bad)


@pytest.mark.parametrize(
    ("sealed", "why"),
    [
        ("not base64!", "no Base64"),
        ("", "AES blocks"),
        (base64.b64encode(b"x" * 17).decode(), "AES blocks"),
        (base64.b64encode(b"x" * 32).decode(), "padding"),
        (Envelope(KEY, "wx0000000000000000").seal(b"{}"), "another app id"),
        (Envelope(KEY, APP + "x").seal(b"{}"), "another app id"),
        (Envelope(KEY, "").seal(b"{}"), "another app id"),
        # What another key makes of it ends like a padding now and then.
        (Envelope("B" * 43, APP).seal(b"{}"), "padding|another app id"),
        (Envelope(KEY, "").seal(b"", random=b"r" * 4), "too short"),
        (Envelope(KEY, "").seal(b"", random=b"r" * 16 + b"\0\0\0\x09"), "shorter than it says"),
    ],
    # Sealed anew each time, so no name of a test.
    ids=[
        *("no Base64", "nothing", "17 bytes", "32 bytes"),
        *("another app", "a longer app", "no app", "another key", "too short", "cut"),
    ],
)
def test_what_is_not_for_us_is_refused_with_the_reason(sealed, why):
    with pytest.raises(NotFromWechat, match=why):
        Envelope(KEY, APP).open(sealed)


@pytest.mark.parametrize("key", ["A" * 42, "A" * 44, "A" * 42 + "é", ""])
def test_a_key_that_cannot_be_one_is_refused(key):
    with pytest.raises(ValueError, match="43"):
        read_key(key)


@given(some.binary(max_size=200), some.text("wx0123456789abcdef", max_size=18))
def test_whatever_is_sealed_is_opened_again(message, receiver):
    envelope = Envelope(WECOM_KEY, receiver)
    assert envelope.open(envelope.seal(message)) == message


@given(some.text(max_size=100))
def test_wechatpy_opens_what_we_seal_and_the_other_way_round(text):
    from wechatpy.crypto import PrpCrypto

    theirs = PrpCrypto(read_key(WECOM_KEY))
    assert theirs.decrypt(Envelope(WECOM_KEY, APP).seal(text.encode()), APP) == text
    assert Envelope(WECOM_KEY, APP).open(theirs.encrypt(text, APP).decode()).decode() == text
