"""Twilio: SMS and WhatsApp through one account, one webhook and one signature.

Webhooks: https://www.twilio.com/docs/messaging/guides/webhook-request (messages) and
https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks (delivery).
Addresses: `external_id` and `namespace` are without the `whatsapp:` prefix; `medium` says which of the two it is.

WhatsApp shows buttons and menus only from Content templates stored at Twilio. Each is created once, without approval
(they are sent within the 24-hour window only), and named in `content_sids` by kind, number of choices and language. So
are the approved texts that are sent outside the window:

    "quick-reply-3-fr" → twilio/quick-reply, variables: "1" text, then "2" title "3" id, "4" title "5" id, ...
    "list-picker-6-ar" → twilio/list-picker, variables: "1" text, "2" the button that opens the list, then for each
                         row "3" item "4" id "5" description, "6" item "7" id "8" description, ...

    "template-reply_waiting-fr" → twilio/text with the text of connectors/templates.yaml, approved by WhatsApp: for
                         messages outside the 24-hour window

Darija (`ary`) uses the `ar` template where it has none of its own. A size is used only when all smaller sizes exist in
every language; without templates, choices are numbered in the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from connectors.channel import Limits, Pace, Parsed, Recovery, WebhookRequest
from connectors.channels.twilio_api import ERRORS, Templates, TwilioApi
from connectors.channels.twilio_signature import Form, Signatures, matches_hash, read_form
from connectors.errors import Forged, Malformed, Misconfigured
from connectors.http import READ_SECONDS
from connectors.messages import (
    Address,
    DeliveryReport,
    DeliveryStatus,
    Ignored,
    InboundEvent,
    IncomingMessage,
    Medium,
    MessageKind,
    OutgoingMessage,
    Sent,
    SubscriptionChange,
)

NAME = "twilio"
MAX_CHARS = 1600  # of Body, SMS and WhatsApp alike
TEMPLATE_CHARS = 1024  # of a template's text
STATUS_PATH = f"/channels/{NAME}/status"

_WHATSAPP = "whatsapp:"
BURST = 10
# 80 messages a second from one sender; one in six seconds to one person, after a burst (Meta's pair rate limit).
WHATSAPP_PACE = Pace(per_second=80, burst=80, recipient_s=6.0, recipient_burst=10)

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES: dict[str, DeliveryStatus] = {
    "accepted": DeliveryStatus.ACCEPTED,
    "scheduled": DeliveryStatus.ACCEPTED,
    "queued": DeliveryStatus.ACCEPTED,
    "sending": DeliveryStatus.ACCEPTED,
    "sent": DeliveryStatus.SENT,
    "partially_delivered": DeliveryStatus.SENT,  # some of several recipients or parts: not yet delivered
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}

# WhatsApp's own word for what came, where it is neither text nor told by another field.
_KINDS: dict[str, MessageKind] = {
    "sticker": MessageKind.STICKER,
    "contacts": MessageKind.CONTACT,
    "location": MessageKind.LOCATION,
    "unsupported": MessageKind.UNSUPPORTED,
}
_CONTACT_CARDS = ("text/vcard", "text/x-vcard", "text/directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioConfig:
    """One account. `auth_tokens`: the first one sends; all are accepted on webhooks, so that a token can be rotated.

    `sms_from`, `whatsapp_from`: who writes first; a reply leaves from the number that was written to.
    `public_url`: our own address as Twilio calls it, without a path. `api_url`: a local provider instead of Twilio.
    `read_seconds`: how long an answer may take before it counts as lost. `sms_per_second`: of one SMS sender; None
    leaves it to Twilio's own queue.
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    public_url: str
    sms_from: str | None = None
    whatsapp_from: str | None = None
    api_url: str | None = None
    content_sids: Mapping[str, str] = field(default_factory=dict)
    read_seconds: float = READ_SECONDS
    sms_per_second: float | None = None


