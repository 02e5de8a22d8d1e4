"""A local GovStack Registration building block (API 0.1.1, a faithful subset), with faults on demand.

`/registration/...` speaks the specification in spec/; `/sandbox/registration/...` is our own remote control. What the
specification leaves open is our choice: 400 without a well-formed Information-Mediator-Client header.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.gov_faults import COMMON, GovFaults
from connectors.sandbox.registration.book import Application, Register
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


def create_router(register: Register | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The building block of `register`; without one it has its own, so that two routers share nothing."""
    register, faults = register or Register(), faults or create_faults()
    router = APIRouter()
    router.include_router(_services(register, faults), prefix="/registration")
    router.include_router(_applications(register, faults), prefix="/registration")
    router.include_router(_tasks(register, faults), prefix="/registration")
    router.include_router(_remote_control(register), prefix="/sandbox/registration")
    router.include_router(faults.router("/sandbox/registration"))
    return router


def _client(client: Annotated[str | None, Header(alias="Information-Mediator-Client")] = None) -> None:
    if client is None or not _CLIENT.fullmatch(client):
        raise HTTPException(400, "Information-Mediator-Client must be INSTANCE/CLASS/MEMBER/SUBSYSTEM")


def create_faults() -> GovFaults:
    """The failures of this building block, worded as the specification has it."""

    def down() -> Response:
        error = {
            "traceId": stable_id("trace", "down"),
            "code": "INTERNAL_SERVER_ERROR",
            "message": "Internal server error, please contact administrator",
            "localizedMessage": "Erreur interne du serveur",
        }
        return JSONResponse(error, status_code=500)

    return GovFaults(can=(*COMMON, "refused", "statusless"), down=down, garbled='{"fileId": "PA-2026-00')


def _services(register: Register, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["Available Services"])

    @router.get("/services")
    async def list_services(request: Request, name: str | None = None) -> Response:
        wanted = (name or "").casefold()
        found = [_service(service) for service in register.services.values() if wanted in service.name.casefold()]
        return await faults.answer(request) or JSONResponse(found)

    @router.get("/services/{service_id}")
    async def get_service(request: Request, service_id: str) -> Response:
        service = register.services.get(service_id)
        found = JSONResponse(_service(service)) if service else PlainTextResponse(NO_SERVICE, 404)
        return await faults.answer(request) or found

    @router.get("/services/{service_id}/eForms")
    async def list_forms(request: Request, service_id: str) -> Response:
        service = register.services.get(service_id)
        return await faults.answer(request) or JSONResponse([_form(service)] if service else [])

    @router.get("/eForms/{form_id}")
    async def get_form(request: Request, form_id: str) -> Response:
        service = next((each for each in register.services.values() if each.form_id == form_id), None)
        if service is None:
            return await faults.answer(request) or PlainTextResponse("Not Found", 404)
        return await faults.answer(request) or JSONResponse(_form(service) | {"schema": _FORM_SCHEMA})

    return router


def _applications(register: Register, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["Applicant"], dependencies=[Depends(_client)])

    @router.post("/services/{service_id}/applications")
    async def submit(request: Request, service_id: str, body: ApplicationFileSubmit) -> Response:
        if fault := await faults.answer(request):
            return fault
        service = register.services.get(service_id)
        if service is None:
            return PlainTextResponse("Service was not found", 404)
        application = register.submit(service, body.applicant_id, body.application_name, body.created, _form_data(body))
        application.document_urls = body.document_urls
        return JSONResponse(application.as_response())

    @router.get("/applications")
    async def list_applications(
        request: Request,
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
        return await faults.answer(request) or JSONResponse(items[first_result : first_result + max_result])

    @router.get("/applications/{file_id}")
    async def get_application(request: Request, file_id: str) -> Response:
        return await faults.answer(request) or _file(
            register.applications.get(file_id), faults.now.kind == "statusless"
        )

    @router.put("/applications/{file_id}")
    async def resubmit(request: Request, file_id: str, body: ApplicationFileSubmit) -> Response:
        if fault := await faults.answer(request):
            return fault
        application = register.applications.get(file_id)
        if application is not None:
            application.form_data = _form_data(body)
            application.document_urls = body.document_urls
            if application.code == "SENDBACK":
                application.resubmit()
        return _file(application)

    return router


def _tasks(register: Register, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["Operator"], dependencies=[Depends(_client)])

    @router.get("/tasks")
    async def list_tasks(request: Request, file_id: Annotated[str | None, Query(alias="fileId")] = None) -> Response:
        found = [task for each in register.applications.values() for task in each.tasks()]
        wanted = [task for task in found if file_id in (None, task["fileId"])]
        return await faults.answer(request) or JSONResponse(wanted)

    return router


def _remote_control(register: Register) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.get("/demo")
    async def demo() -> dict[str, list[dict[str, str]]]:
        """Invented applications that a newcomer may ask for."""
        seeds = [{"file_id": seed.file_id, "birth_date": seed.birth_date, "note": seed.note} for seed in APPLICATIONS]
        return {"applications": seeds}

    @router.post("/applications/{file_id}/advance")
    async def advance(file_id: str) -> Response:
        application = register.applications.get(file_id)
        if application is not None:
            application.advance()
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
