"""A local GovStack Workflow building block (API 1.0.0): the two calls that read instances, with faults on demand.

Every application of the registration sandbox's seed is an instance; its id is the file number. Our choices where the
specification contradicts itself: ids are texts, an unknown instance is 404 or, when switched, 400 as its tests want.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.registration.seed import APPLICATIONS, SeedApplication

_STATES = {"PENDING": "running", "SENDBACK": "suspended", "APPROVED": "completed", "REJECTED": "completed"}


@dataclass
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
    """What the remote control sets of an instance."""

    model_config = ConfigDict(extra="forbid")

    state: str
    changed: str


class UnknownAs(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal[400, 404]


def create_router() -> APIRouter:
    """A router with its own instances: two routers share nothing."""
    instances = {seed.file_id: _from_seed(seed) for seed in APPLICATIONS}
    faults = GovFaults()
    unknown = UnknownAs(status=404)
    router = APIRouter()

    @router.get("/workflow/instances/")
    async def list_instances(request: Request) -> Response:
        wanted = request.query_params.get("processId")
        found = [each.as_response() for each in instances.values() if wanted in (None, each.process)]
        return await faults.answer(request) or JSONResponse(found)

    @router.get("/workflow/instances/{instance_id}")
    async def get_instance(request: Request, instance_id: str) -> Response:
        if fault := await faults.answer(request):
            return fault
        instance = instances.get(instance_id)
        if instance is None:
            return PlainTextResponse("Process instance not found", unknown.status)
        return JSONResponse(instance.as_response())

    @router.post("/sandbox/workflow/instances/{instance_id}", tags=["Sandbox"])
    async def change(instance_id: str, body: Change) -> Response:
        instance = instances.get(instance_id)
        if instance is None:
            return PlainTextResponse("Process instance not found", 404)
        instance.state, instance.changed = body.state, body.changed
        return JSONResponse(instance.as_response())

    @router.post("/sandbox/workflow/unknown", tags=["Sandbox"])
    async def set_unknown(body: UnknownAs) -> UnknownAs:
        unknown.status = body.status
        return body

    router.include_router(faults.router("/sandbox/workflow"))
    return router


def _from_seed(seed: SeedApplication) -> Instance:
    return Instance(
        id=seed.file_id,
        process=f"{seed.service.procedure}:1",
        started=f"{seed.registered} 09:00:00",
        state=_STATES.get(seed.code, seed.code.lower()),
        changed=f"{seed.registered} 11:30:00",
    )
