"""Behind the counter: what the staff of the simulated systems see and do, for the phones page and tests.

GET  /sandbox/counter                                 everything, see `View`; ?seen=<its version>: 204 if unchanged
POST /sandbox/counter/files/{system}/{number}/moves   {"move": "next" | "send_back" | …}; 409 where it cannot
POST /sandbox/counter/systems/{system}/fault          {"fault": "none" | "hang" | "error" | "throttled" | …}
POST /sandbox/counter/clock                           {"minutes": 20}: as if so much time had passed
POST /sandbox/counter/reset                           everything as at the start
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.counter.calls import Call, Calls
from connectors.sandbox.counter.offices import File, Office
from connectors.sandbox.gov_faults import FaultRequest, GovFaults
from connectors.sandbox.moves import CannotMoveError, Clock, Move

HANG_SECONDS = 60.0  # longer than anybody waits

Fault = Literal["none", "hang", "error", "throttled", "maintenance", "malformed"]
_FAULTS: Mapping[Fault, FaultRequest] = {
    "none": FaultRequest(kind="none"),
    "hang": FaultRequest(kind="slow", seconds=HANG_SECONDS),
    "error": FaultRequest(kind="down"),
    "throttled": FaultRequest(kind="throttled"),
    "maintenance": FaultRequest(kind="maintenance"),
    "malformed": FaultRequest(kind="garbled"),
}
_NAMES = {order.kind: fault for fault, order in _FAULTS.items()}

System = Annotated[str, Path(max_length=40)]
Number = Annotated[str, Path(max_length=40)]


class Condition(BaseModel):
    """A system and what it suffers; "other": something that only its own remote control can order."""

    system: str
    fault: Fault | Literal["other"]


class View(BaseModel):
    """`version` changes whenever anything else here does. `minutes`: since the start, whole ones."""

    version: str = ""
    systems: list[Condition]
    files: list[File]
    calls: list[Call]


class MoveOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    move: Move


class FaultOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fault: Fault


class TimeOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minutes: float = Field(gt=0, le=10_000)


@dataclass(frozen=True, slots=True)
class Counter:
    """All that lies behind the counter. `faults`: by system."""

    offices: Sequence[Office]
    faults: Mapping[str, GovFaults]
    calls: Calls
    clock: Clock

    def view(self) -> View:
        view = View(
            systems=[Condition(system=system, fault=_name(faults)) for system, faults in self.faults.items()],
            files=[file for office in self.offices for file in office.files()],
            calls=list(self.calls),
        )
        view.version = hashlib.blake2b(view.model_dump_json().encode(), digest_size=8).hexdigest()
        return view

    def move(self, system: str, number: str, move: Move) -> None:
        """Raises `CannotMoveError`."""
        office = next((office for office in self.offices if office.system == system), None)
        if office is None:
            raise CannotMoveError(f"there are {', '.join(office.system for office in self.offices)}")
        office.move(number, move)

    def reset(self) -> None:
        self.clock.restart()
        for office in self.offices:
            office.reset()
        for faults in self.faults.values():
            faults.now = _FAULTS["none"]
        self.calls.clear()


def create_router(counter: Counter) -> APIRouter:
    router = APIRouter(prefix="/sandbox/counter", tags=["Counter"])

    @router.get("", response_model=View, responses={204: {"description": "nothing has changed since `seen`"}})
    async def show(seen: str = "") -> View | Response:
        view = counter.view()
        return Response(status_code=204) if seen == view.version else view

    @router.post("/files/{system}/{number}/moves", status_code=204, responses={409: {"description": "it cannot"}})
    async def move(system: System, number: Number, order: MoveOrder) -> None:
        try:
            counter.move(system, number, order.move)
        except CannotMoveError as reason:
            raise HTTPException(409, str(reason)) from None

    @router.post("/systems/{system}/fault", status_code=204, responses={404: {"description": "no such system"}})
    async def set_fault(system: System, order: FaultOrder) -> None:
        if system not in counter.faults:
            raise HTTPException(404, f"there are {', '.join(counter.faults)}")
        counter.faults[system].now = _FAULTS[order.fault]

    @router.post("/clock", status_code=204)
    async def let_pass(order: TimeOrder) -> None:
        counter.clock.let_pass(order.minutes)

    @router.post("/reset", status_code=204)
    async def reset() -> None:
        counter.reset()

    return router


def _name(faults: GovFaults) -> Fault | Literal["other"]:
    return _NAMES.get(faults.now.kind, "other")
