"""A local complaint desk that speaks Open311 GeoReport v2, in XML and JSON, with faults on demand.

`/open311/v2/...` speaks the specification (https://wiki.open311.org/GeoReport_v2); `/sandbox/open311/...` is our own
remote control. What the specification leaves open is our choice: a token that is not numbered yet answers 200 without
an id, an attribute that is required and missing is 400.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.gov_routes import Refusal, faulty_routes
from connectors.sandbox.open311.desk import API_KEY_EXAMPLE, JURISDICTION, Complaint, Desk, Kind
from connectors.sandbox.open311.formats import FormatName, write

LONGEST_RANGE = timedelta(days=90)
MOST_REQUESTS = 1000
MAX_DESCRIPTION = 4000

_ATTRIBUTE = re.compile(r"attribute\[([^\]]+)\](\[\])?")

Form = Annotated[FormatName, Path()]


class Dialect(BaseModel):
    """How this desk differs from others. `jurisdictions`: it serves several, so that the id is required."""

    model_config = ConfigDict(extra="forbid")

    numeric_ids: bool = False
    jurisdictions: bool = False


class Closing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    notes: str = ""


def create_router(desk: Desk | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The system of `desk`; without one it has its own, so that two routers share nothing."""
    desk, faults, dialect = desk or Desk(), faults or GovFaults(), Dialect()
    router = APIRouter()
    router.include_router(_services(desk, faults, _Speaker(dialect)), prefix="/open311/v2")
    router.include_router(_requests(desk, faults, _Speaker(dialect)), prefix="/open311/v2")
    router.include_router(_remote_control(desk, dialect), prefix="/sandbox/open311")
    router.include_router(faults.router("/sandbox/open311"))
    return router


class _Speaker:
    """What every endpoint needs of the dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def answer(self, root: str, content: Any, form: FormatName) -> Response:  # noqa: ANN401 -- any JSON value
        return write(root, content, form, numeric_ids=self._dialect.numeric_ids)

    def check(self, jurisdiction_id: str | None) -> None:
        if self._dialect.jurisdictions and not jurisdiction_id:
            raise Refusal(400, "jurisdiction_id was not provided")
        if jurisdiction_id and jurisdiction_id != JURISDICTION:
            raise Refusal(404, "jurisdiction_id provided was not found")


def _services(desk: Desk, faults: GovFaults, speaker: _Speaker) -> APIRouter:
    router = APIRouter(tags=["Open311"], route_class=faulty_routes(faults, _refuse))

    @router.get("/services.{form}")
    async def services(form: Form, jurisdiction_id: str | None = None) -> Response:
        speaker.check(jurisdiction_id)
        return speaker.answer("services", [_service(kind) for kind in desk.kinds.values()], form)

    @router.get("/services/{code}.{form}")
    async def definition(code: str, form: Form, jurisdiction_id: str | None = None) -> Response:
        speaker.check(jurisdiction_id)
        kind = desk.kinds.get(code)
        if kind is None or not kind.attributes:
            raise Refusal(404, "service_code provided was not found")
        return speaker.answer("service_definition", _definition(kind), form)

    return router


def _requests(desk: Desk, faults: GovFaults, speaker: _Speaker) -> APIRouter:
    router = APIRouter(tags=["Open311"], route_class=faulty_routes(faults, _refuse))

    @router.post("/requests.{form}")
    async def file(form: Form, request: Request) -> Response:
        fields = _posted(request.headers.get("content-type", ""), await request.body())
        speaker.check(fields.get("jurisdiction_id", [None])[0])
        complaint = _complaint(desk, fields)
        number, token = desk.take(complaint)
        filed = {"service_request_id": number, "token": token, "service_notice": complaint.kind.notice}
        told = {name: value for name, value in filed.items() if value is not None} | {"account_id": None}
        return speaker.answer("service_requests", [told], form)

    @router.get("/tokens/{token}.{form}")
    async def token_id(token: str, form: Form, jurisdiction_id: str | None = None) -> Response:
        speaker.check(jurisdiction_id)
        if token not in desk.tokens:
            raise Refusal(404, "token was not found")
        return speaker.answer("service_requests", [{"service_request_id": desk.tokens[token], "token": token}], form)

    @router.get("/requests/{number}.{form}")
    async def one(number: str, form: Form, jurisdiction_id: str | None = None) -> Response:
        speaker.check(jurisdiction_id)
        if number not in desk.complaints:
            raise Refusal(404, "service_request_id was not found")
        return speaker.answer("service_requests", [desk.complaints[number].as_request()], form)

    @router.get("/requests.{form}")
    async def several(form: Form, request: Request) -> Response:
        asked = dict(request.query_params)
        speaker.check(asked.get("jurisdiction_id"))
        found = _search(desk, asked)
        return speaker.answer("service_requests", [each.as_request() for each in found[:MOST_REQUESTS]], form)

    return router


def _remote_control(desk: Desk, dialect: Dialect) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.post("/dialect")
    async def set_dialect(wanted: Dialect) -> Dialect:
        dialect.numeric_ids, dialect.jurisdictions = wanted.numeric_ids, wanted.jurisdictions
        return wanted

    @router.post("/tokens/{token}/number")
    async def number(token: str) -> dict[str, str | None]:
        return {"service_request_id": desk.number(token)}

    @router.post("/requests/{number}/close")
    async def close(number: str, closing: Closing) -> dict[str, str]:
        desk.complaints[number].close(closing.notes)
        return {"status": "closed"}

    @router.get("/requests")
    async def filed() -> dict[str, list[dict[str, Any]]]:
        """Everything that was filed, with the answers to the kinds' questions, which GeoReport does not give back."""
        every = desk.complaints.values()
        return {"requests": [each.as_request() | {"attributes": each.attributes} for each in every]}

    return router


