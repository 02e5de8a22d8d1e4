"""Servers on real ports for tests: the sandbox, and a customer's server that records what the providers send it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.sandbox.app import SandboxConfig
from connectors.tls import usual_tls

PUBLIC_URL = "https://dalil.example"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "invented-auth-token"
SMS_FROM = "+212500000001"
WHATSAPP_FROM = "+212500000002"
TELEGRAM_TOKEN = "1234567890:invented-telegram-token"
TELEGRAM_SECRET = "invented_secret"
PHONE_NUMBER_ID = "106540352242922"
ACCESS_TOKEN = "invented-access-token"
APP_SECRET = "invented-app-secret"
PATIENCE = 10.0  # seconds a test waits for something that must happen


def config(app_url: str, *, redelivery: tuple[float, ...] = (0.02,) * 3, public_url: str = PUBLIC_URL) -> SandboxConfig:
    return SandboxConfig(
        app_url=app_url,
        public_url=public_url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_sms_from=SMS_FROM,
        twilio_whatsapp_from=WHATSAPP_FROM,
        telegram_token=TELEGRAM_TOKEN,
        telegram_secret=TELEGRAM_SECRET,
        whatsapp_phone_number_id=PHONE_NUMBER_ID,
        whatsapp_access_token=ACCESS_TOKEN,
        whatsapp_app_secret=APP_SECRET,
        redelivery=redelivery,
        pace=0.01,
    )


class _SoonGone(uvicorn.Server):
    """uvicorn looks ten times a second whether it should end: as long as a test with a server of its own takes."""

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await asyncio.sleep(0.005)


class Server:
    """`app` served by uvicorn in a thread, on a port of loopback (0: any that is free)."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._server = _SoonGone(
            uvicorn.Config(
                app, host="127.0.0.1", port=port, log_level="warning", lifespan="auto", timeout_graceful_shutdown=1
            )
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        until(lambda: self._server.started)
        return self

    @property
    def url(self) -> str:
        host, port = self._server.servers[0].sockets[0].getsockname()
        return f"http://{host}:{port}"

    def stop(self) -> None:
        """Ask it to stop; leaving the `with` block waits until it has."""
        self._server.should_exit = True

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(PATIENCE)


@dataclass(frozen=True)
class Received:
    """One request that a provider made."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass
class Customer:
    """A customer's server. Answers 204, or what `answers` holds first."""

    received: list[Received] = field(default_factory=list)
    answers: deque[Response] = field(default_factory=deque)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.received.append(Received(request.url.path, dict(request.headers), await request.body()))
        return self.answers.popleft() if self.answers else Response(status_code=204)

    def at(self, path: str) -> list[Received]:
        return [request for request in self.received if request.path == path]

    def wait_for(self, path: str, count: int = 1) -> list[Received]:
        """The first `count` requests to `path`, once they are there."""
        until(lambda: len(self.at(path)) >= count)
        return self.at(path)[:count]


class Phone:
    """A handset of the sandbox, over its HTTP."""

    def __init__(self, sandbox_url: str, name: str) -> None:
        self._url = f"{sandbox_url}/phones/{name}"

    def do(self, **act: str) -> dict:
        response = self.post("/messages", act)
        assert response.status_code == 202, response.text
        return response.json()

    def post(self, path: str, body: object) -> httpx2.Response:
        return httpx2.post(self._url + path, json=body, trust_env=False, verify=usual_tls())

    def screen(self) -> dict:
        return httpx2.get(f"{self._url}/transcript", trust_env=False, verify=usual_tls()).raise_for_status().json()

    @property
    def address(self) -> str:
        return self.screen()["address"]

    def bubbles(self) -> list[dict]:
        return self.screen()["bubbles"]

    def last(self) -> dict:
        return self.bubbles()[-1]


def until(happened: Callable[[], bool]) -> None:
    """Wait for `happened`, or fail."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
