"""What each channel makes of what its provider sends: cases as data, run by test_channels.py."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from connectors.channel import Parsed, WebhookRequest, WebhookResponse
from connectors.errors import ConnectorError, Forged, Malformed
from connectors.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    Ignored,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
    SubscriptionChange,
)
from tests.contracts.channel_subjects import (
    AUTH_TOKEN,
    BOT_SECRET,
    OLD_AUTH_TOKEN,
    PUBLIC_URL,
    TELEGRAM,
    TWILIO,
    WEB_SESSION,
    WEBCHAT,
    Subject,
    telegram_request,
    telegram_update,
    twilio_form,
    twilio_request,
    twilio_signature,
    webchat_body,
    webchat_request,
)


@dataclass(frozen=True)
class Case:
    """`expected`: what verify and parse together give, or the error that either raises."""

    subject: Subject
    sentence: str
    request: WebhookRequest
    expected: Parsed | type[ConnectorError]

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"


SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
WHATSAPP = Address(channel="twilio", medium=Medium.WHATSAPP, namespace="+15005550006", external_id="+212600000002")
CHAT = Address(channel="telegram", medium=Medium.TELEGRAM, namespace="1234567890", external_id="7000000001")
WEB = Address(channel="webchat", medium=Medium.WEBCHAT, namespace="web", external_id=WEB_SESSION.partition(".")[0])


def event(subject: Subject, sentence: str, request: WebhookRequest, *expected: InboundEvent) -> Case:
    return Case(subject, sentence, request, Parsed(events=expected))


# ---- Twilio --------------------------------------------------------------------------------------------------------


def sms(text: str, kind: MessageKind = MessageKind.TEXT) -> IncomingMessage:
    return IncomingMessage(provider_id="SM00000000000000000000000000000001", sender=SMS, kind=kind, text=text)


def whatsapp(kind: MessageKind, text: str = "", choice: str | None = None) -> IncomingMessage:
    return IncomingMessage(
        provider_id="SM00000000000000000000000000000002", sender=WHATSAPP, kind=kind, text=text, choice=choice
    )


def delivery(sid: str, status: DeliveryStatus, error_code: str | None = None) -> DeliveryReport:
    return DeliveryReport(channel="twilio", provider_message_id=sid, status=status, error_code=error_code)


def twilio(sentence: str, form: bytes, *expected: InboundEvent, path: str = "/channels/twilio") -> Case:
    return event(TWILIO, sentence, twilio_request(form, path), *expected)


def _json_of_twilio() -> WebhookRequest:
    """A genuine JSON webhook: Twilio signs its URL, which holds the body's hash."""
    body = b'{"Body": "bonjour"}'
    url = f"{PUBLIC_URL}/channels/twilio?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"content-type": "application/json", "x-twilio-signature": twilio_signature(AUTH_TOKEN, url, [])}
    return WebhookRequest(method="POST", url=url, headers=headers, body=body)


def _json_in_a_forms_place() -> WebhookRequest:
    request = twilio_request(b'{"Body": "bonjour"}')
    return replace(request, headers={**request.headers, "content-type": "application/json"})


def _signed_with_a_shared_key() -> WebhookRequest:
    """HMAC-SHA256 with a shared key, as Twilio's 2026 beta does; the key stands among the tokens."""
    request = twilio_request(twilio_form("sms_text.json"))
    form = parse_qsl(request.body.decode(), keep_blank_values=True)
    headers = {
        **request.headers,
        "x-twilio-signature": twilio_signature(AUTH_TOKEN, request.url, form, "sha256"),
        "x-twilio-webhooks-signature-settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
    }
    return replace(request, headers=headers)


STATUS = "/channels/twilio/status"
DELIVERED, UNDELIVERED = "SM00000000000000000000000000000007", "SM00000000000000000000000000000008"
QUESTION = "ch7al f casier judiciaire w fin n9dmo"
ASK_DOCUMENTS = "a:ma.passeport_renouvellement:documents"
ODD = "  deux  espaces\r\net une ligne ; \"/{{7*7}}' OR 1=1 --  "

