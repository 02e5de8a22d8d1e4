"""Every ledger of appointments keeps the same promises; the database's reminds once, and of nobody who said stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from actions.appointment_ledger import Appointment, AppointmentLedger, BookingState
from bot.quiet import QuietHours
from bot.reminders import Reminders
from bot.store.appointments import SqlAppointments
from bot.store.database import Database
from bot.store.inbox import SqlInbox
from bot.store.tables import conversations, identities, outbox, people
from bot.vault import Vault
from connectors.gov.api import Slot
from connectors.messages import Address, IncomingMessage, Medium
from connectors.templates import load_templates
from tests.fakes import InMemoryAppointments

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SLOT = Slot("12345", NOW + 24 * HOUR, NOW + 25 * HOUR, "Annexe (exemple)")
BEGUN = Appointment("t1", "ma.cnie_renouvellement", SLOT, BookingState.BOOKING)
WHATSAPP = Address(channel="whatsapp", medium=Medium.WHATSAPP, namespace="1", external_id="212600000009")


class AppointmentLedgerContract:
    @pytest.fixture
    def ledger(self) -> AppointmentLedger:
        raise NotImplementedError("give a fixture `ledger` that returns an empty ledger")

    def test_a_turn_books_once(self, ledger: AppointmentLedger) -> None:
        assert ledger.begin("amina", "c1", BEGUN) is None

        assert BEGUN == ledger.begin("amina", "c1", BEGUN)

    def test_what_was_booked_is_found_until_it_is_over(self, ledger: AppointmentLedger) -> None:
        ledger.begin("amina", "c1", BEGUN)
        ledger.close("t1", BookingState.BOOKED, "7")

        booked = Appointment("t1", BEGUN.procedure, SLOT, BookingState.BOOKED, "7")
        assert [booked] == list(ledger.coming("amina", NOW))
        assert [] == list(ledger.coming("amina", NOW + 26 * HOUR))
        assert [] == list(ledger.coming("brahim", NOW))

    @pytest.mark.parametrize("state", [BookingState.UNCERTAIN, BookingState.BOOKING])
    def test_what_is_not_sure_is_kept(self, ledger: AppointmentLedger, state: BookingState) -> None:
        ledger.begin("amina", "c1", BEGUN)
        ledger.close("t1", state)

        assert [state] == [each.state for each in ledger.coming("amina", NOW)]

    def test_what_is_cancelled_or_never_was_is_not(self, ledger: AppointmentLedger) -> None:
        ledger.begin("amina", "c1", BEGUN)
        ledger.close("t1", BookingState.CANCELLED, "7")
        assert [] == list(ledger.coming("amina", NOW))

        ledger.drop("t1")
        assert ledger.begin("amina", "c1", BEGUN) is None


class TestInMemoryAppointments(AppointmentLedgerContract):
    @pytest.fixture
    def ledger(self) -> AppointmentLedger:
        return InMemoryAppointments()


class TestSqlAppointments(AppointmentLedgerContract):
    @pytest.fixture
    def ledger(self, database: Database, vault: Vault) -> AppointmentLedger:
        return SqlAppointments(database, vault)


class Booked:
    """A citizen on WhatsApp with an appointment tomorrow, to be reminded of at `remind_at`."""

    def __init__(self, database: Database, vault: Vault, remind_at: datetime) -> None:
        self.database = database
        SqlInbox(database, vault).accept(IncomingMessage(provider_id="1", sender=WHATSAPP, text="x"), NOW.timestamp())
        with database.read() as connection:
            self.conversation = connection.scalars(select(conversations.c.id)).one()
            self.person = connection.scalars(select(identities.c.person_id)).one()
        ledger = SqlAppointments(database, vault)
        ledger.begin(self.person, self.conversation, BEGUN)
        ledger.close("t1", BookingState.BOOKED, "7", remind_at)
        self.ledger = ledger
        self._remind = Reminders(ledger, load_templates(), QuietHours(21, 8, "ma"))

    def remind(self, at: datetime) -> int:
        return self._remind(at.timestamp())

    def queued(self) -> list[tuple[int, str]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(select(outbox.c.priority, outbox.c.body))]


@pytest.fixture
def booked(database: Database, vault: Vault) -> Booked:
    return Booked(database, vault, NOW + HOUR)


def test_he_is_reminded_once_and_by_a_notification(booked: Booked) -> None:
    assert 0 == booked.remind(NOW)
    assert 1 == booked.remind(NOW + HOUR)
    assert 0 == booked.remind(NOW + 2 * HOUR)

    [(priority, body)] = booked.queued()
    assert 1 == priority
    assert "23/11/2026" in body
    assert '"template"' not in body


def test_outside_whatsapp_s_window_the_template_goes(booked: Booked) -> None:
    with booked.database.write() as connection:
        connection.execute(update(conversations).values(heard_at=(NOW - 48 * HOUR).timestamp()))
    booked.remind(NOW + HOUR)

    [(_, body)] = booked.queued()
    assert '"appointment_reminder"' in body


def test_nobody_is_reminded_at_night(booked: Booked) -> None:
    night = NOW + 11.5 * HOUR  # 21:30 or 22:30 in Morocco
    assert 0 == booked.remind(night)

    assert 1 == booked.remind(NOW + 22.5 * HOUR)


@pytest.mark.parametrize("why", ["stop", "cancelled", "blocked", "over"])
def test_who_must_not_be_written_to_is_not(booked: Booked, why: str) -> None:
    if why == "cancelled":
        booked.ledger.close("t1", BookingState.CANCELLED, "7")
    with booked.database.write() as connection:
        if why == "stop":
            connection.execute(update(people).values(opted_out_at=1.0))
        if why == "blocked":
            connection.execute(update(conversations).values(reachable=False))

    assert 0 == booked.remind(NOW + (24.5 if why == "over" else 1) * HOUR)
    assert [] == booked.queued()
