"""Settings of government systems: which ones, through which mediator, within which limits.

bot/settings.py reads them; docs/configuration.md lists them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from connectors.gov.api import CaseState
from connectors.gov.file_number import DEFAULT_EXAMPLE, FileNumberRule
from connectors.gov.served import read_served
from connectors.gov.xroad import encoded
from connectors.http import origin

XROAD = "xroad:"
PRINTED_NUMBER = r"^[A-Z]{2}-\d{4}-\d{6}$"

_FIELDS = frozenset(
    {"file_number", "birth_date", "service", "code", "title"}
    | {"registered", "changed", "next_step", "return_reason", "result"}
)


def _address(text: str) -> str:
    if text.startswith(XROAD):
        encoded(text.removeprefix(XROAD), (5,))
    else:
        origin(text)
    return text


def _caller(text: str) -> str:
    return text and encoded(text, (3, 4))


def _procedures(text: str) -> str:
    read_served(words(text))
    return text


def _fits(pattern: str, example: str, setting: str) -> None:
    try:
        FileNumberRule(pattern, example)
    except (ValueError, re.error) as error:
        raise ValueError(f"{setting}: {error}") from None


def words(text: str) -> tuple[str, ...]:
    """The parts of a list that is written with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


Address = Annotated[str, AfterValidator(_address)]  # https://..., or xroad:INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE
Caller = Annotated[str, AfterValidator(_caller)]  # INSTANCE/CLASS/MEMBER[/SUBSYSTEM]
Procedures = Annotated[str, AfterValidator(_procedures)]  # ids of sheets, separated by commas
Seconds = Annotated[float, Field(gt=0, le=10)]


class GovLimits(BaseModel):
    """How every government system is treated (connectors/gov/resilience.py); a system's YAML file may say otherwise."""

    deadline_s: Seconds = 6.0
    attempts: int = Field(default=2, ge=1, le=5)
    at_once: int = Field(default=16, ge=1, le=1000)
    waiting: int = Field(default=32, ge=0, le=10_000)
    queue_s: Seconds = 1.0
    opens_after: int = Field(default=5, ge=1, le=1000)
    rests_s: float = Field(default=15.0, gt=0, le=600)
    kept_s: float = Field(default=300.0, ge=0, le=86_400)


class XRoadSettings(BaseModel):
    """The Security Server through which addresses that begin with `xroad:` are called."""

    security_server: Annotated[str, AfterValidator(lambda text: text and origin(text) and text)] = ""
    client: Caller = ""
    client_headers: str = "X-Road-Client,Information-Mediator-Client"
    error_header: str = "X-Road-Error"
    target_server: Annotated[str, AfterValidator(lambda text: text and encoded(text, (4,)))] = ""
    certificate: Path | None = None
    private_key: Path | None = None
    authority: Path | None = None

    @model_validator(mode="after")
    def _whole(self) -> XRoadSettings:
        if bool(self.security_server) != bool(self.client):
            raise ValueError("set both DALIL_XROAD__SECURITY_SERVER and DALIL_XROAD__CLIENT, or neither")
        if bool(self.certificate) != bool(self.private_key):
            raise ValueError("set both DALIL_XROAD__CERTIFICATE and DALIL_XROAD__PRIVATE_KEY, or neither")
        if not words(self.client_headers):
            raise ValueError("DALIL_XROAD__CLIENT_HEADERS is empty: no Security Server would know who calls")
        return self


class RegistrationSettings(BaseModel):
    """A government's Registration building block (GovStack), asked for the state of an application."""

    base_url: Address | None = None
    client: Caller = "MA/GOV/DALIL/ASSISTANT"  # Information-Mediator-Client header: INSTANCE/CLASS/MEMBER/SUBSYSTEM
    timeout_s: Seconds = 2.0
    file_number_pattern: str = PRINTED_NUMBER
    file_number_example: str = DEFAULT_EXAMPLE
    birth_date_path: str = "applicant.birthDate"
    read_reason: bool = True
    read_tasks: bool = False
    details_timeout_s: Seconds = 1.0
    procedures: Procedures = ""
    identity: bool = False  # a file is told to the verified identity that its applicantId names, to nobody else

    @model_validator(mode="after")
    def _whole(self) -> RegistrationSettings:
        _fits(self.file_number_pattern, self.file_number_example, "DALIL_REGISTRATION__FILE_NUMBER_EXAMPLE")
        return self


