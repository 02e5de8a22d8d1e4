"""What the Twilio adapter makes of what Twilio sends."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from urllib.parse import parse_qsl

from connectors.channel import WebhookRequest
from connectors.errors import Forged, Malformed
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
from tests.contracts.channel_case import Case, event
from tests.contracts.channel_subjects import (
    AUTH_TOKEN,
    OLD_AUTH_TOKEN,
    PUBLIC_URL,
    TWILIO,
    twilio_form,
    twilio_request,
    twilio_signature,
)

SMS = Address(channel="twilio", medium=Medium.SMS, namespace="+15005550006", external_id="+212600000001")
WHATSAPP = Address(channel="twilio", medium=Medium.WHATSAPP, namespace="+15005550006", external_id="+212600000002")


def sms(text: str, kind: MessageKind = MessageKind.TEXT) -> IncomingMessage:
    return IncomingMessage(provider_id="SM00000000000000000000000000000001", sender=SMS, kind=kind, text=text)


def whatsapp(kind: MessageKind, text: str = "", choice: str | None = None) -> IncomingMessage:
    return IncomingMessage(
        provider_id="SM00000000000000000000000000000002", sender=WHATSAPP, kind=kind, text=text, choice=choice
    )


def delivery(
    sid: str, status: DeliveryStatus, error_code: str | None = None, failure: str | None = None
) -> DeliveryReport:
    return DeliveryReport(
        channel="twilio", provider_message_id=sid, status=status, error_code=error_code, failure=failure
    )


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
        "a message refused outside WhatsApp's window is told so",
        twilio_form("status_undelivered.json", MessageStatus="failed", ErrorCode="63016"),
        delivery(UNDELIVERED, DeliveryStatus.FAILED, "63016", "window_closed"),
        path=STATUS,
    ),
    twilio(
        "a code longer than any is handed on",
        twilio_form("status_undelivered.json", ErrorCode="9" * 5000),
        delivery(UNDELIVERED, DeliveryStatus.FAILED, "9" * 5000),
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
