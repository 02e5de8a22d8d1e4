"""Every setting, read once from the environment and `.env`. Nobody else reads the environment.

Names: prefix `DALIL_`, nested with `__` (`DALIL_TWILIO__AUTH_TOKEN`). docs/configuration.md lists them all; a test
compares it with this file.
"""

from __future__ import annotations

import difflib
import hmac
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from cryptography.fernet import Fernet
from dotenv import dotenv_values
from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.gov_settings import (
    XROAD,
    AppointmentSettings,
    ComplaintSettings,
    GovLimits,
    RegistrationSettings,
    RegistriesSettings,
    WorkflowSettings,
    XRoadSettings,
)
from bot.vault import Vault
from connectors.http import origin
from connectors.messages import ReplyLanguage
from connectors.sms_text import segments, to_gsm7_french
from connectors.text import utf16_units

PROJECT = Path(__file__).resolve().parents[1]
SECRET_MIN = 32  # characters of DALIL_SECRET_KEY below which `dalil doctor` complains
_NOT_OURS = frozenset(
    {"DALIL_ACTION_URL", "DALIL_ACTION_TOKEN", "DALIL_TRACKER_DB", "DALIL_SCREENSHOTS"}
)  # Rasa's; tests'
OPERATOR_FR, OPERATOR_AR = 30, 12  # characters of the operator's name in the first SMS (bot/notice.py)


class TwilioSettings(BaseModel):
    """SMS and WhatsApp through Twilio. Without `account_sid` the sandbox's local provider is used (or none)."""

    account_sid: str | None = None
    auth_token: str | None = None
    previous_auth_token: str | None = None  # still accepted on webhooks while a token is rotated
    sms_from: str | None = None
    whatsapp_from: str | None = None
    api_url: str | None = None
    content_sids: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> TwilioSettings:
        if bool(self.account_sid) != bool(self.auth_token):
            raise ValueError("set both DALIL_TWILIO__ACCOUNT_SID and DALIL_TWILIO__AUTH_TOKEN, or neither")
        if self.account_sid and not (self.sms_from or self.whatsapp_from):
            raise ValueError("set DALIL_TWILIO__SMS_FROM, DALIL_TWILIO__WHATSAPP_FROM or both: replies need a sender")
        return self


class TelegramSettings(BaseModel):
    """A Telegram bot. `secret_token` is what setWebhook was given."""

    token: str | None = None
    secret_token: str | None = None
    api_url: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> TelegramSettings:
        if bool(self.token) != bool(self.secret_token):
            raise ValueError("set both DALIL_TELEGRAM__TOKEN and DALIL_TELEGRAM__SECRET_TOKEN, or neither")
        return self


class WhatsAppSettings(BaseModel):
    """A number at WhatsApp's Cloud API (Meta). Without it the sandbox's local provider is used (or none)."""

    phone_number_id: str | None = None
    access_token: str | None = None
    app_secret: str | None = None
    previous_app_secret: str | None = None  # still accepted on webhooks while the secret is rotated
    verify_token: str | None = None
    api_url: str | None = None
    templates: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> WhatsAppSettings:
        given = [bool(one) for one in (self.phone_number_id, self.access_token, self.app_secret, self.verify_token)]
        if any(given) and not all(given):
            names = ", ".join(f"DALIL_WHATSAPP__{n}" for n in ("PHONE_NUMBER_ID", "ACCESS_TOKEN", "APP_SECRET"))
            raise ValueError(f"set all of {names} and DALIL_WHATSAPP__VERIFY_TOKEN, or none")
        return self


