"""The sandbox's register: services and applications, which move by hand and as time passes. In memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.sandbox.moves import CannotMoveError, Clock, Move, Plan
from connectors.sandbox.registration.seed import (
    APPLICATIONS,
    MOVES,
    OTHER_MOVES,
    PLAN,
    REASONS,
    SERVICES,
    TASKS,
    TITLES,
    SeedApplication,
    SeedService,
    stable_id,
)

Moved = Callable[[str], None]
"""Hears the number of a file whose state has changed."""


def nobody(_file_id: str) -> None:
    """Nobody wants to hear of moves."""


@dataclass
class Application:
    """One application file, as it changes. Times are ISO 8601 in UTC with milliseconds, as in the specification.

    `moved`: when its state last changed here; empty for one that is as it was seeded. `tell` hears of each change.
    """

    file_id: str
    service: SeedService
    applicant_id: str
    name: str
    created: str
    registered: str
    code: str
    title: str
    ended: bool
    form_data: dict[str, Any]
    document_urls: list[str] = field(default_factory=list)
    resubmitted: bool = False
    moved: str = ""
    tell: Moved = nobody

    @property
    def changed(self) -> str:
        return self.moved or f"{self.registered[:10]}T11:30:00.000Z"

    @property
    def birth_date(self) -> str:
        """As the form says; empty where it does not."""
        return str(self.form_data.get("data", {}).get("applicant", {}).get("birthDate", ""))

    def moves(self) -> dict[Move, str]:
        """What can be done with it, and the code that it then has."""
        return {} if self.ended else MOVES.get(self.code, OTHER_MOVES)

    def move(self, move: Move) -> None:
        """Raises `CannotMoveError` where its state does not allow it."""
        if move not in self.moves():
            raise CannotMoveError(f"{self.file_id} is {self.code}: {', '.join(self.moves()) or 'no move'} is possible")
        code = self.moves()[move]
        self.resubmitted = self.resubmitted or self.code == "SENDBACK"
        self._set(code, ended=code not in TASKS)

    def advance(self) -> None:
        """PENDING → SENDBACK → PENDING (once it was resubmitted or sent back) → APPROVED; ended files stay."""
        if self.ended:
            return
        if self.code == "PENDING" and self.resubmitted:
            self._set("APPROVED", ended=True)
        elif self.code == "SENDBACK":
            self.resubmit()
        else:
            self._set("SENDBACK", ended=False)

    def resubmit(self) -> None:
        self.resubmitted = True
        self._set("PENDING", ended=False)

    def _set(self, code: str, ended: bool) -> None:
        self.code, self.title, self.ended = code, TITLES[code], ended
        self.moved = _stamp(datetime.now(UTC))
        self.tell(self.file_id)

    def as_response(self) -> dict[str, Any]:
        """`applicationFileResponse`; `applicantId` also at the top, because the specification requires it there."""
        return {
            "fileId": self.file_id,
            "registered": self.registered,
            "serviceId": self.service.id,
            "serviceName": self.service.name,
            "status": {"code": self.code, "title": self.title},
            "ended": self.ended,
            "applicantId": self.applicant_id,
            "applicationData": {
                "applicantId": self.applicant_id,
                "applicationName": self.name,
                "created": self.created,
                "formData": self.form_data,
                "documentUrls": self.document_urls,
            },
        }

    def as_list_item(self) -> dict[str, Any]:
        """`applicantApplicationFileListResponse`. It holds no form data."""
        return {
            "fileId": self.file_id,
            "mainTaskId": stable_id("task", self.file_id),
            "taskTitle": f"{self.service.name} {self.file_id}",
            "roleId": stable_id("role", "registrar"),
            "roleName": "Registrar",
            "assigneeId": stable_id("operator", "1"),
            "operatorName": "Operator 1",
            "status": {"code": self.code, "title": self.title},
            "applicantId": self.applicant_id,
            "created": self.created,
            "registered": self.registered,
            "description": REASONS.get(self.code, ""),
            "serviceName": self.service.name,
            "serviceId": self.service.id,
            "eformId": self.service.form_id,
            "documentUrls": self.document_urls,
            "additionalMeta": {"data": {}},
        }

    def tasks(self) -> list[dict[str, Any]]:
        """`userTaskResponse`: the step that an open file waits for."""
        if self.code not in TASKS:
            return []
        return [
            {
                "taskId": stable_id("step", f"{self.file_id} {self.code}"),
                "mainTaskId": stable_id("task", self.file_id),
                "name": TASKS[self.code],
                "assigneeId": stable_id("operator", "1"),
                "roleId": stable_id("role", "registrar"),
                "created": self.moved or self.registered,
                "description": "",
                "serviceId": self.service.id,
                "serviceName": self.service.name,
                "fileId": self.file_id,
                "eFormId": self.service.form_id,
                "status": {"code": self.code, "title": self.title},
            }
        ]


class Register:
    """All services and applications of one sandbox. Some files move by themselves as `clock` goes on (`PLAN`)."""

    def __init__(self, clock: Clock | None = None, moved: Moved = nobody) -> None:
        """`moved`: told the number of every file whose state has changed, but not that all are as they were seeded."""
        self._moved = moved
        self.services = {service.id: service for service in SERVICES}
        self._plan = Plan(clock or Clock(), *PLAN)
        self.reset()

    def reset(self) -> None:
        """Everything as it was seeded."""
        self._applications = {seed.file_id: _from_seed(seed, self._moved) for seed in APPLICATIONS}
        self._plan.restart()

    @property
    def applications(self) -> dict[str, Application]:
        """As they are now."""
        for step in self._plan.due():
            application = self._applications[step.number]
            if step.move in application.moves():  # a hand may have been quicker
                application.move(step.move)
        return self._applications

    def submit(
        self, service: SeedService, applicant_id: str, name: str, created: str | None, data: dict[str, Any]
    ) -> Application:
        """A new file, numbered after the last one of its kind and year."""
        now = datetime.now(UTC)
        prefix = f"{service.prefix}-{now.year}-"
        last = max((int(number[-6:]) for number in self._applications if number.startswith(prefix)), default=0)
        stamp = _stamp(now)
        application = Application(
            file_id=f"{prefix}{last + 1:06d}",
            service=service,
            applicant_id=applicant_id,
            name=name,
            created=created or stamp,
            registered=stamp,
            code="PENDING",
            title=TITLES["PENDING"],
            ended=False,
            form_data=data,
            tell=self._moved,
        )
        self._applications[application.file_id] = application
        return application


def _from_seed(seed: SeedApplication, moved: Moved) -> Application:
    # The specification says that every value of formData.data is an object, hence the level `applicant`.
    form = {"eFormId": seed.service.form_id, "data": {"applicant": {"birthDate": seed.birth_date}}}
    return Application(
        file_id=seed.file_id,
        service=seed.service,
        applicant_id=stable_id("applicant", seed.name),
        name=seed.name,
        created=f"{seed.registered}T08:30:00.000Z",
        registered=f"{seed.registered}T09:00:00.000Z",
        code=seed.code,
        title=seed.title,
        ended=seed.ended,
        form_data=form,
        tell=moved,
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
