"""Client of a GovStack Scheduler building block, API 1.0.0: free slots, booking, cancelling.

Specification: connectors/sandbox/scheduler/spec/ (its README lists the defects; these are lived with). Everything
travels in the query string, `qry` as a JSON text. Times have no zone in its examples, so they are sent and read as the
office's local time; a zone that is given is honoured. Lists may be nested once too deep. Booking answers with a text.
The API proves nobody's identity: whose appointment `cancel` takes is the caller's to know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from connectors.errors import ConnectorError, SystemGarbled, SystemRefused, Uncertain
from connectors.gov.api import Booking, Slot
from connectors.gov.exchange import Exchange, Reply
from connectors.http import HttpMaker, http_client

OPEN = "open"  # event_details.status: the one value that the specification shows; no other is offered to anybody

_PARTICIPANT = "subscriber"
_BOOKED = re.compile(r"appointment_id\"?\s*:\s*\"?(?!null)([^\",\]}\s]+)", re.IGNORECASE)
_BOOKED_EVENT = re.compile(r"event_id\"?\s*:\s*\"?([^\",\]}\s]+)", re.IGNORECASE)
_EVENT_DETAILS = dict.fromkeys(("event_id", "period", "venue", "deadline", "status"), True)
_APPOINTMENT_DETAILS = dict.fromkeys(("appointment_id", "event_details", "participant_id", "status"), True)


@dataclass(frozen=True, slots=True)
class SchedulerConfig:
    """`requestor_id` and `request_token`: who we are. `host_entity_id`: the office; `participant_entity_id`: our group
    of subscribers there. `zone`: the office's. `headers`: of the mediator before it, if any. `remind_before`: how long
    before an appointment its citizen is reminded. `timeout_s`: for one whole call, connection included.
    """

    base_url: str
    requestor_id: str
    request_token: str = field(repr=False)
    host_entity_id: str
    participant_entity_id: str
    zone: tzinfo
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    remind_before: timedelta = timedelta(days=1)
    timeout_s: float = 4.0


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Venue(_Read):
    building: str | None = None
    street: str | None = None
    area: str | None = None
    city: str | None = None

    def words(self) -> str:
        return ", ".join(part for part in (self.building, self.street, self.area, self.city) if part)


class _EventDetails(_Read):
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    deadline: datetime | None = None
    status: str | None = None
    venue: _Venue | None = None


class _Event(_Read):
    event_id: str
    details: _EventDetails


class _AppointmentDetails(_Read):
    event_id: str | None = None
    participant_id: str | None = None
    status_id: str | None = None


class _Appointment(_Read):
    appointment_id: str
    details: _AppointmentDetails


_EVENTS = TypeAdapter(list[_Event])
_APPOINTMENTS = TypeAdapter(list[_Appointment])


class SchedulerClient:
    """An `AppointmentBook` over HTTP. Opens no connection before the first call; close it at the end.

    `now` is asked for the reminder's time and for deadlines of booking.
    """

    def __init__(
        self,
        config: SchedulerConfig,
        make_http: HttpMaker = http_client,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._now = now
        headers = {"Accept": "application/json", **config.headers}
        self._exchange = Exchange(config.base_url, config.timeout_s, headers, make_http)
        self._who = {"requestor_id": config.requestor_id, "request_token": config.request_token}

    async def free_slots(self, service: str, since: datetime, until: datetime) -> tuple[Slot, ...]:
        """Slots of the category `service` that begin in [since, until), soonest first."""
        wanted = {
            "category": service,
            "host_entity_id": self._config.host_entity_id,
            "from": self._local(since),
            "to": self._local(until),
        }
        slots = await self._open_slots(wanted)
        return tuple(sorted((each for each in slots if since <= each.start < until), key=lambda each: each.start))

    async def book(self, slot: Slot, person: str) -> Booking | None:
        details = {
            "exclusive": True,
            "event_ids": [slot.id],
            "participant_type": _PARTICIPANT,
            "participant_id": person,
            "participant_entity_id": self._config.participant_entity_id,
        }
        query = self._query({"appointment_details": details})
        reply = await self._exchange.act("POST", "/appointment/new", query)
        if reply.status == 404:
            return None  # the event is gone
        if reply.status == 400 and not await self._open_slots({"event_id": [slot.id]}):
            return None  # "Invalid request" is all that the specification says of a slot that is taken
        if reply.status != 200:
            raise _refusal(reply)
        return self._booking(_reference(reply, slot), slot)

    async def booked(self, slot: Slot, person: str) -> Booking | None:
        """This person's booking of this slot, if there is one: what to ask after `book` was `Uncertain`."""
        wanted = {
            "participant_type": _PARTICIPANT,
            "participant_id": person,
            "participant_entity_id": self._config.participant_entity_id,
            "from": self._local(slot.start),
            "to": self._local(slot.end),
        }
        qry = {"appointment_filter": wanted, "appointment_details_required": _APPOINTMENT_DETAILS}
        reply = await self._exchange.read("/appointment/list_details", self._query(qry))
        for each in _listed(_APPOINTMENTS, reply):
            if each.details.event_id == slot.id and each.details.participant_id == person:
                return self._booking(each.appointment_id, slot)
        return None

    async def cancel(self, ref: str) -> bool:
        reply = await self._exchange.act("DELETE", "/appointment", {**self._who, "appointment_id": ref})
        if reply.status not in (200, 404):
            raise _refusal(reply)
        return reply.status == 200

    async def close(self) -> None:
        await self._exchange.close()

    async def _open_slots(self, wanted: Mapping[str, object]) -> list[Slot]:
        qry = {"event_filter": wanted, "event_details_required": _EVENT_DETAILS}
        reply = await self._exchange.read("/event/list_details", self._query(qry))
        return [self._slot(each) for each in _listed(_EVENTS, reply) if self._bookable(each.details)]

    def _bookable(self, details: _EventDetails) -> bool:
        late = details.deadline is not None and self._zoned(details.deadline) < self._now()
        return not late and details.status in (OPEN, None)  # a system without statuses says nothing

    def _slot(self, event: _Event) -> Slot:
        details = event.details
        place = details.venue.words() if details.venue else ""
        return Slot(event.event_id, self._zoned(details.start), self._zoned(details.end), place)

    def _booking(self, ref: str, slot: Slot) -> Booking:
        remind_at = slot.start - self._config.remind_before
        return Booking(ref, slot, remind_at if remind_at > self._now() else None)

    def _query(self, qry: object) -> dict[str, str]:
        return {**self._who, "qry": json.dumps(qry, ensure_ascii=False, separators=(",", ":"))}

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._config.zone).replace(tzinfo=None).isoformat(timespec="seconds")

    def _zoned(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._config.zone)


