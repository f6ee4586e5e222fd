"""WeChat's interface for us: the access token, sending, the typing sign, signing in, the content check."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx2

from companion.state.database import StateUnavailable
from companion.state.wechat_token import KeptToken, WechatTokens
from wechat.seal import Seal, Unreadable

log = logging.getLogger(__name__)

# WeChat gives the next token from five minutes before the end of one, and both hold meanwhile.
_RENEW_SECONDS = 240
_ANOTHER_ASKS_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.2
# How long a busy WeChat (-1) is waited for between tries.
_BUSY_SECONDS = (0.2, 0.8, 2.0)
_CHECKED_CHARACTERS = 2_500
_CHECKED_SCENE = 1

BUSY = -1
TOKEN_BAD = (40001, 40014, 42001)
NOT_WHITELISTED = 40164
TOO_LONG = 45002
DAY_IS_FULL = 45009
TOO_LATE = 45015
USED_UP = 45047
TYPING_IGNORED = (45072, 45080, 45081)
NOT_PERMITTED = 48001
BAD_CODE = (40029, 40163)
TOO_OFTEN = 45011
RISKY_USER = 40226

# What became of a message: `unknown` is a message of which WeChat said nothing, so that it may have arrived.
Sent = Literal["sent", "unknown", "too_long", "too_late", "used_up", "later", "refused"]


class WechatProblem(Exception):
    """WeChat said no, or nothing; `code` is its errcode, None where it said nothing."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class NotReached(WechatProblem):
    """The request did not even leave: nothing was done."""


class NotHeard(WechatProblem):
    """The request left and no answer came: what it asked for may have been done."""


class CodeRefused(WechatProblem):
    """The code of wx.login signs nobody in; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who signed in. WeChat's session key is not among it: nobody here has use for it."""

    openid: str
    unionid: str | None


@dataclass(frozen=True, slots=True)
class Where:
    """WeChat's addresses, and how long one waits for it."""

    api: str = "https://api.weixin.qq.com"
    send: str = "/cgi-bin/message/custom/send"
    typing: str = "/cgi-bin/message/custom/business/typing"
    seconds: float = 5.0


