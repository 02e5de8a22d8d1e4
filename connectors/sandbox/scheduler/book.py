"""The sandbox's appointment book: invented events and who is booked on them, in memory, one book per router."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

REQUESTOR_EXAMPLE = "dalil"
TOKEN_EXAMPLE = "invented-scheduler-token"  # noqa: S105 -- invented; the sandbox's own
HOST_ENTITY = "67890"
PARTICIPANT_ENTITY = "dalil-citizens"
ZONE = ZoneInfo("Africa/Casablanca")
CATEGORIES = ("depot_cnie", "retrait_passeport")
DAYS = 5  # working days ahead that can be booked
HOURS = (9, 10, 11)

_VENUE = {"building": "Annexe (exemple)", "street": "Rue inventée 1", "area": "Centre", "city": "Ville Exemple"}


@dataclass
class Event:
    """`limit`: how many may book. Times are the office's local ones."""

    id: str
    category: str
    start: datetime
    end: datetime
    limit: int = 1
    closed: bool = False
    booked: dict[str, str] = field(default_factory=dict)  # appointment id → participant id

    @property
    def status(self) -> str:
        return "closed" if self.closed else "full" if len(self.booked) >= self.limit else "open"

    def is_open_to(self, participant: str) -> bool:
        return self.status == "open" and participant not in self.booked.values()

    def details(self) -> dict[str, Any]:
        return {
            "name": self.category,
            "description": f"Rendez-vous : {self.category}",
            "category": self.category,
            "host_entity_id": HOST_ENTITY,
            "from": _local(self.start),
            "to": _local(self.end),
            "deadline": _local(self.start - timedelta(hours=1)),
            "subscriber_limit": str(self.limit),
            "terms": "Apportez votre reçu.",
            "status": self.status,
            "venue": _VENUE,
        }


class Book:
    """All events of one sandbox: three an hour-long slots a working day, per category, from tomorrow on."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nobody is booked, and no event is closed."""
        self.events: dict[str, Event] = {}
        self._appointments = 0
        day = datetime.now(ZONE).date()
        for _ in range(DAYS):
            day += timedelta(days=3 if day.weekday() == 4 else 2 if day.weekday() == 5 else 1)
            for category in CATEGORIES:
                for hour in HOURS:
                    start = datetime.combine(day, time(hour), ZONE)
                    number = str(12345 + len(self.events))
                    self.events[number] = Event(number, category, start, start + timedelta(minutes=30))

    def book(self, event: Event, participant: str) -> str:
        """The appointment's id. Ask `is_open_to` before."""
        self._appointments += 1
        number = str(self._appointments)
        event.booked[number] = participant
        return number

    def cancel(self, appointment: str) -> bool:
        return any(event.booked.pop(appointment, None) is not None for event in self.events.values())


def _local(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
