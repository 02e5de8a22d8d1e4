"""How each channel's provider signs and shapes a webhook. One subject per channel; one runner for all of them.

A new channel adds a `Subject` here and its own cases to channel_cases.py, and gets the free cases of test_channels.py.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from connectors.channel import Channel, WebhookRequest
from connectors.channels.telegram import Telegram, TelegramConfig
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.channels.webchat import WebChat, WebChatConfig
from connectors.channels.whatsapp import WhatsApp, WhatsAppConfig
from connectors.messages import OutgoingMessage

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
PUBLIC_URL = "https://dalil.example"

ACCOUNT_SID = "AC00000000000000000000000000000001"
AUTH_TOKEN, OLD_AUTH_TOKEN = "twilio-token-new-5f1c", "twilio-token-old-77aa"
BOT_TOKEN, BOT_SECRET = "1234567890:telegram-token-8c2d", "telegram-secret-41be"
WEB_SECRET = "webchat-secret-0d9e"
ACCESS_TOKEN, VERIFY_TOKEN = "whatsapp-access-9b31", "whatsapp-verify-6e02"
APP_SECRET, OLD_APP_SECRET = "whatsapp-secret-new-c4d8", "whatsapp-secret-old-1f77"

SECRETS = (
    AUTH_TOKEN,
    OLD_AUTH_TOKEN,
    BOT_TOKEN,
    BOT_TOKEN.partition(":")[2],
    BOT_SECRET,
    WEB_SECRET,
    ACCESS_TOKEN,
    VERIFY_TOKEN,
    APP_SECRET,
    OLD_APP_SECRET,
)


@dataclass(frozen=True)
class Subject:
    """`message(text, **extra)`: a signed text with more fields. `sign(body)`: any body, signed."""

    name: str
    channel: Callable[[], Channel]
    sign: Callable[[bytes], WebhookRequest]
    body: Callable[[str, Mapping[str, str]], bytes]
    unsign: Callable[[WebhookRequest], WebhookRequest]
    missign: Callable[[WebhookRequest], WebhookRequest]

    def message(self, text: str, **extra: str) -> WebhookRequest:
        return self.sign(self.body(text, extra))

    def __str__(self) -> str:
        return self.name


def fixture(path: str) -> Any:
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


# ---- Twilio --------------------------------------------------------------------------------------------------------


def twilio_signature(token: str, url: str, form: list[tuple[str, str]], digest: str = "sha1") -> str:
    """As https://www.twilio.com/docs/usage/webhooks/webhooks-security describes it, not by Twilio's library."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), digest).digest()).decode()


def twilio_request(body: bytes, path: str = "/channels/twilio", token: str = AUTH_TOKEN) -> WebhookRequest:
    url = PUBLIC_URL + path
    form = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": twilio_signature(token, url, form),
    }
    return WebhookRequest(method="POST", url=url, headers=headers, body=body)


def twilio_form(path: str, **changes: str) -> bytes:
    return urlencode({**fixture(f"twilio/{path}"), **changes}).encode()


def _twilio() -> Channel:
    return Twilio(
        TwilioConfig(
            account_sid=ACCOUNT_SID,
            auth_tokens=(AUTH_TOKEN, OLD_AUTH_TOKEN),
            sms_from="+15005550006",
            whatsapp_from="+15005550006",
            public_url=PUBLIC_URL,
        )
    )


def _without(header: str) -> Callable[[WebhookRequest], WebhookRequest]:
    return lambda request: replace(request, headers={k: v for k, v in request.headers.items() if k != header})


def _with(header: str, value: str) -> Callable[[WebhookRequest], WebhookRequest]:
    return lambda request: replace(request, headers={**request.headers, header: value})