def _refuse(request: Request, refusal: Refusal) -> Response:
    """GeoReport's error body, in the format that was asked for."""
    form: FormatName = "json" if request.path_params.get("form") == "json" else "xml"
    return write("errors", [{"code": str(refusal.status), "description": refusal.description}], form, refusal.status)


def _service(kind: Kind) -> dict[str, Any]:
    return {
        "service_code": kind.code,
        "service_name": kind.name,
        "description": kind.description,
        "metadata": bool(kind.attributes),
        "type": kind.type,
        "keywords": kind.keywords,
        "group": kind.group,
    }


def _definition(kind: Kind) -> dict[str, Any]:
    attributes = []
    for order, each in enumerate(kind.attributes, 1):
        values = {"values": [{"key": key, "name": name} for key, name in each.values]} if each.values else {}
        attributes.append(
            {
                "variable": each.variable,
                "code": each.code,
                "datatype": each.datatype,
                "required": each.required,
                "datatype_description": each.hint or None,
                "order": order,
                "description": each.description,
                **values,
            }
        )
    return {"service_code": kind.code, "attributes": attributes}


def _posted(content_type: str, body: bytes) -> dict[str, list[str]]:
    """The fields of a form, in UTF-8."""
    if not content_type.startswith("application/x-www-form-urlencoded"):
        raise Refusal(400, "Content-Type must be application/x-www-form-urlencoded")
    fields: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(body.decode("ascii"), errors="strict"):
            fields.setdefault(name, []).append(value)
    except UnicodeDecodeError:
        raise Refusal(400, "The body is not UTF-8") from None
    return fields


def _complaint(desk: Desk, fields: dict[str, list[str]]) -> Complaint:
    """What was posted, once it is complete."""

    def first(name: str) -> str:
        return fields.get(name, [""])[0]

    if first("api_key") != API_KEY_EXAMPLE:
        raise Refusal(403, "Invalid api_key received")
    if not first("service_code"):
        raise Refusal(400, "service_code was not provided")
    kind = desk.kinds.get(first("service_code"))
    if kind is None:
        raise Refusal(404, "service_code was not found")
    if not (first("lat") and first("long")) and not first("address_string") and not first("address_id"):
        raise Refusal(400, "A location must be provided: lat and long, address_string or address_id")
    if len(first("description")) > MAX_DESCRIPTION:
        raise Refusal(400, "description is limited to 4,000 characters")
    try:
        lat, long = (float(first(name)) if first(name) else None for name in ("lat", "long"))
    except ValueError:
        raise Refusal(400, "lat and long must be numbers") from None
    now = datetime.now(UTC)
    return Complaint(
        "", kind, first("description"), now, now, first("address_string"), lat, long, attributes=_answers(kind, fields)
    )


def _answers(kind: Kind, fields: dict[str, list[str]]) -> dict[str, list[str]]:
    answers = {match[1]: values for name, values in fields.items() if (match := _ATTRIBUTE.fullmatch(name))}
    for attribute in kind.attributes:
        given = answers.get(attribute.code, [])
        if attribute.variable and attribute.required and not given:
            raise Refusal(400, f"attribute[{attribute.code}] is required")
        if attribute.values and not set(given) <= {key for key, _ in attribute.values}:
            raise Refusal(400, f"attribute[{attribute.code}] has no such value")
    return answers


def _search(desk: Desk, asked: dict[str, str]) -> list[Complaint]:
    """GET requests: by ids, which override all else, or by kind, time and status, the latest first."""
    if ids := asked.get("service_request_id"):
        return [desk.complaints[each] for each in ids.split(",") if each in desk.complaints]
    end = _time(asked["end_date"]) if asked.get("end_date") else None
    start = _time(asked["start_date"]) if asked.get("start_date") else None
    if start and end and end - start > LONGEST_RANGE:
        raise Refusal(400, "start_date and end_date may not span more than 90 days")
    end = end or (start + LONGEST_RANGE if start else datetime.now(UTC))
    start = start or end - LONGEST_RANGE
    kinds = asked["service_code"].split(",") if asked.get("service_code") else list(desk.kinds)
    states = asked["status"].split(",") if asked.get("status") else ["open", "closed"]
    found = [
        each
        for each in desk.complaints.values()
        if start <= each.requested <= end and each.kind.code in kinds and each.status in states
    ]
    return sorted(found, key=lambda each: each.requested, reverse=True)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, "Dates must be ISO 8601") from None
    if moment.tzinfo is None:
        raise Refusal(400, "Dates must have a time zone")
    return moment
