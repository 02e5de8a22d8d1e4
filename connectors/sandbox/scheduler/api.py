"""A local GovStack Scheduler building block (API 1.0.0: events and appointments), with faults on demand.

`/scheduler/...` speaks the specification in spec/; `/sandbox/scheduler/...` is our own remote control. What the
specification leaves open is our choice: a wrong token is 403, an event that is full 400, an unknown category 404;
`qry` may be one JSON text or exploded into one parameter for each of its properties. Lists are nested as it has them.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict

from connectors.sandbox.gov_faults import GovFaults
from connectors.sandbox.gov_routes import Refusal, faulty_routes
from connectors.sandbox.scheduler.book import (
    CATEGORIES,
    HOST_ENTITY,
    PARTICIPANT_ENTITY,
    REQUESTOR_EXAMPLE,
    TOKEN_EXAMPLE,
    ZONE,
    Book,
    Event,
)

Query = dict[str, Any]

_CONFIRMED = "confirmed"


class Closing(BaseModel):
    """`closed`: no longer to be booked, as after an office's decision."""

    model_config = ConfigDict(extra="forbid")

    closed: bool


def create_router(book: Book | None = None, faults: GovFaults | None = None) -> APIRouter:
    """The system of `book`; without one it has its own, so that two routers share nothing."""
    book, faults = book or Book(), faults or GovFaults()
    router = APIRouter()
    router.include_router(_events(book, faults), prefix="/scheduler")
    router.include_router(_appointments(book, faults), prefix="/scheduler")
    router.include_router(_remote_control(book), prefix="/sandbox/scheduler")
    router.include_router(faults.router("/sandbox/scheduler"))
    return router


def _events(book: Book, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["Scheduler"], route_class=faulty_routes(faults, _refuse))

    @router.get("/event/list_details")
    async def events(request: Request) -> Response:
        qry = _query(request, "event_filter", "event_details_required")
        wanted = qry.get("event_filter", {})
        if wanted.get("category", CATEGORIES[0]) not in CATEGORIES:
            raise Refusal(404, "category not found")
        found = [each for each in book.events.values() if _is_wanted(each, wanted)]
        shown = qry.get("event_details_required", {})
        return JSONResponse([[{"event_id": each.id, "details": _shown(each.details(), shown)} for each in found]])

    return router


def _appointments(book: Book, faults: GovFaults) -> APIRouter:
    router = APIRouter(tags=["Scheduler"], route_class=faulty_routes(faults, _refuse))

    @router.post("/appointment/new")
    async def new_appointment(request: Request) -> Response:
        made = _booked(book, _query(request, "appointment_details").get("appointment_details", {}))
        return JSONResponse("".join(f"[Event_id:{event},appointment_id:{number}]" for event, number in made))

    @router.delete("/appointment")
    async def delete_appointment(request: Request) -> Response:
        _check(request)
        if not (number := request.query_params.get("appointment_id")):
            raise Refusal(400, "appointment_id is needed")
        if not book.cancel(number):
            raise Refusal(404, "appointment_id not found")
        return Response()

    @router.get("/appointment/list_details")
    async def appointments(request: Request) -> Response:
        qry = _query(request, "appointment_filter", "appointment_details_required")
        wanted = qry.get("appointment_filter", {})
        found = [
            {"appointment_id": number, "details": _appointment(event, participant)}
            for event in book.events.values()
            for number, participant in event.booked.items()
            if wanted.get("participant_id", participant) == participant
            and wanted.get("appointment_id", number) == number
            and wanted.get("status", _CONFIRMED) == _CONFIRMED
            and _is_within(event, wanted)
        ]
        return JSONResponse([found])

    return router


def _remote_control(book: Book) -> APIRouter:
    router = APIRouter(tags=["Sandbox"])

    @router.post("/events/{number}")
    async def close(number: str, closing: Closing) -> dict[str, str]:
        book.events[number].closed = closing.closed
        return {"status": book.events[number].status}

    return router


def _refuse(_: Request, refusal: Refusal) -> Response:
    """The specification gives its errors no body; the text is for whoever reads the sandbox's traffic."""
    return PlainTextResponse(refusal.description, refusal.status)


def _check(request: Request) -> None:
    asked = request.query_params
    if not asked.get("requestor_id") or not asked.get("request_token"):
        raise Refusal(400, "requestor_id and request_token are needed")
    if (asked["requestor_id"], asked["request_token"]) != (REQUESTOR_EXAMPLE, TOKEN_EXAMPLE):
        raise Refusal(403, "No permission")


def _query(request: Request, *names: str) -> Query:
    """`qry`: a JSON text, or exploded (style=form, explode=true) into a parameter for each of its properties."""
    _check(request)
    asked = request.query_params
    try:
        qry = json.loads(asked["qry"]) if "qry" in asked else {n: json.loads(asked[n]) for n in names if n in asked}
    except ValueError:
        raise Refusal(400, "qry is not JSON") from None
    if not isinstance(qry, dict) or not qry or not all(isinstance(each, dict) for each in qry.values()):
        raise Refusal(400, "qry is no object of objects")
    return qry


def _booked(book: Book, wanted: Query) -> list[tuple[str, str]]:
    """Event and appointment of each event that was booked: all that were asked for, or none."""
    ids, participant = wanted.get("event_ids"), wanted.get("participant_id")
    if not ids or not isinstance(ids, list) or not participant:
        raise Refusal(400, "event_ids and participant_id are needed")
    if wanted.get("participant_entity_id") != PARTICIPANT_ENTITY:
        raise Refusal(404, "participant_entity_id not found")
    if not set(ids) <= set(book.events):
        raise Refusal(404, "event_id not found")
    if not all(book.events[each].is_open_to(participant) for each in ids):
        raise Refusal(400, "Invalid request")
    return [(each, book.book(book.events[each], participant)) for each in ids]


def _is_wanted(event: Event, wanted: Query) -> bool:
    return (
        event.id in wanted.get("event_id", [event.id])
        and wanted.get("category", event.category) == event.category
        and wanted.get("host_entity_id", HOST_ENTITY) == HOST_ENTITY
        and _is_within(event, wanted)
    )


def _is_within(event: Event, wanted: Query) -> bool:
    since, until = (_time(wanted[name]) if name in wanted else None for name in ("from", "to"))
    return (since is None or event.start >= since) and (until is None or event.end <= until)


def _time(text: str) -> datetime:
    """A time without a zone is the office's, as in all of the specification's examples."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refusal(400, "from and to must be times") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _shown(details: Query, wanted: Query) -> Query:
    """Only the details that are asked for; `period` stands for both times."""
    names = {name for name, is_wanted in wanted.items() if is_wanted}
    if "period" in names:
        names |= {"from", "to"}
    return {name: value for name, value in details.items() if name in names}


def _appointment(event: Event, participant: str) -> Query:
    return {
        "exclusive": True,
        "event_id": event.id,
        "participant_type": "subscriber",
        "participant_id": participant,
        "status_id": _CONFIRMED,
        "participant_entity_id": PARTICIPANT_ENTITY,
    }