TWILIO = Subject(
    name="twilio",
    channel=_twilio,
    sign=twilio_request,
    body=lambda text, extra: twilio_form("sms_text.json", Body=text, **extra),
    unsign=_without("x-twilio-signature"),
    missign=_with("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
)


# ---- Telegram ------------------------------------------------------------------------------------------------------


def telegram_request(body: bytes) -> WebhookRequest:
    headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": BOT_SECRET}
    return WebhookRequest(method="POST", url=f"{PUBLIC_URL}/channels/telegram", headers=headers, body=body)


def telegram_update(path: str) -> bytes:
    return json.dumps(fixture(f"telegram/{path}")).encode()


def _telegram_body(text: str, extra: Mapping[str, str]) -> bytes:
    update = fixture("telegram/text.json")
    update["message"]["text"] = text
    update["message"].update(extra)
    return json.dumps({**update, **extra}).encode()


TELEGRAM = Subject(
    name="telegram",
    channel=lambda: Telegram(TelegramConfig(token=BOT_TOKEN, secret_token=BOT_SECRET)),
    sign=telegram_request,
    body=_telegram_body,
    unsign=_without("x-telegram-bot-api-secret-token"),
    missign=_with("x-telegram-bot-api-secret-token", "wröng"),
)


# ---- WhatsApp (Meta) -----------------------------------------------------------------------------------------------


def whatsapp_request(body: bytes, secret: str = APP_SECRET) -> WebhookRequest:
    """As https://developers.facebook.com/docs/graph-api/webhooks/getting-started describes the signature."""
    signature = hmac.new(secret.encode(), body, "sha256").hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
    return WebhookRequest(method="POST", url=f"{PUBLIC_URL}/channels/whatsapp", headers=headers, body=body)


def whatsapp_webhook(path: str) -> bytes:
    """A fixture as Meta sends it: without spaces, Unicode escaped."""
    return json.dumps(fixture(f"whatsapp/{path}"), separators=(",", ":")).encode()


def _whatsapp_body(text: str, extra: Mapping[str, str]) -> bytes:
    webhook = fixture("whatsapp/text.json")
    value = webhook["entry"][0]["changes"][0]["value"]
    value["messages"][0]["text"] = {"body": text, **extra}
    value["messages"][0].update(extra)
    value.update(extra)
    return json.dumps({**webhook, **extra}).encode()


def whatsapp() -> WhatsApp:
    return WhatsApp(
        WhatsAppConfig(
            phone_number_id="106540352242922",
            access_token=ACCESS_TOKEN,
            app_secrets=(APP_SECRET, OLD_APP_SECRET),
            verify_token=VERIFY_TOKEN,
        )
    )


WHATSAPP = Subject(
    name="whatsapp",
    channel=whatsapp,
    sign=whatsapp_request,
    body=_whatsapp_body,
    unsign=_without("x-hub-signature-256"),
    missign=_with("x-hub-signature-256", "sha256=" + "0" * 64),
)


# ---- web chat ------------------------------------------------------------------------------------------------------


async def nowhere(session: str, message: OutgoingMessage) -> None:
    raise AssertionError(f"nothing should be delivered to {session}: {message}")


def webchat() -> WebChat:
    return WebChat(WebChatConfig(secrets=(WEB_SECRET,), origins=(PUBLIC_URL,)), nowhere)


WEB_SESSION = webchat().issue_session()


def webchat_request(body: bytes) -> WebhookRequest:
    headers = {"content-type": "application/json", "origin": PUBLIC_URL}
    return WebhookRequest(method="POST", url=f"{PUBLIC_URL}/channels/webchat/messages", headers=headers, body=body)


def webchat_body(text: str, extra: Mapping[str, object], session: str = WEB_SESSION) -> bytes:
    return json.dumps({"session": session, "id": "m1", "text": text, "choice": None, **extra}).encode()


def _with_session(session: str) -> Callable[[WebhookRequest], WebhookRequest]:
    return lambda request: replace(request, body=json.dumps({**json.loads(request.body), "session": session}).encode())


WEBCHAT = Subject(
    name="webchat",
    channel=webchat,
    sign=webchat_request,
    body=webchat_body,
    unsign=_with_session(""),
    missign=_with_session(WEB_SESSION.partition(".")[0] + "." + hashlib.sha256(b"guess").hexdigest()),
)

SUBJECTS = (TWILIO, TELEGRAM, WHATSAPP, WEBCHAT)
