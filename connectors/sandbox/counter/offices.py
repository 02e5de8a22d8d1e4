"""Each simulated government system as its staff see it: what lies on the desk and what can be done with it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Protocol

from pydantic import BaseModel

from connectors.sandbox import benefits
from connectors.sandbox.moves import CannotMoveError, Move, State
from connectors.sandbox.oidc.people import person
from connectors.sandbox.open311.desk import Complaint
from connectors.sandbox.open311.desk import Desk as Complaints
from connectors.sandbox.registration.book import Application, Register
from connectors.sandbox.rest.desk import Desk as Permits
from connectors.sandbox.rest.desk import moves_of
from connectors.sandbox.rest.seed import Dossier
from connectors.sandbox.scheduler.book import Book

KIND = Literal["application", "complaint", "appointment"]

_REGISTRATION: dict[str, State] = {
    "PENDING": "open",
    "SENDBACK": "returned",
    "APPROVED": "approved",
    "REJECTED": "refused",
}
_BENEFITS: dict[str, State] = {"ETU": "open", "CMP": "returned", "ACC": "approved", "REF": "refused"}
_PERMITS: dict[str, State] = {"DEP": "open", "INS": "open", "CMP": "returned", "ACC": "approved", "REF": "refused"}


class File(BaseModel):
    """What lies on a desk. `number`: as a citizen has it. `code` and `title`: as the system itself says it.

    `born`: the applicant's birth date, which Dalil asks for. `at`: when an appointment is or a complaint came.
    """

    system: str
    kind: KIND
    number: str
    service: str
    state: State
    code: str
    title: str
    applicant: str = ""
    born: date | None = None
    at: datetime | None = None
    moves: list[Move] = []


class Office(Protocol):
    """`system`: its name in the counter's API."""

    system: str

    def files(self) -> list[File]: ...

    def move(self, number: str, move: Move) -> None:
        """Raises `CannotMoveError` where there is no such file or it cannot move so."""

    def reset(self) -> None:
        """Everything as it was seeded."""


class RegistrationOffice:
    """GovStack Registration. Workflow and Digital Registries tell the same files."""

    system = "registration"

    def __init__(self, register: Register) -> None:
        self._register = register

    def files(self) -> list[File]:
        return [self._file(each) for each in self._register.applications.values()]

    def move(self, number: str, move: Move) -> None:
        application = self._register.applications.get(number)
        if application is None:
            raise CannotMoveError(f"registration has no file {number}")
        application.move(move)

    def reset(self) -> None:
        self._register.reset()

    def _file(self, file: Application) -> File:
        return File(
            system=self.system,
            kind="application",
            number=file.file_id,
            service=file.service.name,
            state=_REGISTRATION.get(file.code, "other"),
            code=file.code,
            title=file.title,
            applicant=file.name,
            born=_day(file.birth_date, "%Y-%m-%d"),
            moves=list(file.moves()),
        )


class PermitsOffice:
    """The town-planning desk behind the REST interface of its own."""

    system = "permits"

    def __init__(self, desk: Permits) -> None:
        self._desk = desk

    def files(self) -> list[File]:
        return [self._file(each) for each in self._desk.dossiers.values()]

    def move(self, number: str, move: Move) -> None:
        if number not in self._desk.dossiers:
            raise CannotMoveError(f"permits has no dossier {number}")
        self._desk.move(number, move)

    def reset(self) -> None:
        self._desk.reset()

    def _file(self, dossier: Dossier) -> File:
        return File(
            system=self.system,
            kind="application",
            number=dossier.number,
            service=dossier.subject,
            state=_PERMITS.get(dossier.code, "other"),
            code=dossier.code,
            title=dossier.label,
            applicant=dossier.name,
            born=_day(dossier.born, "%d/%m/%Y"),
            moves=list(moves_of(dossier)),
        )


class BenefitsOffice:
    """The desk that tells a claim to a verified identity only: there is no birth date to ask for."""

    system = "benefits"

    def __init__(self, desk: benefits.Desk) -> None:
        self._desk = desk

    def files(self) -> list[File]:
        return [self._file(each) for each in self._desk.claims.values()]

    def move(self, number: str, move: Move) -> None:
        self._desk.move(number, move)

    def reset(self) -> None:
        self._desk.reset()

    def _file(self, claim: benefits.Claim) -> File:
        owner = person(claim.owner)
        return File(
            system=self.system,
            kind="application",
            number=claim.number,
            service=claim.subject,
            state=_BENEFITS.get(claim.code, "other"),
            code=claim.code,
            title=claim.label,
            applicant=owner.name if owner is not None else "",
            moves=list(benefits.moves_of(claim)),
        )


class ComplaintOffice:
    """The Open311 desk. What was taken for a token waits for its number."""

    system = "open311"

    def __init__(self, desk: Complaints) -> None:
        self._desk = desk

    def files(self) -> list[File]:
        numbered = [(each.id, each, each.status) for each in self._desk.complaints.values()]
        held = [(token, each, "token") for token, each in self._desk.held.items()]
        every = sorted((*numbered, *held), key=lambda each: each[1].requested, reverse=True)
        return [self._file(*each) for each in every]

    def move(self, number: str, move: Move) -> None:
        if move != "next":
            raise CannotMoveError("a complaint can only be dealt with: next")
        self._desk.next(number)

    def reset(self) -> None:
        self._desk.reset()

    def _file(self, number: str, complaint: Complaint, code: str) -> File:
        return File(
            system=self.system,
            kind="complaint",
            number=number,
            service=complaint.kind.name,
            state="closed" if code == "closed" else "open",
            code=code,
            title=complaint.notes,
            at=complaint.requested,
            moves=[] if code == "closed" else ["next"],
        )


class AppointmentOffice:
    """The Scheduler's book. An office can only cancel."""

    system = "scheduler"

    def __init__(self, book: Book) -> None:
        self._book = book

    def files(self) -> list[File]:
        return [
            File(
                system=self.system,
                kind="appointment",
                number=number,
                service=event.category,
                state="open",
                code="confirmed",
                title="",
                at=event.start,
                moves=["cancel"],
            )
            for event in self._book.events.values()
            for number in event.booked
        ]

    def move(self, number: str, move: Move) -> None:
        if move != "cancel" or not self._book.cancel(number):
            raise CannotMoveError(f"there is no appointment {number}, and it can only be cancelled")

    def reset(self) -> None:
        self._book.reset()


def _day(text: str, written: str) -> date | None:
    """A form that came over the API may hold anything."""
    try:
        return datetime.strptime(text, written).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None
