"""The sandbox: a separate process that stands in for the providers, the handsets and the government systems.

`dalil sandbox` serves `create_app(config)` on loopback, port 8010. What the app calls here and what the app receives
from here is the real providers' HTTP; nothing under /sandbox and /phones exists at a real provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx2
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from connectors.sandbox import faults, government, phones_api
from connectors.sandbox.config import SandboxConfig
from connectors.sandbox.mediator import Mediator
from connectors.sandbox.oidc.api import create_router as create_oidc_router
from connectors.sandbox.phones import HandsetName, Phones
from connectors.sandbox.providers.telegram import TelegramProvider
from connectors.sandbox.providers.twilio import TwilioProvider
from connectors.sandbox.providers.whatsapp import WhatsAppProvider
from connectors.sandbox.webhooks import Webhooks
from connectors.tls import usual_tls

__all__ = ["SandboxConfig", "create_app"]


class _Sandbox(FastAPI):
    """A FastAPI app whose endpoints can cut the connection (`faults.hang_up`)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[faults.HANG_UP] = partial(_abort, send)
        await super().__call__(scope, receive, send)


def _abort(send: Send) -> None:
    # ASGI has no way to drop a connection, so reach for the transport of uvicorn's request cycle behind `send`.
    cycle = getattr(send, "__self__", None)
    if cycle is None or not hasattr(cycle, "transport"):
        raise RuntimeError("only uvicorn can cut a connection: serve the sandbox with uvicorn")
    cycle.transport.abort()


def create_app(config: SandboxConfig) -> FastAPI:
    """The sandbox. Serve it with uvicorn on loopback only: it signs whatever it is asked to."""
    # The app is called directly: a proxy of the environment must not see loopback traffic.
    http = httpx2.AsyncClient(trust_env=False, verify=usual_tls())
    webhooks = Webhooks(http, config.redelivery)
    phones = Phones()
    pending = faults.Faults()
    twilio = TwilioProvider(config, phones, webhooks, pending)
    telegram = TelegramProvider(config, phones, webhooks, pending)
    whatsapp = WhatsAppProvider(config, phones, webhooks, pending)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        happening = asyncio.create_task(government.let_happen(counter))
        yield
        happening.cancel()
        await webhooks.close()
        await http.aclose()

    app = _Sandbox(title="Dalil sandbox", lifespan=lifespan)
    app.include_router(twilio.router())
    app.include_router(telegram.router())
    app.include_router(whatsapp.router())
    app.include_router(
        phones_api.create_router(
            phones,
            {
                HandsetName.WHATSAPP: {"twilio": twilio, "whatsapp": whatsapp},
                HandsetName.SMS: {"twilio": twilio},
                HandsetName.TELEGRAM: {"telegram": telegram},
            },
        )
    )
    app.include_router(faults.create_router(pending))
    counter = government.mount(app, Mediator(webhooks, config.app_url).moved)
    app.include_router(create_oidc_router(config.oidc_client))

    @app.get("/sandbox/health")
    async def health() -> dict[str, str]:
        return {"status": "live"}

    return app
