"""Which appointments were booked here, by which turn: none is booked twice, each is found, cancelled, reminded of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.gov.api import Slot


class BookingState(StrEnum):
    BOOKING = "booking"  # begun; still so when its worker died
    BOOKED = "booked"
    UNCERTAIN = "uncertain"  # an answer was lost: whether it stands must be asked of the book
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment. `ref`: what the citizen shows, empty while nobody knows it."""

    turn_id: str
    procedure: str
    slot: Slot
    state: BookingState
    ref: str = ""


class AppointmentLedger(Protocol):
    """Keeps appointments. Synchronous and short; callers run it in a thread."""

    def begin(self, person_id: str, conversation_id: str, appointment: Appointment) -> Appointment | None:
        """Note that this turn books now: None. Where it did before (the turn is replayed): what is known of that."""
        ...

    def close(self, turn_id: str, state: BookingState, ref: str = "", remind_at: datetime | None = None) -> None:
        """What came of it."""
        ...

    def drop(self, turn_id: str) -> None:
        """It is certainly not booked."""
        ...

    def coming(self, person_id: str, now: datetime) -> Sequence[Appointment]:
        """This person's that are not cancelled and not over, soonest first."""
        ...
