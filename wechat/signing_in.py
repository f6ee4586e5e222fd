"""Who is behind a code of wx.login: the same learner as by customer service, and as on the portal where known there."""

import asyncio

from companion.identity import AccessToken, Caller, Visitors, pseudonym
from companion.state.audit import Deed, audited
from companion.state.state import State
from wechat.arriving import Names
from wechat.client import Account, Client

# What the tokens of mini-program pages have in place of a web page's origin: no browser can use them elsewhere.
MINI_PROGRAM = "miniprogram"


class SigningIn:
    """Gives short tokens to people of the mini-program. `union_issuer`: who names portal users by their union id."""

    def __init__(
        self, client: Client, state: State, names: Names, visitors: Visitors, union_issuer: str | None = None
    ) -> None:
        self._client = client
        self._state = state
        self._names = names
        self._visitors = visitors
        self._union_issuer = union_issuer

    async def token(self, code: str, caller: Caller, consent: str | None = None) -> AccessToken:
        """A token for who is behind the code; `consent` is the version agreed to, empty when that is taken back.

        Raises CodeRefused, WechatProblem, StateUnavailable.
        """
        account = await self._client.sign_in(code)
        learner = await asyncio.to_thread(self._learner, account, caller)
        if consent is not None:
            await asyncio.to_thread(self._consents, learner, consent or None)
        return self._visitors.admit_learner(learner, MINI_PROGRAM)

    def _consents(self, learner: str, version: str | None) -> None:
        """Note it once: a page says it again with each token, since a mini-program can send no PATCH."""
        if self._state.learners.get(learner).consent_version != version:
            self._state.learners.change(learner, {"consent_version": version})
            deed: Deed = "consented" if version else "withdrew"
            self._state.audit.record(audited(learner), deed, version or "")

    def _learner(self, account: Account, caller: Caller) -> str:
        person = self._names.person(account.openid)
        if owner := self._on_the_portal(account, caller):
            self._state.wechat_people.link(person, owner)
            return owner
        if known := self._state.wechat_people.get(person):
            # Who only uses the page is not to be forgotten as one who did not write for so many days.
            self._state.wechat_people.link(person, known.owner)
            return known.owner
        return person

    def _on_the_portal(self, account: Account, caller: Caller) -> str | None:
        # A token of ours proves no more than the code does, and may be another's on a phone that is lent.
        if caller.kind == "learner" and not caller.by_wechat:
            return caller.learner
        if self._union_issuer and account.unionid:
            return pseudonym(self._names.secret, f"{self._union_issuer}|{account.unionid}")
        return None
