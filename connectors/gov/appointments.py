"""An appointment book with what must be known of it: which procedures it serves, and how to find a lost booking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from connectors.gov.api import AppointmentBook, Booking, Slot


class CheckedBook(AppointmentBook, Protocol):
    """A book that can be asked after a booking whose answer was lost."""

    async def booked(self, slot: Slot, person: str) -> Booking | None:
        """This person's booking of this slot, if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectedBook:
    """`services`: the book's service of each procedure that it serves. `ahead`: how far one may book."""

    book: CheckedBook
    services: Mapping[str, str]
    ahead: timedelta = timedelta(days=30)
