"""What Dalil needs of government systems: where an application stands, complaints, appointments, services.

Four small protocols; a client implements those that its system offers and is closed with `close`. Every system has its
own codes: a client maps them by a literal table, and a code outside the table comes out as `UNKNOWN` with the system's
own title, never guessed at. All calls raise `SystemDown`, `SystemSlow` or `SystemGarbled` (connectors/errors.py); a
call that acts (`file`, `book`, `cancel`) raises `Uncertain` where it left and its answer was lost. Times have a zone,
days do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from connectors.gov.file_number import FileNumberRule


class CaseState(StrEnum):
    """Where an application stands, as a citizen needs to know it."""

    RECEIVED = "received"  # registered, nobody has started on it
    IN_PROGRESS = "in_progress"
    ACTION_NEEDED = "action_needed"  # sent back: the citizen has to add or mend something
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"  # ended, and the system does not say how
    UNKNOWN = "unknown"  # a code outside our table: only `raw_title` may be shown


@dataclass(frozen=True, slots=True)
class Case:
    """One application, told only to somebody who proved that it is his.

    `raw_code` and `raw_title` are the system's own words (either may be empty), `registered` is the day it was
    received, `ended` says that the system has finished with it. `changed`: the last step's day. `next_step` and
    `return_reason` (why the file was sent back) are the system's own sentences, shown as quotations. `result`: what
    came of it, where the system says (a number, a place to collect it).
    """

    ref: str
    service: str
    state: CaseState
    raw_code: str
    raw_title: str
    registered: date | None
    ended: bool
    changed: date | None = None
    next_step: str = ""
    return_reason: str = ""
    result: str = ""


class CaseTracker(Protocol):
    """One government system's client."""

    @property
    def file_numbers(self) -> FileNumberRule:
        """What this system's file numbers look like."""
        ...

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        """The application `file_id` of the person born on `birth_date`.

        None when there is no such file *or* when the birth date is another one: a caller cannot tell which, so nothing
        is learned by guessing. Raises `SystemDown`, `SystemSlow` or `SystemGarbled` (connectors/errors.py).
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class VerifiedIdentity(Protocol):
    """Somebody whom an identity provider vouched for. Only a hash of his name there is known: it can be compared."""

    def is_subject(self, name: str) -> bool:
        """Whether `name`, from a system, is his name at the provider. Takes the same time for any name."""
        ...


class IdentifiedCaseTracker(Protocol):
    """A system that tells a file only to the identity that filed it, never to who knows a number and a date."""

    @property
    def file_numbers(self) -> FileNumberRule: ...

    async def find(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        """The application `file_id` of this identity.

        None when there is no such file *or* when it is another person's: both cost the same call, and a caller cannot
        tell which. Raises as `CaseTracker.find` does.
        """
        ...

    async def close(self) -> None: ...


# ---- services ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Service:
    """One service that a system offers. `code` is the system's; texts are as the system gives them."""

    code: str
    title: str
    description: str = ""
    group: str = ""


class ServiceCatalogue(Protocol):
    """A system that lists what it offers. The list may be kept for some minutes; nothing of a person is in it."""

    async def services(self) -> tuple[Service, ...]: ...


# ---- complaints ----------------------------------------------------------------------------------------------------


class ComplaintState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is: coordinates (WGS 84 degrees), or an address in words, or both."""

    latitude: float | None = None
    longitude: float | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a citizen reports. `attributes` answer the questions that its kind asks, by their code."""

    kind: str  # a `Service.code`
    description: str
    place: Place = Place()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a kind of complaint asks. `choices`: the values that may be answered and their titles; none for free text.

    `several`: more than one choice may be given, each as an attribute of its own.
    """

    code: str
    text: str
    required: bool
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the desk gave for a complaint: its reference, or a token for which the reference comes later, or neither
    (a desk that tells nothing). `notice`: what it says happens next.
    """

    ref: str = ""
    token: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ComplaintStatus:
    ref: str
    kind: str
    state: ComplaintState
    raw_status: str
    notes: str
    requested: datetime | None
    updated: datetime | None
    expected: datetime | None
    agency: str = ""


class ComplaintDesk(Protocol):
    """A system that takes complaints. Filing is never repeated by itself: a lost answer is `Uncertain`'s rule."""

    async def kinds(self) -> tuple[Service, ...]: ...

    async def file(self, complaint: Complaint) -> Receipt: ...

    async def reference(self, token: str) -> str | None:
        """The reference that a token stands for by now, or None where there is none yet."""
        ...

    async def track(self, ref: str) -> ComplaintStatus | None: ...

    async def close(self) -> None: ...


class QuestionedDesk(ComplaintDesk, Protocol):
    """A desk whose kinds ask questions. They may be kept for some minutes, as the kinds may."""

    async def questions(self, kind: str) -> tuple[Question, ...]:
        """What must be known before a complaint of this kind is filed; nothing where it asks nothing."""
        ...


# ---- appointments --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked. `free`: places left, where the system says."""

    id: str
    start: datetime
    end: datetime
    place: str = ""
    free: int | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A booked slot; `ref` is what the citizen shows. `remind_at`: when to remind him, None where it is too late."""

    ref: str
    slot: Slot
    remind_at: datetime | None = None


class AppointmentBook(Protocol):
    """A system that keeps appointments. `person`: our own id of the citizen, never a name or a number."""

    async def free_slots(self, service: str, since: datetime, until: datetime) -> tuple[Slot, ...]: ...

    async def book(self, slot: Slot, person: str) -> Booking | None:
        """The booking, or None where the slot has been taken meanwhile."""
        ...

    async def cancel(self, ref: str) -> bool:
        """Whether there was such a booking."""
        ...

    async def close(self) -> None: ...
