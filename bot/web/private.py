"""The worker's own end, on a private port: Rasa calls its actions here, and operators see its figures.

Actions run beside the turns that need them, and not in the process that acknowledges webhooks: what an answer costs
makes no provider wait.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.routing import Router

from bot.bootstrap import App
from bot.metrics import METRICS
from bot.web import rasa_actions


def create_private(app: App) -> Router:
    """`POST /internal/rasa/actions`, `GET /metrics` and `/health/live`: nothing to inject, validate or document."""
    private = Router(redirect_slashes=False)
    private.routes.extend(rasa_actions.create_router(app.actions, app.settings.derived("rasa-actions")).routes)
    counted = METRICS.without_stored()

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(counted), media_type=CONTENT_TYPE_LATEST)

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"})

    private.add_route("/metrics", metrics)
    private.add_route("/health/live", live)
    return private


class PrivateServer(uvicorn.Server):
    """Serves until `should_exit`; signals are its owner's, who lets the turns in hand finish first."""

    def __init__(self, app: App, listening: socket.socket) -> None:
        config = uvicorn.Config(
            create_private(app),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # Rasa calls straight
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._listening = listening

    async def run_until_told(self) -> None:
        await self.serve(sockets=[self._listening])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
