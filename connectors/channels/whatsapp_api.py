"""Meta's REST side of WhatsApp: what one message is there, and what its error codes mean.

https://developers.facebook.com/documentation/business-messaging/whatsapp/ (messages, support/error-codes). Read there
or at two of Meta's partners: the shapes, the codes and that a business-scoped user id goes into `recipient`, a phone
number into `to`. Supposed, never tried on a real account: that `recipient` alone needs no `recipient_type` of its own,
and that a 5xx may have been processed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic import BaseModel, Field, ValidationError

from connectors.errors import Misconfigured, OptedOut, Rejected, SendError, Throttled, Uncertain, WindowClosed
from connectors.http import http_client, raise_for_overload, send_errors
from connectors.messages import Menu, OutgoingMessage, Template

API_URL = "https://graph.facebook.com/v26.0"

log = logging.getLogger(__name__)

# What a code means for us, and why, in a person's words. Codes of media, flows, groups and registration are not here:
# Dalil makes no such call.
ERRORS: dict[int, tuple[type[SendError], str]] = {
    0: (Misconfigured, "the access token is not accepted"),
    1: (Uncertain, "an error of Meta's that it does not name"),
    2: (Uncertain, "Meta's service is down for a while"),
    3: (Misconfigured, "the app may not do this"),
    4: (Throttled, "the app calls too often"),
    10: (Misconfigured, "the access token lacks a permission, or it was taken away"),
    33: (Misconfigured, "our phone number id does not exist (any more)"),
    100: (Rejected, "a field is wrong or not known"),
    190: (Misconfigured, "the access token has expired"),
    368: (Misconfigured, "the account is blocked for a breach of policy"),
    80007: (Throttled, "the WhatsApp account calls too often"),
    130429: (Throttled, "our number sends too fast"),
    130472: (Rejected, "the recipient takes part in an experiment of Meta's and is left out"),
    130497: (Misconfigured, "the account may not write to this country"),
    131000: (Uncertain, "an error of Meta's that it does not name"),
    131005: (Misconfigured, "the access token lacks a permission, or it was taken away"),
    131008: (Rejected, "a field is missing"),
    131009: (Rejected, "a field's value is not valid"),
    131016: (Uncertain, "Meta's service is down for a while"),
    131021: (Rejected, "the recipient is our own number"),
    131026: (Rejected, "the recipient has no WhatsApp, an old one, or has not agreed to its terms"),
    131031: (Misconfigured, "the account is locked"),
    131037: (Misconfigured, "our number's display name is not approved"),
    131042: (Misconfigured, "something is wrong with the payment"),
    131045: (Misconfigured, "our number is not registered rightly"),
    131047: (WindowClosed, "the citizen wrote more than 24 hours ago; only an approved template may be sent"),
    131048: (Throttled, "too many of our messages were blocked or reported; sending is limited"),
    131049: (Rejected, "Meta holds back marketing from this recipient"),
    131050: (OptedOut, "the recipient wants no more marketing from us"),
    131051: (Rejected, "this type of message is not supported"),
    131052: (Rejected, "media could not be read"),
    131053: (Rejected, "media could not be stored"),
    131056: (Throttled, "too many messages to this recipient at once"),
    131057: (Throttled, "our number is being moved at Meta, for some minutes"),
    131062: (Rejected, "this message cannot go to a business-scoped user id"),
    132000: (Misconfigured, "the template has another number of variables"),
    132001: (Misconfigured, "no such template in this language, or it is not approved"),
    132005: (Rejected, "the template is too long with its variables"),
    132007: (Misconfigured, "the template breaks a policy"),
    132012: (Misconfigured, "the template's variables have another form"),
    132015: (Misconfigured, "the template is paused for its quality"),
    132016: (Misconfigured, "the template is disabled for its quality"),
    133010: (Misconfigured, "our number is not registered"),
    135000: (Rejected, "Meta refuses the message and does not say why"),
}
PERMISSIONS = range(200, 300)

# The same for answers without a code in the table.
STATUSES: dict[int, type[SendError]] = {401: Misconfigured, 403: Misconfigured, 404: Misconfigured}


def meaning(code: int | None) -> tuple[type[SendError], str] | None:
    """The member of the closed set for a code of Meta's, and why; None where we do not know the code."""
    if code in PERMISSIONS:
        return Misconfigured, "the access token lacks a permission, or it was taken away"
    return None if code is None else ERRORS.get(code)


