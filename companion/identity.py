"""Who is asking: portal users by OIDC access tokens, visitors by short tokens of ours, operators by role."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

# Keys are asked for again after so long, and at once for an unknown key id, but not more often than the second.
_KEYS_FRESH_SECONDS = 600
_KEYS_AGAIN_SECONDS = 30
_KEYS_TIMEOUT_SECONDS = 5
_ISSUER = "learning-companion"
# A visitor who comes back within this time after the token ended is the same visitor.
_RENEWABLE_SECONDS = 24 * 3_600
# The clocks of two hosts are not the same: a token that one gave out must hold with the other at once.
_SKEW_SECONDS = 30
# An operator signs in to the pages again after a working day.
_PAGE_SECONDS = 8 * 3_600

# How the pseudonyms of visitors begin.
VISITOR = "v-"

Kind = Literal["open", "visitor", "learner", "operator"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `learner` is a pseudonym, empty where nobody has to say who they are."""

    kind: Kind
    learner: str = ""
    consent: str | None = None
    by_wechat: bool = False  # a learner by a token of ours, whom WeChat signed in

    @property
    def is_operator(self) -> bool:
        """Whether reports, complaints and figures of operation may be read."""
        return self.kind in ("operator", "open")


OPEN = Caller("open")


class NotAdmitted(Exception):
    """The token does not hold; the message says why, for who has to mend it."""


class KeysUnavailable(Exception):
    """The identity provider's keys cannot be had now."""


class Keys(Protocol):
    """The identity provider's public keys."""

    async def get(self, key_id: str | None) -> KeySet:
        """The keys, asked for anew when `key_id` is not among them. Raises KeysUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token of ours; `expires_in` is in seconds."""

    token: str
    expires_in: int


