"""Client of a GovStack Digital Registries building block, Data API 1.3.0: reading one record, listing records.

Specification: connectors/sandbox/spec/digital_registries.yaml (its JSON twin differs and calls itself 1.4.0). The API
carries any registry, whose fields are its own: what they are called and what its codes mean is in the settings, agreed
with the registry. Only `read` and the list are called, never one of the writing calls.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from pydantic import Field, TypeAdapter

from connectors.errors import SystemGarbled
from connectors.gov.api import Case, CaseState, Service
from connectors.gov.calls import Answer, Calls, Got, read
from connectors.gov.file_number import DEFAULT_EXAMPLE, DEFAULT_PATTERN, FileNumberRule
from connectors.http import HttpMaker, http_client

NO_RECORD = "no record found"  # the only 404 that the specification knows; another one means a wrong address
PAGE_SIZE = 100
MAX_PAGES = 20

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegistriesConfig:
    """`api_key` goes into `Authorization` as it is. `client_header`: INSTANCE/CLASS/MEMBER/SUBSYSTEM."""

    base_url: str
    client_header: str
    api_key: str = field(repr=False)
    timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class CaseRegistry:
    """The registry of applications. The fields are the names that the registry gives them; empty: it has none.

    `states`: the registry's codes (any case) and what they mean. `ended`: the codes that end a file.
    """

    name: str
    version: str
    states: Mapping[str, CaseState]
    ended: frozenset[str] = frozenset()
    file_number_pattern: str = DEFAULT_PATTERN
    file_number_example: str = DEFAULT_EXAMPLE
    file_number: str = "fileNumber"
    birth_date: str = "birthDate"
    service: str = "service"
    code: str = "status"
    title: str = "statusTitle"
    registered: str = "registered"
    changed: str = ""
    next_step: str = ""
    return_reason: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class ServiceRegistry:
    """The registry of services, and what its fields are called; empty: it has none."""

    name: str
    version: str
    code: str = "code"
    title: str = "title"
    description: str = "description"
    group: str = ""


class _Read(Answer):
    content: dict[str, Any]


class _NotFound(Answer):
    detail: str


class _Page(Answer):
    next: str | int | None = None  # the specification's example of this URI is the number 1
    results: list[dict[str, Any]] = Field(default_factory=list)


_READ = TypeAdapter(_Read)
_NOT_FOUND = TypeAdapter(_NotFound)
_PAGE = TypeAdapter(_Page)


class RegistryCases:
    """A `CaseTracker` over one registry. Raises `HostNotAllowedError` or `ValueError` where a setting is wrong."""

    def __init__(self, config: RegistriesConfig, registry: CaseRegistry, make_http: HttpMaker = http_client) -> None:
        if not registry.file_number or not registry.birth_date:
            raise ValueError("file_number and birth_date must name fields: without them nobody can be known")
        self._registry = registry
        self._states = {code.casefold(): state for code, state in registry.states.items()}
        self._ended = frozenset(code.casefold() for code in registry.ended)
        self._file_numbers = FileNumberRule(registry.file_number_pattern, registry.file_number_example)
        self._data = _Data(config, registry.name, registry.version, make_http)

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        """Both facts are asked for and compared again: a registry may leave out what it does not know."""
        names = self._registry
        record = await self._data.read({names.file_number: file_id, names.birth_date: birth_date.isoformat()})
        if record is None:
            return None
        if _text(record, names.file_number) != file_id:
            raise SystemGarbled("answered with another record")
        said = _text(record, names.birth_date)[:10]
        if not hmac.compare_digest(said.encode(), birth_date.isoformat().encode()):
            return None
        return self._case(file_id, record)

    async def close(self) -> None:
        await self._data.close()

    def _case(self, file_id: str, record: Record) -> Case:
        names = self._registry
        code = _text(record, names.code)
        ended = code.casefold() in self._ended
        state = self._states.get(code.casefold(), CaseState.CLOSED if ended else CaseState.UNKNOWN)
        return Case(
            ref=file_id,
            service=_text(record, names.service),
            state=state,
            raw_code=code,
            raw_title=_text(record, names.title),
            registered=_day(record, names.registered),
            ended=ended,
            changed=_day(record, names.changed),
            next_step=_text(record, names.next_step),
            return_reason=_text(record, names.return_reason),
            result=_text(record, names.result),
        )


class RegistryServices:
    """A `ServiceCatalogue` over one registry. Raises `HostNotAllowedError` where a setting cannot be right."""

    def __init__(self, config: RegistriesConfig, registry: ServiceRegistry, make_http: HttpMaker = http_client) -> None:
        self._registry = registry
        self._data = _Data(config, registry.name, registry.version, make_http)

    async def services(self) -> tuple[Service, ...]:
        names = self._registry
        return tuple(
            Service(
                code=_text(record, names.code),
                title=_text(record, names.title),
                description=_text(record, names.description),
                group=_text(record, names.group),
            )
            for record in await self._data.all()
            if _text(record, names.code)
        )

    async def close(self) -> None:
        await self._data.close()


class _Data:
    """`/data/{registryName}/{versionNumber}`: the calls that read."""

    def __init__(self, config: RegistriesConfig, name: str, version: str, make_http: HttpMaker) -> None:
        headers = {"Information-Mediator-Client": config.client_header, "Authorization": config.api_key}
        self._calls = Calls(config.base_url, config.timeout_s, headers, make_http)
        self._path = f"/data/{quote(name, safe='')}/{quote(version, safe='')}"

    async def read(self, content: Mapping[str, str]) -> Record | None:
        """The one record with this content, or None."""
        got = await self._calls.post(f"{self._path}/read", {"query": {"content": dict(content)}})
        if got.found:
            return read(_READ, got.body).content
        _must_say_no_record(got)
        return None

    async def all(self) -> list[Record]:
        """Every record, at most 2,000. Pages are counted: the address of the next one might be any host's."""
        records: list[Record] = []
        for number in range(1, MAX_PAGES + 1):
            got = await self._calls.get(self._path, {"page": str(number), "pageSize": str(PAGE_SIZE)})
            if not got.found:
                raise SystemGarbled("HTTP 404")
            page = read(_PAGE, got.body)
            records.extend(page.results)
            if not page.next or not page.results:
                return records
        raise SystemGarbled(f"more than {MAX_PAGES} pages")

    async def close(self) -> None:
        await self._calls.close()


def _must_say_no_record(got: Got) -> None:
    if read(_NOT_FOUND, got.body).detail.strip().casefold() != NO_RECORD:
        raise SystemGarbled("HTTP 404 of another kind")


def _text(record: Record, name: str) -> str:
    """A field as text; numbers too, empty for everything else."""
    value = record.get(name) if name else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def _day(record: Record, name: str) -> date | None:
    """The day of an ISO 8601 time; None where the registry gave none that can be read."""
    try:
        return datetime.fromisoformat(_text(record, name)).date()
    except ValueError:
        return None
