"""The sandbox's register: services, applications and the fault that is switched on. In memory, one per router."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.sandbox.registration.seed import (
    APPLICATIONS,
    REASONS,
    SERVICES,
    TASKS,
    TITLES,
    SeedApplication,
    SeedService,
    stable_id,
)

# "statusless": answers leave out the status, which the specification allows.
FaultKind = Literal["none", "down", "slow", "garbled", "refused", "throttled", "maintenance", "statusless"]


@dataclass
class Application:
    """One application file, as it changes. Times are ISO 8601 in UTC with milliseconds, as in the specification."""

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
                "created": self.registered,
                "description": "",
                "serviceId": self.service.id,
                "serviceName": self.service.name,
                "fileId": self.file_id,
                "eFormId": self.service.form_id,
                "status": {"code": self.code, "title": self.title},
            }
        ]


class Register:
    """All services and applications of one sandbox."""

    def __init__(self, moved: Callable[[str], None] = lambda _file_id: None) -> None:
        """`moved`: told the number of every file whose state has changed."""
        self.moved = moved
        self.services = {service.id: service for service in SERVICES}
        self.applications = {seed.file_id: _from_seed(seed) for seed in APPLICATIONS}
        self.fault: FaultKind = "none"
        self.slow_s = 5.0

    def submit(
        self, service: SeedService, applicant_id: str, name: str, created: str | None, data: dict[str, Any]
    ) -> Application:
        """A new file, numbered after the last one of its kind and year."""
        now = datetime.now(UTC)
        prefix = f"{service.prefix}-{now.year}-"
        last = max((int(number[-6:]) for number in self.applications if number.startswith(prefix)), default=0)
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
        )
        self.applications[application.file_id] = application
        return application


def _from_seed(seed: SeedApplication) -> Application:
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
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
