"""Failures on demand: the next calls that send a message fail as the real provider fails.

`POST /sandbox/faults {"provider": "twilio", "kind": "429", "count": 2}`. Each provider renders "429" and "500" as its
own protocol does; the other kinds are the network's, or the telephone network's behind the provider.
"""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

HANG_UP = "dalil.hang_up"  # key in the ASGI scope: a function that cuts the connection (see app.py)
PATIENCE = 120.0  # seconds a "timeout" holds the line when the client never gives up

ProviderName = Literal["twilio", "telegram", "whatsapp"]


class FaultKind(StrEnum):
    THROTTLED = "429"
    ERROR = "500"
    TIMEOUT = "timeout"  # no answer at all; the message is not processed
    DROP = "drop"  # the connection breaks before the message is processed
    DROP_AFTER = "drop_after"  # the message is processed, then the connection breaks
    WINDOW = "window"  # Twilio, Meta: accepted, then failed: outside WhatsApp's 24-hour window (63016, 131047)
    UNREACHABLE = "unreachable"  # Twilio, Meta: accepted, then undelivered (30003, 131026)


class FaultOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: ProviderName
    kind: FaultKind
    count: int = Field(default=1, ge=1, le=10_000)


class Faults:
    """What the next message-sending calls have to suffer, per provider, in the order in which it was ordered."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[FaultKind]] = {}

    def order(self, order: FaultOrder) -> None:
        self._queues.setdefault(order.provider, deque()).extend([order.kind] * order.count)

    def take(self, provider: ProviderName) -> FaultKind | None:
        """The fault that this call suffers, used up by asking."""
        queue = self._queues.get(provider)
        return queue.popleft() if queue else None

    def pending(self) -> dict[str, int]:
        return {provider: len(queue) for provider, queue in self._queues.items() if queue}

    def clear(self) -> None:
        self._queues.clear()


async def hang_up(request: Request) -> None:
    """Cut the connection without another byte, as a broken network does."""
    request.scope[HANG_UP]()
    await asyncio.sleep(0)


async def never_answer(request: Request) -> None:
    """Hold the line until the client gives up, then hang up."""
    for _ in range(int(PATIENCE / 0.1)):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.1)
    await hang_up(request)


def create_router(faults: Faults) -> APIRouter:
    router = APIRouter(prefix="/sandbox/faults", tags=["sandbox"])

    @router.post("")
    async def order(wanted: FaultOrder) -> dict[str, int]:
        faults.order(wanted)
        return faults.pending()

    @router.get("")
    async def pending() -> dict[str, int]:
        return faults.pending()

    @router.delete("", status_code=204)
    async def clear() -> None:
        faults.clear()

    return router
