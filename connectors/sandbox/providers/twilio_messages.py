"""Twilio's message resource: what a POST asks for, what refuses it, how it looks as JSON.

Codes: https://www.twilio.com/docs/api/errors. A request refused here answers HTTP 400 with the code; a message that
WhatsApp itself would refuse is accepted and fails afterwards, in its status callback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.providers import twilio_content
from connectors.sandbox.providers.twilio_webhooks import API_VERSION, new_sid
from connectors.sms_text import segments

MAX_BODY = 1600  # characters
INVALID_CONTENT = 63021
OUTSIDE_WINDOW = 63016
UNREACHABLE = 30003
_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_TEMPLATES = twilio_content.all_templates()


class ApiError(Exception):
    """Twilio answers this call with an error instead of a message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Order:
    """A POST that Twilio accepts. `error` is the code with which the message will fail later."""

    to: str
    sender: str
    content: twilio_content.Filled
    status_callback: str
    error: int | None = None

    @property
    def whatsapp(self) -> bool:
        return self.to.startswith("whatsapp:")

    @property
    def number(self) -> str:
        return self.to.removeprefix("whatsapp:")


def read_order(form: Mapping[str, str], config: SandboxConfig) -> Order:
    """What the form of `POST Messages.json` asks for; raise `ApiError`."""
    to, sender = form.get("To", ""), form.get("From", "")
    if not to:
        raise ApiError(21604, "A 'To' phone number is required.")
    if not sender:
        raise ApiError(21603, "A 'From' phone number is required.")
    if not _E164.match(to.removeprefix("whatsapp:")):
        raise ApiError(21211, f"Invalid 'To' Phone Number: {to}")
    _check_sender(to, sender, config)
    callback = form.get("StatusCallback", "")
    if callback and not callback.startswith(("http://", "https://")):
        raise ApiError(21609, f"Invalid 'StatusCallback' URL: {callback}")
    try:
        content, error = _content(form), None
    except twilio_content.ContentError:
        content, error = twilio_content.Filled(""), INVALID_CONTENT
    return Order(to, sender, content, callback, error)


def template(sid: str) -> twilio_content.Template | twilio_content.Approved | None:
    return _TEMPLATES.get(sid)


def resource(order: Order, config: SandboxConfig, now: datetime) -> dict[str, Any]:
    """The new message as Twilio's JSON."""
    sid = new_sid("SM")
    path = f"/{API_VERSION}/Accounts/{config.twilio_account_sid}/Messages/{sid}"
    count = 1 if order.whatsapp else segments(order.content.body).segments
    return {
        "account_sid": config.twilio_account_sid,
        "api_version": API_VERSION,
        "body": order.content.body,
        "date_created": rfc2822(now),
        "date_sent": None,
        "date_updated": rfc2822(now),
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": order.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(count),
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "queued",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "tags": None,
        "to": order.to,
        "uri": f"{path}.json",
    }


def rfc2822(moment: datetime) -> str:
    """Twilio's dates: `Sun, 22 Nov 2026 10:00:00 +0000`."""
    return format_datetime(moment.astimezone(UTC))


def _check_sender(to: str, sender: str, config: SandboxConfig) -> None:
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise ApiError(21910, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel")
    if sender.startswith("whatsapp:") and sender != f"whatsapp:{config.twilio_whatsapp_from}":
        raise ApiError(63007, "Twilio could not find a Channel with the specified From address")
    if not sender.startswith("whatsapp:") and sender != config.twilio_sms_from:
        raise ApiError(
            21606, f"The 'From' phone number provided ({sender}) is not a valid message-capable Twilio number"
        )


def _content(form: Mapping[str, str]) -> twilio_content.Filled:
    content_sid, body = form.get("ContentSid", ""), form.get("Body", "")
    if content_sid:
        stored = template(content_sid)
        if stored is None:
            raise ApiError(21655, "The ContentSid is Invalid")
        if not form["To"].startswith("whatsapp:"):
            raise twilio_content.ContentError("SMS carries no buttons")
        try:
            return stored.fill(form.get("ContentVariables", ""))
        except twilio_content.VariablesError as error:
            raise ApiError(21656, "The ContentVariables Parameter is invalid") from error
    if not body:
        raise ApiError(21619, "A text message body or media urls must be specified.")
    if len(body) > MAX_BODY:
        raise ApiError(21617, "The concatenated message body exceeds the 1600 character limit")
    return twilio_content.Filled(body)
