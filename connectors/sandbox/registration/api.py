"""A local GovStack Registration building block (API 0.1.1, a faithful subset), with faults on demand.

`/registration/...` speaks the specification in spec/; `/sandbox/registration/...` is our own remote control. What the
specification leaves open is our choice: 400 without a well-formed Information-Mediator-Client header.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.registration.book import Application, FaultKind, Register
from connectors.sandbox.registration.seed import APPLICATIONS, SeedService, stable_id

NO_FILE = "Application file was not found"
NO_SERVICE = "service not found"
_CLIENT = re.compile(r"[^/\s]+(/[^/\s]+){3}")
_SORT_KEYS = {"created": "created", "id": "fileId", "name": "serviceName", "description": "description"}


class FormData(BaseModel):
    model_config = ConfigDict(extra="allow")

    data: dict[str, dict[str, Any]] = Field(default_factory=dict)
    e_form_id: str | None = Field(default=None, alias="eFormId")


class ApplicationFileSubmit(BaseModel):
    """`applicationFileSubmit` of the specification."""

    model_config = ConfigDict(populate_by_name=True)

    applicant_id: str = Field(alias="applicantId", min_length=1)
    application_name: str = Field(default="", alias="applicationName")
    created: str | None = None
    form_data: FormData = Field(default_factory=FormData, alias="formData")
    document_urls: list[str] = Field(default_factory=list, alias="documentUrls")


class FaultRequest(BaseModel):
    """`seconds`: how long `slow` waits before it answers properly."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    seconds: float = Field(default=5.0, gt=0, le=60)


def create_router(moved: Callable[[str], None] = lambda _file_id: None) -> APIRouter:
    """A router with its own register: two routers share nothing. `moved` hears of every file that changes its state."""
    register = Register(moved)
    router = APIRouter()
    router.include_router(_services(register), prefix="/registration")
    router.include_router(_applications(register), prefix="/registration")
    router.include_router(_tasks(register), prefix="/registration")
    router.include_router(_remote_control(register), prefix="/sandbox/registration")
    return router


def _client(client: Annotated[str | None, Header(alias="Information-Mediator-Client")] = None) -> None:
    if client is None or not _CLIENT.fullmatch(client):
        raise HTTPException(400, "Information-Mediator-Client must be INSTANCE/CLASS/MEMBER/SUBSYSTEM")


async def _faulty(register: Register) -> Response | None:
    """What to answer instead, while a fault is switched on."""
    if register.fault == "down":
        error = {
            "traceId": stable_id("trace", "down"),
            "code": "INTERNAL_SERVER_ERROR",
            "message": "Internal server error, please contact administrator",
            "localizedMessage": "Erreur interne du serveur",
        }
        return JSONResponse(error, status_code=500)
    if register.fault == "garbled":
        return Response('{"fileId": "PA-2026-00', media_type="application/json")
    if register.fault == "refused":
        return PlainTextResponse("", 401)
    if register.fault == "throttled":
        return PlainTextResponse("", 429, headers={"Retry-After": "5"})
    if register.fault == "maintenance":
        return HTMLResponse("<html><body>Maintenance</body></html>", 200)
    if register.fault == "slow":
        await asyncio.sleep(register.slow_s)
    return None


def _services(register: Register) -> APIRouter:
    router = APIRouter(tags=["Available Services"])

    @router.get("/services")
    async def list_services(name: str | None = None) -> Response:
        wanted = (name or "").casefold()
        found = [_service(service) for service in register.services.values() if wanted in service.name.casefold()]
        return await _faulty(register) or JSONResponse(found)

    @router.get("/services/{service_id}")
    async def get_service(service_id: str) -> Response:
        service = register.services.get(service_id)
        found = JSONResponse(_service(service)) if service else PlainTextResponse(NO_SERVICE, 404)
        return await _faulty(register) or found

    @router.get("/services/{service_id}/eForms")
    async def list_forms(service_id: str) -> Response:
        service = register.services.get(service_id)
        return await _faulty(register) or JSONResponse([_form(service)] if service else [])

    @router.get("/eForms/{form_id}")
    async def get_form(form_id: str) -> Response:
        service = next((each for each in register.services.values() if each.form_id == form_id), None)
        if service is None:
            return await _faulty(register) or PlainTextResponse("Not Found", 404)
        return await _faulty(register) or JSONResponse(_form(service) | {"schema": _FORM_SCHEMA})

    return router