class Visitors:
    """Tokens for visitors: signed by us, for one origin, for minutes."""

    def __init__(self, secret: str, minutes: int) -> None:
        self._key = OctKey.import_key(secret)
        self._seconds = minutes * 60

    def admit(self, origin: str, before: str | None = None, consent: str | None = None) -> AccessToken:
        """A token for a visitor of a page; `before` is the token the page had, so that the visitor stays the same."""
        now = int(time.time())
        claims = {
            "iss": _ISSUER,
            "aud": _ISSUER,
            "sub": self._renewed(before, origin) or f"{VISITOR}{secrets.token_hex(16)}",
            "origin": origin,
            "iat": now,
            "exp": now + self._seconds,
        } | ({"consent": consent} if consent else {})
        return AccessToken(jwt.encode({"alg": "HS256"}, claims, self._key), self._seconds)

    def admit_learner(self, learner: str, origin: str) -> AccessToken:
        """A token for a learner whom another has signed in; it is good for no page of another origin."""
        now = int(time.time())
        claims = {
            "iss": _ISSUER,
            "aud": _ISSUER,
            "sub": learner,
            "origin": origin,
            "learner": True,
            "iat": now,
            "exp": now + self._seconds,
        }
        return AccessToken(jwt.encode({"alg": "HS256"}, claims, self._key), self._seconds)

    def caller(self, token: str, origin: str | None) -> Caller:
        """The visitor, or the learner, of a token. Raises NotAdmitted."""
        claims = self._claims(token)
        if origin is not None and origin != claims["origin"]:
            raise NotAdmitted("The token was given to another page; ask for one at POST /v1/sessions.")
        if claims.get("learner"):
            return Caller("learner", claims["sub"], by_wechat=True)
        return Caller("visitor", claims["sub"], claims.get("consent"))

    def _claims(self, token: str, leeway: int = _SKEW_SECONDS) -> dict[str, Any]:
        known = jwt.JWTClaimsRegistry(
            leeway=leeway,
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": _ISSUER},
            exp={"essential": True},
            sub={"essential": True},
            origin={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            known.validate(claims)
        except (JoseError, ValueError) as error:
            raise NotAdmitted("The session has ended; ask for a token at POST /v1/sessions.") from error
        return claims

    def _renewed(self, before: str | None, origin: str) -> str | None:
        if not before:
            return None
        try:
            claims = self._claims(before, leeway=_RENEWABLE_SECONDS)
        except NotAdmitted:
            return None
        return str(claims["sub"]) if claims["origin"] == origin else None


class PortalUsers:
    """Learners and operators, by access tokens of the portal's identity provider."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        keys: Keys,
        secret: str,
        *,
        algorithms: tuple[str, ...] = ("RS256", "ES256"),
        leeway_seconds: int = 30,
        roles_claim: str = "roles",
        operator_role: str = "companion-operator",
    ) -> None:
        self.issuer = issuer
        self._keys = keys
        self._secret = secret
        self._algorithms = algorithms
        self._roles_claim = roles_claim
        self._operator_role = operator_role
        self._known = jwt.JWTClaimsRegistry(
            leeway=leeway_seconds,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True, "allow_blank": False},
        )

    async def caller(self, token: str, header: dict[str, Any]) -> Caller:
        """The learner or operator of a token with this header. Raises NotAdmitted, KeysUnavailable."""
        if header.get("alg") not in self._algorithms:
            raise NotAdmitted("The token is signed in a way that is not accepted here.")
        key_id = header.get("kid")
        if not (key_id is None or isinstance(key_id, str)):
            raise NotAdmitted("The token's key id is no string.")
        keys = await self._keys.get(key_id)
        try:
            claims = jwt.decode(token, keys, algorithms=list(self._algorithms)).claims
            self._known.validate(claims)
        except (JoseError, ValueError) as error:
            raise NotAdmitted(f"The token does not hold: {_said(error)}.") from error
        learner = pseudonym(self._secret, f"{claims['iss']}|{claims['sub']}")
        kind: Kind = "operator" if self._operator_role in _listed(claims.get(self._roles_claim)) else "learner"
        return Caller(kind, learner)


class Identities:
    """Tells who is asking by the bearer token. Without visitors and users everybody may do everything: `is_open`."""

    def __init__(
        self, visitors: Visitors | None = None, users: PortalUsers | None = None, operator_token: str | None = None
    ) -> None:
        self.visitors = visitors
        self.users = users
        self._operator_token = operator_token

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are."""
        return not (self.visitors or self.users or self._operator_token)

    async def page_session(self, token: str) -> AccessToken:
        """What an operator's browser keeps for the pages below /admin in place of the operator's token, which never
        stays in a browser. An operator known to the portal keeps the portal's token. Raises NotAdmitted,
        KeysUnavailable.
        """
        if not (await self.caller(token, None)).is_operator:
            raise NotAdmitted("This token is no operator's; show the operator token, or one with the operator role.")
        if not self._is_operator_token(token):
            return AccessToken(token, _PAGE_SECONDS)
        ends = str(int(time.time()) + _PAGE_SECONDS)
        return AccessToken(f"page.{ends}.{self._page_seal(ends)}", _PAGE_SECONDS)

    def _has_page_session(self, token: str) -> bool:
        kind, _, rest = token.partition(".")
        ends, _, seal = rest.partition(".")
        if kind != "page" or not self._operator_token or not re.fullmatch(r"[0-9]{1,12}", ends):
            return False
        return hmac.compare_digest(seal.encode(), self._page_seal(ends).encode()) and int(ends) > time.time()

    def _is_operator_token(self, token: str) -> bool:
        ours = self._operator_token
        return bool(ours) and hmac.compare_digest(token.encode(errors="replace"), (ours or "").encode())

    def _page_seal(self, ends: str) -> str:
        key = (self._operator_token or "").encode()
        return hmac.new(key, f"page session until {ends}".encode(), hashlib.sha256).hexdigest()

    async def caller(self, token: str, origin: str | None) -> Caller:
        """Who holds this token, on a page of this origin. Raises NotAdmitted, KeysUnavailable."""
        if self._is_operator_token(token) or self._has_page_session(token):
            return Caller("operator", "operator")
        header = _header(token)
        if self.visitors and header.get("alg") == "HS256":
            return self.visitors.caller(token, origin)
        if self.users:
            return await self.users.caller(token, header)
        raise NotAdmitted("The token is of a kind that is not accepted here; ask for one at POST /v1/sessions.")


class ProviderKeys:
    """The keys of an OpenID provider, found by its discovery document, kept while they are fresh.

    While the provider is down the keys that are known go on being used.
    """

    def __init__(self, issuer: str, jwks_url: str | None = None) -> None:
        self._issuer = issuer.rstrip("/")
        self._url = jwks_url
        self._keys: KeySet | None = None
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    async def get(self, key_id: str | None) -> KeySet:
        """The keys, asked for anew when they are old or `key_id` is not among them. Raises KeysUnavailable."""
        async with self._asking:
            if self._is_due(key_id):
                self._asked_at = time.monotonic()
                try:
                    self._keys = await self._fetched()
                except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                    if self._keys is None:
                        raise KeysUnavailable("The identity provider's keys cannot be had.") from error
        if self._keys is None:
            raise KeysUnavailable("The identity provider's keys cannot be had.")
        return self._keys

    def _is_due(self, key_id: str | None) -> bool:
        age = time.monotonic() - self._asked_at
        if self._keys is None or (key_id and key_id not in {key.kid for key in self._keys.keys}):
            return age > _KEYS_AGAIN_SECONDS
        return age > _KEYS_FRESH_SECONDS

    async def _fetched(self) -> KeySet:
        async with httpx2.AsyncClient(timeout=_KEYS_TIMEOUT_SECONDS, follow_redirects=False) as client:
            if self._url is None:
                found = (await client.get(f"{self._issuer}/.well-known/openid-configuration")).raise_for_status().json()
                if found["issuer"].rstrip("/") != self._issuer:
                    raise ValueError("the discovery document is of another issuer")
                self._url = str(found["jwks_uri"])
            return KeySet.import_key_set((await client.get(self._url)).raise_for_status().json())


def pseudonym(secret: str, of: str) -> str:
    """A name that only who has the secret can trace back, the same each time."""
    return f"l-{hmac.new(secret.encode(), of.encode(), hashlib.sha256).hexdigest()[:32]}"


def _header(token: str) -> dict[str, Any]:
    try:
        part = token.split(".", 1)[0]
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError) as error:
        raise NotAdmitted("The token cannot be read.") from error
    if not isinstance(header, dict):
        raise NotAdmitted("The token cannot be read.")
    return header


def _said(error: Exception) -> str:
    said = str(getattr(error, "error", "") or type(error).__name__).replace("_", " ")
    # Which claim it is is what a portal's engineer needs to know: most often `aud`.
    claim = getattr(error, "claim", None)
    return f"{said} `{claim}`" if claim else said


def _listed(claim: Any) -> tuple[str, ...]:
    """Roles as providers write them: a list, or words with spaces between."""
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(role for role in claim if isinstance(role, str)) if isinstance(claim, list) else ()
