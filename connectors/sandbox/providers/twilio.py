"""A local Twilio: the REST calls that Dalil makes, the webhooks that Twilio makes, over the real HTTP protocol.

POST /2010-04-01/Accounts/{sid}/Messages.json        send (form, basic authentication)
GET  /2010-04-01/Accounts/{sid}/Messages.json        list, newest first (To, From, DateSent filters)
GET  /2010-04-01/Accounts/{sid}/Messages/{sid}.json  fetch
GET  /v1/Content/{sid}                               a stored template

A number that is none of the sandbox's handsets is taken for a telephone somewhere: its messages are delivered, and
WhatsApp's window counts as open. STOP and START are handled as Twilio does by default for an ordinary number.
TwiML in the answer to a webhook is not acted upon: Dalil sends none.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from collections import OrderedDict
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.faults import FaultKind, Faults, hang_up, never_answer
from connectors.sandbox.phones import Bubble, BubbleKind, Handset, HandsetName, Option, Phones, Status
from connectors.sandbox.providers import twilio_messages as messages
from connectors.sandbox.providers import twilio_webhooks as webhook
from connectors.sandbox.providers.twilio_messages import ApiError, Order
from connectors.sandbox.webhooks import Webhooks

KEEP = 5000  # message resources remembered
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})
_STOPPED = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
_STARTED = (
    "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
_FAILS_LATER = {FaultKind.WINDOW: messages.OUTSIDE_WINDOW, FaultKind.UNREACHABLE: messages.UNREACHABLE}


class TwilioProvider:
    def __init__(self, config: SandboxConfig, phones: Phones, webhooks: Webhooks, faults: Faults) -> None:
        self._config = config
        self._phones = phones
        self._webhooks = webhooks
        self._faults = faults
        self._messages: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._opted_out: set[str] = set()

    # ---- what the citizen does --------------------------------------------------------------------------------------

    def carry_text(self, handset: Handset, bubble: Bubble) -> None:
        form = self._incoming(handset, bubble)
        if handset.name is HandsetName.SMS:
            self._keyword(handset, bubble.text.strip().upper())
        self._post(handset, bubble, form)

    def carry_choice(self, handset: Handset, offered: Bubble, option: Option) -> None:
        """WhatsApp shows the tapped title as the citizen's own message."""
        bubble = handset.add("sent", option.title)
        form = self._incoming(handset, bubble)
        self._post(handset, bubble, webhook.tapped(self._config, form, offered, option))

    def carry_media(self, handset: Handset, bubble: Bubble) -> None:
        prefix = "SM" if handset.name is HandsetName.WHATSAPP else "MM"
        form = self._incoming(handset, bubble, prefix)
        self._post(handset, bubble, webhook.media(self._config, form, bubble.kind))

    def carry_block(self, handset: Handset) -> None:
        """Twilio tells nobody that a citizen blocked a number."""

    def _incoming(self, handset: Handset, bubble: Bubble, prefix: str = "SM") -> webhook.Form:
        segments = bubble.sms.segments if bubble.sms else 1
        return webhook.incoming(self._config, handset, webhook.new_sid(prefix), bubble.text, segments)

    def _keyword(self, handset: Handset, word: str) -> None:
        if word in STOP_WORDS:
            self._opted_out.add(handset.address)
            handset.add("received", _STOPPED, kind=BubbleKind.NOTICE)
        elif word in START_WORDS and handset.address in self._opted_out:
            self._opted_out.discard(handset.address)
            handset.add("received", _STARTED, kind=BubbleKind.NOTICE)

    def _post(self, handset: Handset, bubble: Bubble, form: webhook.Form) -> None:
        async def work() -> None:
            handset.update(bubble, status=Status.SENT)
            url = f"{self._config.public_url.rstrip('/')}/channels/twilio"
            call = webhook.signed(self._config, url, form, form["MessageSid"])
            answered = await self._webhooks.deliver(call)
            handset.update(bubble, status=Status.DELIVERED if answered else Status.FAILED)

        self._webhooks.start(work())

    # ---- what the app asks for --------------------------------------------------------------------------------------

    def router(self) -> APIRouter:
        router = APIRouter(tags=["twilio"])
        account = f"/{webhook.API_VERSION}/Accounts/{{account_sid}}"

        @router.post(f"{account}/Messages.json")
        async def create(account_sid: str, request: Request) -> Response:
            return await self._create(account_sid, request)

        @router.get(f"{account}/Messages.json")
        async def list_(account_sid: str, request: Request) -> Response:
            return self._guarded(request, account_sid) or JSONResponse(self._page(dict(request.query_params)))

        @router.get(f"{account}/Messages/{{sid}}.json")
        async def fetch(account_sid: str, sid: str, request: Request) -> Response:
            return self._guarded(request, account_sid) or self._found(self._messages.get(sid), request)

        @router.get("/v1/Content/{sid}")
        async def content(sid: str, request: Request) -> Response:
            template = messages.template(sid)
            base_url = str(request.base_url).rstrip("/")
            shown = template.as_resource(self._config.twilio_account_sid, base_url) if template else None
            return self._guarded(request) or self._found(shown, request)

        return router

    async def _create(self, account_sid: str, request: Request) -> Response:
        if denied := self._guarded(request, account_sid):
            return denied
        fault = self._faults.take("twilio")
        match fault:
            case FaultKind.THROTTLED:
                return _error(ApiError(20429, "Too Many Requests", 429))
            case FaultKind.ERROR:
                return _error(ApiError(20500, "Internal Server Error", 500))
            case FaultKind.TIMEOUT:
                await never_answer(request)
                return Response()
            case FaultKind.DROP:
                await hang_up(request)
                return Response()
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        try:
            order = messages.read_order(form, self._config)
            if order.number in self._opted_out and not order.whatsapp:
                raise ApiError(21610, "Attempt to send to unsubscribed recipient")
        except ApiError as refused:
            return _error(refused)
        message = self._accept(order, _FAILS_LATER.get(fault, order.error) if fault else order.error)
        if fault is FaultKind.DROP_AFTER:
            await hang_up(request)
        return JSONResponse(message, 201)

    def _accept(self, order: Order, error: int | None) -> dict[str, Any]:
        """Queue the message and let it go its way; return the resource as it is now."""
        message = messages.resource(order, self._config, datetime.now(UTC))
        self._messages[message["sid"]] = message
        if len(self._messages) > KEEP:
            self._messages.popitem(last=False)
        handset = self._phones.find(HandsetName.WHATSAPP if order.whatsapp else HandsetName.SMS, order.number)
        if handset is not None and error is None:
            content = order.content
            handset.add(
                "received", content.body, provider_id=message["sid"], buttons=content.buttons, menu=content.menu
            )
        self._webhooks.start(self._report(message, order, error))
        return dict(message)

    async def _report(self, message: dict[str, Any], order: Order, error: int | None) -> None:
        """Take the message through its states, with a callback for each."""
        states = ["sent", "delivered", "read"] if order.whatsapp else ["sent", "delivered"]
        if error is not None:
            states = ["sent", "undelivered"] if error == messages.UNREACHABLE else ["failed"]
        for state in states:
            await asyncio.sleep(self._config.pace)
            now = messages.rfc2822(datetime.now(UTC))
            failed = state in ("failed", "undelivered")
            message |= {"status": state, "date_updated": now, "error_code": error if failed else None}
            message["date_sent"] = message["date_sent"] or now
            if order.status_callback:
                form = webhook.status(self._config, message, state, message["error_code"])
                await self._webhooks.deliver(
                    webhook.signed(self._config, order.status_callback, form, f"{message['sid']} {state}")
                )

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        size = min(int(query.get("PageSize", "50")), 1000)
        found = [message for message in reversed(self._messages.values()) if _matches(message, query)]
        path = f"/{webhook.API_VERSION}/Accounts/{self._config.twilio_account_sid}/Messages.json"
        uri = f"{path}?PageSize={size}&Page=0"
        return {
            "messages": found[:size],
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(len(found[:size]) - 1, 0),
            "uri": uri,
            "first_page_uri": uri,
            "next_page_uri": None,
            "previous_page_uri": None,
        }

    def _guarded(self, request: Request, account_sid: str | None = None) -> Response | None:
        """An error when the basic authentication is not the account's."""
        wanted = (self._config.twilio_account_sid, self._config.twilio_auth_token)
        known = account_sid is None or account_sid == wanted[0]
        if known and secrets.compare_digest(":".join(wanted).encode(), _basic(request)):
            return None
        return _error(ApiError(20003, "Authenticate", 401))

    def _found(self, shown: dict[str, Any] | None, request: Request) -> Response:
        if shown is None:
            return _error(ApiError(20404, f"The requested resource {request.url.path} was not found", 404))
        return JSONResponse(shown)


def _error(refused: ApiError) -> Response:
    return JSONResponse(refused.as_json(), refused.status)


def _basic(request: Request) -> bytes:
    """The `user:password` of the request, or nothing."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(value, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        return b""


def _matches(message: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether `message` passes the filters of a list call: To, From, DateSent (a UTC day; `DateSent>` and `<` too)."""
    if any(query.get(name, message[field]) != message[field] for name, field in (("To", "to"), ("From", "from"))):
        return False
    moment = parsedate_to_datetime(message["date_sent"] or message["date_created"])
    day = moment.date().isoformat()
    exact, after, before = (query.get(name) for name in ("DateSent", "DateSent>", "DateSent<"))
    return (
        (exact is None or day == exact[:10])
        and (after is None or moment >= _moment(after))
        and (before is None or moment <= _moment(before))
    )


def _moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
