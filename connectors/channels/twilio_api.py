"""Twilio's REST side: the official client over our guarded HTTP client, its error codes, and WhatsApp templates.

Why not the official client's own transports: its aiohttp one ignores the timeout of its constructor (run: with 0.3 s
it waited out an answer of 2 s; aiohttp's 300 s apply), its requests one needs a thread for each call, and neither says
whether a request had left when it failed. `AsyncHttpClient` is the client's documented place for another transport.
Ours is aiohttp with the guards of connectors/http.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from twilio.base.exceptions import TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from connectors.errors import Misconfigured, OptedOut, Rejected, SendError, Throttled, Uncertain, WindowClosed
from connectors.http import CheapClient, raise_for_overload
from connectors.messages import Button, Menu, OutgoingMessage, ReplyLanguage, Template

API_URL = "https://api.twilio.com"
NO_DESCRIPTION = "·"  # Twilio refuses an empty variable (error 21656)
LANGUAGES: tuple[ReplyLanguage, ...] = ("ar", "fr", "ary")
MAX_BUTTONS = 3  # of a quick reply that is no approved template
MAX_ROWS = 10  # of a list picker
LOOKED_THROUGH = 50  # newest messages to one recipient, when a lost answer is looked for

log = logging.getLogger(__name__)

# https://www.twilio.com/docs/api/errors : what a code means for us, and why, in a person's words.
ERRORS: dict[int, tuple[type[SendError], str]] = {
    14107: (Throttled, "too many replies to one number within 30 seconds"),
    20003: (Misconfigured, "account SID or auth token is wrong"),
    20005: (Misconfigured, "the account is not active"),
    20006: (Misconfigured, "these credentials may not send messages"),
    20404: (Misconfigured, "no such account or resource"),
    20429: (Throttled, "too many requests at once; this one was not processed"),
    21211: (Rejected, "the recipient's number is not valid"),
    21212: (Misconfigured, "our sender number is not valid"),
    21408: (Misconfigured, "the account may not send to this country"),
    21601: (Misconfigured, "our sender cannot send SMS"),
    21602: (Rejected, "the message has no text"),
    21603: (Misconfigured, "the sender is missing"),
    21604: (Rejected, "the recipient is missing"),
    21606: (Misconfigured, "our sender does not belong to the account or cannot send there"),
    21608: (Rejected, "a trial account writes to verified numbers only"),
    21610: (OptedOut, "the recipient sent STOP"),
    21611: (Throttled, "our sender's queue is full"),
    21612: (Rejected, "no route from our sender to this recipient"),
    21614: (Rejected, "the recipient's number cannot receive SMS"),
    21617: (Rejected, "the text is longer than 1,600 characters"),
    21654: (Misconfigured, "a template is needed but its ContentSid is missing"),
    21655: (Misconfigured, "the ContentSid is not valid"),
    21656: (Rejected, "the template's variables are not valid"),
    21658: (Rejected, "the text or a variable is longer than 1,600 characters"),
    21660: (Misconfigured, "our sender belongs to another account"),
    21703: (Misconfigured, "the messaging service has no sender"),
    30001: (Throttled, "our sender's queue is full"),
    30002: (Misconfigured, "the account is suspended"),
    63003: (Rejected, "no such recipient on WhatsApp"),
    63007: (Misconfigured, "our sender is no WhatsApp sender of the account"),
    63013: (Rejected, "refused by WhatsApp's policy"),
    63016: (WindowClosed, "the citizen wrote more than 24 hours ago; only an approved template may be sent"),
    63017: (Throttled, "the account sends too much at once"),
    63018: (Throttled, "WhatsApp asks our sender to slow down"),
    63024: (Rejected, "no such recipient on WhatsApp"),
    63028: (Misconfigured, "the template has another number of variables"),
}

# The same for answers without a code in the table.
STATUSES: dict[int, type[SendError]] = {401: Misconfigured, 403: Misconfigured, 404: Misconfigured}


def failure(status: int, code: int | None) -> SendError:
    """The member of the closed set for an HTTP status and Twilio's own error code. An unknown code is named as such."""
    if code in ERRORS:
        kind, reason = ERRORS[code]
        return kind(f"twilio {code}: {reason}")
    log.error("twilio error code that is not in the table", extra={"status": status, "code": code})
    return STATUSES.get(status, Rejected)(f"http {status}, twilio code {code} is not in the table")


