"""Failures on demand of one simulated government system, by its own remote control."""

from __future__ import annotations

import asyncio
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.faults import hang_up

Kind = Literal["none", "down", "slow", "throttled", "maintenance", "garbled", "drop"]


class FaultRequest(BaseModel):
    """`seconds`: how long `slow` waits before it answers properly."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    seconds: float = Field(default=5.0, gt=0, le=60)


class GovFaults:
    """The fault that is switched on until another one is."""

    def __init__(self) -> None:
        self.now = FaultRequest(kind="none")

    async def answer(self, request: Request) -> Response | None:
        """What to answer instead; None where the system should answer itself."""
        match self.now.kind:
            case "down":
                return JSONResponse({"message": "Internal server error"}, 500)
            case "throttled":
                return PlainTextResponse("", 429, headers={"Retry-After": "5"})
            case "maintenance":
                return HTMLResponse("<html><body>Maintenance</body></html>")
            case "garbled":
                return Response('{"content": {"fileNum', media_type="application/json")
            case "drop":
                await hang_up(request)
            case "slow":
                await asyncio.sleep(self.now.seconds)
        return None

    def router(self, prefix: str) -> APIRouter:
        router = APIRouter(prefix=prefix, tags=["Sandbox"])

        @router.post("/faults")
        async def set_fault(body: FaultRequest) -> FaultRequest:
            self.now = body
            return body

        return router
