"""Client of a GovStack Registration building block, API 0.1.1: `GET /applications/{fileId}`.

Specification: connectors/sandbox/registration/spec/. Its listed defects are lived with: `applicantId` is required but
no property (may be absent), `ended` may be a string, unknown fields may appear, ids need not be UUIDs. The API has no
proof that the asker is the applicant, so the birth date is compared here, before anything leaves this file.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.errors import SystemDown, SystemGarbled, SystemSlow
from connectors.gov.api import Case, CaseState
from connectors.gov.file_number import DEFAULT_EXAMPLE, DEFAULT_PATTERN, FileNumberRule
from connectors.http import http_client

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 256 * 1024  # an application file is a few kilobytes; more is a mistake or an attack

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


@dataclass(frozen=True, slots=True)
class RegistrationConfig:
    """`client_header`: INSTANCE/CLASS/MEMBER/SUBSYSTEM. `timeout_s`: for the whole call, connection included.

    `birth_date_path`: where the birth date lies below `applicationData.formData.data`. Every service has its own
    form, so this is agreed with the registry; a flat `{"birthDate": ...}` is found with a path of one key.
    """

    base_url: str
    client_header: str
    timeout_s: float = 2.0
    file_number_pattern: str = DEFAULT_PATTERN
    file_number_example: str = DEFAULT_EXAMPLE
    birth_date_path: tuple[str, ...] = ("applicant", "birthDate")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Status(_Answer):
    code: str | None = None
    title: str | None = None


class _FormData(_Answer):
    data: dict[str, Any] = Field(default_factory=dict)


class _ApplicationData(_Answer):
    form_data: _FormData = Field(default=_FormData(), alias="formData")


class _Application(_Answer):
    """`applicationFileResponse`, as far as we read it. The specification does not even require `fileId`."""

    file_id: str | None = Field(default=None, alias="fileId")
    registered: str | None = None
    service_name: str | None = Field(default=None, alias="serviceName")
    status: _Status | None = None
    ended: bool | None = None  # pydantic also reads the strings "true" and "false"
    application_data: _ApplicationData = Field(alias="applicationData")


class RegistrationClient:
    """A `CaseTracker` over HTTP. Opens no connection before the first call; close it at the end.

    Raises `HostNotAllowedError` or `ValueError` at once when a setting cannot be right.
    """

    def __init__(self, config: RegistrationConfig) -> None:
        self._config = config
        self._file_numbers = FileNumberRule(config.file_number_pattern, config.file_number_example)
        self._http = http_client(config.base_url, connect=config.timeout_s, read=config.timeout_s)

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        body = await self._get(f"/applications/{quote(file_id, safe='')}")
        if body is None:
            return None
        application = _read(body)
        if application.file_id not in (file_id, None):
            raise SystemGarbled("answered with another file")
        if not self._is_applicant(application, birth_date):
            return None
        return _to_case(file_id, application)

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str) -> bytes | None:
        """The body of a 200; None for a 404. One budget covers connecting, waiting and reading."""
        url = self._config.base_url.rstrip("/") + path
        headers = {"Information-Mediator-Client": self._config.client_header, "Accept": "application/json"}
        try:
            async with asyncio.timeout(self._config.timeout_s), self._http.stream("GET", url, headers=headers) as got:
                return await _body(got)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SystemSlow(f"no answer in {self._config.timeout_s:g} s") from error
        except httpx2.DecodingError as error:
            raise SystemGarbled("undecodable body") from error
        except httpx2.TransportError as error:
            raise SystemDown(type(error).__name__) from error

    def _is_applicant(self, application: _Application, birth_date: date) -> bool:
        value: Any = application.application_data.form_data.data
        for key in self._config.birth_date_path:
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, str):
            # Not an error for the citizen: another sentence than "not found" would say that this file exists.
            logger.warning("registration: an application file holds no birth date where the settings expect it")
            return False
        return hmac.compare_digest(value[:10].encode(), birth_date.isoformat().encode())


async def _body(response: httpx2.Response) -> bytes | None:
    status = response.status_code
    if status == 404:
        return None
    if status >= 500 or status == 429 or 300 <= status < 400:
        raise SystemDown(f"HTTP {status}")
    if status != 200:
        raise SystemGarbled(f"HTTP {status}")
    if response.headers.get("content-type", "").startswith("text/html"):
        raise SystemDown("a web page instead of data")  # a maintenance page
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise SystemGarbled("answer too large")
    return bytes(body)


def _read(body: bytes) -> _Application:
    try:
        return _Application.model_validate(json.loads(body))
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
        raise SystemGarbled(f"unexpected shape: {', '.join(fields)}") from None  # the values stay out of logs
    except (ValueError, RecursionError) as error:
        raise SystemGarbled("not JSON") from error


def _to_case(file_id: str, application: _Application) -> Case:
    status = application.status or _Status()
    code = (status.code or "").strip()
    ended = bool(application.ended)
    return Case(
        ref=file_id,
        service=(application.service_name or "").strip(),
        state=_state(code, ended),
        raw_code=code,
        raw_title=(status.title or "").strip(),
        registered=_day(application.registered or ""),
        ended=ended,
    )


def _state(code: str, ended: bool) -> CaseState:
    state = STATES.get(code.upper())
    if state is None:
        return CaseState.CLOSED if ended else CaseState.UNKNOWN
    if ended and state in _OPEN:
        return CaseState.UNKNOWN  # "pending" and "ended" contradict each other: show the title, promise nothing
    return state


def _day(timestamp: str) -> date | None:
    """The day of an ISO 8601 time; None where the system gave none that can be read (it is shown, not acted upon)."""
    try:
        return datetime.fromisoformat(timestamp).date()
    except ValueError:
        return None
