"""The Scheduler client against systems that read the specification differently, or misbehave."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.responses import Response

from connectors.errors import ConnectorError, SystemBusy, SystemGarbled, SystemRefused, Uncertain
from connectors.gov.api import Booking, Slot
from connectors.gov.scheduler import SchedulerClient, SchedulerConfig
from tests.unit.gov.answering import Answering
from tests.unit.sandbox.serving import Server

ZONE = ZoneInfo("Africa/Algiers")  # UTC+1 all year
NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
SINCE, UNTIL = NOW, NOW + timedelta(days=7)
SLOT = Slot("12345", datetime(2026, 12, 2, 9, 0, tzinfo=ZONE), datetime(2026, 12, 2, 9, 30, tzinfo=ZONE))
BOOKED = json.dumps("[Event_id:12345,appointment_id:1]")


def event(**details: Any) -> dict[str, Any]:
    times = {"from": "2026-12-02T09:00:00", "to": "2026-12-02T09:30:00"}
    return {"event_id": "12345", "details": {**times, "status": "open", **details}}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Answering, str]]:
    office = Answering()
    with Server(office.app()) as server:
        yield office, server.url


@pytest.fixture
def office(served: tuple[Answering, str]) -> Answering:
    served[0].asked.clear()
    return served[0]


@pytest.fixture
async def client(served: tuple[Answering, str]) -> AsyncIterator[SchedulerClient]:
    config = SchedulerConfig(
        f"{served[1]}/s/", "dalil", "token", "67890", "citizens", ZONE, {"X-Road-Client": "a/b/c/d"}
    )
    client = SchedulerClient(config, now=lambda: NOW)
    yield client
    await client.close()


@pytest.mark.parametrize("body", [[[event()]], [event()], [[], [event()]]], ids=["nested", "flat", "two pages"])
async def test_slots_are_read_at_either_depth(office: Answering, client: SchedulerClient, body: object) -> None:
    office.says(body)

    assert (SLOT,) == await client.free_slots("depot", SINCE, UNTIL)
    assert "a/b/c/d" == office.asked[0].headers["x-road-client"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-12-02T09:00:00", datetime(2026, 12, 2, 8, 0, tzinfo=UTC)),
        ("2026-12-02T09:00:00Z", datetime(2026, 12, 2, 9, 0, tzinfo=UTC)),
        ("2026-12-02T09:00:00+03:00", datetime(2026, 12, 2, 6, 0, tzinfo=UTC)),
    ],
)
async def test_a_time_is_local_unless_it_says_otherwise(
    office: Answering, client: SchedulerClient, written: str, moment: datetime
) -> None:
    office.says([event(**{"from": written})])

    [slot] = await client.free_slots("depot", SINCE, UNTIL)

    assert moment == slot.start


@pytest.mark.parametrize(
    ("details", "offered"),
    [
        pytest.param({}, True, id="open"),
        pytest.param({"status": None}, True, id="no status"),
        pytest.param({"status": "full"}, False, id="full"),
        pytest.param({"status": "Ouvert ?"}, False, id="a status that nobody knows"),
        pytest.param({"deadline": "2026-12-01T18:00:00"}, True, id="before the deadline"),
        pytest.param({"deadline": "2026-11-30T08:59:00"}, False, id="a minute after the deadline"),
        pytest.param({"from": "2026-12-08T09:00:00"}, False, id="later than asked for"),
        pytest.param({"from": "2026-11-29T09:00:00"}, False, id="earlier than asked for"),
    ],
)
async def test_only_what_can_be_booked_is_offered(
    office: Answering, client: SchedulerClient, details: dict[str, Any], offered: bool
) -> None:
    office.says([event(**details)])

    assert offered == bool(await client.free_slots("depot", SINCE, UNTIL))


async def test_slots_come_soonest_first_with_their_place(office: Answering, client: SchedulerClient) -> None:
    venue = {"building": "Annexe", "street": None, "city": "Ville Exemple", "lat": "0.1"}
    office.says([event(**{"from": "2026-12-03T09:00:00", "venue": venue}), event(venue=None)])

    slots = await client.free_slots("depot", SINCE, UNTIL)

    assert [(2, ""), (3, "Annexe, Ville Exemple")] == [(each.start.day, each.place) for each in slots]


async def test_nothing_found_is_no_slot(office: Answering, client: SchedulerClient) -> None:
    office.says("", 404)

    assert () == await client.free_slots("depot", SINCE, UNTIL)


@pytest.mark.parametrize(
    "body",
    [
        '"[Event_id:12345,appointment_id:1]"',
        "[Event_id:12345,appointment_id:1]",
        '{"event_id": "12345", "appointment_id": 1}',
        '"appointment_id: 1"',
    ],
)
async def test_a_booking_is_found_in_the_text_with_its_reminder(
    office: Answering, client: SchedulerClient, body: str
) -> None:
    office.says(body)

    assert Booking("1", SLOT, remind_at=SLOT.start - timedelta(days=1)) == await client.book(SLOT, "p-1")


async def test_a_reminder_that_would_be_too_late_is_none(office: Answering, client: SchedulerClient) -> None:
    office.says(BOOKED)
    soon = Slot("12345", NOW + timedelta(hours=23), NOW + timedelta(hours=24))

    booking = await client.book(soon, "p-1")

    assert booking is not None
    assert booking.remind_at is None


@pytest.mark.parametrize(
    "body",
    ['"done"', "", '"[Event_id:54321,appointment_id:1]"', '{"appointment_id": null}', "<xml/>"],
    ids=["no id", "nothing", "another event", "null", "XML"],
)
async def test_a_booking_whose_answer_cannot_be_read_is_uncertain(
    office: Answering, client: SchedulerClient, body: str
) -> None:
    office.says(body)

    with pytest.raises(Uncertain):
        await client.book(SLOT, "p-1")


async def test_a_refusal_of_a_slot_that_is_full_by_now_is_no_failure(
    office: Answering, client: SchedulerClient
) -> None:
    office.answers = [lambda _: Response("", 400), lambda _: Response(json.dumps([[event(status="full")]]))]

    assert await client.book(SLOT, "p-1") is None


async def test_a_refusal_of_a_slot_that_is_still_open_is_for_a_person_to_look_at(
    office: Answering, client: SchedulerClient
) -> None:
    office.answers = [lambda _: Response("", 400), lambda _: Response(json.dumps([[event()]]))]

    with pytest.raises(SystemGarbled, match="HTTP 400"):
        await client.book(SLOT, "p-1")


@pytest.mark.parametrize(("status", "error"), [(403, SystemRefused), (500, Uncertain), (429, SystemBusy)])
async def test_a_failed_booking_is_of_the_closed_set(
    office: Answering, client: SchedulerClient, status: int, error: type[ConnectorError]
) -> None:
    office.says("", status)

    with pytest.raises(error) as caught:
        await client.book(SLOT, "p-1")

    assert error is type(caught.value)


@pytest.mark.parametrize(
    "body",
    ["{", "7", '[{"event_id": "1"}]', '[{"event_id": "1", "details": {"from": "demain", "to": ""}}]', '["p-1"]'],
)
async def test_a_list_that_cannot_be_read_is_garbled_and_names_no_content(
    office: Answering, client: SchedulerClient, body: str
) -> None:
    office.says(body)

    with pytest.raises(SystemGarbled) as caught:
        await client.free_slots("depot", SINCE, UNTIL)

    assert not {"demain", "p-1"} & set(str(caught.value).split())


async def test_after_a_lost_answer_only_ones_own_booking_of_that_slot_counts(
    office: Answering, client: SchedulerClient
) -> None:
    def booked(number: str, event_id: str, person: str) -> dict[str, Any]:
        return {"appointment_id": number, "details": {"event_id": event_id, "participant_id": person}}

    office.says([[booked("1", "12345", "p-2"), booked("2", "9", "p-1"), booked("3", "12345", "p-1")]])
    found = await client.booked(SLOT, "p-1")
    nothing = await client.booked(SLOT, "p-3")

    assert found is not None
    assert ("3", None) == (found.ref, nothing)


def test_the_token_is_not_shown() -> None:
    config = SchedulerConfig("https://s.example", "dalil", "invented", "1", "2", ZONE, {"key": "invented"})

    assert "invented" not in repr(config)
