"""What it takes to follow a file: whether it can still change, what was told of it, and where an offer is kept.

After a status answer the citizen may ask to be told when it changes (bot/following.py takes his yes). Until then the
number and the second factor are kept sealed, for one hour at most: docs/adr/0026-following-a-file.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Protocol

from connectors.gov.api import Case, CaseState

_FINAL = frozenset({CaseState.APPROVED, CaseState.REJECTED, CaseState.CLOSED})


@dataclass(frozen=True, slots=True)
class FollowOffer:
    """A file that may be followed: what a later look needs, and what the citizen was told now.

    `system`: which system's (connectors/gov/several.py, `form_key`); `told`: see `told_of`.
    """

    number: str
    born: date
    system: str
    told: str
    final: bool


class FollowOffers(Protocol):
    """Keeps what a citizen was just told, until he says that he wants to be told of changes."""

    def offer(self, person_id: str, conversation_id: str, offer: FollowOffer, now: datetime) -> bool:
        """Whether he can be asked. False where the file has ended, or is followed already: then it counts as told."""
        ...


def has_ended(case: Case) -> bool:
    """Whether no change is to be expected any more."""
    return case.ended or case.state in _FINAL


def told_of(case: Case) -> str:
    """What a citizen is told of its state, at most 32 characters: two cases with the same one read alike.

    Of an unknown state its title is shown, so that counts; but only as a hash, for it is the system's own words.
    """
    if case.state is not CaseState.UNKNOWN:
        return str(case.state)
    return f"{case.state}:{blake2b(case.raw_title.encode(), digest_size=8).hexdigest()}"


def masked(number: str) -> str:
    """A file number by which its owner knows it, and nobody else learns it: `PA-2026-004217` → `PA-***217`."""
    shown = min(3, len(number) // 3)
    head, dash, rest = number.partition("-")
    letters = f"{head}{dash}" if rest and head.isalpha() and len(head) <= shown else ""
    return f"{letters}***{number[-shown:] if shown else ''}"
