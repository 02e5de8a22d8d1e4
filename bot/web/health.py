"""What operators ask: is it alive, may it be sent traffic, what is wrong, what are the figures."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.metrics import METRICS
from bot.ports import StoreUnavailable
from bot.readiness import Readiness
from bot.web.figures import Both, OtherProcess

_NO: dict[int | str, dict[str, Any]] = {503: {"description": "it is not, and `problems` says why"}}


def create_router(readiness: Readiness, other: OtherProcess | None = None) -> APIRouter:
    """`other`: whose figures /metrics shows with ours."""
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/accepting", responses=_NO)
    async def accepting() -> JSONResponse:
        """For load balancers: 503 only when a message could not be stored here."""
        problems, _ = await readiness.storage()
        return JSONResponse(
            {"status": "not accepting" if problems else "accepting", "problems": problems}, 503 if problems else 200
        )

    @router.get("/health/ready", responses=_NO)
    async def ready() -> JSONResponse:
        """For people, and for whoever starts this: everything that is wrong."""
        health = await readiness.examine()
        return JSONResponse(
            {
                "status": "not ready" if health.problems else "ready",
                "problems": health.problems,
                "warnings": health.warnings,
            },
            503 if health.problems else 200,
        )

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        try:
            await asyncio.to_thread(readiness.measure)
        except StoreUnavailable:
            METRICS.forget_stored()  # old figures would say that nothing is wrong
        figures = Both(METRICS.registry, await other.figures()) if other is not None else METRICS.registry
        return Response(generate_latest(figures), media_type=CONTENT_TYPE_LATEST)

    return router
