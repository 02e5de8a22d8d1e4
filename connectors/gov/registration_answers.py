"""What a Registration building block answers (API 0.1.1), as far as we read it, in our vocabulary.

Nearly nothing is required: the specification does not even require `fileId`. It has no result of an application (its
`documentUrls` are what the applicant handed in), so `Case.result` stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from pydantic import Field

from connectors.gov.api import Case, CaseState, Service
from connectors.gov.calls import Answer

# statusModel.code of the specification → what it means for a citizen.
STATES: Mapping[str, CaseState] = MappingProxyType(
    {
        "PENDING": CaseState.IN_PROGRESS,
        "SENDBACK": CaseState.ACTION_NEEDED,
        "APPROVED": CaseState.APPROVED,
        "REJECTED": CaseState.REJECTED,
    }
)
_OPEN = frozenset({CaseState.IN_PROGRESS, CaseState.ACTION_NEEDED})
_HAS_REASON = frozenset({CaseState.ACTION_NEEDED, CaseState.REJECTED})


class Status(Answer):
    code: str | None = None
    title: str | None = None


class FormData(Answer):
    data: dict[str, Any] = Field(default_factory=dict)


class ApplicationData(Answer):
    applicant_id: str | None = Field(default=None, alias="applicantId")
    form_data: FormData = Field(default=FormData(), alias="formData")


class Application(Answer):
    """`applicationFileResponse`."""

    file_id: str | None = Field(default=None, alias="fileId")
    applicant_id: str | None = Field(default=None, alias="applicantId")
    registered: str | None = None
    service_name: str | None = Field(default=None, alias="serviceName")
    status: Status | None = None
    ended: bool | None = None  # pydantic also reads the strings "true" and "false"
    application_data: ApplicationData = Field(alias="applicationData")

    @property
    def state(self) -> CaseState:
        return state_of(self.status, bool(self.ended))

    @property
    def applicant(self) -> str:
        """Whose it is; empty where neither place says so."""
        return self.application_data.applicant_id or self.applicant_id or ""


class ListedApplication(Answer):
    """`applicantApplicationFileListResponse`. It does not say whether a file has ended."""

    file_id: str | None = Field(default=None, alias="fileId")
    applicant_id: str | None = Field(default=None, alias="applicantId")
    registered: str | None = None
    service_name: str | None = Field(default=None, alias="serviceName")
    status: Status | None = None
    description: str | None = None


class Task(Answer):
    """`userTaskResponse`: one step that an operator or the applicant has to take."""

    file_id: str | None = Field(default=None, alias="fileId")
    name: str | None = None
    created: str | None = None


class ServiceItem(Answer):
    """`service`."""

    id: str
    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What only the lists know about a file."""

    reason: str = ""
    next_step: str = ""
    changed: date | None = None


def details_of(listed: ListedApplication | None, tasks: Sequence[Task]) -> Details:
    """`tasks` newest first, as we asked for them; the newest is the step that the file waits for."""
    newest = tasks[0] if tasks else Task()
    return Details(
        reason=_reason(listed) if listed else "",
        next_step=_text(newest.name),
        changed=_day(newest.created or ""),
    )


def case_of(file_id: str, application: Application, details: Details) -> Case:
    status = application.status or Status()
    return Case(
        ref=file_id,
        service=_text(application.service_name),
        state=application.state,
        raw_code=_text(status.code),
        raw_title=_text(status.title),
        registered=_day(application.registered or ""),
        ended=bool(application.ended),
        changed=details.changed,
        next_step=details.next_step,
        return_reason=details.reason,
    )


def case_of_listed(item: ListedApplication) -> Case:
    """A case as the list tells it. Approved and rejected are the ends that the specification knows."""
    status = item.status or Status()
    state = state_of(item.status, ended=False)
    return Case(
        ref=item.file_id or "",
        service=_text(item.service_name),
        state=state,
        raw_code=_text(status.code),
        raw_title=_text(status.title),
        registered=_day(item.registered or ""),
        ended=state in (CaseState.APPROVED, CaseState.REJECTED),
        return_reason=_reason(item),
    )


def service_of(item: ServiceItem) -> Service:
    description = _text(item.description)
    title = _text(item.name)
    return Service(code=item.id, title=title, description="" if description == title else description)


def state_of(status: Status | None, ended: bool) -> CaseState:
    state = STATES.get(_text(status.code if status else None).upper())
    if state is None:
        return CaseState.CLOSED if ended else CaseState.UNKNOWN
    if ended and state in _OPEN:
        return CaseState.UNKNOWN  # "pending" and "ended" contradict each other: show the title, promise nothing
    return state


def _reason(item: ListedApplication) -> str:
    """The description is free text about the file: it is a reason only where one is due."""
    return _text(item.description) if state_of(item.status, ended=False) in _HAS_REASON else ""


def _text(value: str | None) -> str:
    return (value or "").strip()


def _day(timestamp: str) -> date | None:
    """The day of an ISO 8601 time; None where the system gave none that can be read (it is shown, not acted upon)."""
    try:
        return datetime.fromisoformat(timestamp).date()
    except ValueError:
        return None
