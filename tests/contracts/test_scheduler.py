"""Our client and the sandbox's appointment book, both against the vendored specification, over real HTTP.

Corrections of the specification are listed in connectors/sandbox/scheduler/spec/README.md; what they change here is
said beside each check.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from connectors.errors import (
    ConnectorError,
    SystemBusy,
    SystemDown,
    SystemGarbled,
    SystemPaused,
    SystemRefused,
    SystemSlow,
    Uncertain,
)
from connectors.gov.api import Booking, Slot
from connectors.gov.scheduler import SchedulerClient, SchedulerConfig
from connectors.sandbox.scheduler import api
from connectors.sandbox.scheduler.book import (
    CATEGORIES,
    DAYS,
    HOST_ENTITY,
    HOURS,
    PARTICIPANT_ENTITY,
    REQUESTOR_EXAMPLE,
    TOKEN_EXAMPLE,
    ZONE,
)
from connectors.tls import usual_tls
from tests.contracts.openapi_check import Specification
from tests.contracts.recording import Recorded, Recording
from tests.unit.sandbox.serving import Server

SPEC_FILE = Path(api.__file__).parent / "spec" / "Govstack_scheduler_BB_APIs.json"
DOCUMENT = json.loads(SPEC_FILE.read_text(encoding="utf-8"))
SPECIFICATION = Specification(DOCUMENT)
BUDGET = 1.0  # seconds: a busy machine answers within it, a system that hangs does not
SERVICE = CATEGORIES[0]
SINCE = datetime.now(ZONE)
UNTIL = SINCE + timedelta(days=14)
AMINA, YOUSSEF = "person-1", "person-2"


class Office:
    """The sandbox's book on a port, with its remote control."""

    def __init__(self, url: str, recording: Recording) -> None:
        self.url = url
        self.recording = recording

    def order(self, path: str, **body: object) -> None:
        httpx2.post(
            f"{self.url}/sandbox/scheduler/{path}", json=body, trust_env=False, verify=usual_tls()
        ).raise_for_status()

    def ask(self, method: str, path: str, **query: object) -> httpx2.Response:
        known = {"requestor_id": REQUESTOR_EXAMPLE, "request_token": TOKEN_EXAMPLE}
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
        return httpx2.request(method, f"{self.url}/scheduler{path}", params={**known, **texts}, trust_env=False)


@pytest.fixture
def office() -> Iterator[Office]:
    app = FastAPI()
    app.include_router(api.create_router())
    recording = Recording(app, "/scheduler")
    with Server(recording) as server:
        yield Office(server.url, recording)


def config(office: Office, token: str = TOKEN_EXAMPLE) -> SchedulerConfig:
    return SchedulerConfig(
        f"{office.url}/scheduler", REQUESTOR_EXAMPLE, token, HOST_ENTITY, PARTICIPANT_ENTITY, ZONE, timeout_s=BUDGET
    )


@pytest.fixture
async def client(office: Office) -> AsyncIterator[SchedulerClient]:
    client = SchedulerClient(config(office))
    yield client
    await client.close()


async def first_slot(client: SchedulerClient) -> Slot:
    return (await client.free_slots(SERVICE, SINCE, UNTIL))[0]


# ---- our client ----------------------------------------------------------------------------------------------------


async def test_free_slots_are_those_of_the_service_and_the_time(client: SchedulerClient) -> None:
    slots = await client.free_slots(SERVICE, SINCE, UNTIL)
    later = await client.free_slots(SERVICE, slots[0].end, UNTIL)

    assert DAYS * len(HOURS) == len(slots)
    assert sorted(slots, key=lambda each: each.start) == list(slots)
    assert slots[1:] == later
    assert ("Annexe (exemple), Rue inventée 1, Centre, Ville Exemple", HOURS[0]) == (
        slots[0].place,
        slots[0].start.astimezone(ZONE).hour,
    )


async def test_a_service_that_the_office_does_not_have_has_no_slot(client: SchedulerClient) -> None:
    assert () == await client.free_slots("no_such_service", SINCE, UNTIL)


async def test_a_booked_slot_is_free_no_more_until_it_is_cancelled(client: SchedulerClient) -> None:
    slot = await first_slot(client)

    booking = await client.book(slot, AMINA)
    assert booking is not None
    assert slot == booking.slot
    assert slot not in await client.free_slots(SERVICE, SINCE, UNTIL)

    assert await client.cancel(booking.ref)
    assert slot == await first_slot(client)
    assert not await client.cancel(booking.ref)


