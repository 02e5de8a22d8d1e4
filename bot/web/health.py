"""What operators ask: is it alive, is it ready and if not why, what are the figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import ports
from bot.metrics import METRICS


def create_router(monitor: ports.Monitor, dialogue_ready: Callable[[], Awaitable[bool]]) -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        problems = []
        try:
            await asyncio.to_thread(monitor.check)
        except ports.StoreUnavailable as error:
            problems.append(f"database: {error}")
        if not await dialogue_ready():
            problems.append("rasa: no answer, or no model loaded; messages are kept and answered once it is back")
        return JSONResponse(
            {"status": "not ready" if problems else "ready", "problems": problems}, 503 if problems else 200
        )

    @router.get("/metrics")
    async def metrics() -> Response:
        backlog = await asyncio.to_thread(monitor.backlog, time.time())
        METRICS.backlog.labels("inbox").set(backlog.inbox)
        METRICS.backlog.labels("outbox").set(backlog.outbox)
        METRICS.oldest.set(backlog.oldest_s)
        return Response(generate_latest(METRICS.registry), media_type=CONTENT_TYPE_LATEST)

    return router
