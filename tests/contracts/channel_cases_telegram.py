"""What the Telegram adapter makes of what Telegram sends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from connectors.channel import Parsed, WebhookResponse
from connectors.errors import Forged, Malformed
from connectors.messages import (
    Address,
    Ignored,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
    SubscriptionChange,
)
from tests.contracts.channel_case import Case, event
from tests.contracts.channel_subjects import (
    BOT_SECRET,
    TELEGRAM,
    telegram_request,
    telegram_update,
)

CHAT = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="1234567890", external_id="7000000001")


SENT_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def chat(number: int, kind: MessageKind = MessageKind.TEXT, text: str = "") -> IncomingMessage:
    update_id = 900000000 + number
    return IncomingMessage(
        provider_id=str(update_id), sender=CHAT, kind=kind, text=text, sent_at=SENT_AT, order=update_id
    )


def tapped(number: int, text: str, choice: str) -> IncomingMessage:
    return chat(number, MessageKind.CHOICE, text).model_copy(update={"choice": choice, "sent_at": None})


def telegram(sentence: str, file: str, *expected: InboundEvent) -> Case:
    return event(TELEGRAM, sentence, telegram_request(telegram_update(file)), *expected)


def answered(sentence: str, file: str, query_id: str, expected: InboundEvent) -> Case:
    """A tapped button is answered in the webhook's own response."""
    body = json.dumps({"method": "answerCallbackQuery", "callback_query_id": query_id}).encode()
    parsed = Parsed(events=(expected,), response=WebhookResponse(200, "application/json", body))
    return Case(TELEGRAM, sentence, telegram_request(telegram_update(file)), parsed)


def malformed_update(sentence: str, body: bytes) -> Case:
    return Case(TELEGRAM, sentence, telegram_request(body), Malformed)


def not_understood(sentence: str, body: bytes) -> Case:
    """Refused, it would come again and hold up the updates behind it."""
    return event(TELEGRAM, sentence, telegram_request(body), Ignored(reason="not understood"))


TELEGRAM_CASES = (
    telegram("a text is a text with its time and order", "text.json", chat(1, text="combien coute le passeport")),
    telegram("a command is a text", "text_with_entities.json", chat(2, text="/start")),
    telegram(
        "a photo's caption is its text",
        "photo_with_caption.json",
        chat(3, MessageKind.MEDIA, "هادي هي الورقة؟"),
    ),
    telegram("a voice note is media", "voice.json", chat(4, MessageKind.MEDIA)),
    telegram("a sticker is a sticker", "sticker.json", chat(5, MessageKind.STICKER)),
    telegram("a location is a location", "location.json", chat(6, MessageKind.LOCATION)),
    telegram("a contact is a contact", "contact.json", chat(7, MessageKind.CONTACT)),
    telegram("a poll is unsupported", "poll.json", chat(8, MessageKind.UNSUPPORTED)),
    telegram("a pinned message asks for nothing", "pinned_message.json", Ignored(reason="service message")),
    answered(
        "a tapped button is a choice with its label, answered at once",
        "callback_query.json",
        "4382bfdwdsb323b2d9",
        tapped(10, "Délai", "a:ma.passeport_renouvellement:processing_time"),
    ),
    answered(
        "a button of a message too old to be shown still works",
        "callback_query_of_an_old_message.json",
        "4382bfdwdsb323b2e0",
        tapped(11, "", "i:agent"),
    ),
    telegram("an edited message asks for nothing", "edited_message.json", Ignored(reason="edited_message")),
    telegram(
        "blocking the bot makes the citizen unreachable",
        "blocked.json",
        SubscriptionChange(provider_id="900000013", sender=CHAT, reachable=False),
    ),
    telegram(
        "unblocking the bot makes the citizen reachable",
        "unblocked.json",
        SubscriptionChange(provider_id="900000014", sender=CHAT, reachable=True),
    ),
    telegram("a group's message is left", "group_text.json", Ignored(reason="group")),
    answered("a group's button is left", "group_callback_query.json", "4382bfdwdsb323b2f1", Ignored(reason="group")),
    telegram("a reaction asks for nothing", "message_reaction.json", Ignored(reason="message_reaction")),
    telegram("a kind of update that is not known yet is left", "unknown_kind.json", Ignored(reason="unknown")),
    malformed_update("a form where JSON is due is malformed", b"Body=bonjour"),
    malformed_update("an empty body is malformed", b""),
    malformed_update("a JSON list is malformed", b"[]"),
    malformed_update("an update without an id is malformed", b'{"message": {}}'),
    not_understood("an update whose message is a number is left", b'{"update_id": 1, "message": 7}'),
    not_understood("an update whose message has no chat is left", b'{"update_id": 1, "message": {"text": "a"}}'),
    malformed_update("an id larger than a database holds is malformed", b'{"update_id": 99999999999999999999}'),
    malformed_update("deeply nested JSON is malformed", b'{"update_id":' + b"[" * 200_000),
    Case(
        TELEGRAM,
        "a secret that only begins right is refused",
        replace(
            telegram_request(telegram_update("text.json")),
            headers={"x-telegram-bot-api-secret-token": BOT_SECRET[:-1]},
        ),
        Forged,
    ),
)