class OidcSettings(BaseModel):
    """An identity provider (OpenID Connect). Without `issuer` the sandbox's is used (or none)."""

    issuer: str | None = None
    client_id: str | None = None
    key_file: Path | None = None
    scopes: Annotated[tuple[str, ...], NoDecode] = ("openid",)
    acr_values: Annotated[tuple[str, ...], NoDecode] = ()
    subject_claim: str = Field(default="sub", min_length=1)
    timeout_s: float = Field(default=5.0, gt=0, le=10)
    kept_minutes: int = Field(default=60, ge=1, le=43_200)

    @field_validator("scopes", "acr_values", mode="before")
    @classmethod
    def _spaced(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("scopes")
    @classmethod
    def _is_oidc(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in scopes:
            raise ValueError("DALIL_OIDC__SCOPES must hold openid")
        return scopes

    @model_validator(mode="after")
    def _whole(self) -> OidcSettings:
        given = [bool(one) for one in (self.issuer, self.client_id, self.key_file)]
        if any(given) and not all(given):
            raise ValueError("set all of DALIL_OIDC__ISSUER, DALIL_OIDC__CLIENT_ID and DALIL_OIDC__KEY_FILE, or none")
        if self.issuer and not self.issuer.startswith("https://"):
            try:
                origin(self.issuer)
            except ValueError as error:
                raise ValueError(f"DALIL_OIDC__ISSUER: {error}") from None
        if self.key_file:
            from connectors.identity.keys import read_key  # only who has a provider pays for loading it

            try:
                read_key(self.key_file)
            except ValueError as error:
                raise ValueError(f"DALIL_OIDC__KEY_FILE: {error}") from None
        return self


class FollowSettings(BaseModel):
    """Files whose owners want to be told when they change (docs/howto/follow-files.md)."""

    days: int = Field(default=90, ge=1, le=365)
    per_person: int = Field(default=5, ge=0, le=20)  # 0: nobody is offered it
    first_s: float = Field(default=3600.0, ge=1)
    longest_s: float = Field(default=86_400.0, ge=1, le=7 * 86_400)
    per_minute: float = Field(default=30.0, ge=1, le=6000)


class QuietSettings(BaseModel):
    """Hours of the citizen's own clock in which no notification leaves; the same hour twice: none."""

    since: int = Field(default=21, ge=0, le=23)
    until: int = Field(default=8, ge=0, le=23)


class EventSettings(BaseModel):
    """Events of an Information Mediator (GovStack PubSub), pushed to /gov/events."""

    certificates: Annotated[tuple[str, ...], NoDecode] = ()  # SHA-256 of those that may push, in hex
    types: dict[str, str] = Field(default_factory=lambda: {"applicationChanged": "fileId"})

    @field_validator("certificates", mode="before")
    @classmethod
    def _hex(cls, value: object) -> object:
        """As openssl prints them, with colons and in capitals, or plain."""
        if not isinstance(value, str):
            return value
        plain = [one.replace(":", "").strip().lower() for one in value.split(",")]
        if any(not re.fullmatch("[0-9a-f]{64}", one) for one in plain if one):
            raise ValueError("name the SHA-256 of each certificate: 64 hex digits, separated by commas")
        return tuple(one for one in plain if one)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="DALIL_", env_nested_delimiter="__", env_file=PROJECT / ".env", extra="ignore"
    )

    country: Literal["ma", "dz", "mr"] = "ma"
    operator: str = "Dalil (essai)"
    operator_ar: str = "دليل (تجربة)"
    database_url: str = ""
    var_dir: Path = PROJECT / "var"
    content_dir: Path = PROJECT / "knowledge" / "content"
    gov_systems_dir: Path = PROJECT / "connectors" / "gov" / "systems"
    gov_secrets: dict[str, str] = Field(default_factory=dict)  # by the names that the files of gov_systems_dir use
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    worker_port: int = Field(default=8001, ge=1, le=65535)  # private, of the worker that `dalil run` starts
    public_url: str = ""
    rasa_url: str = "http://127.0.0.1:5005"
    rasa_timeout_s: float = Field(default=10.0, gt=0, le=60)
    rasa_python: Path = PROJECT / ".venv-rasa" / "bin" / "python"
    embedding_model: str = ""
    sandbox: bool | None = None  # `dalil run` and `dalil sandbox` take None as yes, everything else as no
    sandbox_port: int = Field(default=8010, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    lease_s: float = Field(default=15.0, ge=1, le=300)  # a dead worker's messages are taken over after this
    address_keys: Annotated[tuple[str, ...], NoDecode] = ()  # Fernet keys that seal addresses, newest first
    retention_days: int = Field(default=90, ge=1, le=999)
    prices_file: Path = PROJECT / "bot" / "prices.yaml"
    sms_daily_budget: float | None = Field(default=None, gt=0)  # in the price table's currency
    sms_daily_segments: int | None = Field(default=None, ge=1)
    disk_min_mb: int = Field(default=500, ge=0)
    backlog_max_s: float = Field(default=300.0, gt=0)
    secret_key: str = ""  # signs web chat sessions and keys hashes; made and kept under var_dir when empty
    trusted_origins: Annotated[tuple[str, ...], NoDecode] = ()
    twilio: TwilioSettings = TwilioSettings()
    telegram: TelegramSettings = TelegramSettings()
    whatsapp: WhatsAppSettings = WhatsAppSettings()
    registration: RegistrationSettings = RegistrationSettings()
    workflow: WorkflowSettings = WorkflowSettings()
    registries: RegistriesSettings = RegistriesSettings()
    xroad: XRoadSettings = XRoadSettings()
    gov_limits: GovLimits = GovLimits()
    complaints: ComplaintSettings = ComplaintSettings()
    appointments: AppointmentSettings = AppointmentSettings()
    follow: FollowSettings = FollowSettings()
    quiet: QuietSettings = QuietSettings()
    events: EventSettings = EventSettings()
    oidc: OidcSettings = OidcSettings()

    @model_validator(mode="after")
    def _comes_back_safely(self) -> Settings:
        public, issuer = self.effective_public_url, self.oidc.issuer or ""
        if issuer.startswith("https://") and not public.startswith("https://"):
            raise ValueError(
                f"DALIL_PUBLIC_URL is {public}; from DALIL_OIDC__ISSUER a browser may come back to https only"
            )
        return self

    @field_validator("trusted_origins", "address_keys", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("address_keys")
    @classmethod
    def _fernet_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for number, key in enumerate(keys, start=1):
            try:
                Fernet(key)
            except ValueError:
                raise ValueError(
                    f"key {number} is no Fernet key (32 bytes in base64url, 44 letters). Make one: .venv/bin/python -c "
                    '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
                ) from None
        return keys

    @field_validator("operator")
    @classmethod
    def _fits_a_french_sms(cls, name: str) -> str:
        name = " ".join(name.split())
        count = segments(to_gsm7_french(name))
        if not name or count.encoding != "GSM-7" or count.units > OPERATOR_FR:
            raise ValueError(
                f"name who runs this in 1 to {OPERATOR_FR} Latin letters, it stands in an SMS; "
                "the Arabic name is DALIL_OPERATOR_AR"
            )
        return name

    @field_validator("operator_ar")
    @classmethod
    def _fits_an_arabic_sms(cls, name: str) -> str:
        name = " ".join(name.split())
        if not name or utf16_units(name) > OPERATOR_AR:
            raise ValueError(f"name who runs this in 1 to {OPERATOR_AR} characters: it stands in an SMS of 70")
        return name

    @model_validator(mode="after")
    def _mediated(self) -> Settings:
        addresses = {
            "REGISTRATION": self.registration.base_url,
            "WORKFLOW": self.workflow.base_url,
            "REGISTRIES": self.registries.base_url,
        }
        for name, address in addresses.items():
            if (address or "").startswith(XROAD) and not self.xroad.security_server:
                raise ValueError(f"DALIL_{name}__BASE_URL begins with {XROAD}; set DALIL_XROAD__SECURITY_SERVER, too")
        return self

    @property
    def operator_names(self) -> dict[ReplyLanguage, str]:
        return {"fr": self.operator, "ar": self.operator_ar, "ary": self.operator_ar}

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.var_dir / 'dalil.db'}"

    @property
    def effective_public_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def rasa_urls(self) -> tuple[str, ...]:
        """Where each Rasa answers."""
        return tuple(url.strip().rstrip("/") for url in self.rasa_url.split(",") if url.strip())

    @property
    def rasa_tracker(self) -> Path:
        """Rasa's own event log (SQLite)."""
        return self.var_dir / "rasa.db"

    @property
    def model_dir(self) -> Path:
        return PROJECT / "models"

    @property
    def embedding_source(self) -> str:
        return self.embedding_model or str(PROJECT / "knowledge" / "model")

    def key(self) -> bytes:
        """The installation's secret. Made at the first start and kept in `var_dir/secret_key` (mode 0600)."""
        if self.secret_key:
            return self.secret_key.encode()
        path = self.var_dir / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32))
            try:
                path.hardlink_to(fresh)  # whoever links first wins: two processes starting at once agree
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_bytes()

    def vault(self) -> Vault:
        """Seals and finds addresses. A key derived from the installation's secret is the last one, or the only one.

        Raises ValueError when a key is not 32 bytes in base64url.
        """
        own = urlsafe_b64encode(bytes.fromhex(self.derived("addresses"))).decode()
        return Vault((*self.address_keys, own), self.derived("lookup").encode())

    def derived(self, purpose: str) -> str:
        """A secret for one purpose (hex, 64 characters), so that one key serves several uses without mixing them."""
        return hmac.new(self.key(), purpose.encode(), sha256).hexdigest()