class WorkflowSettings(BaseModel):
    """A Workflow building block, asked where the other one knows a file but not its status."""

    base_url: Address | None = None
    client: Caller = ""
    timeout_s: Seconds = 2.0
    instance_id: str = Field(default="{ref}", pattern=r"\{ref\}")


class RegistriesSettings(BaseModel):
    """A Digital Registries building block that knows the applications: `fields` and `states` are the registry's own."""

    base_url: Address | None = None
    client: Caller = "MA/GOV/DALIL/ASSISTANT"
    api_key: str = ""
    timeout_s: Seconds = 2.0
    registry: str = ""
    version: str = "1.0"
    fields: dict[str, str] = Field(default_factory=dict)
    states: dict[str, CaseState] = Field(default_factory=dict)
    ended: str = ""
    file_number_pattern: str = PRINTED_NUMBER
    file_number_example: str = DEFAULT_EXAMPLE
    procedures: Procedures = ""

    @model_validator(mode="after")
    def _whole(self) -> RegistriesSettings:
        _fits(self.file_number_pattern, self.file_number_example, "DALIL_REGISTRIES__FILE_NUMBER_EXAMPLE")
        if unknown := set(self.fields) - _FIELDS:
            raise ValueError(f"DALIL_REGISTRIES__FIELDS: {min(unknown)} is none of {', '.join(sorted(_FIELDS))}")
        needed = {"API_KEY": self.api_key, "REGISTRY": self.registry, "STATES": self.states}
        if self.base_url and (missing := [name for name, value in needed.items() if not value]):
            raise ValueError(f"DALIL_REGISTRIES__BASE_URL needs DALIL_REGISTRIES__{missing[0]}, too")
        return self


class ComplaintSettings(BaseModel):
    """A complaint desk that speaks Open311 GeoReport v2. `base_url`: up to the version; without it the sandbox's.

    `reference_pattern`: a regular expression of its references as they are written, letters in upper case;
    `reference_example`: one of them.
    """

    base_url: str | None = None
    api_key: str = ""
    jurisdiction: str = ""
    format: Literal["xml", "json"] = "xml"
    timeout_s: float = Field(default=4.0, gt=0, le=8)
    reference_pattern: str = r"\d{6}"
    reference_example: str = "638344"
    needs_place: bool = True


class AppointmentSettings(BaseModel):
    """An appointment book that speaks the GovStack Scheduler API. Without `base_url` the sandbox's is used (or none).

    `services`: the book's category of each procedure that it serves.
    """

    base_url: str | None = None
    requestor_id: str = ""
    request_token: str = ""
    host_entity_id: str = ""
    participant_entity_id: str = ""
    services: dict[str, str] = Field(default_factory=dict)
    days_ahead: int = Field(default=30, ge=1, le=365)
    remind_hours: int = Field(default=24, ge=1, le=168)
    timeout_s: float = Field(default=4.0, gt=0, le=8)

    @model_validator(mode="after")
    def _whole(self) -> AppointmentSettings:
        needed = (self.requestor_id, self.request_token, self.host_entity_id, self.participant_entity_id, self.services)
        if self.base_url and not all(needed):
            raise ValueError(
                "DALIL_APPOINTMENTS__BASE_URL needs __REQUESTOR_ID, __REQUEST_TOKEN, __HOST_ENTITY_ID, "
                "__PARTICIPANT_ENTITY_ID and __SERVICES too"
            )
        return self
