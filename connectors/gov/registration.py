"""Client of a GovStack Registration building block, API 0.1.1: services, applications, and what happens to one of them.

Specification: connectors/sandbox/registration/spec/. Its listed defects are lived with: `applicantId` is required but
no property (may be absent), `ended` may be a string, unknown fields may appear, ids need not be UUIDs. The API has no
proof that the asker is the applicant, so the birth date is compared here, before anything leaves this file.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from connectors.errors import GovError, SystemGarbled
from connectors.gov.api import Case, CaseState, Service, VerifiedIdentity
from connectors.gov.calls import Calls, read
from connectors.gov.file_number import DEFAULT_EXAMPLE, DEFAULT_PATTERN, FileNumberRule
from connectors.gov.registration_answers import (
    Application,
    Details,
    ListedApplication,
    ServiceItem,
    Task,
    case_of,
    case_of_listed,
    details_of,
    service_of,
)
from connectors.http import HttpMaker, http_client

logger = logging.getLogger(__name__)

MAX_LISTED = 100  # an applicant's newest files; the specification has no count of all

Item = TypeVar("Item")

_APPLICATION = TypeAdapter(Application)
_LISTED = TypeAdapter(list[ListedApplication])
_TASKS = TypeAdapter(list[Task])
_SERVICES = TypeAdapter(list[ServiceItem])


@dataclass(frozen=True, slots=True)
class RegistrationConfig:
    """`client_header`: INSTANCE/CLASS/MEMBER/SUBSYSTEM. `timeout_s`: for one call, connection included.

    `birth_date_path`: where the birth date lies below `applicationData.formData.data`. Every service has its own
    form, so this is agreed with the registry; a flat `{"birthDate": ...}` is found with a path of one key.

    `read_reason`: one more call for a file that was sent back or rejected, because only the list of applications has
    a description. `read_tasks`: one more call for an open file, for its next step; the tasks are the operators' side,
    so the registry must have agreed. Both calls run at once, after the first, for `details_timeout_s` at most; their
    failure costs the details only.
    """

    base_url: str
    client_header: str
    timeout_s: float = 2.0
    file_number_pattern: str = DEFAULT_PATTERN
    file_number_example: str = DEFAULT_EXAMPLE
    birth_date_path: tuple[str, ...] = ("applicant", "birthDate")
    read_reason: bool = True
    read_tasks: bool = False
    details_timeout_s: float = 1.0


class RegistrationClient:
    """A `CaseTracker` and a `ServiceCatalogue`. Opens no connection before the first call; close it at the end.

    Raises `HostNotAllowedError` or `ValueError` at once when a setting cannot be right.
    """

    def __init__(self, config: RegistrationConfig, make_http: HttpMaker = http_client) -> None:
        self._config = config
        self._file_numbers = FileNumberRule(config.file_number_pattern, config.file_number_example)
        headers = {"Information-Mediator-Client": config.client_header}
        self._calls = Calls(config.base_url, config.timeout_s, headers, make_http)

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        return await self._find(file_id, lambda application: self._is_applicant(application, birth_date))

    async def find_of(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        """The application whose `applicantId` is this identity's name at the provider."""
        return await self._find(file_id, lambda application: _is_his(application, identity))

    async def _find(self, file_id: str, is_told: Callable[[Application], bool]) -> Case | None:
        got = await self._calls.get(f"/applications/{quote(file_id, safe='')}")
        if not got.found:
            return None
        application = read(_APPLICATION, got.body)
        if application.file_id not in (file_id, None):
            raise SystemGarbled("answered with another file")
        if not is_told(application):
            return None
        return case_of(file_id, application, await self._details(file_id, application))

    async def of_applicant(self, applicant_id: str) -> tuple[Case, ...]:
        """The newest files of one applicant, newest first, 100 at most.

        The API asks for no proof that the caller is this applicant: the caller of this method must have it (a sign-in
        whose `sub` was bound to `applicant_id`), never a number that a citizen typed.
        """
        listed = await self._list(applicant_id)
        return tuple(case_of_listed(item) for item in listed if item.file_id)

    async def services(self) -> tuple[Service, ...]:
        got = await self._calls.get("/services")
        if not got.found:
            raise SystemGarbled("HTTP 404")
        return tuple(service_of(item) for item in read(_SERVICES, got.body))

    async def close(self) -> None:
        await self._calls.close()

    async def _list(self, applicant_id: str) -> list[ListedApplication]:
        query = {"applicantId": applicant_id, "maxResult": str(MAX_LISTED), "sortBy": "created", "sortOrder": "desc"}
        got = await self._calls.get("/applications", query)
        if not got.found:
            return []
        listed = read(_LISTED, got.body)
        if any(item.applicant_id not in (applicant_id, None) for item in listed):
            raise SystemGarbled("answered with another applicant's files")
        # An item that does not say whose it is might be anybody's: a filter that a system ignores looks like this.
        return [item for item in listed if item.applicant_id is not None]

    async def _tasks(self, file_id: str) -> list[Task]:
        query = {"fileId": file_id, "sortBy": "created", "sortOrder": "desc"}
        got = await self._calls.get("/tasks", query)
        tasks = read(_TASKS, got.body) if got.found else []
        return [task for task in tasks if task.file_id == file_id]

    async def _details(self, file_id: str, application: Application) -> Details:
        """What the answer about one file lacks. Read after the asker proved to be the applicant."""
        applicant = application.applicant
        state = application.state
        ask_reason = self._config.read_reason and applicant and state in (CaseState.ACTION_NEEDED, CaseState.REJECTED)
        ask_tasks = self._config.read_tasks and state in (CaseState.IN_PROGRESS, CaseState.ACTION_NEEDED)
        try:
            async with asyncio.timeout(self._config.details_timeout_s):
                listed, tasks = await asyncio.gather(
                    _or_nothing(self._list(applicant)) if ask_reason else _nothing(),
                    _or_nothing(self._tasks(file_id)) if ask_tasks else _nothing(),
                )
        except TimeoutError:
            logger.warning("registration: a file is told without its details: no answer in time")
            return Details()
        return details_of(next((item for item in listed if item.file_id == file_id), None), tasks)

    def _is_applicant(self, application: Application, birth_date: date) -> bool:
        value: Any = application.application_data.form_data.data
        for key in self._config.birth_date_path:
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, str):
            # Not an error for the citizen: another sentence than "not found" would say that this file exists.
            logger.warning("registration: an application file holds no birth date where the settings expect it")
            return False
        return hmac.compare_digest(value[:10].encode(), birth_date.isoformat().encode())


def _is_his(application: Application, identity: VerifiedIdentity) -> bool:
    applicant = application.applicant or ""
    return identity.is_subject(applicant) and bool(applicant)


async def _nothing() -> list[Any]:
    return []


async def _or_nothing(call: Awaitable[list[Item]]) -> list[Item]:
    """What the call found; a failure of it is logged and costs no more than what it would have found."""
    try:
        return await call
    except GovError as error:
        logger.warning("registration: a file is told without its details: %s", error)
        return []
