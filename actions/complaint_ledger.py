"""What was filed, and by which turn: so that no complaint is filed twice, and that it can be followed later.

The complaint itself is not in it: only its kind, where it stands with the desk, and the desk's reference or token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.gov.api import Receipt


class FilingState(StrEnum):
    FILING = "filing"  # begun; still so when its worker died: nobody knows whether the desk has it
    FILED = "filed"
    UNCERTAIN = "uncertain"  # the desk's answer was lost


@dataclass(frozen=True, slots=True)
class Filing:
    """One complaint. `kind`: its title, in the desk's words."""

    turn_id: str
    state: FilingState
    kind: str
    at: datetime
    receipt: Receipt = field(default_factory=Receipt)


class ComplaintLedger(Protocol):
    """Keeps filings. Synchronous and short; callers run it in a thread."""

    def begin(self, person_id: str, turn_id: str, kind: str, now: datetime) -> Filing | None:
        """Note that this turn files now: None. Where it did before (the turn is replayed): what is known of that."""
        ...

    def close(self, turn_id: str, state: FilingState, receipt: Receipt = Receipt()) -> None:
        """What came of it, or later the reference that its token stands for."""
        ...

    def drop(self, turn_id: str) -> None:
        """The desk has certainly not taken it: it may be tried again."""
        ...

    def of_turn(self, turn_id: str) -> Filing | None: ...

    def latest(self, person_id: str, limit: int) -> Sequence[Filing]:
        """This person's, the latest first."""
        ...
