"""What Meta posts for WhatsApp, as far as we read it, and the events that it becomes.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages. Every part is
checked by itself: one message of a batch that we do not understand costs no other. Fields that we do not know are no
error. A wamid holds the citizen's number in base64: it is kept as the dedupe key and never logged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from connectors.channels.whatsapp_api import meaning
from connectors.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    IdentityChange,
    Ignored,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
)
from connectors.text import storable

log = logging.getLogger(__name__)

CHANNEL = "whatsapp"
MAX_ID = 512  # characters of any id that we keep; Meta's have about a hundred

# "deleted" and "warning" say nothing of the delivery. "played" is a voice message that was listened to.
STATUSES: dict[str, DeliveryStatus] = {
    "accepted": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}

_MEDIA: dict[str, MessageKind] = {
    "image": MessageKind.MEDIA,
    "audio": MessageKind.MEDIA,
    "voice": MessageKind.MEDIA,
    "video": MessageKind.MEDIA,
    "document": MessageKind.MEDIA,
    "sticker": MessageKind.STICKER,
    "location": MessageKind.LOCATION,
    "contacts": MessageKind.CONTACT,
}
_ASKS_NOTHING = {
    "reaction": "reaction",
    "edit": "edited message",
    "revoke": "deleted message",
    "request_welcome": "chat opened",
}

Text = Annotated[str, BeforeValidator(lambda value: storable(value) if isinstance(value, str) else value)]
Id = Annotated[Text, Field(min_length=1, max_length=MAX_ID)]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,64}$")]

Model = TypeVar("Model", bound=BaseModel)

# ---- what comes ----------------------------------------------------------------------------------------------------


class _Metadata(BaseModel):
    phone_number_id: Number


class _Value(BaseModel):
    metadata: _Metadata
    contacts: list[Any] = []
    messages: list[Any] = []
    statuses: list[Any] = []
    user_id_update: list[Any] = []
    errors: list[Any] = []


class _Change(BaseModel):
    field: Text
    value: Any = None


class _Entry(BaseModel):
    changes: list[Any]


class _Contact(BaseModel):
    wa_id: Id | None = None
    user_id: Id | None = None


class _Body(BaseModel):
    body: Text


class _Caption(BaseModel):
    caption: Text = ""


class _Reply(BaseModel):
    id: Text
    title: Text = ""


class _Interactive(BaseModel):
    button_reply: _Reply | None = None
    list_reply: _Reply | None = None


class _QuickReply(BaseModel):
    """A tapped button of a template."""

    payload: Text = ""
    text: Text = ""


class _System(BaseModel):
    type: Text = ""
    wa_id: Id | None = None
    user_id: Id | None = None
    previous_user_id: Id | None = None


class _Unsupported(BaseModel):
    type: Text = ""


class _Message(BaseModel):
    """`from_`: the phone number without its plus, or nothing where the citizen hides it (2026)."""

    id: Id
    type: Text
    from_: Id | None = Field(default=None, alias="from")
    from_user_id: Id | None = None
    group_id: Text | None = None
    timestamp: Annotated[int, Field(ge=0, lt=2**33)] | None = None
    text: _Body | None = None
    interactive: _Interactive | None = None
    button: _QuickReply | None = None
    image: _Caption | None = None
    video: _Caption | None = None
    document: _Caption | None = None
    system: _System | None = None
    unsupported: _Unsupported | None = None


class _Error(BaseModel):
    code: int


class _Status(BaseModel):
    id: Id
    status: Text
    biz_opaque_callback_data: Text | None = None
    errors: list[_Error] = []


class _UserIds(BaseModel):
    previous: Id
    current: Id


class _UserIdUpdate(BaseModel):
    user_id: _UserIds


class Payload(BaseModel):
    """A whole webhook."""

    object: Literal["whatsapp_business_account"]
    entry: list[Any]


# ---- what it becomes -----------------------------------------------------------------------------------------------


def events(payload: Payload) -> Iterator[InboundEvent]:
    """One event for each thing in the webhook, in its order."""
    return _each(_Entry, payload.entry, lambda entry: _each(_Change, entry.changes, _of_change))


def _of_change(change: _Change) -> Iterable[InboundEvent]:
    if change.field not in ("messages", "user_id_update"):  # templates, the account's state, marketing preferences ...
        return (Ignored(reason="another field"),)
    return _each(_Value, [change.value], _of_value)


def _of_value(value: _Value) -> Iterator[InboundEvent]:
    ours = value.metadata.phone_number_id
    contacts = [contact for raw in value.contacts if (contact := _read(_Contact, raw)) is not None]
    yield from _each(_Message, value.messages, lambda message: (_of_message(message, contacts, ours),))
    yield from _each(_Status, value.statuses, lambda status: (_of_status(status),))
    yield from _each(_UserIdUpdate, value.user_id_update, lambda update: (_of_update(update, ours),))
    yield from _each(_Error, value.errors, lambda error: (_of_error(error),))


def _of_error(error: _Error) -> InboundEvent:
    """Something is wrong with our account or at Meta; it belongs to no message."""
    log.error("whatsapp reports an error", extra={"code": error.code})
    return Ignored(reason="error")


def _of_status(status: _Status) -> InboundEvent:
    if status.status not in STATUSES:
        return Ignored(reason="another status")
    code = status.errors[0].code if status.errors else None
    known = meaning(code)
    return DeliveryReport(
        channel=CHANNEL,
        provider_message_id=status.id,
        status=STATUSES[status.status],
        error_code=None if code is None else str(code),
        reference=status.biz_opaque_callback_data,
        failure=known[0].code if known else None,
    )


def _of_message(message: _Message, contacts: list[_Contact], ours: str) -> InboundEvent:
    if message.type == "system":
        return _of_system(message, ours)
    if reason := _asks_nothing(message):
        return Ignored(reason=reason)
    addresses = _sender(message, contacts, ours)
    if not addresses:
        return Ignored(reason="no sender")
    kind, text, choice = _content(message)
    return IncomingMessage(
        provider_id=message.id,
        sender=addresses[0],
        kind=kind,
        text=text,
        choice=choice,
        sent_at=None if message.timestamp is None else datetime.fromtimestamp(message.timestamp, UTC),
        also=addresses[1:],
    )


def _asks_nothing(message: _Message) -> str | None:
    if message.group_id is not None:
        return "group"
    if message.unsupported is not None and message.unsupported.type in _ASKS_NOTHING:
        return _ASKS_NOTHING[message.unsupported.type]
    return _ASKS_NOTHING.get(message.type)


def _content(message: _Message) -> tuple[MessageKind, str, str | None]:
    """Kind, text and choice."""
    if message.type == "text" and message.text is not None:
        return MessageKind.TEXT, message.text.body, None
    if message.type == "interactive" and message.interactive is not None:
        reply = message.interactive.button_reply or message.interactive.list_reply
        if reply is not None:
            return MessageKind.CHOICE, reply.title, reply.id
    if message.type == "button" and message.button is not None:
        payload = message.button.payload
        return (MessageKind.CHOICE if payload else MessageKind.TEXT), message.button.text, payload or None
    captioned = {"image": message.image, "video": message.video, "document": message.document}.get(message.type)
    return _MEDIA.get(message.type, MessageKind.UNSUPPORTED), captioned.caption if captioned else "", None


def _of_system(message: _Message, ours: str) -> InboundEvent:
    """`from` is the old number; the new ids are in `system`; since August 2026 the old user id is there, too."""
    system = message.system
    if system is None or system.type not in ("user_changed_number", "customer_changed_number", "user_changed_user_id"):
        return Ignored(reason="system message")
    before = [one for one in (_user(system.previous_user_id, ours), _phone(message.from_, ours)) if one]
    after = _user(system.user_id, ours) or _phone(system.wa_id, ours)
    return _change(message.id, before, after)


def _of_update(update: _UserIdUpdate, ours: str) -> InboundEvent:
    """Documented for Meta's partners in 2026 and withdrawn in August; read in case it still comes."""
    before, after = _user(update.user_id.previous, ours), _user(update.user_id.current, ours)
    return _change(f"{update.user_id.previous}>{update.user_id.current}", [before] if before else [], after)


