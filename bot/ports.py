"""What the path of a message needs from the outside, as small protocols. `bot/store` implements them on a database.

All methods are synchronous and short (one transaction each, never across a remote call); callers run them in a thread.
Times are POSIX seconds (float), given by the caller, so that tests and replays decide what time it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from actions.contract import Effect
from bot.conversation import Conversation
from connectors.messages import Address, DeliveryReport, IncomingMessage, OutgoingMessage, SubscriptionChange


class StoreUnavailable(Exception):
    """The database cannot store anything now (disk full, connection lost). The provider gets 503 and redelivers."""


class Accepted(StrEnum):
    STORED = "stored"
    DUPLICATE = "duplicate"  # this provider id was stored before: a redelivery


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased inbox row. `attempt` is the fencing token: only the holder of the latest attempt may finish it."""

    inbox_id: int
    attempt: int
    failures: int  # tries that failed through the message's own fault
    message: IncomingMessage
    conversation: Conversation
    received_at: float


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """Everything a turn changes, applied in one transaction with the end of its inbox row."""

    conversation: Conversation  # as it is after the turn
    messages: tuple[OutgoingMessage, ...] = ()
    effects: tuple[Effect, ...] = ()
    outcome: str = "handled"
    failed: str | None = None  # why the citizen got an apology instead of an answer: kept as a dead letter


class Inbox(Protocol):
    def accept(self, message: IncomingMessage, now: float) -> Accepted:
        """Store one message and the person and conversation it belongs to. Raises `StoreUnavailable`."""
        ...

    def subscription_changed(self, change: SubscriptionChange, now: float) -> None:
        """Record that a citizen blocked or unblocked us."""
        ...

    def claim(self, limit: int, lease_s: float, now: float) -> Sequence[Claim]:
        """Lease up to `limit` messages, oldest first, at most one per conversation and none out of order."""
        ...

    def finish(self, claim: Claim, plan: TurnPlan, now: float) -> bool:
        """Apply `plan` and close the row; False (and nothing applied) when the lease was lost to another worker."""
        ...

    def release(self, claim: Claim, retry_at: float, counts: bool, error: str) -> None:
        """Give the row back to be tried again at `retry_at`. `counts` False: not the message's fault."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxClaim:
    """A leased outbox row; `uncertain` when an earlier try may already have reached the provider."""

    outbox_id: int
    attempt: int
    message: OutgoingMessage
    conversation_id: str
    uncertain: bool


class Outbox(Protocol):
    def claim_messages(self, limit: int, lease_s: float, now: float) -> Sequence[OutboxClaim]:
        """Lease up to `limit` messages, at most one per conversation and none out of order."""
        ...

    def sent(self, claim: OutboxClaim, provider_message_id: str, now: float) -> None: ...

    def retry(self, claim: OutboxClaim, retry_at: float, code: str, uncertain: bool) -> None: ...

    def failed(self, claim: OutboxClaim, code: str, opted_out: bool, now: float) -> None: ...

    def delivered(self, report: DeliveryReport) -> bool:
        """Raise the message's delivery state; False when the message is unknown or the state is not higher."""
        ...

    def sent_after(self, address: Address, after_id: int, limit: int) -> Sequence[tuple[int, OutgoingMessage]]:
        """What was sent to one address, after one row id: the web chat's event stream reads this."""
        ...


@dataclass(frozen=True, slots=True)
class PersonRequest:
    """Somebody asked for a human being."""

    id: int
    conversation_id: str
    address: Address
    reason: Literal["asked", "no_answer", "complaint", "case"]
    created_at: float
    resolved_at: float | None


class Requests(Protocol):
    def open_requests(self, limit: int) -> Sequence[PersonRequest]: ...

    def resolve(self, request_id: int, now: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, for /metrics and /health/ready."""

    inbox: int
    outbox: int
    oldest_s: float


class Monitor(Protocol):
    def check(self) -> None:
        """Raise `StoreUnavailable` with one clear sentence when the database cannot be written."""
        ...

    def backlog(self, now: float) -> Backlog: ...
