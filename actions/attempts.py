"""Wrong tries at a file number and a birth date: counted, and answered with a pause.

Five wrong tries lock a person, and a person with that file, for an hour. Because a new web chat is a new person, a
file itself is locked after twenty wrong tries of anybody. Success forgives a person's tries at that file only:
otherwise one's own file would be a way to guess at others for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

PERSON_LIMIT = 5
FILE_LIMIT = 20
LOCKED_FOR = timedelta(hours=1)
REMEMBERED_FOR = 2 * LOCKED_FOR  # a try matters as long as it can be part of a lock


@dataclass(frozen=True, slots=True)
class Tries:
    """Times of the wrong tries that are still remembered, in any order.

    `pair`: this person at this file; `person`: this person at any file; `file`: anybody at this file.
    """

    pair: Sequence[datetime] = ()
    person: Sequence[datetime] = ()
    file: Sequence[datetime] = ()


class AttemptLedger(Protocol):
    """Keeps wrong tries. `file_key` is opaque (`file_key()` below): no file number is ever stored."""

    def failures(self, person_id: str, file_key: str, now: datetime) -> Tries:
        """The wrong tries of the last `REMEMBERED_FOR`."""
        ...

    def record_failure(self, person_id: str, file_key: str, now: datetime, turn_id: str) -> None:
        """Remember one wrong try. A turn counts once, however often it is replayed after a crash."""
        ...

    def clear(self, person_id: str, file_key: str) -> None:
        """Forget this person's tries at this file; his tries at other files stay, and so do other people's."""
        ...


def is_locked(tries: Tries, now: datetime) -> bool:
    """Whether no more tries are allowed now."""
    return (
        _too_many(tries.pair, PERSON_LIMIT, now)
        or _too_many(tries.person, PERSON_LIMIT, now)
        or _too_many(tries.file, FILE_LIMIT, now)
    )


def file_key(file_number: str) -> str:
    """An opaque key of a canonical file number."""
    return hashlib.blake2b(file_number.encode(), digest_size=16, person=b"dalil-attempts").hexdigest()


def _too_many(times: Sequence[datetime], limit: int, now: datetime) -> bool:
    """Whether `limit` tries fell into one hour, the last of them less than an hour ago."""
    ordered = sorted(times)
    return any(
        last - first <= LOCKED_FOR and now - last < LOCKED_FOR
        for first, last in zip(ordered, ordered[limit - 1 :], strict=False)
    )