def _change(provider_id: str, before: list[Address], after: Address | None) -> InboundEvent:
    before = [one for one in before if one != after]
    if not before or after is None:
        return Ignored(reason="system message")
    return IdentityChange(provider_id=provider_id, sender=before[0], becomes=after, also=tuple(before[1:]))


# ---- who ------------------------------------------------------------------------------------------------------------


def _sender(message: _Message, contacts: list[_Contact], ours: str) -> tuple[Address, ...]:
    """The citizen's addresses, first the one to write to: the user id, which stays when the number gets hidden."""
    contact = _contact_of(message, contacts)
    user_id = message.from_user_id or (contact.user_id if contact else None)
    phone = (contact.wa_id if contact else None) or message.from_
    return tuple(address for address in (_user(user_id, ours), _phone(phone, ours)) if address is not None)


def _contact_of(message: _Message, contacts: list[_Contact]) -> _Contact | None:
    """The contact that names the message's sender; a batch may hold several people."""
    for contact in contacts:
        if message.from_user_id is not None and contact.user_id == message.from_user_id:
            return contact
        if message.from_ is not None and contact.wa_id == message.from_:
            return contact
    return contacts[0] if len(contacts) == 1 else None


def _user(user_id: str | None, ours: str) -> Address | None:
    return _address(user_id, ours) if user_id else None


def _phone(number: str | None, ours: str) -> Address | None:
    """A number is told from a user id by its plus; Meta writes it without."""
    digits = (number or "").removeprefix("+")
    return _address(f"+{digits}", ours) if re.fullmatch(r"[0-9]{1,20}", digits) else None


def _address(external_id: str, ours: str) -> Address:
    return Address(channel=CHANNEL, medium=Medium.WHATSAPP, namespace=ours, external_id=external_id)


# ---- reading --------------------------------------------------------------------------------------------------------


def _each(
    model: type[Model], parts: list[Any], become: Callable[[Model], Iterable[InboundEvent]]
) -> Iterator[InboundEvent]:
    """What becomes of each part that is a `model`."""
    for part in parts:
        read = _read(model, part)
        if read is None:
            # Genuine, but not of the shape that we know. Refusing it would only bring it again, for a week.
            log.error("whatsapp webhook not understood", extra={"part": model.__name__.strip("_").lower()})
            yield Ignored(reason="not understood")
        else:
            yield from become(read)


def _read(model: type[Model], raw: object) -> Model | None:
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None  # its text would hold the citizen's
