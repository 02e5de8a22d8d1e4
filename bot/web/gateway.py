"""① Providers' webhooks: verify, parse, store, and only then say yes."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter, Request, Response

from bot.inbox import InboxService
from bot.metrics import METRICS
from bot.ports import StoreUnavailable
from connectors.channel import Bulky, Challenged, Channel, WebhookRequest, WebhookResponse
from connectors.errors import Forged, Malformed

log = logging.getLogger(__name__)

MAX_BODY = 256 * 1024  # Twilio's forms and Telegram's updates are a few KiB; nothing genuine comes near this


def create_router(channels: Mapping[str, Channel], inbox: InboxService, public_url: str) -> APIRouter:
    """Routes `/channels/<name>`, `/status` (delivery callbacks) and `/messages` (web chat) of every channel.

    GET `/channels/<name>` too where the provider asks by it whether the address is ours (Meta).
    """
    router = APIRouter()

    async def webhook(request: Request) -> Response:
        name = request.path_params["channel"]
        channel = channels.get(name)
        if channel is None:
            return Response(status_code=404)
        started = time.perf_counter()
        response = await _take(channel, name, inbox, request, public_url)
        METRICS.acknowledge.labels(name).observe(time.perf_counter() - started)
        return response

    # Plain routes: there is nothing to inject, validate or document, and every message comes here.
    for path in ("/channels/{channel}", "/channels/{channel}/status", "/channels/{channel}/messages"):
        router.add_route(path, webhook, methods=["POST"], include_in_schema=False)
    for name, channel in channels.items():
        if isinstance(channel, Challenged):
            answer = partial(_challenge, channel, name, public_url)
            router.add_route(f"/channels/{name}", answer, methods=["GET"], include_in_schema=False)
    return router


async def _challenge(channel: Challenged, name: str, public_url: str, request: Request) -> Response:
    try:
        return _response(channel.challenge(_webhook(request, b"", public_url)))
    except Forged:
        return _refuse(name, "forged", 403)


async def _take(channel: Channel, name: str, inbox: InboxService, request: Request, public_url: str) -> Response:
    try:
        body = await read_body(request, channel.max_body if isinstance(channel, Bulky) else MAX_BODY)
        if body is None:
            return _refuse(name, "too_large", 413)
        webhook = _webhook(request, body, public_url)
        channel.verify(webhook)
        parsed = channel.parse(webhook)
    except Forged:
        return _refuse(name, "forged", 403)
    except Malformed as error:
        log.warning("malformed webhook", extra={"channel": name, "reason": error.detail})
        return _refuse(name, "malformed", 400)
    try:
        await inbox.take(name, parsed.events)
    except StoreUnavailable as error:
        # Nothing of this message is stored. 503 makes Meta and Telegram redeliver and Twilio call its fallback.
        log.error("webhook not stored", extra={"channel": name, "reason": str(error)})
        return _refuse(name, "not_stored", 503)
    return _response(parsed.response)


def _webhook(request: Request, body: bytes, public_url: str) -> WebhookRequest:
    return WebhookRequest(
        method=request.method,
        url=_public(request, public_url),
        headers=dict(request.headers),
        body=body,
        query=dict(request.query_params),
    )


def _response(answer: WebhookResponse) -> Response:
    return Response(answer.body, answer.status, media_type=answer.content_type if answer.body else None)


def _refuse(channel: str, reason: str, status: int) -> Response:
    METRICS.rejected.labels(channel, reason).inc()
    return Response(status_code=status)


def _public(request: Request, public_url: str) -> str:
    """The address the provider called: signatures cover it, and a proxy's headers may lie about it."""
    raw_path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return public_url + raw_path.decode("ascii", "replace") + (f"?{query.decode('ascii', 'replace')}" if query else "")


async def read_body(request: Request, limit: int) -> bytes | None:
    """The raw body, or None when it is larger than `limit` (the rest is then not read)."""
    if int(request.headers.get("content-length") or 0) > limit:
        return None
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
