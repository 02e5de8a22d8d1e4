"""What may stand in a system's file (connectors/gov/systems/*.yaml), and the check of it: file, line, what to write.

A file names its secrets and never holds one. It holds no code either: paths and texts with `{file}` and `{birth_date}`,
and JMESPath expressions (https://jmespath.org/specification.html), which can only read the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import jmespath
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import ErrorDetails

from connectors.gov.api import CaseState
from connectors.gov.declared_yaml import DeclaredError, Place, mistake_at, read_yaml
from connectors.gov.file_number import FileNumberRule
from connectors.gov.served import Served, read_served

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OF_REQUEST = frozenset({"file", "birth_date"})
_CARRY_SECRETS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey"})


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with every `{name}` replaced. Raises `KeyError` for a name that `values` lacks."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], text)


def _template(text: str) -> str:
    if unknown := placeholders(text) - _OF_REQUEST:
        raise ValueError(f"{{{min(unknown)}}} means nothing here; write {{file}} or {{birth_date}}")
    if not text.isprintable():
        raise ValueError("line breaks and control characters cannot be sent")
    return text


def _address(text: str) -> str:
    if not re.match(r"https?://|\{[a-z]", text):
        raise ValueError("write an address that begins with https:// (or http:// on this machine)")
    return text


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise ValueError(f"not a JMESPath expression ({reason})") from None
    return text


def _sheets(ids: tuple[str, ...]) -> tuple[str, ...]:
    read_served(ids)
    return ids


def _day_format(text: str) -> str:
    day = date(2026, 11, 28)
    try:
        read = datetime.strptime(day.strftime(text), text).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        read = None
    if read != day:
        raise ValueError("write the order of day, month and year as %d/%m/%Y, %Y-%m-%d, %Y%m%d ...")
    return text


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]  # of a system, or of a secret
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Template = Annotated[str, AfterValidator(_template)]
Address = Annotated[str, AfterValidator(_address)]
Expression = Annotated[str, AfterValidator(_expression)]
DayFormat = Annotated[str, AfterValidator(_day_format)]
Status = Annotated[int, Field(ge=200, le=499)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class NoAuth(_Model):
    """The system asks for no credentials (or for a client certificate only)."""

    kind: Literal["none"] = "none"


class ApiKey(_Model):
    """One secret, in a header or in the query. `prefix` stands before it: "Bearer "."""

    kind: Literal["api_key"]
    place: Annotated[Literal["header", "query"], Field(alias="in")] = "header"
    name: Text
    prefix: str = ""
    secret: Name


class OAuth2(_Model):
    """Client credentials (RFC 6749, 4.4). `send`: the credentials as HTTP Basic, or in the body of the token call."""

    kind: Literal["oauth2"]
    token_url: Address
    client_id: Name
    client_secret: Name
    scope: str = ""
    send: Literal["basic", "body"] = "basic"


class Tls(_Model):
    """A client certificate. Each value is the name of a setting that holds the path of a PEM file."""

    certificate: Name
    key: Name
    authority: Name | None = None  # who signed the system's own certificate, where no public authority did


class Request(_Model):
    method: Literal["GET", "POST"] = "GET"
    path: Annotated[Template, StringConstraints(pattern=r"^/")]
    headers: Mapping[str, Template] = Field(default_factory=dict)
    query: Mapping[str, Template] = Field(default_factory=dict)
    body: JsonValue = None  # JSON; texts in it may hold placeholders
    birth_date_format: DayFormat = "%Y-%m-%d"

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name in headers:
            if not _HEADER.fullmatch(name):
                raise ValueError(f"'{name}' is no name of a header")
            if name.lower() in _CARRY_SECRETS:
                raise ValueError(f"{name} carries a secret; describe it under auth, with the secret's name")
        return headers

    @field_validator("body")
    @classmethod
    def _templates(cls, body: JsonValue) -> JsonValue:
        for text in texts_in(body):
            _template(text)
        return body

    @property
    def uses(self) -> frozenset[str]:
        """The placeholders of the whole request."""
        texts = [self.path, *self.headers.values(), *self.query.values(), *texts_in(self.body)]
        return frozenset().union(*map(placeholders, texts))


class Answer(_Model):
    """Where everything stands in the answer. `root`: the application itself; the other paths begin there.

    `not_found_when` is read from the whole answer: true means "no such file". A missing `root` is a broken answer.
    """

    not_found_status: tuple[Status, ...] = (404,)
    not_found_when: Expression | None = None
    root: Expression = "@"
    file: Expression | None = None
    birth_date: Expression | None = None
    applicant: Expression | None = None  # who filed it, as the identity provider names him
    service: Expression | None = None
    code: Expression
    title: Expression | None = None
    ended: Expression | None = None
    registered: Expression | None = None
    changed: Expression | None = None
    next_step: Expression | None = None
    return_reason: Expression | None = None
    result: Expression | None = None
    date_format: DayFormat | None = None  # of every day in the answer; ISO 8601 without it


class Limits(_Model):
    """`timeout_s`: for everything, token and connection included. `max_bytes`: of one answer. The others are as in
    `Policy` (connectors/gov/resilience.py); without them what the settings say for all systems holds.
    """

    timeout_s: Annotated[float, Field(gt=0, le=10)] = 3.0
    max_bytes: Annotated[int, Field(ge=256, le=4 * 1024 * 1024)] = 256 * 1024
    attempts: Annotated[int, Field(ge=1, le=5)] | None = None
    at_once: Annotated[int, Field(ge=1, le=1000)] | None = None
    waiting: Annotated[int, Field(ge=0, le=10_000)] | None = None
    opens_after: Annotated[int, Field(ge=1, le=1000)] | None = None
    rests_s: Annotated[float, Field(gt=0, le=600)] | None = None

    @property
    def of_guard(self) -> dict[str, float]:
        """What this system has of its own of a guard's limits."""
        return self.model_dump(exclude={"timeout_s", "max_bytes"}, exclude_none=True)