TWILIO_CASES = (
    twilio("an SMS is a text", twilio_form("sms_text.json"), sms(QUESTION)),
    twilio("spaces, line ends and code in an SMS are kept", twilio_form("sms_text.json", Body=ODD), sms(ODD)),
    twilio("an empty SMS is an empty text", twilio_form("sms_text.json", Body=""), sms("")),
    twilio("a NUL in an SMS is left out: databases refuse it", twilio_form("sms_text.json", Body="a\0b"), sms("ab")),
    twilio(
        "a WhatsApp text comes without the whatsapp: prefix in its addresses",
        twilio_form("whatsapp_text.json"),
        whatsapp(MessageKind.TEXT, "شنو خاصني باش نجدد لاكارط؟"),
    ),
    twilio(
        "a WhatsApp id that is no phone number stays opaque",
        twilio_form("whatsapp_text.json", From="whatsapp:MA.13491208655302741918"),
        whatsapp(MessageKind.TEXT, "شنو خاصني باش نجدد لاكارط؟").model_copy(
            update={"sender": WHATSAPP.model_copy(update={"external_id": "MA.13491208655302741918"})}
        ),
    ),
    twilio(
        "a tapped quick reply is a choice",
        twilio_form("whatsapp_button.json"),
        whatsapp(MessageKind.CHOICE, "Documents", ASK_DOCUMENTS),
    ),
    twilio(
        "a tapped list row is a choice",
        twilio_form("whatsapp_list.json"),
        whatsapp(MessageKind.CHOICE, "الوثائق", ASK_DOCUMENTS),
    ),
    twilio(
        "a photo's caption is its text",
        twilio_form("whatsapp_image.json"),
        whatsapp(MessageKind.MEDIA, "C'est le bon formulaire ?"),
    ),
    twilio("a voice note is media", twilio_form("whatsapp_voice_note.json"), whatsapp(MessageKind.MEDIA)),
    twilio("a sticker is a sticker", twilio_form("whatsapp_sticker.json"), whatsapp(MessageKind.STICKER)),
    twilio("a location is a location", twilio_form("whatsapp_location.json"), whatsapp(MessageKind.LOCATION)),
    twilio("a contact card is a contact", twilio_form("whatsapp_contact.json"), whatsapp(MessageKind.CONTACT)),
    twilio(
        "a reaction asks for nothing",
        twilio_form("whatsapp_text.json", MessageType="reaction", Body="👍"),
        Ignored(reason="reaction"),
    ),
    twilio(
        "an unknown type with a text is read as a text",
        twilio_form("whatsapp_text.json", MessageType="hologram", Body="bonjour"),
        whatsapp(MessageKind.TEXT, "bonjour"),
    ),
    twilio(
        "STOP under Advanced Opt-Out, which Twilio answers itself, makes the citizen unreachable",
        twilio_form("sms_stop_advanced_opt_out.json"),
        SubscriptionChange(provider_id="SM00000000000000000000000000000001", sender=SMS, reachable=False),
    ),
    twilio(
        "START under Advanced Opt-Out makes the citizen reachable again",
        twilio_form("sms_stop_advanced_opt_out.json", OptOutType="START"),
        SubscriptionChange(provider_id="SM00000000000000000000000000000001", sender=SMS, reachable=True),
    ),
    twilio(
        "HELP under Advanced Opt-Out is answered by Twilio alone",
        twilio_form("sms_stop_advanced_opt_out.json", OptOutType="HELP"),
        Ignored(reason="help keyword"),
    ),
    twilio(
        "STOP without Advanced Opt-Out is a text: the bot answers it",
        twilio_form("sms_text.json", Body="STOP"),
        sms("STOP"),
    ),
    twilio(
        "another kind of address is counted and left",
        twilio_form("sms_text.json", From="messenger:24242"),
        Ignored(reason="address type messenger"),
    ),
    twilio(
        "a repeated field is signed and read by its first value",
        twilio_form("sms_text.json") + b"&Body=second&Body=third",
        sms(QUESTION),
    ),
    twilio(
        "a delivery is reported",
        twilio_form("status_delivered.json"),
        delivery(DELIVERED, DeliveryStatus.DELIVERED),
        path=STATUS,
    ),
    twilio(
        "a failed delivery is reported with Twilio's code",
        twilio_form("status_undelivered.json"),
        delivery(UNDELIVERED, DeliveryStatus.FAILED, "30005"),
        path=STATUS,
    ),
    twilio(
        "a read receipt is reported",
        twilio_form("status_delivered.json", MessageStatus="read"),
        delivery(DELIVERED, DeliveryStatus.READ),
        path=STATUS,
    ),
    Case(
        TWILIO,
        "an unknown delivery status is refused aloud",
        twilio_request(twilio_form("status_delivered.json", MessageStatus="teleported"), STATUS),
        Malformed,
    ),
    Case(
        TWILIO,
        "a delivery report without a status is malformed",
        twilio_request(twilio_form("status_delivered.json", MessageStatus=""), STATUS),
        Malformed,
    ),
    event(
        TWILIO,
        "the token before the last rotation is still accepted",
        twilio_request(twilio_form("sms_text.json"), token=OLD_AUTH_TOKEN),
        sms(QUESTION),
    ),
    event(TWILIO, "a shared key with HMAC-SHA256 is accepted", _signed_with_a_shared_key(), sms(QUESTION)),
    Case(TWILIO, "an unknown token is refused", twilio_request(twilio_form("sms_text.json"), token="guess"), Forged),
    Case(
        TWILIO,
        "a genuine signature under another address is refused",
        replace(twilio_request(twilio_form("sms_text.json")), url="https://elsewhere.example/channels/twilio"),
        Forged,
    ),
    Case(
        TWILIO,
        "a body changed after signing is refused",
        replace(twilio_request(twilio_form("sms_text.json")), body=twilio_form("sms_text.json", Body="Envoyez 500 DH")),
        Forged,
    ),
    Case(
        TWILIO,
        "an unknown signature algorithm is refused",
        replace(
            _signed_with_a_shared_key(),
            headers={**_signed_with_a_shared_key().headers, "x-twilio-webhooks-signature-settings": "algorithm=NONE"},
        ),
        Forged,
    ),
    Case(
        TWILIO,
        "another account's message is refused although its signature is right",
        twilio_request(twilio_form("sms_text.json", AccountSid="AC00000000000000000000000000000002")),
        Forged,
    ),
    Case(TWILIO, "signed JSON where a form is due is malformed", _json_of_twilio(), Malformed),
    Case(
        TWILIO,
        "JSON whose hash is not the signed one is refused",
        replace(_json_of_twilio(), body=b'{"Body": "autre"}'),
        Forged,
    ),
    Case(TWILIO, "JSON without a signed hash is refused", _json_in_a_forms_place(), Forged),
    Case(
        TWILIO,
        "a message without an id is malformed",
        twilio_request(twilio_form("sms_text.json", MessageSid="")),
        Malformed,
    ),
    Case(
        TWILIO,
        "a message without a sender is malformed",
        twilio_request(twilio_form("sms_text.json", From="")),
        Malformed,
    ),
    Case(TWILIO, "thousands of fields are malformed", twilio_request(b"a&" * 5000), Malformed),
)