class Client:
    """One mini-program's account. `close` lets the connections go."""

    def __init__(self, app_id: str, secret: str, where: Where, tokens: WechatTokens, seal: Seal) -> None:
        self.app_id = app_id
        self._secret = secret
        self._where = where
        self._tokens = tokens
        self._seal = seal
        self._http = httpx2.AsyncClient(base_url=where.api, timeout=where.seconds, follow_redirects=False)
        self._renewing = asyncio.Lock()
        self._token: tuple[str, KeptToken] | None = None

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def send_text(self, openid: str, text: str, ai_mark: bool) -> Sent:
        """Send a message once; what WeChat says of it is acted on as far as it can be here."""
        body: dict[str, Any] = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        if ai_mark:
            body["aimsgcontext"] = {"is_ai_msg": 1}
        try:
            await self._asked(self._where.send, body)
        except NotReached as error:
            log.warning("a message could not be sent, and will be: %s", error)
            return "later"
        except NotHeard as error:
            log.warning("it is unknown whether a message was sent (%s); it is not sent again", error)
            return "unknown"
        except WechatProblem as error:
            return _outcome(error)
        return "sent"

    async def typing(self, openid: str) -> None:
        """Show for 15 seconds that an answer is coming. Nothing depends on it."""
        try:
            await self._asked(self._where.typing, {"touser": openid, "command": "Typing"})
        except WechatProblem as error:
            if error.code not in TYPING_IGNORED:
                log.info("no typing sign: %s", error)

    async def sign_in(self, code: str) -> Account:
        """Who is behind a code of wx.login. Raises CodeRefused, WechatProblem."""
        query = {"appid": self.app_id, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"}
        try:
            told = await self._patiently("GET", "/sns/jscode2session", params=query)
        except WechatProblem as error:
            if error.code in (*BAD_CODE, TOO_OFTEN, RISKY_USER):
                raise CodeRefused(_REFUSED_CODES.get(error.code or 0, _BAD_CODE), error.code) from error
            raise
        openid, unionid = told.get("openid"), told.get("unionid")
        if not isinstance(openid, str) or not openid:
            raise WechatProblem("WeChat signed somebody in without an openid")
        return Account(openid, unionid if isinstance(unionid, str) and unionid else None)

    async def is_fit(self, openid: str, text: str) -> bool:
        """Whether WeChat's check has nothing against a text. Raises WechatProblem where it cannot be had."""
        for start in range(0, len(text), _CHECKED_CHARACTERS):
            content = text[start : start + _CHECKED_CHARACTERS]
            body = {"content": content, "version": 2, "scene": _CHECKED_SCENE, "openid": openid}
            told = await self._asked("/wxa/msg_sec_check", body)
            result = told.get("result")
            suggestion = result.get("suggest") if isinstance(result, dict) else None
            if suggestion not in ("pass", "review", "risky"):
                raise WechatProblem("WeChat's check said nothing that we know")
            if suggestion == "risky":
                return False
        return True

    async def token(self) -> str:
        """An access token that holds. Raises WechatProblem."""
        if token := self._fresh(self._token):
            return token
        async with self._renewing:
            if token := self._fresh(self._token):
                return token
            self._token = await self._kept() or await self._renewed()
            return self._token[0]

    async def _asked(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """WeChat's answer; a token that it does not take is dropped, and the next one tried once."""
        token = await self.token()
        try:
            return await self._posted(path, token, body)
        except WechatProblem as error:
            if error.code not in TOKEN_BAD:
                raise
            log.info("WeChat did not take the access token (%s); asking for another", error.code)
        await self._drop(token)
        return await self._posted(path, await self.token(), body)

    async def _posted(self, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        # WeChat shows \u4f60 as it stands there: the characters themselves have to be sent.
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return await self._patiently("POST", path, params={"access_token": token}, content=content, headers=headers)

    async def _patiently(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """As `_once`, again where WeChat says that it is busy, and so has done nothing."""
        for pause in _BUSY_SECONDS:
            try:
                return await self._once(method, path, **request)
            except WechatProblem as error:
                if error.code != BUSY:
                    raise
            await asyncio.sleep(pause)
        return await self._once(method, path, **request)

    async def _once(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        # The reasons name no address: the token and the secret are in it.
        try:
            response = await self._http.request(method, path, **request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotReached(f"WeChat is not reached ({type(error).__name__})") from None
        except httpx2.HTTPError as error:
            raise NotHeard(f"WeChat does not answer ({type(error).__name__})") from None
        if response.status_code >= 500:
            raise NotHeard(f"WeChat answers with status {response.status_code}")
        try:
            told = response.json()
        except ValueError:
            raise NotHeard(f"WeChat answers no JSON, with status {response.status_code}") from None
        if not isinstance(told, dict):
            raise NotHeard("WeChat answers no JSON object")
        code = told.get("errcode", 0)
        if code:
            raise WechatProblem(f"errcode {code}", code)
        return told

    async def _kept(self) -> tuple[str, KeptToken] | None:
        """The token that another worker asked for; while one is asking it is waited for."""
        try:
            deadline = time.monotonic() + _ANOTHER_ASKS_SECONDS
            while True:
                if (found := await self._read()) and self._fresh(found):
                    return found
                if await asyncio.to_thread(self._tokens.may_ask, self.app_id, _ANOTHER_ASKS_SECONDS):
                    return None
                if time.monotonic() > deadline:
                    return None
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except StateUnavailable:
            return None  # WeChat's normal mode gives all who ask the same token

    async def _read(self) -> tuple[str, KeptToken] | None:
        kept = await asyncio.to_thread(self._tokens.get, self.app_id)
        try:
            return (self._seal.open(kept.sealed), kept) if kept else None
        except Unreadable:
            return None

    async def _renewed(self) -> tuple[str, KeptToken]:
        body = {"grant_type": "client_credential", "appid": self.app_id, "secret": self._secret, "force_refresh": False}
        try:
            told = await self._patiently("POST", "/cgi-bin/stable_token", json=body)
        except WechatProblem as error:
            # Without a token nothing was asked for, whatever became of this.
            _alarm(error)
            raise (NotReached(str(error)) if error.code is None else error) from error
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise NotReached("WeChat gave no access token")
        kept = KeptToken(self._seal.close(token), datetime.now(UTC) + timedelta(seconds=seconds))
        try:
            await asyncio.to_thread(self._tokens.keep, self.app_id, kept)
        except StateUnavailable:
            log.warning("the access token could not be kept; each worker asks for itself for now")
        return token, kept

    async def _drop(self, token: str) -> None:
        async with self._renewing:
            if not self._token or self._token[0] != token:
                return  # somebody was faster
            bad, self._token = self._token[1], None
            try:
                await asyncio.to_thread(self._tokens.drop, self.app_id, bad.sealed)
            except StateUnavailable:
                log.warning("a bad access token could not be dropped; it is tried again")

    def _fresh(self, token: tuple[str, KeptToken] | None) -> str | None:
        if token is None:
            return None
        left = token[1].expires_at - datetime.now(UTC)
        return token[0] if left > timedelta(seconds=_RENEW_SECONDS) else None


def _outcome(error: WechatProblem) -> Sent:
    _alarm(error)
    match error.code:
        case 45002:
            return "too_long"
        case 45015:
            return "too_late"
        case 45047:
            return "used_up"
        case -1:
            return "later"
        case code if code in TOKEN_BAD:
            return "later"
        case _:
            return "refused"


_ALARMS = {
    NOT_WHITELISTED: "WeChat does not know this server's address: add it to the console's IP whitelist",
    DAY_IS_FULL: "WeChat's quota of calls for this interface is used up for today",
    NOT_PERMITTED: "the mini-program has no permission for this interface: see the console",
    40013: "WeChat does not know COMPANION_WECHAT_APP_ID",
    40125: "COMPANION_WECHAT_APP_SECRET is not the console's",
    45162: "WeChat does not take this kind of message",
}
# These end with one person or one message, and nobody has to be called for them.
_EXPECTED = (BUSY, TOO_LONG, TOO_LATE, USED_UP)


def _alarm(error: WechatProblem) -> None:
    """Tell the operator what only the operator can mend."""
    if error.code is None or error.code in _EXPECTED:
        return
    log.critical("WeChat refuses: %s (errcode %s)", _ALARMS.get(error.code, "see its error codes"), error.code)


_BAD_CODE = "The code was used before or is too old: call wx.login again."
_REFUSED_CODES = {
    TOO_OFTEN: "Too many sign-ins in this minute: wait a little.",
    RISKY_USER: "WeChat blocks this user as risky.",
}
