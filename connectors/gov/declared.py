"""Client of any REST system that a file of connectors/gov/systems/ describes. How to write one:
connectors/gov/ADDING_A_GOVERNMENT_API.md.

The file says where things are; what must hold is decided here and cannot be declared away: a file is told only to who
knows the applicant's birth date, a code outside the table is UNKNOWN, calls leave only for the hosts of the file.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from urllib.parse import quote

import httpx2
import jmespath
from pydantic import JsonValue

from connectors.errors import SystemDown, SystemGarbled, SystemSlow
from connectors.gov.api import Case, CaseState, VerifiedIdentity
from connectors.gov.declared_auth import Clock, body_of, json_of, make_auth, make_tls
from connectors.gov.declared_schema import OAuth2, System, filled
from connectors.gov.file_number import FileNumberRule
from connectors.http import http_client

logger = logging.getLogger(__name__)

_OPEN = frozenset({CaseState.RECEIVED, CaseState.IN_PROGRESS, CaseState.ACTION_NEEDED})
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0", ""})
_LONGEST_TEXT = 500  # characters; what a system says about a file is a sentence or two


class DeclaredClient:
    """A `CaseTracker` over HTTP. Opens no connection before the first call; close it at the end.

    `values`: secrets and addresses by the names that the file uses. Raises `HostNotAllowedError` or `ValueError` at
    once when one of them cannot be right.
    """

    def __init__(self, system: System, values: Mapping[str, str], clock: Clock = time.monotonic) -> None:
        self._system = system
        self._file_numbers = system.file_number.rule
        self._base_url = filled(system.base_url, values).rstrip("/")
        hosts = [self._base_url, *([filled(a.token_url, values)] if isinstance(a := system.auth, OAuth2) else [])]
        limit = system.limits.timeout_s
        tls = make_tls(system.tls, values) if system.tls else None
        self._http = http_client(*hosts, connect=limit, read=limit, tls=tls)
        self._auth = make_auth(system, values, self._http, clock)
        self._states = {code.upper(): state for code, state in system.states.items()}

    @property
    def id(self) -> str:
        return self._system.id

    @property
    def system(self) -> System:
        """What its file says."""
        return self._system

    @property
    def file_numbers(self) -> FileNumberRule:
        return self._file_numbers

    @property
    def needs_identity(self) -> bool:
        """Whether files are told by `find_of` only."""
        return self._system.identity == "required"

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        if self.needs_identity:
            return None  # a date is no proof here
        return await self._find(file_id, birth_date, lambda root: self._is_applicant(root, birth_date))

    async def find_of(self, file_id: str, identity: VerifiedIdentity) -> Case | None:
        """The file, where it names this identity; `IdentifiedCaseTracker.find`."""
        return await self._find(file_id, None, lambda root: self._is_his(root, identity))

    async def _find(self, file_id: str, birth_date: date | None, is_told: Callable[[JsonValue], bool]) -> Case | None:
        try:
            async with asyncio.timeout(self._system.limits.timeout_s):
                body = await self._ask(file_id, birth_date)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise SystemSlow(f"no answer in {self._system.limits.timeout_s:g} s") from error
        except httpx2.DecodingError as error:
            raise SystemGarbled("undecodable body") from error
        except httpx2.TransportError as error:
            raise SystemDown(type(error).__name__) from None  # the original's text may hold a secret of the query
        return None if body is None else self._read(json_of(body), file_id, is_told)

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, file_id: str, birth_date: date | None) -> bytes | None:
        """The body of a 200; None where the system says that there is no such file. A refused token is renewed once."""
        request = self._system.request
        number = self._system.file_number.as_sent(file_id)
        values = {"file": number}
        if birth_date is not None:
            values["birth_date"] = birth_date.strftime(request.birth_date_format)
        url = self._base_url + filled(request.path, {name: quote(value, safe="") for name, value in values.items()})
        for last in (False, True):
            headers = {"Accept": "application/json"} | {k: filled(v, values) for k, v in request.headers.items()}
            query = {name: filled(text, values) for name, text in request.query.items()}
            await self._auth.put_on(headers, query)
            body = _filled_body(request.body, values)
            async with self._http.stream(
                request.method, url, headers=headers, params=query or None, json=body
            ) as response:
                if response.status_code == 401 and not last and self._auth.refused():
                    continue
                if response.status_code in self._system.answer.not_found_status:
                    return None
                return await body_of(response, self._system.limits.max_bytes)
        raise AssertionError("the second try returns or raises")

    def _read(self, answer: JsonValue, file_id: str, is_told: Callable[[JsonValue], bool]) -> Case | None:
        where = self._system.answer
        if where.not_found_when and _found(where.not_found_when, answer) is True:
            return None
        root = _found(where.root, answer)
        if not isinstance(root, dict):
            raise SystemGarbled("unexpected shape: root")
        echoed = self._text(root, "file")
        if echoed and self._file_numbers.find(echoed) != file_id:
            raise SystemGarbled("answered with another file")
        if not is_told(root):
            return None
        code, ended = self._text(root, "code"), self._flag(root, "ended")
        return Case(
            ref=file_id,
            service=self._text(root, "service") or self._system.service,
            state=self._state(code, ended),
            raw_code=code,
            raw_title=self._text(root, "title"),
            registered=self._day(root, "registered"),
            ended=ended,
            changed=self._day(root, "changed"),
            next_step=self._text(root, "next_step"),
            return_reason=self._text(root, "return_reason"),
            result=self._text(root, "result"),
        )

    def _is_applicant(self, root: JsonValue, birth_date: date) -> bool:
        if self._system.birth_date_checked_by == "system":
            return True
        born = self._day(root, "birth_date")
        if born is None:
            # Not an error for the citizen: another sentence than "not found" would say that this file exists.
            logger.warning("%s: an application holds no birth date where its file expects it", self.id)
            return False
        return hmac.compare_digest(born.isoformat().encode(), birth_date.isoformat().encode())

    def _is_his(self, root: JsonValue, identity: VerifiedIdentity) -> bool:
        applicant = self._text(root, "applicant")
        if not applicant:
            logger.warning("%s: an application names nobody where its file expects the applicant", self.id)
        return identity.is_subject(applicant) and bool(applicant)

    def _state(self, code: str, ended: bool) -> CaseState:
        state = self._states.get(code.upper())
        if state is None:
            return CaseState.CLOSED if ended else CaseState.UNKNOWN
        if ended and state in _OPEN:
            return CaseState.UNKNOWN  # "pending" and "ended" contradict each other: show the title, promise nothing
        return state

    def _text(self, root: JsonValue, field: str) -> str:
        value = self._value(root, field)
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is None or isinstance(value, str | int | float):
            return "" if value is None else str(value).strip()[:_LONGEST_TEXT]
        raise SystemGarbled(f"unexpected shape: {field}")

    def _flag(self, root: JsonValue, field: str) -> bool:
        text = self._text(root, field).lower()
        if text not in _YES | _NO:
            raise SystemGarbled(f"unexpected shape: {field}")
        return text in _YES

    def _day(self, root: JsonValue, field: str) -> date | None:
        """None where the system gave none that can be read (it is shown, not acted upon)."""
        text, written = self._text(root, field), self._system.answer.date_format
        try:
            if written:
                return datetime.strptime(text, written).date()  # noqa: DTZ007 - a day has no zone
            return datetime.fromisoformat(text).date()  # the day that it was in the time's own zone
        except ValueError:
            return None

    def _value(self, root: JsonValue, field: str) -> JsonValue:
        expression = getattr(self._system.answer, field)
        return None if expression is None else _found(expression, root)


def _found(expression: str, value: JsonValue) -> JsonValue:
    """What a JMESPath expression reads from `value`. An expression that does not fit the answer is a broken answer."""
    try:
        found: JsonValue = jmespath.search(expression, value)
    except (ValueError, TypeError):  # JMESPath's own errors are ValueErrors; a slice of step 0 is one of Python's
        raise SystemGarbled("an expression does not fit the answer") from None  # the original's text holds values
    return found


def _filled_body(body: JsonValue, values: Mapping[str, str]) -> JsonValue:
    if isinstance(body, str):
        return filled(body, values)
    if isinstance(body, dict):
        return {key: _filled_body(item, values) for key, item in body.items()}
    if isinstance(body, list):
        return [_filled_body(item, values) for item in body]
    return body
