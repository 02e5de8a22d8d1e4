"""The calls that the government systems of the sandbox got, for whoever looks behind the counter.

Kept in memory: the last ones only, without query and body. File numbers in a path are invented.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEEP = 50

# Where the path begins → the system that answers there.
SYSTEMS = {
    "/registration/": "registration",
    "/workflow/": "workflow",
    "/registries/": "registries",
    "/rest/": "permits",
    "/benefits/": "benefits",
    "/open311/": "open311",
    "/scheduler/": "scheduler",
    "/r1/": "xroad",
}


class Call(BaseModel):
    """One call. `milliseconds`: None while it waits. `status`: None also where the caller got no answer at all,
    because the line was cut or it gave up."""

    at: datetime
    system: str
    method: str
    path: str
    status: int | None = None
    milliseconds: int | None = None


class Calls:
    """The last calls, newest first."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._calls: deque[Call] = deque(maxlen=KEEP)
        self._now = now

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def begin(self, system: str, scope: Scope) -> Call:
        call = Call(at=self._now(), system=system, method=scope["method"], path=scope["path"])
        self._calls.appendleft(call)
        return call

    def clear(self) -> None:
        self._calls.clear()


class CallLog:
    """Middleware that writes every call to a government system into `calls`."""

    def __init__(self, app: ASGIApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        system = _system_of(scope)
        if system is None:
            await self._app(scope, receive, send)
            return
        call, started, gone = self._calls.begin(system, scope), time.monotonic(), False

        async def hear() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and not gone:
                call.status = message["status"]
            await send(message)

        try:
            await self._app(scope, hear, tell)
        finally:
            call.milliseconds = round((time.monotonic() - started) * 1000)


def _system_of(scope: Scope) -> str | None:
    if scope["type"] != "http":
        return None
    return next((system for start, system in SYSTEMS.items() if scope["path"].startswith(start)), None)