class FileNumber(_Model):
    """`separator`: what the system itself writes between the parts of a number, and so what `{file}` is sent with."""

    pattern: Text
    example: Text
    separator: Annotated[str, StringConstraints(max_length=3, pattern=r"^[ -~]*$")] = "-"

    def as_sent(self, number: str) -> str:
        """Parts hold letters and digits only: every dash of a number stands between two."""
        return number.replace("-", self.separator)

    @property
    def rule(self) -> FileNumberRule:
        return FileNumberRule(self.pattern, self.example)


class System(_Model):
    """One government system. `name`: for operators. `service`: said to citizens where the answer names none.

    `procedures`: the sheets whose files it knows (`ma.permis_construire`, or `ma.*`); none: any.
    """

    id: Name
    name: Text
    service: str = ""
    procedures: Annotated[tuple[str, ...], AfterValidator(_sheets)] = ()
    base_url: Address
    auth: Annotated[NoAuth | ApiKey | OAuth2, Field(discriminator="kind")] = NoAuth()
    tls: Tls | None = None
    request: Request
    answer: Answer
    birth_date_checked_by: Literal["dalil", "system"] = "dalil"
    identity: Literal["none", "required"] = "none"  # required: told to a verified identity only, never by a birth date
    states: Annotated[Mapping[str, CaseState], Field(min_length=1)]
    file_number: FileNumber
    limits: Limits = Limits()

    @property
    def served(self) -> Served:
        return read_served(self.procedures)

    def needs(self) -> Iterator[tuple[Place, str]]:
        """Every value that must come from the settings: where the file names it, and the name."""
        for name in placeholders(self.base_url):
            yield ("base_url",), name
        if isinstance(self.auth, ApiKey):
            yield ("auth", "secret"), self.auth.secret
        if isinstance(self.auth, OAuth2):
            yield from (((("auth", "token_url")), name) for name in placeholders(self.auth.token_url))
            yield ("auth", "client_id"), self.auth.client_id
            yield ("auth", "client_secret"), self.auth.client_secret
        if self.tls is not None:
            for key, name in self.tls.model_dump(exclude_none=True).items():
                yield ("tls", key), name