def failure(status: int, code: int | None) -> SendError:
    """The error for an HTTP status and Meta's code. An unknown code is named as such."""
    if (known := meaning(code)) is not None:
        kind, reason = known
        return kind(f"meta {code}: {reason}")
    log.error("meta error code that is not in the table", extra={"status": status, "code": code})
    return STATUSES.get(status, Rejected)(f"http {status}, meta code {code} is not in the table")


# ---- one message ---------------------------------------------------------------------------------------------------


def content(message: OutgoingMessage, templates: Mapping[str, str]) -> dict[str, Any]:
    """The body of the request, without its reference. `templates`: our names of templates → Meta's."""
    external_id = message.to.external_id
    to = {"to": external_id.removeprefix("+")} if external_id.startswith("+") else {"recipient": external_id}
    envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", **to}
    if message.template is not None:
        return envelope | {"type": "template", "template": _template(message.template, message.language, templates)}
    if message.menu is not None:
        return envelope | {"type": "interactive", "interactive": _list(message.text, message.menu)}
    if message.buttons:
        return envelope | {"type": "interactive", "interactive": _buttons(message)}
    return envelope | {"type": "text", "text": {"preview_url": False, "body": message.text}}


def _buttons(message: OutgoingMessage) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": button.id, "title": button.title}} for button in message.buttons]
    return {"type": "button", "body": {"text": message.text}, "action": {"buttons": buttons}}


def _list(text: str, menu: Menu) -> dict[str, Any]:
    rows = [
        {"id": row.id, "title": row.title} | ({"description": row.description} if row.description else {})
        for row in menu.rows
    ]
    return {"type": "list", "body": {"text": text}, "action": {"button": menu.button, "sections": [{"rows": rows}]}}


def _template(template: Template, language: str, names: Mapping[str, str]) -> dict[str, Any]:
    code = "ar" if language == "ary" else language  # WhatsApp knows no code for Darija
    stored: dict[str, Any] = {"name": names.get(template.name, template.name), "language": {"code": code}}
    if template.variables:
        parameters = [{"type": "text", "text": value} for value in template.variables]
        stored["components"] = [{"type": "body", "parameters": parameters}]
    return stored


# ---- the call ------------------------------------------------------------------------------------------------------


class _Sent(BaseModel):
    id: str = Field(min_length=1)


class _Accepted(BaseModel):
    messages: list[_Sent] = Field(min_length=1)


class _Error(BaseModel):
    code: int


class _Refused(BaseModel):
    error: _Error


class GraphApi:
    """Sends messages with one access token."""

    def __init__(self, access_token: str, api_url: str, read_seconds: float) -> None:
        self._api_url = api_url.rstrip("/")
        self._http = http_client(self._api_url, read=read_seconds)
        self._headers = {"Authorization": f"Bearer {access_token}"}

    async def create(self, phone_number_id: str, body: Mapping[str, Any]) -> str:
        """Send a message from `phone_number_id`; its wamid. Raises a `SendError`."""
        with send_errors():
            answer = await self._http.post(
                f"{self._api_url}/{phone_number_id}/messages", json=body, headers=self._headers
            )
        raise_for_overload(answer)
        if not answer.is_success:
            raise failure(answer.status_code, _code(answer))
        try:
            return _Accepted.model_validate_json(answer.content).messages[0].id
        except ValidationError:
            raise Uncertain("the answer is not Meta's JSON with a message id") from None

    async def close(self) -> None:
        await self._http.aclose()


def _code(answer: httpx2.Response) -> int | None:
    try:
        return _Refused.model_validate_json(answer.content).error.code
    except ValidationError:
        return None
