import json

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as some

from wechat.crypto import Envelope, NotFromWechat, is_signed
from wechat.messages import Entered, OtherEvent, Text, Unread, read_body, read_message, sealed, to_a_person, written

TEXT = {
    "ToUserName": "gh_1",
    "FromUserName": "oAAA",
    "CreateTime": 1714112445,
    "MsgType": "text",
    "Content": "快件丢了谁来赔",
    "MsgId": 23539462849182936,
}


def as_json(fields):
    return json.dumps(fields, ensure_ascii=False).encode()


def as_xml(fields):
    return written({name: str(value) for name, value in fields.items()}, "xml").encode()


@pytest.mark.parametrize("form", [as_json, as_xml])
def test_a_text_reads_the_same_in_both_forms(form):
    body = read_body(form(TEXT))
    assert read_message(body.fields) == Text("oAAA", "gh_1", 1714112445, "23539462849182936", "快件丢了谁来赔")


def test_a_message_id_is_the_same_key_as_a_number_and_as_a_string():
    assert read_message(TEXT).key == read_message(TEXT | {"MsgId": str(TEXT["MsgId"])}).key


def test_an_event_is_told_apart_by_sender_and_time():
    entered = {key: TEXT[key] for key in ("ToUserName", "FromUserName", "CreateTime")} | {
        "MsgType": "event",
        "Event": "user_enter_tempsession",
        "SessionFrom": "lesson",
    }
    message = read_message(entered)
    assert isinstance(message, Entered)
    assert message.origin == "lesson"
    assert read_message(entered | {"CreateTime": 1714112446}).key != message.key
    assert read_message(entered | {"FromUserName": "oBBB"}).key != message.key


@pytest.mark.parametrize(
    "told",
    [
        {"MsgType": "voice", "Recognition": "快件丢了谁来赔"},
        {"MsgType": "event", "Event": "CLICK", "EventKey": "快件丢了谁来赔"},
    ],
)
def test_of_a_service_account_a_voice_that_was_understood_and_a_tap_in_the_menu_are_words(told):
    message = read_message(TEXT | {"Content": None} | told)
    assert isinstance(message, Text)
    assert message.content == "快件丢了谁来赔"
    assert isinstance(read_message(TEXT | {"MsgType": "event", "Event": "subscribe"}), Entered)


@pytest.mark.parametrize("kind", ["image", "voice", "location", "miniprogrampage", "video", "something-new"])
def test_what_cannot_be_read_is_named(kind):
    message = read_message(TEXT | {"MsgType": kind})
    assert isinstance(message, Unread)
    assert message.kind == kind


def test_an_event_we_do_not_know_is_no_error():
    assert isinstance(read_message(TEXT | {"MsgType": "event", "Event": "debug_demo"}), OtherEvent)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"success",
        b"[]",
        b"1",
        b"\xff\xfe",
        b"<xml><a></xml>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><xml><Content>&a;</Content></xml>",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Content>&a;</Content></xml>',
        b"[" * 100_000,
    ],
)
def test_what_is_no_delivery_is_refused(content):
    with pytest.raises(NotFromWechat):
        read_message(read_body(content).fields)


@given(
    some.dictionaries(
        some.sampled_from([*TEXT, "Event"]),
        some.none() | some.integers() | some.text() | some.lists(some.text()) | some.booleans(),
    )
)
def test_fields_of_any_kind_are_read_or_refused(fields):
    try:
        message = read_message(fields)
    except NotFromWechat:
        return
    assert message.sender
    assert message.key


def test_a_hand_over_to_a_person_goes_back_to_the_sender_in_the_same_form():
    message = read_message(TEXT)
    told = json.loads(to_a_person(message, "json", 1))
    assert told == {
        "ToUserName": "oAAA", "FromUserName": "gh_1", "CreateTime": 1, "MsgType": "transfer_customer_service",
    }  # fmt: skip
    root = fromstring(to_a_person(message, "xml", 1))
    assert {child.tag: child.text for child in root} == {name: str(value) for name, value in told.items()}


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_sealed_answer_is_signed_and_opens(form):
    envelope = Envelope("A" * 43, "wx1")
    fields = read_body(sealed("回复]]>", form, envelope, "AAAAA", "1713424427", "415670741").encode()).fields
    assert is_signed(fields["MsgSignature"], "AAAAA", str(fields["TimeStamp"]), fields["Nonce"], fields["Encrypt"])
    assert envelope.open(fields["Encrypt"]).decode() == "回复]]>"


def test_wechatpy_reads_our_sealed_xml():
    from wechatpy.crypto import WeChatCrypto

    crypto = WeChatCrypto("AAAAA", "A" * 43, "wx1")
    reply = sealed("<xml>好</xml>", "xml", Envelope("A" * 43, "wx1"), "AAAAA", "1713424427", "415670741")
    signed = read_body(reply.encode()).fields["MsgSignature"]
    assert crypto.decrypt_message(reply, signed, "1713424427", "415670741") == "<xml>好</xml>"


def test_we_read_what_wechatpy_seals():
    from wechatpy.crypto import WeChatCrypto

    theirs = WeChatCrypto("AAAAA", "A" * 43, "wx1").encrypt_message("<xml>好</xml>", "415670741", "1713424427")
    body = read_body(theirs.encode())
    assert is_signed(body.fields["MsgSignature"], "AAAAA", "1713424427", "415670741", body.sealed)
    assert Envelope("A" * 43, "wx1").open(body.sealed).decode() == "<xml>好</xml>"
