"""Failures on demand of one simulated government system, by its own remote control or from behind the counter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.faults import hang_up

# "statusless": answers leave out the status of a file, which GovStack Registration allows.
Kind = Literal["none", "down", "slow", "throttled", "maintenance", "garbled", "drop", "refused", "statusless"]
COMMON: tuple[Kind, ...] = ("none", "down", "slow", "throttled", "maintenance", "garbled", "drop")


class FaultRequest(BaseModel):
    """`seconds`: how long `slow` waits before it answers properly."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    seconds: float = Field(default=5.0, gt=0, le=60)


def _internal_error() -> Response:
    return JSONResponse({"message": "Internal server error"}, 500)


def _too_many() -> Response:
    return PlainTextResponse("", 429, headers={"Retry-After": "5"})


class GovFaults:
    """The fault that is switched on until another one is. `can`: the kinds that this system can suffer.

    `down` and `throttled`: how its own protocol words the two. `garbled`: the broken JSON that it then sends.
    """

    def __init__(
        self,
        *,
        can: tuple[Kind, ...] = COMMON,
        down: Callable[[], Response] = _internal_error,
        throttled: Callable[[], Response] = _too_many,
        garbled: str = '{"content": {"fileNum',
    ) -> None:
        self.can = can
        self.now = FaultRequest(kind="none")
        self._down, self._throttled, self._garbled = down, throttled, garbled

    async def answer(self, request: Request) -> Response | None:
        """What to answer instead; None where the system should answer itself."""
        match self.now.kind:
            case "down":
                return self._down()
            case "throttled":
                return self._throttled()
            case "refused":
                return PlainTextResponse("", 401)
            case "maintenance":
                return HTMLResponse("<html><body>Maintenance</body></html>")
            case "garbled":
                return Response(self._garbled, media_type="application/json")
            case "drop":
                await hang_up(request)
            case "slow":
                await wait(request, self.now.seconds)
        return None

    def router(self, prefix: str) -> APIRouter:
        router = APIRouter(prefix=prefix, tags=["Sandbox"])

        @router.post("/faults")
        async def set_fault(body: FaultRequest) -> FaultRequest:
            if body.kind not in self.can:
                raise HTTPException(422, f"this system can suffer {', '.join(self.can)}")
            self.now = body
            return body

        return router


async def wait(request: Request, seconds: float) -> None:
    """Say nothing for so long, or until the caller has given up. The request's body must have been read."""
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0 and not await request.is_disconnected():
        await asyncio.sleep(min(left, 0.1))
