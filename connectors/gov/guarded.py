"""The protocols of connectors/gov/api.py with a `Guard` around them. One system's clients share one guard.

Which calls may be repeated and which answers may be kept is decided here, and nowhere else: lists of services and their
questions are kept, everything of a person is asked for every time, and what acts is done once.
"""

from __future__ import annotations

from datetime import date, datetime

from connectors.gov.api import (
    AppointmentBook,
    Booking,
    Case,
    CaseTracker,
    Complaint,
    ComplaintDesk,
    ComplaintStatus,
    IdentifiedCaseTracker,
    Question,
    QuestionedDesk,
    Receipt,
    Service,
    ServiceCatalogue,
    Slot,
    VerifiedIdentity,
)
from connectors.gov.appointments import CheckedBook
from connectors.gov.file_number import FileNumberRule
from connectors.gov.resilience import Guard
from connectors.gov.status_fallback import Progress, ProgressSource


class GuardedTracker:
    """A `CaseTracker`."""

    def __init__(self, client: CaseTracker, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._client.file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        return await self._guard.read("find", lambda: self._client.find(file_id, birth_date))

    async def close(self) -> None:
        await self._client.close()


class GuardedIdentified:
    """An `IdentifiedCaseTracker`."""

    def __init__(self, client: IdentifiedCaseTracker, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._client.file_numbers

    async def find(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        return await self._guard.read("find", lambda: self._client.find(file_id, identity))

    async def close(self) -> None:
        await self._client.close()


class GuardedProgress:
    """A `ProgressSource`."""

    def __init__(self, client: ProgressSource, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    async def progress(self, ref: str) -> Progress | None:
        return await self._guard.read("progress", lambda: self._client.progress(ref))

    async def close(self) -> None:
        await self._client.close()


class GuardedCatalogue:
    """A `ServiceCatalogue`."""

    def __init__(self, client: ServiceCatalogue, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    async def services(self) -> tuple[Service, ...]:
        return await self._guard.kept("services", None, self._client.services)


class GuardedDesk:
    """A `ComplaintDesk`."""

    def __init__(self, client: ComplaintDesk, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    async def kinds(self) -> tuple[Service, ...]:
        return await self._guard.kept("kinds", None, self._client.kinds)

    async def file(self, complaint: Complaint) -> Receipt:
        return await self._guard.act("file", lambda: self._client.file(complaint))

    async def reference(self, token: str) -> str | None:
        return await self._guard.read("reference", lambda: self._client.reference(token))

    async def track(self, ref: str) -> ComplaintStatus | None:
        return await self._guard.read("track", lambda: self._client.track(ref))

    async def close(self) -> None:
        await self._client.close()


class GuardedQuestionedDesk(GuardedDesk):
    """A `QuestionedDesk`."""

    def __init__(self, client: QuestionedDesk, guard: Guard) -> None:
        super().__init__(client, guard)
        self._questioned = client

    async def questions(self, kind: str) -> tuple[Question, ...]:
        return await self._guard.kept("questions", kind, lambda: self._questioned.questions(kind))


class GuardedBook:
    """An `AppointmentBook`. Free slots are never kept: the next citizen may have taken one."""

    def __init__(self, client: AppointmentBook, guard: Guard) -> None:
        self._client = client
        self._guard = guard

    async def free_slots(self, service: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        return await self._guard.read("free_slots", lambda: self._client.free_slots(service, since, until))

    async def book(self, slot: Slot, person: str) -> Booking | None:
        return await self._guard.act("book", lambda: self._client.book(slot, person))

    async def cancel(self, ref: str) -> bool:
        return await self._guard.act("cancel", lambda: self._client.cancel(ref))

    async def close(self) -> None:
        await self._client.close()


class GuardedCheckedBook(GuardedBook):
    """A `CheckedBook`."""

    def __init__(self, client: CheckedBook, guard: Guard) -> None:
        super().__init__(client, guard)
        self._checked = client

    async def booked(self, slot: Slot, person: str) -> Booking | None:
        return await self._guard.read("booked", lambda: self._checked.booked(slot, person))
