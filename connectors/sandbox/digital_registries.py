"""A local GovStack Digital Registries building block (Data API 1.3.0): list, read and exists, with faults on demand.

Two registries, version 1.0, made from the sandbox's register: `applications` and `services`. Our choices where
the specification is silent: 401 without the key, 400 without a caller, an unknown registry is 404 with another body.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.registration.book import Application, Register
from connectors.sandbox.registration.seed import REASONS, TASKS, SeedService

API_KEY = "invented-registries-key"
VERSION = "1.0"
NO_RECORD = {"detail": "no record found"}

_CLIENT = re.compile(r"[^/\s]+(/[^/\s]+){3}")
Record = dict[str, Any]
Registries = dict[tuple[str, str], Callable[[], list[Record]]]


class Content(BaseModel):
    content: dict[str, Any]


class Question(BaseModel):
    query: Content


def create_router(register: Register | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The registries of `register`; without one it has its own, so that two routers share nothing."""
    register, faults = register or Register(), faults or GovFaults()
    registries: Registries = {
        ("applications", VERSION): lambda: [_application(each) for each in register.applications.values()],
        ("services", VERSION): lambda: [_service(each) for each in register.services.values()],
    }
    router = APIRouter()

    async def refusal(request: Request, name: str, version: str) -> Response | None:
        return await faults.answer(request) or _refusal(request, (name, version) in registries)

    @router.get("/registries/data/{name}/{version}")
    async def list_records(
        request: Request,
        name: str,
        version: str,
        page: Annotated[int, Query(ge=1)] = 1,
        page_size: Annotated[int, Query(alias="pageSize", ge=1, le=1000)] = 10,
    ) -> Response:
        if refused := await refusal(request, name, version):
            return refused
        return JSONResponse(_page(request, registries[name, version](), page, page_size))

    @router.post("/registries/data/{name}/{version}/read")
    async def read(request: Request, name: str, version: str, body: Question) -> Response:
        if refused := await refusal(request, name, version):
            return refused
        found = next((record for record in registries[name, version]() if _fits(record, body.query.content)), None)
        return JSONResponse({"content": found}) if found else JSONResponse(NO_RECORD, 404)

    @router.post("/registries/data/{name}/{version}/exists")
    async def exists(request: Request, name: str, version: str, body: Question) -> Response:
        if refused := await refusal(request, name, version):
            return refused
        found = any(_fits(record, body.query.content) for record in registries[name, version]())
        said = "Object found from database" if found else "Object not found from database"
        return JSONResponse({"answer": {"status": found, "message": said}})

    router.include_router(faults.router("/sandbox/registries"))
    return router


def _refusal(request: Request, is_known: bool) -> Response | None:
    if request.headers.get("Authorization") != API_KEY:
        return JSONResponse({"detail": "unauthorized"}, 401)
    if not _CLIENT.fullmatch(request.headers.get("Information-Mediator-Client", "")):
        return PlainTextResponse("Information-Mediator-Client must be INSTANCE/CLASS/MEMBER/SUBSYSTEM", 400)
    return None if is_known else JSONResponse({"detail": "no such registry"}, 404)


def _page(request: Request, records: list[Record], page: int, page_size: int) -> dict[str, Any]:
    asked = request.query_params.items()
    wanted = {name.removeprefix("query."): value for name, value in asked if name.startswith("query.")}
    found = [record for record in records if _fits(record, wanted)]
    until = page * page_size
    return {
        "count": len(found),
        "next": str(request.url.include_query_params(page=page + 1)) if until < len(found) else None,
        "previous": str(request.url.include_query_params(page=page - 1)) if page > 1 else None,
        "results": found[until - page_size : until],
    }


def _fits(record: Record, wanted: dict[str, Any]) -> bool:
    return all(record.get(field) == value for field, value in wanted.items())


def _application(file: Application) -> Record:
    return {
        "id": file.file_id,
        "fileNumber": file.file_id,
        "birthDate": file.birth_date,
        "service": file.service.name,
        "status": file.code,
        "statusTitle": file.title,
        "registered": file.registered,
        "changed": file.changed,
        "nextStep": TASKS.get(file.code, ""),
        "reason": REASONS.get(file.code, ""),
        "result": "Guichet 3" if file.code == "APPROVED" else "",
    }


def _service(service: SeedService) -> Record:
    return {"id": service.id, "code": service.procedure, "title": service.name, "description": service.prefix}
