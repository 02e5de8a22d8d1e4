"""The frozen vocabulary between channels and the rest of Dalil.

A channel turns a provider's webhook into the *events* below and a *rendered message* below into a provider's request.
Nothing here knows a provider, a database or a web framework. All models are immutable and round-trip through JSON,
because the inbox and the outbox store them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Medium(StrEnum):
    """What the citizen holds in the hand. One provider may carry several (Twilio carries SMS and WhatsApp)."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    WEBCHAT = "webchat"
    CONSOLE = "console"


class Address(_Frozen):
    """One end of a conversation on one medium.

    `channel` names the adapter (`twilio`, `telegram`, `whatsapp`, ...), `namespace` our own end (the Twilio sender, the
    bot id, Meta's id of our number): a reply leaves from where the question arrived. `external_id` is the citizen's end
    and stays opaque: since 2026 a WhatsApp id need not be a phone number.
    """

    channel: str
    medium: Medium
    namespace: str
    external_id: str


class MessageKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"  # a tapped button or list row: `choice` holds our own payload, `text` its label
    MEDIA = "media"  # photo, voice note, document, video; a caption is in `text`
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    UNSUPPORTED = "unsupported"


class IncomingMessage(_Frozen):
    """Something a citizen sent. `provider_id` is unique within `sender.channel`: it is the dedupe key.

    `also`: other addresses of the same citizen that the webhook named beside `sender` (a WhatsApp phone number beside a
    business-scoped user id). All of them are one citizen: whoever knows one of them knows this one. Write to `sender`.
    """

    event: Literal["message"] = "message"
    provider_id: str
    sender: Address
    kind: MessageKind = MessageKind.TEXT
    text: str = ""
    choice: str | None = None
    sent_at: datetime | None = None  # the provider's clock, UTC
    order: int | None = None  # the provider's own sequence (Telegram's update_id), where it has one
    also: tuple[Address, ...] = ()


class DeliveryStatus(StrEnum):
    """States of a sent message, in rising order: a later callback never lowers the state (they arrive unordered)."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class DeliveryReport(_Frozen):
    """A provider's word on a message that we sent. `provider_message_id` is what `send` returned.

    `reference` is what we gave `send`, where the provider hands it back (Meta's `biz_opaque_callback_data`).
    `error_code` is the provider's own; `failure` says the same as a `SendError.code` (`window_closed`), where known:
    WhatsApp often accepts a message first and refuses it here.
    """

    event: Literal["delivery"] = "delivery"
    channel: str
    provider_message_id: str
    status: DeliveryStatus
    error_code: str | None = None
    reference: str | None = None
    failure: str | None = None


class SubscriptionChange(_Frozen):
    """The citizen blocked or unblocked us in the app itself."""

    event: Literal["subscription"] = "subscription"
    provider_id: str
    sender: Address
    reachable: bool


class IdentityChange(_Frozen):
    """The citizen whom we know as `sender` is `becomes` from now on (a new phone number, a new WhatsApp user id).

    `also`: other addresses that led to the same citizen until now. Neither `sender` nor these lead to him any more: a
    number that was given up may soon be somebody else's. Where none of them is known there is nothing to do.
    """

    event: Literal["identity"] = "identity"
    provider_id: str
    sender: Address
    becomes: Address
    also: tuple[Address, ...] = ()


class Ignored(_Frozen):
    """A genuine webhook that asks for nothing (an edited message, a reaction). Counted, not stored."""

    event: Literal["ignored"] = "ignored"
    reason: str


InboundEvent = Annotated[
    IncomingMessage | DeliveryReport | SubscriptionChange | IdentityChange | Ignored, Field(discriminator="event")
]

ReplyLanguage = Literal["ar", "fr", "ary"]


class Choice(_Frozen):
    """One thing the citizen can tap or answer by number.

    `title` is the full wording, `short` fits a button (at most 20 characters), `payload` comes back in
    `IncomingMessage.choice` (at most 64 bytes: Telegram's callback_data). See `actions/payloads.py`.
    """

    title: str
    short: str = Field(max_length=20)
    payload: str


class Reply(_Frozen):
    """What Dalil says, before any channel's limits: `render.py` fits it to the medium.

    `paragraphs`: what was asked, most important first; each is one thought and may hold several lines. `details`: what
    is good to know besides (an SMS gives it on demand). `choices_intro`: the line above the choices. `source`: where
    the answer comes from and when it was checked; it is never dropped. `source_short`: the same for an SMS. `notice`:
    what a citizen is told once, about the service and not about his question.
    """

    language: ReplyLanguage
    paragraphs: tuple[str, ...]
    details: tuple[str, ...] = ()
    choices_intro: str = ""
    choices: tuple[Choice, ...] = ()
    source: str = ""
    source_short: str = ""
    notice: str = ""


class Button(_Frozen):
    id: str
    title: str


class MenuRow(_Frozen):
    id: str
    title: str
    description: str = ""


class Menu(_Frozen):
    """A list that opens on a tap (WhatsApp list picker)."""

    button: str
    rows: tuple[MenuRow, ...]


class Template(_Frozen):
    """A text that the provider approved beforehand: all that WhatsApp carries outside its 24-hour window.

    `name` is ours (`connectors/templates.yaml`); each channel's settings say which stored template it is there.
    `variables` fill its placeholders in order.
    """

    name: str
    variables: tuple[str, ...] = ()


class OutgoingMessage(_Frozen):
    """One message as a channel must send it: within the medium's limits, with either buttons or a menu or neither.

    `template`: send this instead of the free text, which is then what the citizen will read, for other media and logs.
    """

    to: Address
    text: str
    language: ReplyLanguage
    buttons: tuple[Button, ...] = ()
    menu: Menu | None = None
    template: Template | None = None


class Sent(_Frozen):
    """The provider's acceptance of one message."""

    provider_message_id: str
