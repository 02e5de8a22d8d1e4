"""Appointments that were booked. Implements `actions.appointment_ledger.AppointmentLedger`, and reminds of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from actions.appointment_ledger import Appointment, BookingState
from bot.ports import Priority
from bot.store.database import Database
from bot.store.outbox import queue
from bot.store.rows import ADDRESS_COLUMNS, address_of, insert_or_ignore
from bot.store.tables import TO_REMIND, appointments, conversations, identities, people
from bot.store.wakeup import OUTBOX, notify
from bot.vault import SealedElsewhere, Vault
from connectors.gov.api import Slot
from connectors.messages import Address, OutgoingMessage, ReplyLanguage

BATCH = 200  # reminders of one transaction


@dataclass(frozen=True, slots=True)
class Reminder:
    """Whom to remind of what. `heard_at`: his last message (POSIX seconds): WhatsApp's window is open from there."""

    to: Address
    language: ReplyLanguage | None
    country: str | None
    start: datetime
    place: str
    heard_at: float | None


class SqlAppointments:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def begin(self, person_id: str, conversation_id: str, appointment: Appointment) -> Appointment | None:
        slot = appointment.slot
        row = {
            "turn_id": appointment.turn_id,
            "person_id": person_id,
            "conversation_id": conversation_id,
            "state": BookingState.BOOKING.value,
            "procedure": appointment.procedure,
            "slot_id": slot.id,
            "place": slot.place,
            "starts_at": slot.start.timestamp(),
            "ends_at": slot.end.timestamp(),
        }
        with self._db.write() as connection:
            new = insert_or_ignore(connection, appointments).values(row).returning(appointments.c.turn_id)
            if connection.execute(new).scalar_one_or_none() is not None:
                return None
            before = connection.execute(select(appointments).where(appointments.c.turn_id == appointment.turn_id))
            return _appointment(before.one())

    def close(self, turn_id: str, state: BookingState, ref: str = "", remind_at: datetime | None = None) -> None:
        remind = remind_at.timestamp() if remind_at is not None and state is BookingState.BOOKED else None
        values = {"state": state.value, "ref": ref, "remind_at": remind}
        with self._db.write() as connection:
            connection.execute(update(appointments).where(appointments.c.turn_id == turn_id).values(values))

    def drop(self, turn_id: str) -> None:
        with self._db.write() as connection:
            connection.execute(delete(appointments).where(appointments.c.turn_id == turn_id))

    def coming(self, person_id: str, now: datetime) -> Sequence[Appointment]:
        mine = select(appointments).where(
            appointments.c.person_id == person_id,
            appointments.c.ends_at > now.timestamp(),
            appointments.c.state != BookingState.CANCELLED.value,
        )
        with self._db.read() as connection:
            return [_appointment(row) for row in connection.execute(mine.order_by(appointments.c.starts_at))]

    def remind(self, now: float, write: Callable[[Reminder], OutgoingMessage | None]) -> int:
        """Queue what `write` makes of each reminder that is due, once; how many. None: not now.

        Who said stop, cannot be reached or has missed it is not reminded any more.
        """
        due = (
            select(
                appointments.c.turn_id,
                appointments.c.conversation_id,
                appointments.c.state,
                appointments.c.starts_at,
                appointments.c.place,
                conversations.c.language,
                conversations.c.chosen_language,
                conversations.c.country,
                conversations.c.heard_at,
                conversations.c.reachable,
                people.c.opted_out_at,
                *ADDRESS_COLUMNS,
            )
            .join(conversations, conversations.c.id == appointments.c.conversation_id)
            .join(identities, identities.c.id == conversations.c.identity_id)
            .join(people, people.c.id == identities.c.person_id)
            .where(TO_REMIND, appointments.c.remind_at <= now)
            .order_by(appointments.c.remind_at)
            .limit(BATCH)
            .with_for_update(of=appointments, skip_locked=True)
        )
        queued = 0
        with self._db.write() as connection:
            for row in connection.execute(due).all():
                message = self._written(row, now, write)
                if message is None:
                    continue
                if isinstance(message, OutgoingMessage):
                    queue(connection, row.conversation_id, message, now, priority=Priority.NOTIFICATION)
                    queued += 1
                mine = appointments.c.turn_id == row.turn_id
                connection.execute(update(appointments).where(mine).values(remind_at=None))
            if queued:
                notify(connection, OUTBOX)
        return queued

    def _written(
        self, row: Row[*tuple[Any, ...]], now: float, write: Callable[[Reminder], OutgoingMessage | None]
    ) -> OutgoingMessage | bool | None:
        """The message; None for later, False for never."""
        gone = row.opted_out_at is not None or not row.reachable or row.starts_at <= now
        if gone or row.state != BookingState.BOOKED.value:
            return False
        try:
            to = address_of(row, self._vault)
        except SealedElsewhere:
            return False
        start = datetime.fromtimestamp(row.starts_at, UTC)
        language = row.chosen_language or row.language
        return write(Reminder(to, language, row.country, start, row.place, row.heard_at))


def _appointment(row: Row[*tuple[Any, ...]]) -> Appointment:
    start, end = (datetime.fromtimestamp(at, UTC) for at in (row.starts_at, row.ends_at))
    slot = Slot(row.slot_id, start, end, row.place)
    return Appointment(row.turn_id, row.procedure, slot, BookingState(row.state), row.ref)
