import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

import companion.identity as identity
from companion.identity import Identities, KeysUnavailable, NotAdmitted, PortalUsers, ProviderKeys, Visitors
from tests.conftest import PAGE, SECRET
from tests.provider import AUDIENCE


@pytest.fixture
def identities(provider):
    users = PortalUsers(provider.issuer, AUDIENCE, ProviderKeys(provider.issuer), SECRET)
    return Identities(Visitors(SECRET, minutes=30), users, operator_token="o" * 40)


def caller(identities, token, origin=None):
    return asyncio.run(identities.caller(token, origin))


def test_a_portal_user_is_known_by_a_pseudonym_that_does_not_tell_the_name(identities, provider):
    anna = caller(identities, provider.token("anna"))
    assert anna.kind == "learner"
    assert anna.learner.startswith("l-")
    assert "anna" not in anna.learner
    assert caller(identities, provider.token("anna")) == anna
    assert caller(identities, provider.token("bert")).learner != anna.learner


@pytest.mark.parametrize("roles", [["companion-operator"], "reader companion-operator"])
def test_a_role_makes_an_operator(identities, provider, roles):
    assert caller(identities, provider.token(roles=roles)).is_operator
    assert not caller(identities, provider.token(roles=["companion-operators", 5])).is_operator


def test_monitoring_has_a_token_of_its_own(identities):
    assert caller(identities, "o" * 40).kind == "operator"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"nbf": int(time.time()) + 3_600},
        {"sub": None},
        {"sub": ""},
        {"iss": None},
    ],
)
def test_a_token_of_another_issuer_audience_or_time_is_refused(identities, provider, changes):
    with pytest.raises(NotAdmitted):
        caller(identities, provider.token(**changes))


@pytest.mark.parametrize("claim", ["aud", "iss", "sub", "exp"])
def test_who_has_to_mend_a_token_is_told_which_claim(identities, provider, claim):
    with pytest.raises(NotAdmitted, match=f"claim `{claim}`"):
        caller(identities, provider.token(**{claim: None}))


def test_a_clock_that_is_a_little_off_is_forgiven(identities, provider):
    assert caller(identities, provider.token(exp=int(time.time()) - 10)).kind == "learner"
    with pytest.raises(NotAdmitted):
        caller(identities, provider.token(exp=int(time.time()) - 60))


def test_a_token_may_be_for_several_audiences(identities, provider):
    assert caller(identities, provider.token(aud=["portal", AUDIENCE])).kind == "learner"


def unsigned(claims, **header):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', **header})}.{part(claims)}."


def signed_with(secret, claims):
    said = unsigned(claims, alg="HS256", kid="first").rstrip(".")
    signature = hmac.new(secret, said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forged(provider):
    """Tokens that say the right things and are not the provider's."""
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": AUDIENCE, "sub": "anna", "exp": now + 300, "roles": ["companion-operator"]}
    other = RSAKey.generate_key(2048, {"kid": "first"})
    public = provider.keys[0].as_pem(private=False)
    good = provider.token()
    head, body, signature = good.split(".")
    return {
        "unsigned": unsigned(claims),
        "unsigned, in capitals": unsigned(claims, alg="None"),
        "another's key with the same id": jwt.encode({"alg": "RS256", "kid": "first"}, claims, other),
        "the public key as a secret": signed_with(public, claims),
        "its own key brought along": jwt.encode({"alg": "RS256", "jwk": other.as_dict(private=False)}, claims, other),
        "changed claims": ".".join([head, unsigned(claims).split(".")[1], signature]),
        "no signature": f"{head}.{body}.",
        "no token": "SECRET",
        "no text": "\udcff",
        "a list as header": "W10.e30.x",
        "a number as algorithm": unsigned(claims, alg=5),
        "a list as key id": unsigned(claims, alg="RS256", kid=["first"]),
        "a header without an end": base64.urlsafe_b64encode(b"[" * 6_000).decode() + ".e30.x",
        "long": "a" * 100_000,
    }


def test_no_forged_token_is_admitted(identities, provider):
    admitted, said = [], []
    for name, token in forged(provider).items():
        try:
            admitted.append((name, caller(identities, token)))
        except NotAdmitted as error:
            said.append(str(error))
    assert admitted == []
    assert "SECRET" not in "".join(said)


def test_a_new_key_of_the_provider_is_taken_up_and_unknown_ones_do_not_flood_it(identities, provider, monkeypatch):
    async def one_after_the_other():
        await identities.caller(provider.token(), None)
        provider.rotate()
        with pytest.raises(NotAdmitted):  # asked a moment ago: not again
            await identities.caller(provider.token(), None)
        monkeypatch.setattr(identity, "_KEYS_AGAIN_SECONDS", 0)
        assert (await identities.caller(provider.token(), None)).kind == "learner"
        monkeypatch.setattr(identity, "_KEYS_AGAIN_SECONDS", 30)
        stranger = RSAKey.generate_key(2048)
        for number in range(20):
            token = jwt.encode({"alg": "RS256", "kid": f"unknown-{number}"}, {"sub": "x"}, stranger)
            with pytest.raises(NotAdmitted):
                await identities.caller(token, None)

    asyncio.run(one_after_the_other())
    assert provider.asked == 2


def test_a_provider_that_is_down_costs_nobody_whose_key_is_known(identities, provider, monkeypatch):
    async def one_after_the_other():
        await identities.caller(provider.token(), None)
        provider.down = True
        monkeypatch.setattr(identity, "_KEYS_FRESH_SECONDS", 0)
        assert (await identities.caller(provider.token(), None)).kind == "learner"

    asyncio.run(one_after_the_other())


def test_without_any_key_nobody_is_refused_for_good(identities, provider):
    provider.down = True
    with pytest.raises(KeysUnavailable):
        caller(identities, provider.token())


def test_keys_of_another_issuers_document_are_not_taken(provider):
    users = PortalUsers("http://127.0.0.1:9", AUDIENCE, ProviderKeys("http://127.0.0.1:9"), SECRET)
    with pytest.raises(KeysUnavailable):
        caller(Identities(users=users), provider.token())


def test_a_visitors_token_holds_on_its_page_alone_and_not_for_ever(identities):
    visitors = identities.visitors
    session = visitors.admit(PAGE)
    assert session.expires_in == 1_800
    assert caller(identities, session.token, PAGE).kind == "visitor"
    assert caller(identities, session.token).learner.startswith("v-")  # an app sends no origin
    with pytest.raises(NotAdmitted, match="another page"):
        caller(identities, session.token, "https://evil.example")
    with pytest.raises(NotAdmitted):
        caller(identities, Visitors(SECRET, minutes=-2).admit(PAGE).token, PAGE)
    with pytest.raises(NotAdmitted):
        caller(identities, Visitors("t" * 48, minutes=30).admit(PAGE).token, PAGE)


def test_a_visitor_who_comes_back_stays_the_same_on_the_same_page(identities):
    visitors = identities.visitors
    ended = Visitors(SECRET, minutes=-2).admit(PAGE)
    first = caller(identities, visitors.admit(PAGE, ended.token).token)
    assert caller(identities, visitors.admit(PAGE, visitors.admit(PAGE, ended.token).token).token) == first
    assert caller(identities, visitors.admit("https://other.example", ended.token).token) != first
    assert caller(identities, visitors.admit(PAGE, "SECRET").token) != first
    long_ago = Visitors(SECRET, minutes=-60 * 25).admit(PAGE)
    assert caller(identities, visitors.admit(PAGE, long_ago.token).token) != first


def test_without_identities_it_is_open():
    assert Identities().is_open
    assert not Identities(operator_token="o" * 40).is_open