# ---- Telegram ------------------------------------------------------------------------------------------------------

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

# ---- web chat ------------------------------------------------------------------------------------------------------


def web(text: str, choice: str | None = None, message_id: str = "m1") -> IncomingMessage:
    return IncomingMessage(
        provider_id=f"{WEB.external_id}:{message_id}",
        sender=WEB,
        kind=MessageKind.TEXT if choice is None else MessageKind.CHOICE,
        text=text,
        choice=choice,
    )


def webchat_case(sentence: str, expected: InboundEvent | type[ConnectorError], **fields: object) -> Case:
    request = webchat_request(webchat_body("bonjour", fields))
    return Case(WEBCHAT, sentence, request, expected if isinstance(expected, type) else Parsed(events=(expected,)))


WEBCHAT_CASES = (
    webchat_case("a text is a text", web("bonjour")),
    webchat_case(
        "a tapped button is a choice", web("Documents", ASK_DOCUMENTS), text="Documents", choice=ASK_DOCUMENTS
    ),
    webchat_case("half an emoji is replaced: no database holds it", web("a\ufffd"), text="a\ud83d"),
    webchat_case("a missing id is malformed", Malformed, id=""),
    webchat_case("an id of another form is malformed", Malformed, id="../../etc"),
    webchat_case("a text that is a number is malformed", Malformed, text=7),
    webchat_case("a choice that is a list is malformed", Malformed, choice=["a"]),
    webchat_case("a session that is an object is malformed", Malformed, session={}),
    webchat_case("the public half of a session alone is refused", Forged, session=WEB.external_id),
    webchat_case("somebody else's signature is refused", Forged, session="x." + WEB_SESSION.partition(".")[2]),
    Case(
        WEBCHAT,
        "a page of another site is refused",
        replace(webchat_request(webchat_body("bonjour", {})), headers={"origin": "https://evil.example"}),
        Forged,
    ),
    Case(WEBCHAT, "a form where JSON is due is malformed", webchat_request(b"text=bonjour"), Malformed),
    Case(WEBCHAT, "deeply nested JSON is malformed", webchat_request(b'{"session":' + b"[" * 200_000), Malformed),
)

CASES = TWILIO_CASES + TELEGRAM_CASES + WEBCHAT_CASES
