"""The web chat's own end: a session for a new visitor, and the replies as server-sent events.

Messages come in through the gateway like any other channel's. Replies are read from the outbox, so it does not matter
which process sent them, and a browser that lost its connection goes on where it was (`Last-Event-ID`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from bot import ports
from connectors.channels.webchat import WebChat
from connectors.errors import Forged
from connectors.messages import Address, OutgoingMessage

POLL_S = 0.3
HEARTBEAT_S = 15.0  # keeps proxies from closing a quiet stream
PAGE = 50


def create_router(channel: WebChat, outbox: ports.Outbox) -> APIRouter:
    router = APIRouter()

    @router.post("/channels/webchat/sessions")
    async def open_session(terminal: bool = False) -> JSONResponse:
        """A new anonymous visitor. The token is his only identity: whoever has it reads the conversation.

        `terminal`: `dalil chat`, which is not told who runs Dalil.
        """
        return JSONResponse({"session": channel.issue_session(terminal=terminal)}, status_code=201)

    @router.get("/channels/webchat/events")
    async def events(request: Request, session: str = "", after: int = 0) -> Response:
        try:
            address = channel.address(channel.session_id(session))
        except Forged:
            return Response(status_code=403)
        last = int(request.headers.get("last-event-id") or after)
        return StreamingResponse(
            _stream(request, outbox, address, last),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


async def _stream(request: Request, outbox: ports.Outbox, address: Address, last: int) -> AsyncIterator[str]:
    quiet = 0.0
    yield ": connected\n\n"
    while not await request.is_disconnected():
        rows = await asyncio.to_thread(outbox.sent_after, address, last, PAGE)
        for row_id, message in rows:
            last = row_id
            yield f"id: {row_id}\nevent: message\ndata: {_json(message)}\n\n"
        quiet = 0.0 if rows else quiet + POLL_S
        if quiet >= HEARTBEAT_S:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(POLL_S)


def _json(message: OutgoingMessage) -> str:
    return json.dumps(
        {
            "text": message.text,
            "language": message.language,
            "choices": [{"title": button.title, "choice": button.id} for button in message.buttons]
            + [{"title": row.title, "choice": row.id} for row in (message.menu.rows if message.menu else ())],
        },
        ensure_ascii=False,
    )
