"""The web application: routers over one composition root, and the worker beside them where asked."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from bot.bootstrap import App, build_app
from bot.government import event_door
from bot.inbox import InboxService
from bot.settings import Settings
from bot.web import api, gateway, gov_events, health, rasa_actions, webchat
from bot.web.figures import OtherProcess
from bot.web.identity.routes import create_router as identity_router
from bot.web.identity.routes import static_files
from bot.web.phones.routes import create_router as phones_router
from bot.worker import Worker
from connectors.channels.webchat import WebChat

log = logging.getLogger(__name__)


def create_web(settings: Settings, *, worker: bool, worker_at: str = "") -> FastAPI:
    """FastAPI app; its lifespan opens, closes and keeps everything. `worker` runs the worker in this process.

    `worker_at`: URL of another process whose figures /metrics shall show too.
    """

    @asynccontextmanager
    async def lifespan(web: Web) -> AsyncIterator[None]:
        app = build_app(settings)
        own = app.worker() if worker else None
        _mount(web, app, own, worker_at)
        running = [asyncio.create_task(app.content_watch.run())]
        if own is not None:
            working = asyncio.create_task(own.run())
            working.add_done_callback(partial(_ended, own))
            running.append(working)
        try:
            yield
        finally:
            app.content_watch.stop()
            if own is not None:
                own.stop()
            await asyncio.gather(*running)
            await app.close()

    return Web(lifespan)


class Web(FastAPI):
    """FastAPI, past which webhooks and Rasa's calls go straight: its layers cost more than refusing a forged webhook.

    For these there is nothing to inject, validate or document. What is none of `straight`'s goes on to FastAPI; of a
    mistake the server itself makes a 500.
    """

    def __init__(self, lifespan: Lifespan[Web]) -> None:
        super().__init__(title="Dalil", lifespan=lifespan, docs_url="/api/docs", redoc_url=None)
        self.straight = Router(redirect_slashes=False, default=super().__call__)
        self._posted: dict[str, ASGIApp] = {}

    def take_webhooks(self, routes: Sequence[BaseRoute]) -> None:
        """A webhook is found by its whole path, without asking one pattern after the other."""
        self.straight.routes.extend(routes)
        self._posted |= {
            route.path: route.endpoint
            for route in routes
            if isinstance(route, Route) and isinstance(route.endpoint, gateway.Webhook)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = super().__call__
        if scope["type"] == "http" and scope["path"].startswith(("/channels/", "/internal/")):
            posted = self._posted.get(scope["path"]) if scope["method"] == "POST" else None
            app = posted or self.straight
        await app(scope, receive, send)


def _ended(worker: Worker, working: asyncio.Task[None]) -> None:
    """Take the process down with a worker that ended by a mistake: a web that only stores would look healthy."""
    if not worker.stopping:
        log.critical("the worker ended", exc_info=working.exception())
        os.kill(os.getpid(), signal.SIGTERM)


def _mount(web: Web, app: App, worker: Worker | None, worker_at: str) -> None:
    settings = app.settings
    inbox = InboxService(
        app.stores.inbox,
        app.stores.outbox,
        worker.wake if worker is not None else lambda: None,
        in_thread=app.stores.database.in_thread,
    )
    web.straight.routes.extend(rasa_actions.create_router(app.actions, settings.derived("rasa-actions")).routes)
    web.take_webhooks(gateway.create_router(app.channels, inbox, settings.effective_public_url).routes)
    other = OtherProcess(app.http, worker_at) if worker_at else None
    web.include_router(health.create_router(app.readiness(other.lives if other is not None else None), other))
    chat = app.channels["webchat"]
    if isinstance(chat, WebChat):
        web.include_router(webchat.create_router(chat, app.stores.outbox))
    web.include_router(api.create_router(app.knowledge, settings.effective_public_url))
    if app.government.cases is not None and (door := event_door(settings)) is not None:
        web.include_router(
            gov_events.create_router(door, settings.events.types, app.government.cases, app.stores.follows)
        )
    if app.identification is not None:
        web.include_router(identity_router(app.identification, settings.effective_public_url, settings.operator_names))
        web.mount("/identity-static", static_files(), name="identity-static")
    if settings.sandbox:
        web.include_router(phones_router(settings.sandbox_url, app.http))