def _listed(shape: TypeAdapter[Any], reply: Reply) -> Any:  # noqa: ANN401 -- a list of what `shape` holds
    """The items of a list, which the specification nests twice; none where what was asked for is not found (404)."""
    if reply.status == 404:
        return []
    if reply.status != 200:
        raise _refusal(reply)
    try:
        content = json.loads(reply.body)
        if isinstance(content, list):
            content = [item for each in content for item in (each if isinstance(each, list) else [each])]
        return shape.validate_python(content)
    except ValidationError as error:
        problems = {".".join(str(part) for part in problem["loc"]) for problem in error.errors()}
        raise SystemGarbled(f"unexpected shape: {', '.join(sorted(problems))}") from None  # values stay out of logs
    except (ValueError, RecursionError) as error:
        raise SystemGarbled("not JSON") from error


def _reference(reply: Reply, slot: Slot) -> str:
    """The appointment's id in `"[Event_id:12345,appointment_id:1]"`, a JSON text or bare."""
    text = reply.body.decode("utf-8", "replace")
    event, booked = _BOOKED_EVENT.search(text), _BOOKED.search(text)
    if booked is None or (event is not None and event[1] != slot.id):
        raise Uncertain("booked, and the answer cannot be read")
    return booked[1]


def _refusal(reply: Reply) -> ConnectorError:
    detail = f"HTTP {reply.status}"
    return SystemRefused(detail) if reply.status in (401, 403) else SystemGarbled(detail)
