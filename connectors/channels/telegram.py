"""Telegram: the Bot API through python-telegram-bot, as a webhook with a secret token.

https://core.telegram.org/bots/api. Only private chats are answered. Texts go out without a parse mode, so nothing a
citizen or an editor writes can be read as markup. `external_id` is the chat id, `namespace` the bot's id.

setWebhook once: `url` = public URL + /channels/telegram, `secret_token`, and
`allowed_updates` = ["message", "edited_message", "callback_query", "my_chat_member"].
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import telegram
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError

from connectors.channel import Limits, Pace, Parsed, Recovery, WebhookRequest, WebhookResponse
from connectors.channels.telegram_request import BotRequest
from connectors.errors import Forged, Malformed, Misconfigured, OptedOut, Rejected, SendError, Uncertain
from connectors.http import READ_SECONDS
from connectors.messages import (
    Address,
    Button,
    Ignored,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
    OutgoingMessage,
    Sent,
    SubscriptionChange,
)
from connectors.text import storable, utf16_units

log = logging.getLogger(__name__)

NAME = "telegram"
API_URL = "https://api.telegram.org"
MAX_CHARS = 4096  # https://core.telegram.org/bots/api#sendmessage
MAX_UPDATE_ID = 2**63  # what a database column holds; Telegram's own are far below
BUTTON_CHARS = 40  # Telegram sets no limit; a phone shows about as much on one line
HALF_LINE = 16  # two buttons this short share a line
LIMITS = Limits(
    max_chars=MAX_CHARS,
    max_buttons=8,
    button_title=BUTTON_CHARS,
    max_rows=40,
    row_title=BUTTON_CHARS,
    row_description=0,
    interactive_chars=MAX_CHARS,
)
# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
PACE = Pace(per_second=30, burst=30, recipient_s=1.0, recipient_burst=3)

_KINDS: dict[str, MessageKind] = {
    "photo": MessageKind.MEDIA,
    "voice": MessageKind.MEDIA,
    "audio": MessageKind.MEDIA,
    "video": MessageKind.MEDIA,
    "video_note": MessageKind.MEDIA,
    "animation": MessageKind.MEDIA,
    "document": MessageKind.MEDIA,
    "paid_media": MessageKind.MEDIA,
    "sticker": MessageKind.STICKER,
    "venue": MessageKind.LOCATION,
    "location": MessageKind.LOCATION,
    "contact": MessageKind.CONTACT,
    "poll": MessageKind.UNSUPPORTED,
    "dice": MessageKind.UNSUPPORTED,
    "game": MessageKind.UNSUPPORTED,
    "story": MessageKind.UNSUPPORTED,
}

# What reading an update raises where a value is missing or of another type: the library checks none of them.
_MISSHAPEN = (TypeError, KeyError, ValueError, AttributeError, OverflowError, OSError)

_GONE = (ChatMemberStatus.BANNED, ChatMemberStatus.LEFT)  # "kicked": the citizen blocked the bot


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig:
    """One bot. `token` from BotFather; `secret_token` as given to setWebhook; `api_url`: a local provider instead.

    `read_seconds`: how long an answer may take before it counts as lost.
    """

    token: str = field(repr=False)
    secret_token: str = field(repr=False)
    api_url: str | None = None
    read_seconds: float = READ_SECONDS


class Telegram:
    """The adapter. Holds one connection pool."""

    def __init__(self, config: TelegramConfig) -> None:
        if not config.secret_token:
            raise ValueError("TelegramConfig.secret_token is empty: no webhook could be verified")
        self._secret = config.secret_token.encode()
        self._namespace = config.token.partition(":")[0]  # a token is "<bot id>:<secret>"
        api_url = (config.api_url or API_URL).rstrip("/")
        self._request = BotRequest(api_url, config.read_seconds)
        self._bot = telegram.Bot(
            config.token, base_url=f"{api_url}/bot", request=self._request, get_updates_request=self._request
        )

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        return {Medium.TELEGRAM: LIMITS}

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        return {Medium.TELEGRAM: PACE}

    @property
    def recovery(self) -> Recovery:
        return Recovery.RESEND  # the Bot API lists no sent messages and reports none

    # ---- in --------------------------------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        self.screen(request.headers)

    def screen(self, headers: Mapping[str, str]) -> None:
        given = headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._secret):
            raise Forged("wrong secret token" if given else "no secret token")

    def parse(self, request: WebhookRequest) -> Parsed:
        data = _json(request.body)
        try:
            return self._parsed(telegram.Update.de_json(data, None))
        except _MISSHAPEN as error:
            # Genuine, but not of the shape that the library was made for: a newer Bot API. Refusing it would only
            # bring it again and hold up the updates behind it.
            log.error(  # without the traceback: it would hold the citizen's text
                "telegram update not understood", extra={"update": data["update_id"], "why": type(error).__name__}
            )
            return Parsed(events=(Ignored(reason="not understood"),))

    def _parsed(self, update: telegram.Update) -> Parsed:
        if update.callback_query is not None:
            # Answered in the webhook's own response, so the tapped button stops waiting without another call.
            answer = {"method": "answerCallbackQuery", "callback_query_id": update.callback_query.id}
            response = WebhookResponse(200, "application/json", json.dumps(answer).encode())
            return Parsed(events=(self._choice(update, update.callback_query),), response=response)
        if update.message is not None:
            return Parsed(events=(self._message(update, update.message),))
        if update.my_chat_member is not None:
            return Parsed(events=(self._subscription(update, update.my_chat_member),))
        return Parsed(events=(Ignored(reason=_kind_of_update(update)),))

    def _message(self, update: telegram.Update, message: telegram.Message) -> InboundEvent:
        if message.chat.type != ChatType.PRIVATE:
            return Ignored(reason="group")
        text = message.text or message.caption or ""
        kind = next((kind for name, kind in _KINDS.items() if getattr(message, name, None)), None)
        if kind is None and not text:
            return Ignored(reason="service message")
        return IncomingMessage(
            provider_id=str(update.update_id),
            sender=self._address(message.chat.id),
            kind=kind or MessageKind.TEXT,
            text=storable(text),
            sent_at=message.date,
            order=update.update_id,
        )

    def _choice(self, update: telegram.Update, query: telegram.CallbackQuery) -> InboundEvent:
        if query.message is not None and query.message.chat.type != ChatType.PRIVATE:
            return Ignored(reason="group")
        if not query.data:
            return Ignored(reason="button without data")
        return IncomingMessage(
            provider_id=str(update.update_id),
            sender=self._address(query.message.chat.id if query.message is not None else query.from_user.id),
            kind=MessageKind.CHOICE,
            text=storable(_label(query)),
            choice=storable(query.data),
            order=update.update_id,
        )

    def _subscription(self, update: telegram.Update, change: telegram.ChatMemberUpdated) -> InboundEvent:
        if change.chat.type != ChatType.PRIVATE:
            return Ignored(reason="group")
        return SubscriptionChange(
            provider_id=str(update.update_id),
            sender=self._address(change.chat.id),
            reachable=change.new_chat_member.status not in _GONE,
        )

    def _address(self, chat_id: int) -> Address:
        return Address(channel=NAME, medium=Medium.TELEGRAM, namespace=self._namespace, external_id=str(chat_id))

    # ---- out -------------------------------------------------------------------------------------------------------

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:  # noqa: ARG002 - no such field
        try:
            sent = await self._bot.send_message(
                chat_id=message.to.external_id,
                text=message.text,
                reply_markup=_keyboard(message),
                link_preview_options=telegram.LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            raise _failure(error) from None  # its text may hold the token or the message
        except _MISSHAPEN:
            raise Uncertain("an answer that is no Bot API answer") from None
        return Sent(provider_message_id=f"{sent.chat_id}:{sent.message_id}")

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:  # noqa: ARG002 - nothing to ask
        return ()

    async def close(self) -> None:
        await self._request.shutdown()


def _json(body: bytes) -> dict[str, Any]:
    """The update as Telegram wrote it: an object with a usable `update_id`."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("not JSON in UTF-8") from None
    if not isinstance(data, dict) or not isinstance(update_id := data.get("update_id"), int):
        raise Malformed("no update_id")
    if not 0 <= update_id < MAX_UPDATE_ID:
        raise Malformed("update_id out of range")
    return data