async def test_a_booking_says_when_to_remind(office: Office, client: SchedulerClient) -> None:
    slot = (await client.free_slots(SERVICE, SINCE, UNTIL))[-1]

    booking = await client.book(slot, AMINA)

    assert booking is not None
    assert slot.start - timedelta(days=1) == booking.remind_at


async def test_a_slot_that_has_been_taken_meanwhile_is_none(client: SchedulerClient) -> None:
    slot = await first_slot(client)

    assert await client.book(slot, AMINA) is not None
    assert await client.book(slot, YOUSSEF) is None


async def test_a_slot_that_the_office_has_closed_meanwhile_is_none(office: Office, client: SchedulerClient) -> None:
    slot = await first_slot(client)
    office.order(f"events/{slot.id}", closed=True)

    assert await client.book(slot, AMINA) is None


async def test_a_slot_that_is_gone_is_none(client: SchedulerClient) -> None:
    assert await client.book(Slot("no-such-event", SINCE, UNTIL), AMINA) is None


# ---- failures ------------------------------------------------------------------------------------------------------

_READING = [
    ("down", SystemDown),
    ("throttled", SystemBusy),
    ("maintenance", SystemPaused),
    ("garbled", SystemGarbled),
    ("slow", SystemSlow),
]
_ACTING = [
    ("down", Uncertain),
    ("throttled", SystemBusy),
    ("maintenance", Uncertain),
    ("garbled", Uncertain),
    ("slow", Uncertain),
]


@pytest.mark.parametrize(("kind", "error"), _READING)
async def test_a_fault_while_reading_is_of_the_closed_set(
    office: Office, client: SchedulerClient, kind: str, error: type[ConnectorError]
) -> None:
    office.order("faults", kind=kind, seconds=2 * BUDGET)

    with pytest.raises(error) as caught:
        await client.free_slots(SERVICE, SINCE, UNTIL)

    assert error is type(caught.value)


@pytest.mark.parametrize(("kind", "error"), _ACTING)
async def test_a_fault_while_booking_says_whether_anything_may_have_happened(
    office: Office, client: SchedulerClient, kind: str, error: type[ConnectorError]
) -> None:
    slot = await first_slot(client)
    office.recording.asked.clear()
    office.order("faults", kind=kind, seconds=2 * BUDGET)

    with pytest.raises(error) as caught:
        await client.book(slot, AMINA)

    assert error is type(caught.value)
    assert 1 == len(office.recording.asked)  # never repeated by itself


async def test_after_a_lost_answer_the_booking_can_be_asked_for(office: Office, client: SchedulerClient) -> None:
    slot = await first_slot(client)
    office.order("faults", kind="slow", seconds=2 * BUDGET)
    with pytest.raises(Uncertain):
        await client.book(slot, AMINA)
    office.order("faults", kind="none")

    found = await client.booked(slot, AMINA)

    assert isinstance(found, Booking)
    assert await client.booked(slot, YOUSSEF) is None
    assert await client.cancel(found.ref)
    assert await client.booked(slot, AMINA) is None


async def test_a_wrong_token_is_for_a_person_to_mend(office: Office) -> None:
    client = SchedulerClient(config(office, token="wrong"))

    with pytest.raises(SystemRefused, match="HTTP 403"):
        await client.free_slots(SERVICE, SINCE, UNTIL)

    await client.close()


# ---- both directions against the specification ---------------------------------------------------------------------


def request_mistakes(asked: Recorded) -> list[str]:
    """What is wrong with a request. Patch: `qry` is a JSON text; exploding an object of objects is undefined."""
    operation = DOCUMENT["paths"][asked.path][asked.method.lower()]
    parameters = {each["name"]: each for each in operation["parameters"]}
    mistakes = [
        f"{name} is missing" for name, each in parameters.items() if each["required"] and name not in asked.query
    ]
    for name, value in asked.query.items():
        if name not in parameters:
            mistakes.append(f"{name} is unknown")
            continue
        content = json.loads(value) if name == "qry" else value
        mistakes += SPECIFICATION.mistakes(parameters[name]["schema"], content, name)
        if name == "qry":
            mistakes += unknown_names(parameters[name]["schema"], content, name)
    return mistakes


