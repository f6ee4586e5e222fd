"""The one place where the parts of the WeChat doors are chosen."""

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import SecretStr

from companion.admission import Admission
from companion.identity import Identities
from companion.limits import Limits
from companion.settings import CompanionSettings
from companion.state.state import State
from companion.state.wechat_people import Quota
from companion.turns import Turns
from wechat.admitting import Admitting
from wechat.answering import Answering, Manner
from wechat.arriving import Arriving, Names
from wechat.client import Client, Where
from wechat.consumer import Consumer
from wechat.crypto import Envelope
from wechat.cutting import Links
from wechat.door import Door, callback_router, sign_in_router
from wechat.seal import Seal
from wechat.signing_in import SigningIn
from wechat.verifying import Checks
from wechat.wecom import Robot, wecom_router


@dataclass(frozen=True, slots=True)
class WechatDoor:
    """What the service mounts, and what lives as long as it does."""

    routers: tuple[APIRouter, ...]
    door: Door


def make_wechat(
    settings: CompanionSettings,
    state: State,
    turns: Turns,
    admission: Admission,
    limits: Limits,
    identities: Identities,
) -> WechatDoor | None:
    """The door of customer-service messages and of the mini-program's page; None where no app id is set."""
    if not settings.wechat_app_id or identities.visitors is None:
        return None
    app_id, secret = settings.wechat_app_id, _told(settings.session_secret)
    seal = Seal(secret)
    names = Names(app_id, secret, seal)
    client = Client(app_id, _told(settings.wechat_app_secret), _where(settings), state.wechat_tokens, seal)
    admitting = Admitting(state, admission, limits, settings.consent_version, settings.terms_url)
    answering = Answering(state, turns, admitting, client, seal, _manner(settings))
    arriving = Arriving(state.wechat_inbox, names, _quota(settings))
    consumer = Consumer(state.wechat_inbox, answering.answer, settings.wechat_at_once, lambda: arriving.is_pressed)
    arriving.wakes(consumer.wake)
    union_issuer = settings.oidc_issuer if settings.wechat_union_is_subject else None
    signing_in = SigningIn(client, state, names, identities.visitors, union_issuer)
    return WechatDoor(
        (callback_router(_checks(settings), arriving, settings.wechat_person_words), sign_in_router(signing_in)),
        Door(arriving, consumer, client, settings.drain_seconds),
    )


def make_wecom(
    settings: CompanionSettings, state: State, turns: Turns, admission: Admission, limits: Limits
) -> APIRouter | None:
    """The door of Enterprise WeChat's robot; None where its token is not set."""
    if not settings.wecom_token:
        return None
    # Inside the envelope of a robot's messages stands no receiver.
    envelope = Envelope(_told(settings.wecom_encoding_aes_key), "")
    checks = Checks(_told(settings.wecom_token), "secure", envelope, settings.wechat_timestamp_seconds)
    admitting = Admitting(state, admission, limits, settings.consent_version, settings.terms_url)
    robot = Robot(state, turns, admitting, _told(settings.session_secret), settings.wechat_ai_words)
    return wecom_router(checks, robot)


def _checks(settings: CompanionSettings) -> Checks:
    key, app_id = settings.wechat_encoding_aes_key, settings.wechat_app_id or ""
    envelope = Envelope(_told(key), app_id) if key and settings.wechat_message_mode != "plain" else None
    token = _told(settings.wechat_token)
    return Checks(token, settings.wechat_message_mode, envelope, settings.wechat_timestamp_seconds)


def _where(settings: CompanionSettings) -> Where:
    return Where(
        settings.wechat_api_url, settings.wechat_send_path, settings.wechat_typing_path, settings.wechat_api_seconds
    )


def _quota(settings: CompanionSettings) -> Quota:
    return Quota(
        settings.wechat_message_quota,
        settings.wechat_message_quota_hours,
        settings.wechat_enter_quota,
        settings.wechat_enter_quota_seconds,
    )


def _manner(settings: CompanionSettings) -> Manner:
    return Manner(
        settings.wechat_text_bytes,
        settings.wechat_parts,
        settings.wechat_ai_mark,
        settings.wechat_ai_words,
        Links(settings.wechat_app_id or "", settings.wechat_page),
        settings.wechat_greeting_hours,
        settings.wechat_tries,
        settings.wechat_check,
        settings.wechat_check_fails,
    )


def _told(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