class TwilioApi:
    """Sends messages through one account. `account_sid` and `auth_token` as in Twilio's console."""

    def __init__(self, account_sid: str, auth_token: str, api_url: str | None, read_seconds: float) -> None:
        self._transport = _Transport(api_url or API_URL, read_seconds)
        environment = {"TWILIO_ACCOUNT_SID": account_sid}  # given, so that the client does not read the real one
        self._client = Client(account_sid, auth_token, http_client=self._transport, environment=environment)
        if api_url:
            self._client.api.base_url = api_url.rstrip("/")

    async def create(self, parameters: Mapping[str, str]) -> str:
        """Create a message; its SID. `parameters` are those of `messages.create`. Raises a `SendError`."""
        try:
            created = await self._client.messages.create_async(**parameters)
        except (TwilioRestException, TwilioServiceException) as error:
            raise failure(error.status, error.code) from None  # its text holds the recipient's number
        except (ValueError, AttributeError):
            raise Uncertain("the answer is not Twilio's JSON") from None
        if not created.sid:
            raise Uncertain("the answer names no message SID")
        return str(created.sid)

    async def find(self, to: str, sender: str, text: str, since: datetime) -> tuple[str, ...]:
        """SIDs of our messages with this text that Twilio accepted since then, oldest first. Raises a `SendError`.

        A message that is not sent yet has no date, and Twilio leaves it out of a filter by date: filtered here.
        """
        try:
            found = await self._client.messages.list_async(to=to, from_=sender, limit=LOOKED_THROUGH)
        except (TwilioRestException, TwilioServiceException) as error:
            raise failure(error.status, error.code) from None
        except (ValueError, AttributeError, TypeError):
            raise Uncertain("the answer is not Twilio's JSON") from None
        mine = [one for one in found if one.body == text and one.date_created and one.date_created >= since]
        return tuple(str(one.sid) for one in sorted(mine, key=lambda one: one.date_created))

    async def close(self) -> None:
        await self._transport.close()


class _Transport(AsyncHttpClient):  # type: ignore[misc]  # twilio ships no types
    """Carries the official client's requests."""

    def __init__(self, api_url: str, read_seconds: float) -> None:
        super().__init__(log, is_async=True)
        self._http = CheapClient(api_url, read=read_seconds)

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the client's signature; the limits are CheapClient's
        allow_redirects: bool = False,  # noqa: ARG002 - never
    ) -> Response:
        answer = await self._http.request(method, url, params=params, data=data, headers=headers, auth=auth)
        raise_for_overload(answer)
        return Response(answer.status_code, answer.text, answer.headers)

    async def close(self) -> None:
        await self._http.close()


# ---- templates -----------------------------------------------------------------------------------------------------


class Templates:
    """The stored Content templates of WhatsApp: its buttons and menus, and the approved texts.

    See connectors/channels/twilio.py.
    """

    def __init__(self, content_sids: Mapping[str, str]) -> None:
        self._sids = dict(content_sids)
        self.max_buttons = self._largest("quick-reply", 1, MAX_BUTTONS)
        self.max_rows = self._largest("list-picker", self.max_buttons + 1, MAX_ROWS)

    def parameters(self, message: OutgoingMessage) -> dict[str, str]:
        """`content_sid` and `content_variables` for a message that is a template or has buttons or a menu."""
        if message.template is not None:
            return self._approved(message.template, message.language)
        if message.menu is not None:
            kind, size, values = "list-picker", len(message.menu.rows), _menu_values(message.text, message.menu)
        else:
            kind, size, values = "quick-reply", len(message.buttons), _button_values(message.text, message.buttons)
        sid = self._sid(kind, size, message.language)
        if sid is None:
            raise Misconfigured(f"no ContentSid for {kind}-{size}-{message.language}")
        return {"content_sid": sid, "content_variables": _encoded(values)}

    def _approved(self, template: Template, language: ReplyLanguage) -> dict[str, str]:
        sid = self._sid("template", template.name, language)
        if sid is None:
            raise Misconfigured(f"no ContentSid for template-{template.name}-{language}")
        variables = {"content_variables": _encoded(template.variables)} if template.variables else {}
        return {"content_sid": sid, **variables}

    def _largest(self, kind: str, smallest: int, largest: int) -> int:
        """The size up to which every size has a template in every language; 0 when not even `smallest` has."""
        size = smallest
        while size <= largest and all(self._sid(kind, size, language) for language in LANGUAGES):
            size += 1
        return size - 1 if size > smallest else 0

    def _sid(self, kind: str, which: int | str, language: ReplyLanguage) -> str | None:
        own = self._sids.get(f"{kind}-{which}-{language}")
        return self._sids.get(f"{kind}-{which}-ar") if own is None and language == "ary" else own


def _encoded(values: Sequence[str]) -> str:
    """`content_variables`: the values numbered from 1."""
    variables = {str(number): value for number, value in enumerate(values, start=1)}
    # A plain apostrophe is reported to give error 21656; its escape is the same JSON.
    return json.dumps(variables, ensure_ascii=False).replace("'", "\\u0027")


def _button_values(text: str, buttons: tuple[Button, ...]) -> list[str]:
    return [text, *(value for button in buttons for value in (button.title, button.id))]


def _menu_values(text: str, menu: Menu) -> list[str]:
    rows = (value for row in menu.rows for value in (row.title, row.id, row.description or NO_DESCRIPTION))
    return [text, menu.button, *rows]
