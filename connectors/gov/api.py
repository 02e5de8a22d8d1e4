"""What Dalil needs of a government system that keeps applications: the status of one, and nothing else.

Every system has its own codes. A client maps them onto `CaseState` by a literal table; a code outside the table comes
out as `UNKNOWN` with the system's own title, never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from connectors.gov.file_number import FileNumberRule


class CaseState(StrEnum):
    """Where an application stands, as a citizen needs to know it."""

    RECEIVED = "received"  # registered, nobody has started on it
    IN_PROGRESS = "in_progress"
    ACTION_NEEDED = "action_needed"  # sent back: the citizen has to add or mend something
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"  # ended, and the system does not say how
    UNKNOWN = "unknown"  # a code outside our table: only `raw_title` may be shown


@dataclass(frozen=True, slots=True)
class Case:
    """One application, told only to somebody who proved that it is his.

    `raw_code` and `raw_title` are the system's own words (either may be empty), `registered` is the day it was
    received, `ended` says that the system has finished with it.
    """

    ref: str
    service: str
    state: CaseState
    raw_code: str
    raw_title: str
    registered: date | None
    ended: bool


class CaseTracker(Protocol):
    """One government system's client."""

    @property
    def file_numbers(self) -> FileNumberRule:
        """What this system's file numbers look like."""
        ...

    async def find(self, file_id: str, birth_date: date) -> Case | None:
        """The application `file_id` of the person born on `birth_date`.

        None when there is no such file *or* when the birth date is another one: a caller cannot tell which, so nothing
        is learned by guessing. Raises `SystemDown`, `SystemSlow` or `SystemGarbled` (connectors/errors.py).
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...
