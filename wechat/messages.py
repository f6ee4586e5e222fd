"""What WeChat delivers, JSON or XML, as values; and what is answered in the same breath."""

import json
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wechat.crypto import Envelope, NotFromWechat, signature

Form = Literal["json", "xml"]
SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What every message says of itself. `key` is the same for each time that WeChat delivers it."""

    sender: str
    receiver: str
    created: int
    key: str


@dataclass(frozen=True, slots=True)
class Text(Delivery):
    """Words."""

    content: str


@dataclass(frozen=True, slots=True)
class Unread(Delivery):
    """What cannot be read here: an image, a voice, a card; `kind` is WeChat's MsgType."""

    kind: str


@dataclass(frozen=True, slots=True)
class Entered(Delivery):
    """Somebody opened the conversation, or follows a service account; `origin` is the page's word for from where."""

    origin: str


@dataclass(frozen=True, slots=True)
class OtherEvent(Delivery):
    """An event that asks for nothing."""

    kind: str


Message = Text | Unread | Entered | OtherEvent


@dataclass(frozen=True, slots=True)
class Body:
    """A delivery as it came: its form, and its fields by WeChat's names."""

    form: Form
    fields: dict[str, Any]

    @property
    def sealed(self) -> str:
        """What is encrypted in it; empty for nothing."""
        return _word(self.fields, "Encrypt") or _word(self.fields, "encrypt")


def read_body(content: bytes) -> Body:
    """The fields of a delivery. Raises NotFromWechat."""
    text = content.strip()
    if text.startswith(b"<"):
        return Body("xml", _xml(text))
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotFromWechat("the body is neither JSON nor XML") from error
    if not isinstance(fields, dict):
        raise NotFromWechat("the body is no JSON object")
    return Body("json", fields)


def read_message(fields: dict[str, Any]) -> Message:
    """The message of these fields. Raises NotFromWechat."""
    sender, kind = _word(fields, "FromUserName"), _word(fields, "MsgType")
    if not sender or not kind:
        raise NotFromWechat("the message has no FromUserName or no MsgType")
    created = _word(fields, "CreateTime")
    event = _word(fields, "Event")
    # In JSON a MsgId is a number of 64 bits, elsewhere a string: as a string it is the same everywhere.
    key = _word(fields, "MsgId") or f"{sender}|{created}|{event or kind}"
    known = (sender, _word(fields, "ToUserName"), int(created) if created.isdecimal() else 0, key)
    if kind == "text":
        return Text(*known, _word(fields, "Content"))
    # Of a voice a service account may be told the words, and its menu sends a key for a tap.
    if kind == "voice" and _word(fields, "Recognition").strip():
        return Text(*known, _word(fields, "Recognition"))
    if event == "CLICK" and _word(fields, "EventKey").strip():
        return Text(*known, _word(fields, "EventKey"))
    if kind != "event":
        return Unread(*known, kind)
    if event in ("user_enter_tempsession", "subscribe"):
        return Entered(*known, _word(fields, "SessionFrom"))
    return OtherEvent(*known, event)


def to_a_person(message: Delivery, form: Form, now: int) -> str:
    """The answer by which WeChat hands the conversation to the human agents of its console."""
    fields: dict[str, str | int] = {
        "ToUserName": message.sender,
        "FromUserName": message.receiver,
        "CreateTime": now,
        "MsgType": "transfer_customer_service",
    }
    return written(fields, form)


def sealed(reply: str, form: Form, envelope: Envelope, token: str, timestamp: str, nonce: str) -> str:
    """An answer other than `success`, as the secure mode wants it."""
    encrypted = envelope.seal(reply.encode())
    fields: dict[str, str | int] = {
        "Encrypt": encrypted,
        "MsgSignature": signature(token, timestamp, nonce, encrypted),
        "TimeStamp": int(timestamp),
        "Nonce": nonce,
    }
    return written(fields, form)


def written(fields: dict[str, str | int], form: Form) -> str:
    """Fields in the form in which the console has messages delivered."""
    if form == "json":
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    inner = "".join(
        f"<{name}>{value}</{name}>" if isinstance(value, int) else f"<{name}>{_cdata(value)}</{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{inner}</xml>"


def _cdata(value: str) -> str:
    return escape(value) if "]]>" in value else f"<![CDATA[{value}]]>"


def _xml(content: bytes) -> dict[str, Any]:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise NotFromWechat("the XML cannot be read") from error
    return {child.tag: child.text or "" for child in root}


def _word(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
