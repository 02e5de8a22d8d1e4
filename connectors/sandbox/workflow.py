"""A local GovStack Workflow building block (API 1.0.0): the two calls that read instances, with faults on demand.

Every application of the sandbox's register is an instance; its id is the file number. Our choices where the
specification contradicts itself: ids are texts, an unknown instance is 404 or, when switched, 400 as its tests want.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.registration.book import Application, Register

_STATES = {"PENDING": "running", "SENDBACK": "suspended", "APPROVED": "completed", "REJECTED": "completed"}


@dataclass(frozen=True, slots=True)
class Instance:
    """`ProcessInstance`. Times have no zone, as in the specification's examples."""

    id: str
    process: str
    started: str
    state: str
    changed: str

    def as_response(self) -> dict[str, str]:
        return {
            "id": self.id,
            "processRef": self.process,
            "initTime": self.started,
            "state": self.state,
            "lastChangeTime": self.changed,
        }


class Change(BaseModel):
    """What the remote control sets of an instance, until its file moves in the register."""

    model_config = ConfigDict(extra="forbid")

    state: str
    changed: str


class UnknownAs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal[400, 404]


class Engine:
    """The instances of a register's applications, and what the remote control says of some of them instead."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._changes: dict[str, tuple[str, Change]] = {}  # by id, with the time of the file's last move

    def instances(self) -> list[Instance]:
        return [self._instance(each) for each in self._register.applications.values()]

    def find(self, instance_id: str) -> Instance | None:
        application = self._register.applications.get(instance_id)
        return self._instance(application) if application else None

    def change(self, instance_id: str, change: Change) -> Instance | None:
        """The instance as it is then; None where there is no such one."""
        application = self._register.applications.get(instance_id)
        if application is None:
            return None
        self._changes[instance_id] = (application.moved, change)
        return self._instance(application)

    def _instance(self, application: Application) -> Instance:
        moved, change = self._changes.get(application.file_id, ("", None))
        is_changed = change is not None and moved == application.moved
        state = _STATES.get(application.code, application.code.lower())
        return Instance(
            id=application.file_id,
            process=f"{application.service.procedure}:1",
            started=_zoneless(application.registered),
            state=change.state if change and is_changed else state,
            changed=change.changed if change and is_changed else _zoneless(application.changed),
        )


def create_router(register: Register | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The engine of `register`'s files; without one it has its own, so that two routers share nothing."""
    engine, faults = Engine(register or Register()), faults or GovFaults()
    unknown = UnknownAs(status=404)
    router = APIRouter()

    @router.get("/workflow/instances/")
    async def list_instances(request: Request) -> Response:
        wanted = request.query_params.get("processId")
        found = [each.as_response() for each in engine.instances() if wanted in (None, each.process)]
        return await faults.answer(request) or JSONResponse(found)

    @router.get("/workflow/instances/{instance_id}")
    async def get_instance(request: Request, instance_id: str) -> Response:
        if fault := await faults.answer(request):
            return fault
        instance = engine.find(instance_id)
        if instance is None:
            return PlainTextResponse("Process instance not found", unknown.status)
        return JSONResponse(instance.as_response())

    @router.post("/sandbox/workflow/instances/{instance_id}", tags=["Sandbox"])
    async def change(instance_id: str, body: Change) -> Response:
        instance = engine.change(instance_id, body)
        if instance is None:
            return PlainTextResponse("Process instance not found", 404)
        return JSONResponse(instance.as_response())

    @router.post("/sandbox/workflow/unknown", tags=["Sandbox"])
    async def set_unknown(body: UnknownAs) -> UnknownAs:
        unknown.status = body.status
        return body

    router.include_router(faults.router("/sandbox/workflow"))
    return router


def _zoneless(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:19]}"
