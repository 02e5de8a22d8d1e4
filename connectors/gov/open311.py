"""Client of a complaint desk that speaks Open311 GeoReport v2, in XML or JSON.

Specification: https://wiki.open311.org/GeoReport_v2 (frozen); its OpenAPI file (open311.github.io,
data/georeport_v2-1.yaml) is read with these corrections, all from the specification's text: the path is
`/requests/{id}`, not `/request/{id}`; what is posted is a form, not a query; definitions, tokens and single requests
may come alone or in a list; `jurisdiction_id` is needed only where a server has several. Ids may come as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from connectors.errors import ConnectorError, SystemGarbled, SystemRefused, Uncertain
from connectors.gov.api import Complaint, ComplaintState, ComplaintStatus, Question, Receipt, Service
from connectors.gov.exchange import Exchange, Reply
from connectors.gov.open311_format import Format, Json, decode
from connectors.http import HttpMaker, http_client

MAX_DESCRIPTION_CHARS = 4000  # a desk refuses longer ones

STATES: Mapping[str, ComplaintState] = MappingProxyType(
    {"open": ComplaintState.OPEN, "closed": ComplaintState.CLOSED}  # closed is not always solved: see the notes
)


@dataclass(frozen=True, slots=True)
class Open311Config:
    """`base_url`: up to the version, e.g. https://desk.example/open311/v2. `jurisdiction`: empty where there is one.

    `api_key` is sent with complaints only. `timeout_s`: for one whole call, connection included.
    """

    base_url: str
    api_key: str = field(repr=False)
    jurisdiction: str = ""
    format: Format = Format.XML
    timeout_s: float = 4.0


def _worded(value: object) -> object:
    """Ids and codes may come as numbers, missing texts as null."""
    if value is None:
        return ""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


_Text = Annotated[str, BeforeValidator(_worded)]
_Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
_List = BeforeValidator(lambda value: [] if value is None else value)  # an empty list of XML in a list of JSON


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Service(_Read):
    service_code: _Text
    service_name: _Text = ""
    description: _Text = ""
    group: _Text = ""


class _Value(_Read):
    key: _Text
    name: _Text = ""


class _Attribute(_Read):
    """`variable` false: a text to be shown, with nothing to answer."""

    code: _Text
    variable: _Flag = True
    datatype: _Text = ""
    required: _Flag = False
    datatype_description: _Text = ""
    order: int | None = None
    description: _Text = ""
    values: Annotated[list[_Value], _List] = []


class _Definition(_Read):
    attributes: Annotated[list[_Attribute], _List] = []


class _Filed(_Read):
    service_request_id: _Text = ""
    token: _Text = ""
    service_notice: _Text = ""


class _Request(_Read):
    service_request_id: _Text
    status: _Text = ""
    status_notes: _Text = ""
    service_code: _Text = ""
    agency_responsible: _Text = ""
    requested_datetime: _Text = ""
    updated_datetime: _Text = ""
    expected_datetime: _Text = ""


_Shape = TypeVar("_Shape", bound=_Read)


class Open311Client:
    """A `QuestionedDesk` over HTTP. Opens no connection before the first call; close it at the end."""

    def __init__(self, config: Open311Config, make_http: HttpMaker = http_client) -> None:
        self._config = config
        accept = "text/xml" if config.format is Format.XML else "application/json"
        self._exchange = Exchange(config.base_url, config.timeout_s, {"Accept": accept}, make_http)
        self._jurisdiction = {"jurisdiction_id": config.jurisdiction} if config.jurisdiction else {}

    async def kinds(self) -> tuple[Service, ...]:
        listed = _every(_Service, self._content(await self._read("services")))
        return tuple(
            Service(each.service_code, each.service_name, each.description, each.group)
            for each in listed
            if each.service_code
        )

    async def questions(self, kind: str) -> tuple[Question, ...]:
        reply = await self._read("services", kind)
        if reply.status == 404:
            return ()  # a kind without metadata has no definition
        attributes = [each for found in _every(_Definition, self._content(reply)) for each in found.attributes]
        attributes.sort(key=lambda each: each.order or 0)
        return tuple(_question(each) for each in attributes if each.variable)

    async def file(self, complaint: Complaint) -> Receipt:
        form = {"api_key": self._config.api_key, **self._jurisdiction, **_form(complaint)}
        reply = await self._exchange.act("POST", f"/requests.{self._config.format}", {}, form)
        if reply.status != 200:
            raise self._refusal(reply)
        try:
            filed = _only(_Filed, self._content(reply))
        except SystemGarbled as error:  # it was taken, and nobody knows under which reference
            raise Uncertain(error.detail) from error
        return Receipt(filed.service_request_id, filed.token, filed.service_notice)

    async def reference(self, token: str) -> str | None:
        reply = await self._read("tokens", token)
        if reply.status == 404:
            return None
        found = _only(_Filed, self._content(reply))
        if found.token not in (token, ""):
            raise SystemGarbled("answered with another token")
        return found.service_request_id or None

    async def track(self, ref: str) -> ComplaintStatus | None:
        reply = await self._read("requests", ref)
        if reply.status == 404:
            return None
        found = _every(_Request, self._content(reply))
        if not found:
            return None
        if [each.service_request_id for each in found] != [ref]:
            raise SystemGarbled("answered with another complaint")
        return _status(found[0])

    async def close(self) -> None:
        await self._exchange.close()

    async def _read(self, *path: str) -> Reply:
        parts = "/".join(quote(part, safe="") for part in path)
        return await self._exchange.read(f"/{parts}.{self._config.format}", self._jurisdiction)

    def _content(self, reply: Reply) -> Json:
        """What a 200 holds. Raises the refusal of any other answer."""
        if reply.status != 200:
            raise self._refusal(reply)
        return decode(reply.body, self._config.format)

    def _refusal(self, reply: Reply) -> ConnectorError:
        """A wrong key is `SystemRefused`, the rest `SystemGarbled`: both are for a person to mend, so both alert.

        The desk's codes are told, its descriptions never: they may repeat what the citizen wrote.
        """
        try:
            errors = decode(reply.body, self._config.format)
        except SystemGarbled:
            errors = []
        codes = [str(each.get("code", "")) for each in _as_list(errors) if isinstance(each, dict)]
        told = ", ".join(code for code in codes if code.isascii() and code.isalnum() and len(code) <= 12)
        detail = f"HTTP {reply.status}" + (f", code {told}" if told else "")
        return SystemRefused(detail) if reply.status in (401, 403) else SystemGarbled(detail)


def _form(complaint: Complaint) -> dict[str, str | list[str]]:
    """The fields of POST requests; an attribute that is given more than once is a multivaluelist's."""
    form: dict[str, str | list[str]] = {"service_code": complaint.kind, "description": complaint.description}
    place = complaint.place
    if place.latitude is not None and place.longitude is not None:
        form |= {"lat": f"{place.latitude:.6f}", "long": f"{place.longitude:.6f}"}  # a tenth of a metre
    if place.address:
        form["address_string"] = place.address
    for code in dict.fromkeys(code for code, _ in complaint.attributes):
        values = [value for each, value in complaint.attributes if each == code]
        form |= {f"attribute[{code}]": values[0]} if len(values) == 1 else {f"attribute[{code}][]": values}
    return form