class Twilio:
    """The adapter. Holds one connection pool."""

    def __init__(self, config: TwilioConfig) -> None:
        if not config.auth_tokens:
            raise ValueError("TwilioConfig.auth_tokens is empty: no webhook could be verified")
        self._account_sid = config.account_sid
        self._signatures = Signatures(config.auth_tokens)
        self._senders = {
            Medium.SMS: config.sms_from or "",
            Medium.WHATSAPP: (config.whatsapp_from or "").removeprefix(_WHATSAPP),
        }
        self._status_url = config.public_url.rstrip("/") + STATUS_PATH
        self._templates = Templates(config.content_sids)
        self._sms_per_second = config.sms_per_second
        self._api = TwilioApi(config.account_sid, config.auth_tokens[0], config.api_url, config.read_seconds)

    @property
    def name(self) -> str:
        return NAME

    @property
    def limits(self) -> Mapping[Medium, Limits]:
        whatsapp = Limits(
            max_chars=MAX_CHARS,
            max_buttons=self._templates.max_buttons,
            max_rows=self._templates.max_rows,
            interactive_chars=TEMPLATE_CHARS,
        )
        return {Medium.SMS: Limits(max_chars=MAX_CHARS, sms=True), Medium.WHATSAPP: whatsapp}

    @property
    def pace(self) -> Mapping[Medium, Pace]:
        return {Medium.SMS: Pace(per_second=self._sms_per_second, burst=BURST), Medium.WHATSAPP: WHATSAPP_PACE}

    @property
    def recovery(self) -> Recovery:
        return Recovery.LOOK_UP

    # ---- in --------------------------------------------------------------------------------------------------------

    def screen(self, headers: Mapping[str, str]) -> None:
        self._signatures.screen(headers)

    def verify(self, request: WebhookRequest) -> None:
        if _is_json(request):
            _verify_hash(request)
            self._signatures.check(request.url, "", request.headers)
            return
        form = read_form(request.body)
        self._signatures.check(request.url, form.signed(), request.headers)
        if form.one("AccountSid") not in ("", self._account_sid):
            raise Forged("another account")

    def parse(self, request: WebhookRequest) -> Parsed:
        if _is_json(request):
            raise Malformed("JSON where a form is due")
        form = read_form(request.body)
        if urlsplit(request.url).path.endswith("/status"):
            return Parsed(events=(_delivery(form),))
        return Parsed(events=(_event(form),))

    # ---- out -------------------------------------------------------------------------------------------------------

    async def send(self, message: OutgoingMessage, reference: str = "") -> Sent:  # noqa: ARG002 - no such field
        to, sender = self._ends(message.to)
        parameters = {"to": to, "from_": sender, "status_callback": self._status_url}
        parameters |= self._templates.parameters(message) if _stored(message) else {"body": message.text}
        return Sent(provider_message_id=await self._api.create(parameters))

    async def find(self, message: OutgoingMessage, since: datetime) -> tuple[str, ...]:
        to, sender = self._ends(message.to)
        return await self._api.find(to, sender, message.text, since)

    async def close(self) -> None:
        await self._api.close()

    def _ends(self, address: Address) -> tuple[str, str]:
        """Recipient and sender as Twilio writes them. A reply leaves from where the question arrived."""
        sender = address.namespace or self._senders[address.medium]
        if not sender:
            raise Misconfigured(f"no sender for {address.medium}")
        prefix = _WHATSAPP if address.medium is Medium.WHATSAPP else ""
        return prefix + address.external_id, prefix + sender


def _stored(message: OutgoingMessage) -> bool:
    """Whether it goes out as a Content template. An SMS needs none to be sent at any time."""
    approved = message.template is not None and message.to.medium is Medium.WHATSAPP
    return approved or bool(message.buttons) or message.menu is not None


def _is_json(request: WebhookRequest) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _verify_hash(request: WebhookRequest) -> None:
    """Of a JSON body the signature covers the hash, which is in the URL."""
    hashes = parse_qs(urlsplit(request.url).query).get("bodySHA256")
    if not hashes or not matches_hash(request.body, hashes[0]):
        raise Forged("JSON without its hash in bodySHA256")


def _delivery(form: Form) -> DeliveryReport:
    status = form.needed("MessageStatus")
    if status not in STATUSES:
        raise Malformed(f"unknown MessageStatus {status[:40]!r}")
    code = form.one("ErrorCode")
    known = ERRORS.get(int(code)) if re.fullmatch(r"[0-9]{1,9}", code) else None
    return DeliveryReport(
        channel=NAME,
        provider_message_id=form.needed("MessageSid"),
        status=STATUSES[status],
        error_code=code or None,
        failure=known[0].code if known else None,
    )


def _event(form: Form) -> InboundEvent:
    provider_id, to, sender = form.needed("MessageSid"), form.needed("To"), form.needed("From")
    medium = Medium.WHATSAPP if sender.startswith(_WHATSAPP) else Medium.SMS
    address = Address(
        channel=NAME,
        medium=medium,
        namespace=to.removeprefix(_WHATSAPP),
        external_id=sender.removeprefix(_WHATSAPP),
    )
    if medium is Medium.SMS and ":" in sender:
        return Ignored(reason=f"address type {sender.partition(':')[0][:20]}")
    match form.one("OptOutType"):  # Advanced Opt-Out: Twilio has already answered this keyword itself
        case "STOP" | "START" as keyword:
            return SubscriptionChange(provider_id=provider_id, sender=address, reachable=keyword == "START")
        case "HELP":
            return Ignored(reason="help keyword")
    if form.one("MessageType") == "reaction":
        return Ignored(reason="reaction")
    choice = form.one("ButtonPayload") or form.one("ListId")
    return IncomingMessage(
        provider_id=provider_id,
        sender=address,
        kind=MessageKind.CHOICE if choice else _kind(form),
        text=_text(form),
        choice=choice or None,
    )


def _text(form: Form) -> str:
    return form.one("Body") or form.one("ButtonText") or form.one("ListTitle")


def _kind(form: Form) -> MessageKind:
    """What came. A caption is in Body beside the media."""
    if form.one("Latitude"):
        return MessageKind.LOCATION
    if form.one("NumMedia") not in ("", "0"):
        is_card = form.one("MediaContentType0").partition(";")[0].lower() in _CONTACT_CARDS
        return MessageKind.CONTACT if is_card else _KINDS.get(form.one("MessageType"), MessageKind.MEDIA)
    return _KINDS.get(form.one("MessageType"), MessageKind.TEXT)