def texts_in(value: JsonValue) -> Iterator[str]:
    """Every text of a JSON value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def read_system(file: Path, values: Mapping[str, str] | None = None) -> System:
    """The system that `file` declares. With `values`, every name that the file uses must be among them.

    Raises `DeclaredError` with every mistake: file, line and what to write.
    """
    document = read_yaml(file)
    try:
        system = System.model_validate(document.value)
    except ValidationError as error:
        problems = [mistake_at(document, problem["loc"], _said(problem)) for problem in error.errors()]
        raise DeclaredError(problems) from None
    wrong = [mistake_at(document, place, message) for place, message in _contradictions(system)]
    if values is not None:
        wrong += [
            mistake_at(document, place, f"no value named '{name}': put it into DALIL_GOV_SECRETS")
            for place, name in system.needs()
            if name not in values
        ]
    if wrong:
        raise DeclaredError(wrong)
    return system


def _said(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            return f"{where} is missing"
        case "extra_forbidden":
            return f"{where} is not known; see ADDING_A_GOVERNMENT_API.md for the keys"
        case _:
            return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


def _advice(example: str) -> str:
    if others := sorted({each for each in example if not each.isalnum() and each != "-"}):
        signs = ", ".join(f"'{each}'" for each in others)
        return (
            f". Write the parts in both with dashes between them, not {signs}; "
            f"a sign that the system itself wants there is file_number.separator: {signs}"
        )
    return ". Letters are capitals in both" if example != example.upper() else ""


def _identified(system: System) -> Iterator[tuple[Place, str]]:
    """What cannot stand beside `identity: required`."""
    if system.answer.applicant is None:
        yield ("answer",), "answer.applicant is missing: a file is told only to the identity that it names"
    if "birth_date" in system.request.uses:
        yield ("request",), "{birth_date} is not known where identity is required: nobody is asked for it"
    if system.answer.birth_date is not None or system.birth_date_checked_by == "system":
        yield ("identity",), "a file is told to an identity or by a birth date, not by both; leave out the birth date"


def _by_birth_date(system: System) -> Iterator[tuple[Place, str]]:
    """What contradicts a file that is told by number and birth date."""
    if system.birth_date_checked_by == "dalil" and system.answer.birth_date is None:
        yield (
            ("answer",),
            (
                "answer.birth_date is missing: a file is told only to who knows the applicant's birth date. If the "
                "system itself compares it, write birth_date_checked_by: system and send {birth_date}"
            ),
        )
    if system.birth_date_checked_by == "system" and "birth_date" not in system.request.uses:
        yield ("birth_date_checked_by",), "the system can compare the birth date only if the request holds {birth_date}"
    if system.answer.applicant is not None:
        yield ("answer", "applicant"), "used only with identity: required"


def _contradictions(system: System) -> Iterator[tuple[Place, str]]:
    """What is wrong between parts that are each right by themselves."""
    request = system.request
    if "file" not in request.uses:
        yield ("request",), "the request nowhere holds {file}, the citizen's file number"
    if request.method == "GET" and request.body is not None:
        yield ("request", "body"), "a GET has no body; write method: POST"
    yield from (_identified if system.identity == "required" else _by_birth_date)(system)
    try:
        _ = system.file_number.rule
    except re.error as error:
        yield ("file_number",), f"file_number.pattern is no regular expression: {error}"
    except ValueError as error:
        yield ("file_number",), str(error) + _advice(system.file_number.example)
    yield from _codes(system)


def _codes(system: System) -> Iterator[tuple[Place, str]]:
    """What is wrong in the table of codes."""
    folded: set[str] = set()
    for code in system.states:
        if code.upper() in folded:
            yield ("states", code), f"'{code}' stands twice (small and capital letters are the same)"
        folded.add(code.upper())
        if system.states[code] is CaseState.UNKNOWN:
            yield ("states", code), "leave out the codes whose meaning is unknown: their title is then shown as it is"
