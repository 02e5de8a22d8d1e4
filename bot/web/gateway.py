"""① Providers' webhooks: verify, parse, store, and only then say yes.

Anybody may post here, so what a forged webhook costs is what an attacker can make us pay: nothing comes before the
signature that it does not need, and nothing is read of a body whose headers already give the forgery away.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.inbox import InboxService
from bot.metrics import METRICS
from bot.ports import StoreUnavailable
from connectors.channel import Bulky, Challenged, Channel, Screened, WebhookRequest, WebhookResponse
from connectors.errors import Forged, Malformed

log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024  # Twilio's forms and Telegram's updates are a few KiB; nothing genuine comes near this
_FORGED = Response(status_code=403)


def create_router(channels: Mapping[str, Channel], inbox: InboxService, public_url: str) -> APIRouter:
    """Routes `/channels/<name>`, `/status` (delivery callbacks) and `/messages` (web chat) of every channel.

    GET `/channels/<name>` too where the provider asks by it whether the address is ours (Meta).
    """
    router = APIRouter()
    for name, channel in channels.items():
        webhook = Webhook(channel, name, inbox, public_url)
        for path in _paths(name):
            router.routes.append(Route(path, webhook, methods=["POST"], include_in_schema=False))
        if isinstance(channel, Challenged):
            answer = partial(_challenge, channel, name, public_url)
            router.add_route(f"/channels/{name}", answer, methods=["GET"], include_in_schema=False)
    for path in _paths("{channel}"):
        router.add_route(path, _unknown, methods=["POST"], include_in_schema=False)
    return router


def _paths(name: str) -> tuple[str, ...]:
    return (f"/channels/{name}", f"/channels/{name}/status", f"/channels/{name}/messages")


async def _unknown(_request: Request) -> Response:
    return Response(status_code=404)


async def _challenge(channel: Challenged, name: str, public_url: str, request: Request) -> Response:
    try:
        return _response(channel.challenge(_request(request.scope, _headers(request.scope), b"", public_url)))
    except Forged:
        return _refuse(name, "forged", 403)


class Webhook:
    """One channel's webhook, as an ASGI application: there is nothing to inject, validate or document."""

    def __init__(self, channel: Channel, name: str, inbox: InboxService, public_url: str) -> None:
        self._channel = channel
        self._name = name
        self._inbox = inbox
        self._public_url = public_url
        self._screen = channel.screen if isinstance(channel, Screened) else None
        self._max_body = channel.max_body if isinstance(channel, Bulky) else MAX_BODY
        self._seconds = METRICS.acknowledge.labels(name)
        self._forged = METRICS.rejected.labels(name, "forged")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        try:
            response = await self._take(scope, receive)
        except ClientDisconnect:
            return  # nobody is left to be answered
        self._seconds.observe(time.perf_counter() - started)
        await response(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        headers = _headers(scope)
        if _declared(headers) > self._max_body:
            return _refuse(self._name, "too_large", 413)
        try:
            if self._screen is not None:
                self._screen(headers)
            body = await read_body(receive, self._max_body)
            if body is None:
                return _refuse(self._name, "too_large", 413)
            request = _request(scope, headers, body, self._public_url)
            self._channel.verify(request)
            parsed = self._channel.parse(request)
        except Forged:
            self._forged.inc()
            return _FORGED
        except Malformed as error:
            log.warning("malformed webhook", extra={"channel": self._name, "reason": error.detail})
            return _refuse(self._name, "malformed", 400)
        try:
            await self._inbox.take(self._name, parsed.events)
        except StoreUnavailable as error:
            # Nothing of this message is stored. 503 makes Meta and Telegram redeliver and Twilio call its fallback.
            log.error("webhook not stored", extra={"channel": self._name, "reason": str(error)})
            return _refuse(self._name, "not_stored", 503)
        return _response(parsed.response)


def _headers(scope: Scope) -> dict[str, str]:
    """Of a header that comes twice, the first; the server has made the names lower-case."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _request(scope: Scope, headers: Mapping[str, str], body: bytes, public_url: str) -> WebhookRequest:
    """`url` is the address the provider called: signatures cover it, and a proxy's headers may lie about it."""
    url = public_url + (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
    query = scope.get("query_string", b"")
    if not query:
        return WebhookRequest(scope["method"], url, headers, body)
    url += "?" + query.decode("ascii", "replace")
    return WebhookRequest(scope["method"], url, headers, body, dict(QueryParams(query)))


def _response(answer: WebhookResponse) -> Response:
    return Response(answer.body, answer.status, media_type=answer.content_type if answer.body else None)


def _refuse(channel: str, reason: str, status: int) -> Response:
    METRICS.rejected.labels(channel, reason).inc()
    return Response(status_code=status)


def _declared(headers: Mapping[str, str]) -> int:
    """Bytes of the body, as the sender says; 0 where he does not."""
    return int(headers.get("content-length") or 0)


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The raw body, or None when it is larger than `limit` (the rest is then not read). Raises `ClientDisconnect`."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