def _kind_of_update(update: telegram.Update) -> str:
    """The name of what came, for the counter: "edited_message", "poll" ... or "unknown"."""
    return next((kind for kind in telegram.Update.ALL_TYPES if getattr(update, kind, None) is not None), "unknown")


def _label(query: telegram.CallbackQuery) -> str:
    """What the tapped button says; "" when the message is too old for Telegram to tell."""
    markup = query.message.reply_markup if isinstance(query.message, telegram.Message) else None
    buttons = (button for row in (markup.inline_keyboard if markup else ()) for button in row)
    return next((button.text for button in buttons if button.callback_data == query.data), "")


def _keyboard(message: OutgoingMessage) -> telegram.InlineKeyboardMarkup | None:
    """Buttons, two to a line where both are short; menu rows one to a line."""
    lines: list[list[Button]] = []
    for button in message.buttons:
        fits = utf16_units(button.title) <= HALF_LINE
        if fits and lines and len(lines[-1]) == 1 and utf16_units(lines[-1][0].title) <= HALF_LINE:
            lines[-1].append(button)
        else:
            lines.append([button])
    if message.menu is not None:
        lines = [[Button(id=row.id, title=row.title)] for row in message.menu.rows]
    if not lines:
        return None
    return telegram.InlineKeyboardMarkup(
        [[telegram.InlineKeyboardButton(button.title, callback_data=button.id) for button in line] for line in lines]
    )


def _failure(error: TelegramError) -> SendError:
    """The member of the closed set for what the library raised (https://core.telegram.org/api/errors)."""
    cause = error.__cause__
    if isinstance(cause, SendError):
        return cause  # our own transport said it already
    match error:
        case Forbidden():
            return OptedOut("http 403: the citizen blocked the bot or never started it")
        case InvalidToken():
            return Misconfigured("http 401 or 404: the bot token is wrong")
        case BadRequest():
            return Rejected("http 400: chat not found, or a text or button Telegram does not take")
        case ChatMigrated():
            return Rejected("the chat became another one")
        case NetworkError():
            return Uncertain("an answer that is no Bot API answer")
    return Uncertain(type(error).__name__)
