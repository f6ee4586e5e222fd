"""What the operator may set, by environment variables COMPANION_* or a .env file."""

import os
import re
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from companion.telemetry.logs import LogFormat
from course_index.settings import PREFIX, is_web_address
from retrieval.settings import RetrievalSettings

_ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
_PUBLIC_KEY_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class CompanionSettings(RetrievalSettings):
    """Settings of the tutor. A name that does not exist is refused: a mistyped one would be silently without effect."""

    llm_base_url: str | None = None
    llm_model: str = "local"
    llm_api_key: SecretStr = SecretStr("none")
    llm_first_token_seconds: float = Field(default=10.0, gt=0, le=300)
    llm_answer_seconds: float = Field(default=60.0, gt=0, le=600)
    llm_max_tokens: int = Field(default=600, ge=50, le=8_000)
    # The model's window: rules, conversation, passages and reply together.
    llm_context_tokens: int = Field(default=8_192, ge=2_000)
    # Tokens a day (UTC), read and written, of all workers together; from there on answers are quoted.
    llm_daily_tokens: int | None = Field(default=None, ge=0)
    # What a million tokens cost, in any currency: only the sum is told.
    llm_prompt_price: float = Field(default=0.0, ge=0)
    llm_completion_price: float = Field(default=0.0, ge=0)
    # After so many failures in a row the LLM is left alone for so long.
    llm_failures_before_pause: int = Field(default=3, ge=1)
    llm_pause_seconds: float = Field(default=30.0, gt=0)

    passages_per_answer: int = Field(default=4, ge=1, le=12)
    message_max_characters: int = Field(default=4_000, ge=100, le=20_000)
    conversation_days: int = Field(default=30, ge=1, le=3_650)
    crisis_hotline: str = "12356"
    anti_fraud_hotline: str = "96110"
    # Rules of the operator's on top of those that ship; read again when the file changes.
    moderation_rules: Path | None = None
    aigc_producer: str = "learning-companion"

    # Who may ask: visitors of pages by tokens signed with the secret, portal users by the identity provider's.
    session_secret: SecretStr | None = Field(default=None, min_length=32)
    session_minutes: int = Field(default=30, ge=1, le=1_440)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    # None: what the provider's discovery document names.
    oidc_jwks_url: str | None = None
    oidc_algorithms: Annotated[tuple[str, ...], NoDecode] = ("RS256", "ES256")
    oidc_leeway_seconds: int = Field(default=30, ge=0, le=300)
    oidc_roles_claim: str = "roles"
    operator_role: str = "companion-operator"
    # For monitoring, which has no identity provider at hand.
    operator_token: SecretStr | None = Field(default=None, min_length=32)
    # The reverse proxies whose X-Forwarded-For is believed: addresses or networks with commas between, or *.
    trusted_proxies: str = "127.0.0.1,::1"

    # redis://host:6379/0; without one each process counts for itself.
    redis_url: str | None = None
    turns_a_minute: int = Field(default=20, ge=1)
    address_turns_a_minute: int = Field(default=120, ge=1)
    requests_a_minute: int = Field(default=240, ge=1)
    address_requests_a_minute: int = Field(default=1_440, ge=1)
    sessions_a_minute: int = Field(default=60, ge=1)
    # Tokens of the model a learner may use a day; from there on answers are quoted.
    learner_daily_tokens: int | None = Field(default=None, ge=100)
    turns_at_once: int = Field(default=1_200, ge=1)
    body_max_bytes: int = Field(default=131_072, ge=16_384)
    # A turn can be taken up again for so many minutes; without a reader it ends after so many seconds.
    turn_minutes: int = Field(default=60, ge=1, le=1_440)
    turn_grace_seconds: float = Field(default=30.0, ge=1, le=600)
    # On SIGTERM turns under way have so long to end; then they wait for no model.
    drain_seconds: int = Field(default=25, ge=0, le=600)

    log_format: LogFormat = "text"
    # A collector of OpenTelemetry's, as http://127.0.0.1:4318; needs the extra `telemetry`.
    otlp_endpoint: str | None = None
    # The alarm rings when fewer of the questions of the last minutes are answered from the courses.
    alarm_window_minutes: int = Field(default=60, ge=1, le=1_440)
    alarm_answered_ratio: float = Field(default=0.3, ge=0, le=1)
    alarm_at_least: int = Field(default=20, ge=1)

    # Files of the operator's: occupations (`companion-state import-occupations` makes one) and credit rules.
    occupations: Path | None = None
    credit_rules: Path | None = None
    # Questions that a page begins with, as {"zh-Hans": ["..."]}; what the library does not answer is not shown.
    starters: Path | None = None
    # Needs that no course met are counted in words for so many days.
    demand_days: int = Field(default=92, ge=7, le=3_650)

    # The terms of use in force; learners agree to this version before their first turn. None asks nobody.
    consent_version: str | None = Field(default=None, max_length=40)
    # The data folder of an index of its own, from which minors are answered and advised; None: from all courses.
    minor_data_dir: Path | None = None
    # What who has told no age is taken for where courses are chosen for minors.
    age_unknown: Literal["adult", "minor"] = "adult"
    # Minutes a day for learners who said that they are minors, and when these sleep; 0 and "" set no limit.
    minor_under_14_minutes: int = Field(default=60, ge=0, le=1_440)
    minor_14_to_17_minutes: int = Field(default=120, ge=0, le=1_440)
    minor_night: str = "22:00-06:00"
    # Everybody is told after so many minutes without a pause; 0 tells nobody.
    reminder_minutes: int = Field(default=120, ge=0, le=1_440)
    complaint_days: int = Field(default=15, ge=1, le=90)
    # Three years is how long claims can be brought by the Civil Code's article 188; the record is what settles them.
    complaint_kept_days: int = Field(default=1_095, ge=30, le=3_650)
    # What the law wants to be said of a public service; GET /v1/about tells it.
    operator_name: str | None = None
    model_filing: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None
    service_hotline: str | None = None

    # Customer-service messages of a WeChat mini-program; the app id opens the door, docs/wechat.md leads through it.
    wechat_app_id: str | None = Field(default=None, pattern=r"^wx[0-9a-zA-Z]{4,30}$")
    wechat_app_secret: SecretStr | None = None
    # As in the console's message push settings: the token, the EncodingAESKey and the mode.
    wechat_token: SecretStr | None = None
    wechat_encoding_aes_key: SecretStr | None = None
    wechat_message_mode: Literal["plain", "compatible", "secure"] = "secure"
    # WeChat's own time may be so far from ours; what is older is a replay.
    wechat_timestamp_seconds: int = Field(default=300, ge=10, le=3_600)
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_send_path: str = Field(default="/cgi-bin/message/custom/send", pattern="^/")
    wechat_typing_path: str = Field(default="/cgi-bin/message/custom/business/typing", pattern="^/")
    wechat_api_seconds: float = Field(default=5.0, gt=0, le=60)
    wechat_text_bytes: int = Field(default=2_000, ge=200, le=20_000)
    wechat_parts: int = Field(default=4, ge=1, le=20)
    # So many messages may be sent after one of the learner's, and after they opened the conversation.
    wechat_message_quota: int = Field(default=5, ge=1, le=100)
    wechat_message_quota_hours: float = Field(default=48, gt=0, le=720)
    wechat_enter_quota: int = Field(default=2, ge=0, le=100)
    wechat_enter_quota_seconds: float = Field(default=60, gt=0, le=86_400)
    # Somebody who comes back within so many hours is not greeted again.
    wechat_greeting_hours: float = Field(default=24, ge=0, le=8_760)
    # WeChat's own mark under what a model wrote, and the words of ours behind it; no words where they are empty.
    wechat_ai_mark: bool = True
    wechat_ai_words: str = Field(default="（内容由AI生成）", max_length=60)
    # The mini-program's page that shows a source, as pages/course/course?id={course_id}.
    wechat_page: str | None = Field(default=None, max_length=300)
    # Who sends one of these words gets a person of the console's human agents; no words, no agents.
    wechat_person_words: Annotated[tuple[str, ...], NoDecode] = ("转人工", "人工", "人工客服", "找人工", "真人")
    # Whether WeChat's own check (msg_sec_check) reads along, and what counts when it cannot be had.
    wechat_check: bool = False
    wechat_check_fails: Literal["open", "closed"] = "closed"
    # So many messages each process answers at once, each tried so often.
    wechat_at_once: int = Field(default=64, ge=1, le=1_000)
    wechat_tries: int = Field(default=6, ge=1, le=20)
    # Whether the portal's identity provider names a user (`sub`) by WeChat's union id.
    wechat_union_is_subject: bool = False

    # Enterprise WeChat's robot: its callback's token and EncodingAESKey.
    wecom_token: SecretStr | None = None
    wecom_encoding_aes_key: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, values: Any) -> Any:
        known = {f"{PREFIX}{name}".upper() for name in cls.model_fields}
        for name in os.environ:
            if name.upper().startswith(PREFIX) and name.upper() not in known:
                close = get_close_matches(name.upper(), known, 1)
                hint = f"did you mean {close[0]}?" if close else ".env.example lists them all"
                raise ValueError(f"there is no setting {name}; {hint}")
        return values

    @field_validator("allowed_origins", "oidc_algorithms", "wechat_person_words", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(f"{origin!r} is no origin: write https://portal.example, without a path, and no *")
        return origins

    @model_validator(mode="after")
    def _minors_have_an_index_of_their_own(self) -> "CompanionSettings":
        if self.minor_data_dir and self.minor_data_dir.resolve() == self.data_dir.resolve():
            raise ValueError(f"{PREFIX}MINOR_DATA_DIR must be another folder than {PREFIX}DATA_DIR")
        if self.age_unknown == "minor" and self.minor_data_dir is None:
            raise ValueError(f"{PREFIX}AGE_UNKNOWN=minor needs {PREFIX}MINOR_DATA_DIR")
        return self

    @field_validator("minor_night")
    @classmethod
    def _is_a_night(cls, night: str) -> str:
        if night:
            hours_of(night)
        return night

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_signed_by_private_keys(cls, algorithms: tuple[str, ...]) -> tuple[str, ...]:
        if bad := [name for name in algorithms if name not in _PUBLIC_KEY_ALGORITHMS]:
            raise ValueError(f"{bad} cannot be accepted; choose among {', '.join(_PUBLIC_KEY_ALGORITHMS)}")
        return algorithms

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> "CompanionSettings":
        if bool(self.oidc_issuer) != bool(self.oidc_audience):
            raise ValueError(f"{PREFIX}OIDC_ISSUER and {PREFIX}OIDC_AUDIENCE go together")
        if self.oidc_issuer and not self.session_secret:
            raise ValueError(
                f"{PREFIX}OIDC_ISSUER needs {PREFIX}SESSION_SECRET too: learners' pseudonyms are made with it"
            )
        for url in (self.oidc_issuer, self.oidc_jwks_url):
            if url and not is_web_address(url):
                raise ValueError(f"{PREFIX}OIDC_ISSUER and {PREFIX}OIDC_JWKS_URL must begin with https:// or http://")
        return self

    @model_validator(mode="after")
    def _llm_url_is_web_address(self) -> "CompanionSettings":
        if self.llm_base_url and not is_web_address(self.llm_base_url):
            raise ValueError(f"{PREFIX}LLM_BASE_URL must begin with http:// or https://")
        return self

    @model_validator(mode="after")
    def _wechat_is_whole(self) -> "CompanionSettings":
        needed = ["app_id", "app_secret", "token"] + ["encoding_aes_key"] * (self.wechat_message_mode != "plain")
        self._refuse_half("wechat", needed)
        self._refuse_half("wecom", ["token", "encoding_aes_key"])
        for door in ("wechat", "wecom"):
            if getattr(self, f"{door}_token") and not self.session_secret:
                raise ValueError(f"{PREFIX}{door.upper()}_TOKEN needs {PREFIX}SESSION_SECRET too: it makes pseudonyms")
            key: SecretStr | None = getattr(self, f"{door}_encoding_aes_key")
            if key and not _ENCODING_AES_KEY.fullmatch(key.get_secret_value()):
                raise ValueError(f"{PREFIX}{door.upper()}_ENCODING_AES_KEY has 43 letters and digits; copy it anew")
        if not is_web_address(self.wechat_api_url):
            raise ValueError(f"{PREFIX}WECHAT_API_URL must begin with https:// or http://")
        if self.wechat_page and not is_page_path(self.wechat_page):
            raise ValueError(
                f"{PREFIX}WECHAT_PAGE is a path in the mini-program that may name {{passage_id}} and "
                "{course_id}, as pages/course/course?id={course_id}"
            )
        return self

    def _refuse_half(self, door: str, needed: list[str]) -> None:
        told = [name for name in {*needed, "encoding_aes_key"} if getattr(self, f"{door}_{name}")]
        missing = [f"{PREFIX}{door}_{name}".upper() for name in needed if not getattr(self, f"{door}_{name}")]
        if told and missing:
            raise ValueError(f"the settings of this door are half there: set {', '.join(missing)} too (docs/wechat.md)")


def is_page_path(page: str) -> bool:
    """Whether this is a path in a mini-program, with no other places to fill than those of a source."""
    try:
        page.format(passage_id="", course_id="")
    except (KeyError, IndexError, ValueError, AttributeError):
        return False
    return not page.startswith("/") and "://" not in page


def hours_of(night: str) -> tuple[time, time]:
    """The hours of a night written as 22:00-06:00. Raises ValueError."""
    try:
        begins, ends = night.split("-")
        return time.fromisoformat(begins), time.fromisoformat(ends)
    except ValueError as error:
        raise ValueError(f"{PREFIX}MINOR_NIGHT must look like 22:00-06:00, or be empty") from error


def where_state_is(settings: CompanionSettings) -> Path | str:
    """The URL of PostgreSQL, or the file of the embedded database."""
    url = settings.database_url
    return url.get_secret_value() if url else settings.data_dir / "state.db"