def _question(attribute: _Attribute) -> Question:
    return Question(
        code=attribute.code,
        text=attribute.description,
        required=attribute.required,
        hint=attribute.datatype_description,
        choices=tuple((value.key, value.name or value.key) for value in attribute.values),
        several=attribute.datatype == "multivaluelist",
    )


def _status(request: _Request) -> ComplaintStatus:
    return ComplaintStatus(
        ref=request.service_request_id,
        kind=request.service_code,
        state=STATES.get(request.status.lower(), ComplaintState.UNKNOWN),
        raw_status=request.status,
        notes=request.status_notes,
        requested=_moment(request.requested_datetime),
        updated=_moment(request.updated_datetime),
        expected=_moment(request.expected_datetime),
        agency=request.agency_responsible,
    )


def _moment(text: str) -> datetime | None:
    """A time with its zone; None where it has none, although it must: an hour is not guessed."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _as_list(content: Json) -> list[Json]:
    if content is None:
        return []
    return content if isinstance(content, list) else [content]


def _every(shape: type[_Shape], content: Json) -> list[_Shape]:
    try:
        return [shape.model_validate(each) for each in _as_list(content)]
    except ValidationError as error:
        raise SystemGarbled(f"unexpected shape: {_fields(error)}") from None  # the values stay out of logs


def _only(shape: type[_Shape], content: Json) -> _Shape:
    found = _every(shape, content)
    if len(found) != 1:
        raise SystemGarbled(f"{len(found)} answers instead of one")
    return found[0]


def _fields(error: ValidationError) -> str:
    problems: list[Any] = list(error.errors())
    return ", ".join(sorted({".".join(str(part) for part in problem["loc"]) for problem in problems}))
