"""In-memory implementations of ports. Each subclasses its port and passes the port's contract tests."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from actions.appointment_ledger import Appointment, AppointmentLedger, BookingState
from actions.attempts import REMEMBERED_FOR, AttemptLedger, Tries
from actions.complaint_ledger import ComplaintLedger, Filing, FilingState
from bot.follow_ports import AsSms, FollowClaim, Followed, Follows
from bot.ports import Kept, People, Said
from connectors.gov.api import Receipt
from connectors.messages import OutgoingMessage
from knowledge.embedding import Embedder, Vectors
from knowledge.language.normalise import normalise


@dataclass(frozen=True, slots=True)
class _Failure:
    person_id: str
    file_key: str
    at: datetime
    turn_id: str


class InMemoryAttempts(AttemptLedger):
    """Wrong tries in a list."""

    def __init__(self) -> None:
        self._failures: list[_Failure] = []

    def failures(self, person_id: str, file_key: str, now: datetime) -> Tries:
        recent = [failure for failure in self._failures if now - failure.at < REMEMBERED_FOR]
        mine = [failure for failure in recent if failure.person_id == person_id]
        return Tries(
            pair=tuple(failure.at for failure in mine if failure.file_key == file_key),
            person=tuple(failure.at for failure in mine),
            file=tuple(failure.at for failure in recent if failure.file_key == file_key),
        )

    def record_failure(self, person_id: str, file_key: str, now: datetime, turn_id: str) -> None:
        if all(failure.turn_id != turn_id for failure in self._failures):
            self._failures.append(_Failure(person_id, file_key, now, turn_id))

    def clear(self, person_id: str, file_key: str) -> None:
        self._failures = [
            failure for failure in self._failures if (failure.person_id, failure.file_key) != (person_id, file_key)
        ]


class InMemoryComplaints(ComplaintLedger):
    """Filings in a dictionary, with whose they are."""

    def __init__(self) -> None:
        self._filings: dict[str, tuple[str, Filing]] = {}

    def begin(self, person_id: str, turn_id: str, kind: str, now: datetime) -> Filing | None:
        if turn_id in self._filings:
            return self.of_turn(turn_id)
        self._filings[turn_id] = (person_id, Filing(turn_id, FilingState.FILING, kind, now))
        return None

    def close(self, turn_id: str, state: FilingState, receipt: Receipt = Receipt()) -> None:
        person_id, filing = self._filings[turn_id]
        self._filings[turn_id] = (person_id, replace(filing, state=state, receipt=receipt))

    def drop(self, turn_id: str) -> None:
        self._filings.pop(turn_id, None)

    def of_turn(self, turn_id: str) -> Filing | None:
        found = self._filings.get(turn_id)
        return None if found is None else found[1]

    def latest(self, person_id: str, limit: int) -> Sequence[Filing]:
        mine = [filing for person, filing in self._filings.values() if person == person_id]
        return sorted(mine, key=lambda filing: filing.at, reverse=True)[:limit]


class InMemoryAppointments(AppointmentLedger):
    """Appointments in a dictionary, with whose they are."""

    def __init__(self) -> None:
        self._booked: dict[str, tuple[str, Appointment]] = {}

    def begin(self, person_id: str, conversation_id: str, appointment: Appointment) -> Appointment | None:
        if appointment.turn_id in self._booked:
            return self._booked[appointment.turn_id][1]
        self._booked[appointment.turn_id] = (person_id, appointment)
        return None

    def close(self, turn_id: str, state: BookingState, ref: str = "", remind_at: datetime | None = None) -> None:
        person_id, appointment = self._booked[turn_id]
        self._booked[turn_id] = (person_id, replace(appointment, state=state, ref=ref))

    def drop(self, turn_id: str) -> None:
        self._booked.pop(turn_id, None)

    def coming(self, person_id: str, now: datetime) -> Sequence[Appointment]:
        mine = [each for person, each in self._booked.values() if person == person_id and each.slot.end > now]
        standing = [each for each in mine if each.state is not BookingState.CANCELLED]
        return sorted(standing, key=lambda each: each.slot.start)


class InMemoryPeople(People):
    """Counts in a dictionary. Who is not in it is not known. `said`: by conversation, each with its inbox row or 0."""

    def __init__(self, kept: Mapping[str, Kept], said: Mapping[str, Sequence[tuple[int, Said]]] | None = None) -> None:
        self._kept = kept
        self._said = said or {}

    def kept_of(self, person_id: str) -> Kept:
        return self._kept[person_id]  # a KeyError is a LookupError

    def said_in(self, conversation_id: str, before: int, limit: int) -> Sequence[Said]:
        return [one for row, one in self._said.get(conversation_id, ()) if row < before][-limit:]


class NoFollows(Follows):
    """Nobody follows anything, and nothing is offered."""

    def is_offered(self, conversation_id: str, now: float) -> bool:
        return False

    def followed(self, person_id: str) -> Sequence[Followed]:
        return ()

    def claim(self, limit: int, lease_s: float, now: float, interval_s: float) -> Sequence[FollowClaim]:
        return ()

    def look_again(self, claim: FollowClaim, due_at: float, *, found: bool | None) -> bool:
        return False

    def tell(
        self, claim: FollowClaim, told: str, messages: Sequence[OutgoingMessage], due_at: float | None, now: float
    ) -> bool:
        return False

    def system_failed(self, claim: FollowClaim, now: float) -> float:
        return now

    def news_of(self, number: str, now: float) -> int:
        return 0

    def send_instead(self, as_sms: AsSms, limit: int, now: float) -> int:
        return 0


class TrigramEmbedder(Embedder):
    """Texts as counts of hashed letter trigrams: no model to load, the same on every machine."""

    name = "trigrams"
    dimensions = 512

    def encode(self, texts: list[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            padded = f"  {normalise(text)} "
            for start in range(len(padded) - 2):
                row[zlib.crc32(padded[start : start + 3].encode()) % self.dimensions] += 1
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths == 0, 1, lengths)
