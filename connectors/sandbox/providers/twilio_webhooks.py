"""What Twilio tells a customer's server: incoming messages and delivery states, as signed forms.

Fields: https://www.twilio.com/docs/messaging/guides/webhook-request. Empty ones are sent, not left out: the signature
covers them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.phones import Bubble, BubbleKind, Handset, HandsetName, Option
from connectors.sandbox.webhooks import Webhook

API_VERSION = "2010-04-01"
PROFILE_NAME = "Nour"  # the invented citizen's name on WhatsApp
_GEOGRAPHY = tuple(f"{end}{what}" for end in ("From", "To") for what in ("City", "State", "Zip"))
_COUNTRY = {"ma": "MA", "dz": "DZ", "mr": "MR"}
_MEDIA_TYPE = {BubbleKind.PHOTO: "image/jpeg", BubbleKind.STICKER: "image/webp"}
_RABAT = {"Latitude": "34.0209", "Longitude": "-6.8416", "Address": "", "Label": ""}

Form = dict[str, str]


def new_sid(prefix: str) -> str:
    """A Twilio identifier: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def signed(config: SandboxConfig, url: str, form: Mapping[str, str], reference: str) -> Webhook:
    """`form` as Twilio posts it to `url` (the public address), with `X-Twilio-Signature`."""
    signature = RequestValidator(config.twilio_auth_token).compute_signature(url, dict(form))
    return Webhook(
        url=config.delivery_url(url),
        headers={
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "X-Twilio-Signature": signature,
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        },
        body=urlencode(form).encode(),
        reference=reference,
    )


def incoming(config: SandboxConfig, phone: Handset, sid: str, text: str, segments: int) -> Form:
    """The fields that every incoming message has."""
    form = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": config.twilio_account_sid,
        "From": phone.address,
        "To": config.twilio_sms_from,
        "Body": text,
        "NumMedia": "0",
        "NumSegments": str(segments),
        "SmsStatus": "received",
        "ApiVersion": API_VERSION,
    }
    if phone.name is HandsetName.WHATSAPP:
        form |= {
            "From": f"whatsapp:{phone.address}",
            "To": f"whatsapp:{config.twilio_whatsapp_from}",
            "ProfileName": PROFILE_NAME,
            "WaId": phone.address.removeprefix("+"),
            "MessageType": "text",
            "ReferralNumMedia": "0",
        }
        return form | {"ChannelMetadata": _metadata(phone)}
    return form | dict.fromkeys(_GEOGRAPHY, "") | {"FromCountry": _COUNTRY[phone.country], "ToCountry": "MA"}


def tapped(config: SandboxConfig, form: Form, offered: Bubble, option: Option) -> Form:
    """`form` as it is when the citizen tapped a quick reply or a row of a list picker."""
    form = form | {
        "MessageType": "interactive",
        "OriginalRepliedMessageSender": f"whatsapp:{config.twilio_whatsapp_from}",
        "OriginalRepliedMessageSid": offered.provider_id,
    }
    if offered.menu is not None:
        return form | {"ListId": option.id, "ListTitle": option.title}
    return form | {"ButtonPayload": option.id, "ButtonText": option.title}


def media(config: SandboxConfig, form: Form, kind: BubbleKind) -> Form:
    """`form` as it is when the citizen shared a photo, a sticker or a place (the centre of Rabat)."""
    if kind is BubbleKind.LOCATION:
        return form | _RABAT | {"MessageType": "location"}
    account = f"https://api.twilio.com/{API_VERSION}/Accounts/{config.twilio_account_sid}"
    shared = {
        "NumMedia": "1",
        "MediaUrl0": f"{account}/Messages/{form['MessageSid']}/Media/{new_sid('ME')}",
        "MediaContentType0": _MEDIA_TYPE[kind],
    }
    if "MessageType" in form:
        shared["MessageType"] = "image" if kind is BubbleKind.PHOTO else "sticker"
    return form | shared


def status(config: SandboxConfig, message: Mapping[str, object], state: str, error: int | None) -> Form:
    """A delivery callback for the message resource `message`."""
    form = {
        "MessageSid": str(message["sid"]),
        "SmsSid": str(message["sid"]),
        "MessageStatus": state,
        "SmsStatus": state,
        "AccountSid": config.twilio_account_sid,
        "From": str(message["from"]),
        "To": str(message["to"]),
        "ApiVersion": API_VERSION,
    }
    if form["To"].startswith("whatsapp:"):
        form |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": form["To"], "ChannelInstallSid": new_sid("XE")}
    return form | ({"ErrorCode": str(error)} if error is not None else {})


def _metadata(phone: Handset) -> str:
    context = {"ProfileName": PROFILE_NAME, "WaId": phone.address.removeprefix("+")}
    return json.dumps({"type": "whatsapp", "data": {"context": context}}, separators=(",", ":"))