def _applications(register: Register) -> APIRouter:
    router = APIRouter(tags=["Applicant"], dependencies=[Depends(_client)])

    @router.post("/services/{service_id}/applications")
    async def submit(service_id: str, body: ApplicationFileSubmit) -> Response:
        if fault := await _faulty(register):
            return fault
        service = register.services.get(service_id)
        if service is None:
            return PlainTextResponse("Service was not found", 404)
        application = register.submit(service, body.applicant_id, body.application_name, body.created, _form_data(body))
        application.document_urls = body.document_urls
        return JSONResponse(application.as_response())

    @router.get("/applications")
    async def list_applications(
        service_id: Annotated[str | None, Query(alias="serviceId")] = None,
        applicant_id: Annotated[str | None, Query(alias="applicantId")] = None,
        first_result: Annotated[int, Query(alias="firstResult", ge=0)] = 0,
        max_result: Annotated[int, Query(alias="maxResult", ge=1, le=1000)] = 100,
        sort_by: Annotated[str, Query(alias="sortBy")] = "created",
        sort_order: Annotated[Literal["asc", "desc"], Query(alias="sortOrder")] = "asc",
    ) -> Response:
        items = [
            each.as_list_item()
            for each in register.applications.values()
            if service_id in (None, each.service.id) and applicant_id in (None, each.applicant_id)
        ]
        key = _SORT_KEYS.get(sort_by, "created")
        items.sort(key=lambda item: (item[key], item["fileId"]), reverse=sort_order == "desc")
        return await _faulty(register) or JSONResponse(items[first_result : first_result + max_result])

    @router.get("/applications/{file_id}")
    async def get_application(file_id: str) -> Response:
        return await _faulty(register) or _file(register.applications.get(file_id), register.fault == "statusless")

    @router.put("/applications/{file_id}")
    async def resubmit(file_id: str, body: ApplicationFileSubmit) -> Response:
        if fault := await _faulty(register):
            return fault
        application = register.applications.get(file_id)
        if application is not None:
            application.form_data = _form_data(body)
            application.document_urls = body.document_urls
            if application.code == "SENDBACK":
                application.resubmit()
                register.moved(file_id)
        return _file(application)

    return router


def _tasks(register: Register) -> APIRouter:
    router = APIRouter(tags=["Operator"], dependencies=[Depends(_client)])

    @router.get("/tasks")
    async def list_tasks(file_id: Annotated[str | None, Query(alias="fileId")] = None) -> Response:
        found = [task for each in register.applications.values() for task in each.tasks()]
        wanted = [task for task in found if file_id in (None, task["fileId"])]
        return await _faulty(register) or JSONResponse(wanted)

    return router


def _remote_control(register: Register) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.get("/demo")
    async def demo() -> dict[str, list[dict[str, str]]]:
        """Invented applications that a newcomer may ask for."""
        seeds = [{"file_id": seed.file_id, "birth_date": seed.birth_date, "note": seed.note} for seed in APPLICATIONS]
        return {"applications": seeds}

    @router.post("/faults")
    async def set_fault(body: FaultRequest) -> FaultRequest:
        register.fault, register.slow_s = body.kind, body.seconds
        return body

    @router.post("/applications/{file_id}/advance")
    async def advance(file_id: str) -> Response:
        application = register.applications.get(file_id)
        if application is not None:
            application.advance()
            register.moved(file_id)
        return _file(application)

    return router


def _file(application: Application | None, statusless: bool = False) -> Response:
    if application is None:
        return PlainTextResponse(NO_FILE, 404)
    answer = application.as_response()
    return JSONResponse({key: value for key, value in answer.items() if not (statusless and key == "status")})


def _form_data(body: ApplicationFileSubmit) -> dict[str, Any]:
    return body.form_data.model_dump(by_alias=True, exclude_none=True)


def _service(service: SeedService) -> dict[str, Any]:
    return {
        "id": service.id,
        "name": service.name,
        "version": "1",
        "type": "Public",
        "isExecutable": True,
        "isClosed": False,
        "description": service.name,
        "serviceBody": [{"code": "procedure", "value": service.procedure}],
    }


def _form(service: SeedService) -> dict[str, Any]:
    return {
        "eFormId": service.form_id,
        "name": service.name,
        "description": f"Demande : {service.name}",
        "version": "1",
        "latest": True,
    }


_FORM_SCHEMA = {
    "type": "object",
    "required": ["applicant"],
    "properties": {
        "applicant": {
            "type": "object",
            "required": ["birthDate"],
            "properties": {"birthDate": {"type": "string", "format": "date"}},
        }
    },
}
