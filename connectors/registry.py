"""Every channel there is. Only `bot/bootstrap.py` builds them; adding one: connectors/ADDING_A_CHANNEL.md."""

from __future__ import annotations

from collections.abc import Callable

from connectors.channel import Channel
from connectors.channels.console import Console
from connectors.channels.telegram import Telegram, TelegramConfig
from connectors.channels.twilio import Twilio, TwilioConfig
from connectors.channels.webchat import Deliver, WebChat, WebChatConfig
from connectors.channels.whatsapp import WhatsApp, WhatsAppConfig


def build_channels(
    *,
    twilio: TwilioConfig | None = None,
    telegram: TelegramConfig | None = None,
    whatsapp: WhatsAppConfig | None = None,
    webchat: tuple[WebChatConfig, Deliver] | None = None,
    console: Callable[[str], None] | None = None,
) -> dict[str, Channel]:
    """The configured channels by name; one that is None is left out. The caller closes them."""
    channels: list[Channel] = []
    if twilio is not None:
        channels.append(Twilio(twilio))
    if telegram is not None:
        channels.append(Telegram(telegram))
    if whatsapp is not None:
        channels.append(WhatsApp(whatsapp))
    if webchat is not None:
        channels.append(WebChat(*webchat))
    if console is not None:
        channels.append(Console(console))
    return {channel.name: channel for channel in channels}
