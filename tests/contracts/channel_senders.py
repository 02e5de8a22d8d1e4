"""The channels that call a provider, how their providers say yes, and what is sent through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectors.channel import Channel
from connectors.channels.telegram import Telegram, TelegramConfig
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.channels.whatsapp import WhatsApp, WhatsAppConfig
from connectors.messages import Address, Button, Medium, Menu, MenuRow, OutgoingMessage
from tests.contracts.channel_subjects import (
    ACCESS_TOKEN,
    ACCOUNT_SID,
    AUTH_TOKEN,
    BOT_SECRET,
    BOT_TOKEN,
    PUBLIC_URL,
    SECRETS,
)
from tests.contracts.provider_server import Answer, as_json

READ_SECONDS = 0.3
TEXT = "Passeport : 500 DH. Source : passeport.ma"
CITIZEN = "+212600000001"

SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id=CITIZEN)
WHATSAPP = SMS.model_copy(update={"medium": Medium.WHATSAPP})
CHAT = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="1234567890", external_id="7000000001")
META = Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace="106540352242922", external_id=CITIZEN)
BUTTONS = (Button(id="a:x:documents", title="Documents"), Button(id="a:x:fees", title="Frais"))
MENU = Menu(
    button="Voir les choix",
    rows=(MenuRow(id="a:x:where", title="Où", description="Où aller"), MenuRow(id="b", title="Quand")),
)
SIDS = {f"quick-reply-{size}-{language}": f"HXq{size}{language}" for size in (1, 2, 3) for language in ("ar", "fr")}
SIDS |= {f"list-picker-{size}-{language}": f"HXl{size}{language}" for size in range(1, 11) for language in ("ar", "fr")}
SIDS |= {f"template-{name}-ar": f"HXt{name}" for name in ("reply_waiting", "status_changed")}

CREATED = Answer(201, as_json(sid="SM00000000000000000000000000000042", status="queued"))
DELIVERED = Answer(
    200, as_json(ok=True, result={"message_id": 77, "date": 1795359600, "chat": {"id": 7000000001, "type": "private"}})
)
ACCEPTED = Answer(
    200,
    as_json(messaging_product="whatsapp", contacts=[{"input": CITIZEN}], messages=[{"id": "wamid.SENT0042"}]),
)


def twilio(url: str) -> Channel:
    return Twilio(
        TwilioConfig(
            account_sid=ACCOUNT_SID,
            auth_tokens=(AUTH_TOKEN, "an older one"),
            sms_from="+15005550001",
            whatsapp_from="whatsapp:+15005550002",
            public_url=PUBLIC_URL,
            api_url=url,
            content_sids=SIDS,
            read_seconds=READ_SECONDS,
        )
    )


def telegram(url: str) -> Channel:
    return Telegram(TelegramConfig(token=BOT_TOKEN, secret_token=BOT_SECRET, api_url=url, read_seconds=READ_SECONDS))


def whatsapp(url: str) -> Channel:
    return WhatsApp(
        WhatsAppConfig(
            phone_number_id="106540352242900",
            access_token=ACCESS_TOKEN,
            app_secrets=("s",),
            verify_token="v",
            api_url=f"{url}/v26.0",
            templates={"status_changed": "dalil_status_v2"},
            read_seconds=READ_SECONDS,
        )
    )


@dataclass(frozen=True)
class Sender:
    """A channel that calls a provider: how to make it, where it writes, and how its provider says yes."""

    name: str
    make: Callable[[str], Channel]
    to: Address
    accepted: Answer

    def message(self, **fields: object) -> OutgoingMessage:
        return OutgoingMessage.model_validate({"to": self.to, "text": TEXT, "language": "fr", **fields})

    def __str__(self) -> str:
        return self.name


TWILIO = Sender("twilio", twilio, SMS, CREATED)
TELEGRAM = Sender("telegram", telegram, CHAT, DELIVERED)
WHATSAPP_META = Sender("whatsapp", whatsapp, META, ACCEPTED)
SENDERS = (TWILIO, TELEGRAM, WHATSAPP_META)


async def send(sender: Sender, url: str, message: OutgoingMessage | None = None) -> str:
    channel = sender.make(url)
    try:
        return (await channel.send(message or sender.message())).provider_message_id
    finally:
        await channel.close()


def private_in(text: str) -> list[str]:
    return [private for private in (*SECRETS, TEXT, CITIZEN, "7000000001") if private in text]