def misspelt() -> list[tuple[str, str | None]]:
    """Names in the environment and `.env` that begin with DALIL_ and are no setting, each with the nearest one."""
    known = dict(_names(Settings, "DALIL_"))
    free = tuple(f"{name}__" for name, has_parts in known.items() if has_parts)  # one entry of a JSON object
    file = Settings.model_config.get("env_file")
    given = {*os.environ, *(dotenv_values(file) if isinstance(file, (str, Path)) else {})}
    upper = sorted({name.upper() for name in given if name.upper().startswith("DALIL_")})
    wrong = [name for name in upper if name not in known and name not in _NOT_OURS and not name.startswith(free)]
    return [(name, next(iter(difflib.get_close_matches(name, known, 1, 0.6)), None)) for name in wrong]


def misspelt_lines() -> list[str]:
    """One line for each name that is no setting. Never its value."""
    return [
        f"{name} is no setting and is not read" + (f"; did you mean {near}?" if near else "; see docs/configuration.md")
        for name, near in misspelt()
    ]


def _names(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, bool]]:
    """Every setting's name below `prefix`, and whether parts of it may be given by names of their own."""
    for name, field in model.model_fields.items():
        whole, kind = prefix + name.upper(), field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield whole, False
            yield from _names(kind, f"{whole}__")
        else:
            yield whole, str(kind).startswith("dict")
