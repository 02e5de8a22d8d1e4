"""A local Meta: the Cloud API's message call and WhatsApp's webhooks, over the real HTTP protocol.

POST /v26.0/{phone_number_id}/messages   send (JSON, bearer token) to a phone number or a business-scoped user id
POST /sandbox/whatsapp/username          {"hidden": true}: the citizen takes a username; his number is left out
POST /sandbox/whatsapp/day               a day passes: every 24-hour window closes

A citizen has 24 hours in which anything may be sent to him from when he last wrote to *this* provider; outside, only
the templates of connectors/templates.yaml are taken (131047 at once; the fault "window" fails afterwards, as Meta often
does). Who is none of the sandbox's handsets is taken for a citizen somewhere whose window is open.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.config import GRAPH_VERSION, SandboxConfig
from connectors.sandbox.faults import FaultKind, Faults, hang_up, never_answer
from connectors.sandbox.phones import Bubble, Handset, HandsetName, Option, Phones, Status
from connectors.sandbox.providers import whatsapp_webhooks as webhook
from connectors.sandbox.providers.whatsapp_messages import UNDELIVERABLE, WINDOW_CLOSED, ApiError, Order, read_order
from connectors.sandbox.webhooks import Webhooks

WINDOW = timedelta(hours=24)
_FAILS_LATER = {FaultKind.WINDOW: WINDOW_CLOSED, FaultKind.UNREACHABLE: UNDELIVERABLE}


class Username(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hidden: bool


class WhatsAppProvider:
    def __init__(self, config: SandboxConfig, phones: Phones, webhooks: Webhooks, faults: Faults) -> None:
        self._config = config
        self._phones = phones
        self._webhooks = webhooks
        self._faults = faults
        self._wrote: dict[str, datetime] = {}  # when the citizen with a number last wrote
        self._hidden = False

    # ---- what the citizen does --------------------------------------------------------------------------------------

    def carry_text(self, handset: Handset, bubble: Bubble) -> None:
        self._post(handset, bubble, webhook.text(bubble))

    def carry_choice(self, handset: Handset, offered: Bubble, option: Option) -> None:
        """WhatsApp shows the tapped title as the citizen's own message."""
        content = webhook.tapped(offered, option, self._config.whatsapp_phone_number_id)
        self._post(handset, handset.add("sent", option.title), content)

    def carry_media(self, handset: Handset, bubble: Bubble) -> None:
        self._post(handset, bubble, webhook.media(bubble.kind))

    def carry_block(self, handset: Handset) -> None:
        """Meta tells nobody that a citizen blocked a number."""

    def _post(self, handset: Handset, bubble: Bubble, content: webhook.Content) -> None:
        now = datetime.now(UTC)
        self._wrote[handset.address] = now
        value = webhook.message(handset, webhook.new_wamid(), content, now, hidden=self._hidden)

        async def work() -> None:
            handset.update(bubble, status=Status.SENT)
            answered = await self._webhooks.deliver(webhook.signed(self._config, value, "whatsapp message"))
            handset.update(bubble, status=Status.DELIVERED if answered else Status.FAILED)

        self._webhooks.start(work())

    # ---- what the app asks for --------------------------------------------------------------------------------------

    def router(self) -> APIRouter:
        router = APIRouter(tags=["whatsapp"])

        @router.post(f"/{GRAPH_VERSION}/{{phone_number_id}}/messages")
        async def send(phone_number_id: str, request: Request) -> Response:
            try:
                return await self._send(phone_number_id, request)
            except ApiError as refused:
                return JSONResponse(refused.as_json(), refused.status)

        @router.post("/sandbox/whatsapp/username", status_code=204)
        async def take_username(username: Username) -> None:
            self._hidden = username.hidden

        @router.post("/sandbox/whatsapp/day", status_code=204)
        async def let_a_day_pass() -> None:
            self._wrote = dict.fromkeys(self._wrote, datetime.now(UTC) - WINDOW)

        return router

    async def _send(self, phone_number_id: str, request: Request) -> Response:
        self._check(phone_number_id, request)
        fault = self._faults.take("whatsapp")
        match fault:
            case FaultKind.THROTTLED:
                raise ApiError(130429, "Rate limit hit", "Message failed to send", 429)
            case FaultKind.ERROR:
                raise ApiError(131000, "Something went wrong", status=500)
            case FaultKind.TIMEOUT:
                await never_answer(request)
                return Response()
            case FaultKind.DROP:
                await hang_up(request)
                return Response()
        order = read_order(await request.body())
        handset = self._find(order)
        if handset is not None and not (order.approved or self._window_open(handset)):
            raise ApiError(WINDOW_CLOSED, "Re-engagement message", "More than 24 hours have passed")
        answer = self._accept(order, handset, _FAILS_LATER.get(fault) if fault else None)
        if fault is FaultKind.DROP_AFTER:
            await hang_up(request)
        return answer

    def _check(self, phone_number_id: str, request: Request) -> None:
        """Raise `ApiError` unless the token is ours and the number belongs to it."""
        wanted = f"Bearer {self._config.whatsapp_access_token}".encode()
        if not secrets.compare_digest(request.headers.get("authorization", "").encode(), wanted):
            raise ApiError(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if phone_number_id != self._config.whatsapp_phone_number_id:
            raise ApiError(100, "Unsupported post request. Object does not exist")

    def _find(self, order: Order) -> Handset | None:
        handset = self._phones[HandsetName.WHATSAPP]
        return handset if order.to in (handset.address, webhook.user_id(handset)) else None

    def _window_open(self, handset: Handset) -> bool:
        wrote = self._wrote.get(handset.address)
        return wrote is not None and datetime.now(UTC) - wrote < WINDOW

    def _accept(self, order: Order, handset: Handset | None, error: int | None) -> Response:
        """Take the message and let it go its way."""
        wamid = webhook.new_wamid()
        if handset is not None and error is None:
            handset.add("received", order.text, provider_id=wamid, buttons=order.buttons, menu=order.menu)
        self._webhooks.start(self._report(wamid, order, handset, error))
        contact = {"input": order.to, ("user_id" if order.by_user_id else "wa_id"): order.to.removeprefix("+")}
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]})

    async def _report(self, wamid: str, order: Order, handset: Handset | None, error: int | None) -> None:
        """Take the message through its states, with a webhook for each."""
        recipient = (
            {"recipient_user_id": order.to} if order.by_user_id else {"recipient_id": order.to.removeprefix("+")}
        )
        if handset is not None and error is None:
            recipient["recipient_user_id"] = webhook.user_id(handset)
        for state in ("sent", "delivered", "read") if error is None else ("failed",):
            await asyncio.sleep(self._config.pace)
            value = webhook.status(wamid, state, recipient, order.reference, datetime.now(UTC), error)
            await self._webhooks.deliver(webhook.signed(self._config, value, f"whatsapp status {state}"))