def unknown_names(schema: dict[str, Any], content: dict[str, Any], where: str) -> list[str]:
    """Properties that the schema does not have: OpenAPI allows them, a strict system does not."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    known = schema.get("properties", {})
    found = [f"{where}.{name} is unknown" for name in content if name not in known]
    for name, inner in content.items():
        if isinstance(inner, dict) and name in known:
            found += unknown_names(known[name], inner, f"{where}.{name}")
    return found


async def test_what_we_send_follows_the_specification(office: Office, client: SchedulerClient) -> None:
    slot = await first_slot(client)
    booking = await client.book(slot, AMINA)
    assert booking is not None
    await client.book(slot, YOUSSEF)
    await client.booked(slot, AMINA)
    await client.cancel(booking.ref)

    assert [
        ("GET", "/event/list_details"),
        ("POST", "/appointment/new"),
        ("POST", "/appointment/new"),
        ("GET", "/event/list_details"),
        ("GET", "/appointment/list_details"),
        ("DELETE", "/appointment"),
    ] == [(each.method, each.path) for each in office.recording.asked]
    assert [[]] * 6 == [request_mistakes(each) for each in office.recording.asked]


def test_the_checker_of_requests_sees_what_is_wrong() -> None:
    wrong = Recorded("GET", "/event/list_details", {"requestor_id": "x", "qry": '{"event_filter":{"form":1}}'}, {}, b"")

    assert ["request_token is missing", "qry.event_filter.form is unknown"] == request_mistakes(wrong)


def follows(response: httpx2.Response, path: str, method: str) -> Any:
    schema = SPECIFICATION.response_schema(path, method, response.status_code)
    assert schema is not None
    assert [] == list(SPECIFICATION.mistakes(schema, response.json()))
    return response.json()


@pytest.mark.parametrize("form", ["JSON text", "exploded"])
def test_what_the_office_answers_follows_the_specification(office: Office, form: str) -> None:
    def asking(**parts: object) -> dict[str, object]:
        return {"qry": parts} if form == "JSON text" else parts

    every = dict.fromkeys(DOCUMENT["components"]["schemas"]["event_details_required"]["properties"], True)
    events = office.ask(
        "GET", "/event/list_details", **asking(event_filter={"category": SERVICE}, event_details_required=every)
    )
    event_id = follows(events, "/event/list_details", "get")[0][0]["event_id"]
    wanted = {
        "exclusive": True,
        "event_ids": [event_id],
        "participant_type": "subscriber",
        "participant_id": AMINA,
        "participant_entity_id": PARTICIPANT_ENTITY,
    }
    booked = office.ask("POST", "/appointment/new", **asking(appointment_details=wanted))
    said = follows(booked, "/appointment/new", "post")
    listed = office.ask("GET", "/appointment/list_details", **asking(appointment_filter={"participant_id": AMINA}))
    [[appointment]] = follows(listed, "/appointment/list_details", "get")

    assert f"[Event_id:{event_id},appointment_id:{appointment['appointment_id']}]" == said
    assert ("confirmed", event_id) == (appointment["details"]["status_id"], appointment["details"]["event_id"])


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        pytest.param("GET", "/event/list_details", {"request_token": "wrong", "qry": {}}, 403, id="a wrong token"),
        pytest.param("GET", "/event/list_details", {"request_token": "", "qry": {}}, 400, id="no token"),
        pytest.param("GET", "/event/list_details", {}, 400, id="no query"),
        pytest.param("GET", "/event/list_details", {"qry": "{"}, 400, id="no JSON"),
        pytest.param("GET", "/event/list_details", {"qry": {"event_filter": {"from": "x"}}}, 400, id="no time"),
        pytest.param("GET", "/event/list_details", {"qry": {"event_filter": {"category": "x"}}}, 404, id="no category"),
        pytest.param("POST", "/appointment/new", {"qry": {"appointment_details": {}}}, 400, id="no event"),
        pytest.param("DELETE", "/appointment", {}, 400, id="no appointment"),
        pytest.param("DELETE", "/appointment", {"appointment_id": "0"}, 404, id="an unknown appointment"),
    ],
)
def test_wrong_calls_get_the_specifications_codes(
    office: Office, method: str, path: str, query: dict[str, object], status: int
) -> None:
    assert str(status) in DOCUMENT["paths"][path][method.lower()]["responses"]
    assert status == office.ask(method, path, **query).status_code


def test_two_books_share_nothing() -> None:
    apps = [FastAPI(), FastAPI()]
    for app in apps:
        app.include_router(api.create_router())
    with Server(apps[0]) as first, Server(apps[1]) as second:
        httpx2.post(f"{first.url}/sandbox/scheduler/faults", json={"kind": "down"}, trust_env=False, verify=usual_tls())

        codes = [
            httpx2.delete(f"{each.url}/scheduler/appointment", trust_env=False).status_code for each in (first, second)
        ]

    assert [500, 400] == codes
