"""What the WhatsApp adapter makes of what Meta sends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from connectors.channel import Parsed, WebhookResponse
from connectors.errors import Forged, Malformed
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
from tests.contracts.channel_case import Case
from tests.contracts.channel_subjects import (
    APP_SECRET,
    OLD_APP_SECRET,
    WHATSAPP,
    whatsapp_request,
    whatsapp_webhook,
)

SENT_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def at(external_id: str, namespace: str = "106540352242922") -> Address:
    return Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace=namespace, external_id=external_id)


HAJAR, PHONE = at("MA.13491208655302741918"), at("+212600000002")
NEW, NEW_PHONE = at("MA.20000000000000000077"), at("+212600000077")


def said(
    number: int, kind: MessageKind = MessageKind.TEXT, text: str = "", choice: str | None = None
) -> IncomingMessage:
    return IncomingMessage(
        provider_id=f"wamid.TEST{number:04d}",
        sender=HAJAR,
        kind=kind,
        text=text,
        choice=choice,
        sent_at=SENT_AT,
        also=(PHONE,),
    )


def from_(number: int, text: str, sender: Address, also: tuple[Address, ...] = ()) -> IncomingMessage:
    return said(number, text=text).model_copy(update={"sender": sender, "also": also})


def report(
    status: DeliveryStatus, reference: str | None = "outbox-17", error: str | None = None, failure: str | None = None
) -> DeliveryReport:
    return DeliveryReport(
        channel="whatsapp",
        provider_message_id="wamid.SENT0001",
        status=status,
        error_code=error,
        reference=reference,
        failure=failure,
    )


def whatsapp(sentence: str, file: str, *expected: InboundEvent) -> Case:
    return from_body(sentence, whatsapp_webhook(file), *expected)


def from_body(sentence: str, body: bytes, *expected: InboundEvent) -> Case:
    return Case(WHATSAPP, sentence, whatsapp_request(body), Parsed(events=expected, response=WebhookResponse(200)))


def malformed(sentence: str, body: bytes) -> Case:
    return Case(WHATSAPP, sentence, whatsapp_request(body), Malformed)


def signed_as(sentence: str, header: str) -> Case:
    request = whatsapp_request(whatsapp_webhook("text.json"))
    return Case(WHATSAPP, sentence, replace(request, headers={"x-hub-signature-256": header}), Forged)


_SIGNATURE = whatsapp_request(whatsapp_webhook("text.json")).headers["x-hub-signature-256"]

WHATSAPP_CASES = (
    whatsapp("a text is a text with its time", "text.json", said(1, text="شنو خاصني باش نجدد لاكارط؟")),
    whatsapp("without a user id the number is the address", "text_before_user_ids.json", from_(2, "salam", PHONE)),
    whatsapp(
        "who hides his number has the same address as before", "text_with_username.json", from_(3, "salam", HAJAR)
    ),
    whatsapp(
        "a tapped button is a choice with its label",
        "button_reply.json",
        said(4, MessageKind.CHOICE, "الوراق", "a:ma.cnie_renouvellement:documents"),
    ),
    whatsapp(
        "a row of a list is a choice with its label",
        "list_reply.json",
        said(5, MessageKind.CHOICE, "الثمن", "a:ma.cnie_renouvellement:fees"),
    ),
    whatsapp(
        "a template's button is a choice",
        "template_quick_reply.json",
        said(6, MessageKind.CHOICE, "Parler à quelqu'un", "i:agent"),
    ),
    whatsapp("a form of WhatsApp's own is unsupported", "flow_reply.json", said(7, MessageKind.UNSUPPORTED)),
    whatsapp(
        "an image's caption is its text", "image_with_caption.json", said(8, MessageKind.MEDIA, "هادي هي الورقة؟")
    ),
    whatsapp("a voice note is media", "voice_note.json", said(9, MessageKind.MEDIA)),
    whatsapp("a forwarded video is media", "video.json", said(10, MessageKind.MEDIA)),
    whatsapp(
        "a document's caption is its text", "document_with_caption.json", said(11, MessageKind.MEDIA, "mon dossier")
    ),
    whatsapp("a sticker is a sticker", "sticker.json", said(12, MessageKind.STICKER)),
    whatsapp("a location is a location", "location.json", said(13, MessageKind.LOCATION)),
    whatsapp("a contact is a contact, and not the sender", "contacts.json", said(14, MessageKind.CONTACT)),
    whatsapp("a reaction asks for nothing", "reaction.json", Ignored(reason="reaction")),
    whatsapp("an order is unsupported", "order.json", said(16, MessageKind.UNSUPPORTED)),
    whatsapp("an edited message asks for nothing", "edited_message.json", Ignored(reason="edited message")),
    whatsapp("a deleted message asks for nothing", "revoked_message.json", Ignored(reason="deleted message")),
    whatsapp("a poll is unsupported", "unsupported.json", said(19, MessageKind.UNSUPPORTED)),
    whatsapp(
        "an edit that Meta does not show asks for nothing", "unsupported_edit.json", Ignored(reason="edited message")
    ),
    whatsapp(
        "a kind that is not known yet is unsupported", "kind_of_next_year.json", said(21, MessageKind.UNSUPPORTED)
    ),
    whatsapp("a group's message is left", "group_text.json", Ignored(reason="group")),
    whatsapp(
        "a new number is a new user id: both old addresses are told",
        "user_changed_number.json",
        IdentityChange(provider_id="wamid.TEST0023", sender=HAJAR, becomes=NEW, also=(PHONE,)),
    ),
    whatsapp(
        "a new number without user ids",
        "user_changed_number_without_user_ids.json",
        IdentityChange(provider_id="wamid.TEST0024", sender=PHONE, becomes=NEW_PHONE),
    ),
    whatsapp(
        "a new user id of somebody whose number is hidden",
        "user_changed_user_id.json",
        IdentityChange(provider_id="wamid.TEST0025", sender=HAJAR, becomes=NEW),
    ),
    whatsapp(
        "a new user id alone tells nothing",
        "user_changed_user_id_without_the_old_one.json",
        Ignored(reason="system message"),
    ),
    whatsapp("a new key on the phone asks for nothing", "identity_key_changed.json", Ignored(reason="system message")),
    whatsapp(
        "the withdrawn webhook of a new user id is read",
        "user_id_update.json",
        IdentityChange(provider_id="MA.13491208655302741918>MA.20000000000000000077", sender=HAJAR, becomes=NEW),
    ),
    whatsapp("a sent message is reported with our reference", "status_sent.json", report(DeliveryStatus.SENT)),
    whatsapp("a delivered message is reported", "status_delivered.json", report(DeliveryStatus.DELIVERED)),
    whatsapp("a read message is reported", "status_read.json", report(DeliveryStatus.READ)),
    whatsapp(
        "a message refused outside the window is told so",
        "status_failed_outside_the_window.json",
        report(DeliveryStatus.FAILED, error="131047", failure="window_closed"),
    ),
    whatsapp(
        "an unknown code is handed on",
        "status_failed_with_an_unknown_code.json",
        report(DeliveryStatus.FAILED, reference=None, error="139999"),
    ),
    whatsapp("a state that is none of delivery is left", "status_deleted.json", Ignored(reason="another status")),
    whatsapp("an error of the account is counted", "account_error.json", Ignored(reason="error")),
    whatsapp("news of a template is left", "template_status_update.json", Ignored(reason="another field")),
    whatsapp("a wish about marketing is left: we send none", "user_preferences.json", Ignored(reason="another field")),
    whatsapp(
        "a batch of two of our numbers, three citizens and states out of order",
        "batch_of_two_numbers.json",
        from_(40, "un", HAJAR, (PHONE,)),
        from_(41, "deux", at("MA.33333333333333333333"), (at("+212600000003"),)),
        report(DeliveryStatus.READ, reference=None),
        report(DeliveryStatus.DELIVERED, reference=None),
        from_(
            42,
            "trois",
            at("MR.44444444444444444444", "206540352242955"),
            (at("+22240000001", "206540352242955"),),
        ),
    ),
    from_body("an empty batch", b'{"object": "whatsapp_business_account", "entry": []}', Ignored(reason="empty")),
    from_body(
        "a message that is a number costs no other",
        whatsapp_webhook("text.json").replace(b'"messages":[', b'"messages":[7,'),
        Ignored(reason="not understood"),
        said(1, text="شنو خاصني باش نجدد لاكارط؟"),
    ),
    from_body(
        "a message that names nobody is left",
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":'
        b'{"phone_number_id":"1"},"messages":[{"id":"wamid.1","type":"text","text":{"body":"a"}}]}}]}]}',
        Ignored(reason="no sender"),
    ),
    from_body(
        "a number of ours that could lead elsewhere is not taken",
        whatsapp_webhook("text.json").replace(b'"106540352242922"', b'"../106540352242922"'),
        Ignored(reason="not understood"),
    ),
    malformed("a form where JSON is due is malformed", b"Body=bonjour"),
    malformed("an empty body is malformed", b""),
    malformed("a JSON list is malformed", b"[]"),
    malformed("another product's webhook is malformed", b'{"object": "page", "entry": []}'),
    malformed("deeply nested JSON is malformed", b'{"entry":' + b"[" * 200_000),
    Case(
        WHATSAPP,
        "the old app secret is accepted while it is rotated",
        whatsapp_request(whatsapp_webhook("text.json"), OLD_APP_SECRET),
        Parsed(events=(said(1, text="شنو خاصني باش نجدد لاكارط؟"),), response=WebhookResponse(200)),
    ),
    Case(
        WHATSAPP,
        "the same JSON in other bytes is refused",
        replace(
            whatsapp_request(whatsapp_webhook("text.json")), body=whatsapp_webhook("text.json").replace(b",", b", ")
        ),
        Forged,
    ),
    signed_as("a signature without its algorithm is refused", _SIGNATURE.removeprefix("sha256=")),
    signed_as("a signature that only begins right is refused", _SIGNATURE[:-1]),
    signed_as("a signature that is no ASCII is refused", "sha256=é"),
    signed_as("the secret itself is no signature", f"sha256={APP_SECRET}"),
)
