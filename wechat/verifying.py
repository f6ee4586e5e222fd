"""Is it WeChat that calls: the signature, the time, the envelope, by the mode that the console is set to."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from wechat.crypto import Envelope, NotFromWechat, is_signed
from wechat.messages import Body, Form, Message, read_body, read_message

Mode = Literal["plain", "compatible", "secure"]


@dataclass(frozen=True, slots=True)
class Received:
    """A message that WeChat sent, in which form, and by which timestamp and nonce."""

    form: Form
    message: Message
    timestamp: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Checks:
    """What the console and we both know. `seconds` is how far WeChat's time may be from ours."""

    token: str
    mode: Mode
    envelope: Envelope | None
    seconds: int
    now: Callable[[], float] = time.time

    def echo(self, query: Mapping[str, str]) -> str:
        """What the console wants to read back when the address is set. Raises NotFromWechat."""
        self._signed(query, "signature")
        return query.get("echostr", "")

    def sealed_echo(self, query: Mapping[str, str]) -> str:
        """The same for Enterprise WeChat, which seals it. Raises NotFromWechat."""
        return self.opened(query, query.get("echostr", "")).decode(errors="replace")

    def opened(self, query: Mapping[str, str], sealed: str) -> bytes:
        """What is in a signed envelope. Raises NotFromWechat."""
        self._signed(query, "msg_signature", sealed)
        if self.envelope is None:
            raise NotFromWechat("there is no key to open it with")
        return self.envelope.open(sealed)

    def received(self, query: Mapping[str, str], content: bytes) -> Received:
        """The message of a request. Raises NotFromWechat."""
        if self.mode == "plain" or self.envelope is None:
            self._signed(query, "signature")
            body = read_body(content)
            if body.sealed and "MsgType" not in body.fields:
                raise NotFromWechat("the message is encrypted: the console is not in the plain mode that is set here")
        else:
            body = self._opened(query, read_body(content))
        return Received(body.form, read_message(body.fields), query["timestamp"], query["nonce"])

    def _opened(self, query: Mapping[str, str], outer: Body) -> Body:
        """The body within the envelope. What the compatible mode has beside it is signed by nobody, and not read."""
        if not outer.sealed:
            raise NotFromWechat("the message is not encrypted: the console is in plain mode, and here is another set")
        if "msg_signature" not in query:
            raise NotFromWechat("there is no msg_signature; signature alone says nothing of an encrypted message")
        return read_body(self.opened(query, outer.sealed))

    def _signed(self, query: Mapping[str, str], name: str, *more: str) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not is_signed(query.get(name, ""), self.token, timestamp, nonce, *more):
            raise NotFromWechat(f"the {name} is wrong: is the token the console's?")
        if not timestamp.isdecimal() or abs(self.now() - int(timestamp[:12])) > self.seconds:
            raise NotFromWechat("the timestamp is stale: a replay, or the clock of this machine is wrong")
