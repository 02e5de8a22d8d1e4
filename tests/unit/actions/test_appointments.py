"""Appointments by tapping, over the sandbox's book on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
from fastapi import FastAPI
from rasa_sdk.executor import ActionExecutor

from actions.local_time import ZONES
from actions.replies import load_wording
from connectors.errors import Uncertain
from connectors.gov.api import Booking, Slot
from connectors.gov.appointments import ConnectedBook
from connectors.gov.registration import RegistrationClient
from connectors.gov.scheduler import SchedulerClient, SchedulerConfig
from connectors.sandbox.scheduler.api import create_router
from connectors.sandbox.scheduler.book import HOST_ENTITY, PARTICIPANT_ENTITY, REQUESTOR_EXAMPLE, TOKEN_EXAMPLE
from connectors.tls import usual_tls
from knowledge.answer import Knowledge
from tests.fakes import InMemoryAppointments, InMemoryAttempts
from tests.unit.actions.calls import Answered, action_call, message, run, turn
from tests.unit.actions.conftest import make_executor
from tests.unit.sandbox.serving import Server

WORDING = load_wording()
CARD = "ma.passeport_majeur"


@pytest.fixture
def office() -> Iterator[str]:
    app = FastAPI()
    app.include_router(create_router())
    with Server(app) as server:
        yield server.url


@pytest.fixture
async def book(office: str) -> AsyncIterator[SchedulerClient]:
    config = SchedulerConfig(
        f"{office}/scheduler",
        REQUESTOR_EXAMPLE,
        TOKEN_EXAMPLE,
        HOST_ENTITY,
        PARTICIPANT_ENTITY,
        ZONES["ma"],
        remind_before=timedelta(minutes=1),
        timeout_s=1.0,
    )
    client = SchedulerClient(config)
    yield client
    await client.close()


class Losing:
    """The book, whose answers to bookings get lost."""

    def __init__(self, client: SchedulerClient) -> None:
        self._client = client
        self.before_booking = self.after_booking = False
        self.bookings = 0
        self.free_slots, self.booked = client.free_slots, client.booked
        self.cancel, self.close = client.cancel, client.close

    async def book(self, slot: Slot, person: str) -> Booking | None:
        if self.before_booking:
            raise Uncertain("lost before")
        self.bookings += 1
        booking = await self._client.book(slot, person)
        if self.after_booking:
            raise Uncertain("lost after")
        return booking


@pytest.fixture
def lost(book: SchedulerClient) -> Losing:
    return Losing(book)


@dataclass
class Tapping:
    """One citizen, who taps."""

    executor: ActionExecutor
    person: str = "amina"
    number: int = 0
    last: Answered | None = None

    async def pick(self, payload: str, *, again: bool = False) -> Answered:
        self.number += 0 if again else 1
        given = turn(turn_id=f"{self.person}-{self.number}", person_id=self.person, choice=payload, language="fr")
        call = action_call("action_answer", message("/ask_where", "ask_where", 1.0, given=given))
        self.last = await run(self.executor, call)
        return self.last

    async def tap(self, title: str) -> Answered:
        assert self.last is not None
        return await self.pick(self.payload(title))

    def payload(self, title: str) -> str:
        assert self.last is not None
        return next(each.payload for each in self.last.result.reply.choices if title in (each.title, each.short))

    async def to_summary(self, hour: str = "09:00") -> Answered:
        days = await self.pick(f"b:{CARD}:p:0")
        await self.pick(days.payloads[0])
        return await self.tap(hour)


@pytest.fixture
def tapping(knowledge: Knowledge, cases: RegistrationClient, attempts: InMemoryAttempts, lost: Losing) -> Tapping:
    connected = ConnectedBook(lost, {CARD: "depot_cnie"})
    ledger = InMemoryAppointments()
    today = partial(datetime.now, UTC)  # the sandbox's slots begin tomorrow
    return Tapping(make_executor(knowledge, cases, attempts, today, book=connected, booked=ledger))


def fault(office: str, kind: str) -> None:
    httpx2.post(
        f"{office}/sandbox/scheduler/faults", json={"kind": kind}, trust_env=False, verify=usual_tls()
    ).raise_for_status()


async def test_it_is_offered_after_an_answer_about_a_procedure_that_the_book_serves(tapping: Tapping) -> None:
    card = await tapping.pick(f"a:{CARD}:fees")
    record = await tapping.pick("a:ma.casier_judiciaire:fees")

    assert f"b:{CARD}:p:0" in card.payloads
    assert not any(payload.startswith("b:") for payload in record.payloads)


async def test_day_time_summary_and_booking(tapping: Tapping) -> None:
    days = await tapping.pick(f"b:{CARD}:p:0")
    assert 5 == sum(payload.startswith(f"b:{CARD}:d:") for payload in days.payloads)
    times = await tapping.pick(days.payloads[0])
    assert ["09:00", "10:00", "11:00"] == [choice.title for choice in times.result.reply.choices[:3]]
    summary = await tapping.tap("10:00")
    assert "10:00 (heure locale)" in summary.text
    assert "Rue inventée 1" in summary.text

    done = await tapping.tap("Réserver")

    assert "numéro 1 :" in done.text
    assert "rappellerai" in done.text
    assert "10:00" in done.text


async def test_an_appointment_is_cancelled_after_a_yes_and_another_can_be_booked(tapping: Tapping) -> None:
    await tapping.to_summary()
    await tapping.tap("Réserver")
    assert "déjà un rendez-vous" in (await tapping.pick(f"b:{CARD}:p:0")).text
    await tapping.tap("Annuler le rendez-vous")
    assert "annulé" in (await tapping.tap("Oui, annuler")).text

    await tapping.tap("Prendre rendez-vous")
    await tapping.to_summary("11:00")
    assert "réservé" in (await tapping.tap("Réserver")).text


async def test_a_slot_that_was_taken_meanwhile_offers_the_next_ones(tapping: Tapping) -> None:
    await tapping.to_summary()
    other = Tapping(tapping.executor, "brahim")
    await other.to_summary()
    await other.tap("Réserver")

    taken = await tapping.tap("Réserver")

    assert "vient d'être prise" in taken.text
    assert taken.payloads[0].startswith(f"b:{CARD}:d:")


async def test_a_lost_answer_is_said_and_what_was_booked_is_found(tapping: Tapping, lost: Losing) -> None:
    await tapping.to_summary()
    lost.after_booking = True

    assert WORDING.text("fr", "appointment_uncertain") == (await tapping.tap("Réserver")).text
    assert "numéro 1 :" in (await tapping.tap("Vérifier")).text
    assert 1 == lost.bookings


async def test_a_lost_answer_without_booking_leaves_the_way_free(tapping: Tapping, lost: Losing) -> None:
    await tapping.to_summary()
    lost.before_booking = True
    await tapping.tap("Réserver")
    lost.before_booking = False

    days = await tapping.tap("Vérifier")

    assert days.payloads[0].startswith(f"b:{CARD}:d:")


async def test_a_turn_that_is_handled_again_books_nothing(tapping: Tapping, lost: Losing) -> None:
    await tapping.to_summary()
    booking = tapping.payload("Réserver")
    first = await tapping.pick(booking)

    again = await tapping.pick(booking, again=True)

    assert "numéro 1 :" in first.text
    assert "C'est réservé" in again.text
    assert 1 == lost.bookings


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("down", "appointment_down"),
        ("slow", "appointment_slow"),
        ("garbled", "appointment_garbled"),
        ("throttled", "appointment_busy"),
        ("maintenance", "appointment_paused"),
    ],
)
async def test_every_failure_has_its_own_sentence(tapping: Tapping, office: str, kind: str, key: str) -> None:
    fault(office, kind)

    said = await tapping.pick(f"b:{CARD}:p:0")

    assert WORDING.text("fr", key) == said.text
    assert (f"b:{CARD}:p:0", "i:agent") == said.payloads


async def test_a_button_of_a_book_that_is_gone_is_said_to_be_old(executor: ActionExecutor) -> None:
    said = await Tapping(executor).pick(f"b:{CARD}:p:0")

    assert WORDING.text("fr", "old_choice") == said.text


async def test_a_question_in_between_does_no_harm(tapping: Tapping) -> None:
    await tapping.to_summary()
    booking = tapping.payload("Réserver")
    await tapping.pick("a:ma.casier_judiciaire:fees")

    assert "C'est réservé" in (await tapping.pick(booking)).text


async def test_more_days_than_a_list_holds_come_in_pages(tapping: Tapping, lost: Losing) -> None:
    start = datetime.now(UTC).replace(hour=9, minute=0) + timedelta(days=1)
    slots = tuple(
        Slot(str(n), start + timedelta(days=n), start + timedelta(days=n, minutes=30), "Annexe") for n in range(12)
    )

    async def free_slots(*_: object) -> tuple[Slot, ...]:
        return slots

    lost.free_slots = free_slots
    first = await tapping.pick(f"b:{CARD}:p:0")
    second = await tapping.tap("Voir d'autres choix")

    assert 9 == len(first.payloads)  # seven days, more, no thanks: a WhatsApp list holds ten
    assert 6 == len(second.payloads)
