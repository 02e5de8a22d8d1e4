"""Which account of each provider is used: the settings' own, or else the sandbox's where that is on."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec

from bot.identification import CALLBACK
from bot.settings import Settings
from connectors.channels.telegram import TelegramConfig
from connectors.channels.twilio import TwilioConfig
from connectors.channels.webchat import WebChatConfig
from connectors.channels.whatsapp import WhatsAppConfig
from connectors.identity.keys import ClientKey, own_key, public_key, read_key
from connectors.identity.oidc import OidcConfig
from connectors.sandbox.config import GRAPH_VERSION, SandboxConfig
from connectors.sandbox.oidc.provider import Client
from connectors.templates import load_templates

# Telephone numbers that no subscriber has: Twilio's own test senders.
SANDBOX_SMS_FROM = "+15005550006"
SANDBOX_WHATSAPP_FROM = "+15005550009"
SANDBOX_CLIENT_ID = "dalil-sandbox"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # FIPS 186-4, D.1.2.3
SANDBOX_PHONE_NUMBER_ID = "100000000000001"  # Meta's are as long


def twilio_config(settings: Settings) -> TwilioConfig | None:
    """The real account where one is set, the sandbox's where that is on, else none."""
    given = settings.twilio
    if given.account_sid and given.auth_token:
        return TwilioConfig(
            account_sid=given.account_sid,
            auth_tokens=tuple(token for token in (given.auth_token, given.previous_auth_token) if token),
            sms_from=given.sms_from or "",
            whatsapp_from=given.whatsapp_from or "",
            public_url=settings.effective_public_url,
            api_url=given.api_url,
            content_sids=given.content_sids,
        )
    return _sandbox_twilio(settings) if settings.sandbox else None


def telegram_config(settings: Settings) -> TelegramConfig | None:
    """The real bot where one is set, the sandbox's where that is on, else none."""
    given = settings.telegram
    if given.token and given.secret_token:
        return TelegramConfig(token=given.token, secret_token=given.secret_token, api_url=given.api_url)
    return _sandbox_telegram(settings) if settings.sandbox else None


def whatsapp_config(settings: Settings) -> WhatsAppConfig | None:
    """The real number at Meta where one is set, the sandbox's where that is on, else none."""
    given = settings.whatsapp
    if given.phone_number_id and given.access_token and given.app_secret and given.verify_token:
        return WhatsAppConfig(
            phone_number_id=given.phone_number_id,
            access_token=given.access_token,
            app_secrets=tuple(secret for secret in (given.app_secret, given.previous_app_secret) if secret),
            verify_token=given.verify_token,
            api_url=given.api_url,
            templates=given.templates,
        )
    return _sandbox_whatsapp(settings) if settings.sandbox else None


def _sandbox_twilio(settings: Settings) -> TwilioConfig:
    return TwilioConfig(
        account_sid="AC" + settings.derived("sandbox-twilio-sid")[:32],
        auth_tokens=(settings.derived("sandbox-twilio-token")[:32],),
        sms_from=SANDBOX_SMS_FROM,
        whatsapp_from=SANDBOX_WHATSAPP_FROM,
        public_url=settings.effective_public_url,
        api_url=settings.sandbox_url,
        content_sids=_sandbox_templates(),
    )


def _sandbox_telegram(settings: Settings) -> TelegramConfig:
    return TelegramConfig(
        token="7000000001:" + settings.derived("sandbox-telegram-token")[:35],
        secret_token=settings.derived("sandbox-telegram-secret")[:48],
        api_url=settings.sandbox_url,
    )


def _sandbox_whatsapp(settings: Settings) -> WhatsAppConfig:
    return WhatsAppConfig(
        phone_number_id=SANDBOX_PHONE_NUMBER_ID,
        access_token=settings.derived("sandbox-whatsapp-token"),
        app_secrets=(settings.derived("sandbox-whatsapp-secret")[:32],),
        verify_token=settings.derived("sandbox-whatsapp-verify")[:32],
        api_url=f"{settings.sandbox_url}/{GRAPH_VERSION}",
    )


def oidc_config(settings: Settings) -> OidcConfig | None:
    """The identity provider that is set, the sandbox's where that is on, else none.

    Raises `UnusableKey` where the key has changed since the settings were read.
    """
    given = settings.oidc
    if given.issuer and given.client_id and given.key_file:
        issuer, client_id, key = given.issuer, given.client_id, read_key(given.key_file)
    elif settings.sandbox:
        issuer, client_id, key = f"{settings.sandbox_url}/oidc", SANDBOX_CLIENT_ID, _sandbox_key(settings)
    else:
        return None
    return OidcConfig(
        issuer=issuer,
        client_id=client_id,
        key=key,
        scopes=given.scopes,
        acr_values=given.acr_values,
        subject_claim=given.subject_claim,
        timeout_s=given.timeout_s,
    )


def _sandbox_key(settings: Settings) -> ClientKey:
    """Our key at the sandbox's identity provider: made from the installation's secret, so that both sides have it."""
    number = int(settings.derived("sandbox-oidc-key"), 16) % (_P256_ORDER - 1) + 1
    return own_key(ec.derive_private_key(number, ec.SECP256R1()))


def webchat_config(settings: Settings) -> WebChatConfig:
    """Our own pages may post, and those of DALIL_TRUSTED_ORIGINS."""
    local = (f"http://127.0.0.1:{settings.port}", f"http://localhost:{settings.port}")
    return WebChatConfig(
        secrets=(settings.derived("webchat"),),
        origins=(settings.effective_public_url, *local, *settings.trusted_origins),
    )


def sandbox_config(settings: Settings) -> SandboxConfig:
    """What the sandbox must know to speak as the providers of this installation.

    Always its own invented accounts: a simulated phone must never make a real account write to a real number.
    """
    twilio, telegram, whatsapp = _sandbox_twilio(settings), _sandbox_telegram(settings), _sandbox_whatsapp(settings)
    return SandboxConfig(
        app_url=f"http://127.0.0.1:{settings.port}",
        public_url=settings.effective_public_url,
        twilio_account_sid=twilio.account_sid,
        twilio_auth_token=twilio.auth_tokens[0],
        twilio_sms_from=SANDBOX_SMS_FROM,
        twilio_whatsapp_from=SANDBOX_WHATSAPP_FROM,
        telegram_token=telegram.token,
        telegram_secret=telegram.secret_token,
        whatsapp_phone_number_id=whatsapp.phone_number_id,
        whatsapp_access_token=whatsapp.access_token,
        whatsapp_app_secret=whatsapp.app_secrets[0],
        oidc_client=Client(
            SANDBOX_CLIENT_ID, settings.effective_public_url + CALLBACK, public_key(_sandbox_key(settings))
        ),
    )


def _sandbox_templates() -> dict[str, str]:
    """The sandbox's content templates: the id of each is derived from its name (see its Twilio provider)."""
    names = [f"quick-reply-{size}-{language}" for size in range(1, 4) for language in ("ar", "fr", "ary")]
    names += [f"list-picker-{size}-{language}" for size in range(1, 11) for language in ("ar", "fr", "ary")]
    names += [f"template-{name}-{language}" for name in load_templates() for language in ("ar", "fr")]
    return {name: "HX" + hashlib.md5(f"dalil:{name}".encode(), usedforsecurity=False).hexdigest() for name in names}
