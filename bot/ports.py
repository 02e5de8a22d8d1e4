"""What the path of a message needs from the outside, as small protocols. `bot/store` implements them on a database.

All methods are synchronous and short (one transaction each, never across a remote call); callers run them in a thread,
those of every message by an `InThread`.
Times are POSIX seconds (float), given by the caller, so that tests and replays decide what time it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal, ParamSpec, Protocol, TypeVar

from actions.contract import CountryCode, Effect
from bot.conversation import Conversation
from connectors.channel import Pace
from connectors.messages import (
    Address,
    DeliveryReport,
    IdentityChange,
    IncomingMessage,
    Medium,
    OutgoingMessage,
    SubscriptionChange,
)

P = ParamSpec("P")
T = TypeVar("T")


class InThread(Protocol):
    """How a coroutine calls a store: `asyncio.to_thread`, or what does the same for less (`Database.in_thread`)."""

    def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]: ...


class StoreUnavailable(Exception):
    """The database cannot store anything now (disk full, connection lost). The provider gets 503 and redelivers."""


class Priority(IntEnum):
    """What goes first where a sender's rate is short."""

    REPLY = 0  # a citizen waits
    NOTIFICATION = 1  # to one or to many who did not just write


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
    trace: str = ""


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """Everything a turn changes, applied in one transaction with the end of its inbox row."""

    conversation: Conversation  # as it is after the turn
    messages: tuple[OutgoingMessage, ...] = ()
    effects: tuple[Effect, ...] = ()
    outcome: str = "handled"
    forget: bool = False  # delete what is kept of the person, once these messages are sent
    failed: str | None = None  # why the citizen got an apology instead of an answer: kept as a dead letter


class Inbox(Protocol):
    def accept(self, message: IncomingMessage, now: float, trace: str = "") -> Accepted:
        """Store one message and the person and conversation it belongs to. Raises `StoreUnavailable`."""
        ...

    def subscription_changed(self, change: SubscriptionChange, now: float) -> None:
        """Record that a citizen blocked or unblocked us."""
        ...

    def identity_changed(self, change: IdentityChange, now: float) -> None:
        """The conversation of one address goes on at another. Raises `StoreUnavailable`."""
        ...

    def claim(self, limit: int, lease_s: float, now: float) -> Sequence[Claim]:
        """Lease up to `limit` messages, oldest first, at most one per conversation and none out of order."""
        ...

    def renew(self, claims: Sequence[Claim], until: float) -> None:
        """Hold on to these leases until then; those that were lost stay lost."""
        ...

    def finish(self, claim: Claim, plan: TurnPlan, now: float) -> bool:
        """Apply `plan` and close the row; False (and nothing applied) when the lease was lost to another worker."""
        ...

    def release(self, claim: Claim, retry_at: float, counts: bool, error: str) -> None:
        """Give the row back to be tried again at `retry_at`. `counts` False: not the message's fault."""
        ...


@dataclass(frozen=True, slots=True)
class Price:
    """What one SMS costs: segments, and millionths of the price table's currency for all of them."""

    country: str  # "" where the number tells none
    segments: int
    micros: int | None  # None: the price is not known


@dataclass(frozen=True, slots=True)
class Spent:
    """SMS of one day, or of one day and country. `unpriced`: those of the segments whose cost is not in `micros`."""

    segments: int = 0
    micros: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report did: it raised the state of this message. `found`: an answer that was lost is found."""

    outbox_id: int
    trace: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class OutboxClaim:
    """A leased outbox row; `uncertain` when an earlier try may already have reached the provider."""

    outbox_id: int
    attempt: int
    message: OutgoingMessage
    conversation_id: str
    uncertain: bool
    taken_over: bool = False  # its lease ran out: another worker was sending it, or still is
    tried_at: float = 0.0  # the first try
    priority: Priority = Priority.REPLY
    heard_at: float | None = None  # the recipient's last message: WhatsApp's window is open for 24 hours from here
    trace: str = ""
    reference: str = ""  # names this message to the provider, and back in its reports
    received_at: float | None = None  # the citizen's message that this one answers
    country: CountryCode | None = None  # of the conversation


Paces = Mapping[tuple[str, Medium], Pace]  # by channel and medium


class Outbox(Protocol):
    def claim_messages(self, limit: int, lease_s: float, now: float, paces: Paces) -> Sequence[OutboxClaim]:
        """Lease up to `limit` messages, replies before notifications, at most one per conversation, none out of order
        and none faster than `paces`.
        """
        ...

    def renew(self, claims: Sequence[OutboxClaim], until: float) -> Sequence[tuple[int, int]]:
        """Hold on to these leases until then; those that were lost stay lost. Id and attempt of those that are ours."""
        ...

    def enqueue(self, conversation_id: str, message: OutgoingMessage, priority: Priority, now: float) -> int:
        """Queue a message that is no reply; its id. Raises `LookupError` for a conversation that does not exist."""
        ...

    def sent(
        self,
        claim: OutboxClaim,
        provider_message_id: str,
        now: float,
        price: Price | None = None,
        budgeted: bool = False,
    ) -> Spent | None:
        """It was sent. `price`: of an SMS; if `budgeted`, the answer is what this day's SMS cost with it.

        That sum costs all workers a queue: no two may see the same.
        """
        ...

    def spent(self, day: str) -> Spent:
        """What the SMS of a UTC day (`2026-11-28`) cost."""
        ...

    def unknown_of(self, claim: OutboxClaim, provider_message_ids: Sequence[str]) -> Sequence[str]:
        """Those of these ids that belong to no other row of ours: this message, sent already, its answer lost."""
        ...

    def retry(self, claim: OutboxClaim, retry_at: float, code: str, uncertain: bool) -> None:
        """Try again then."""
        ...

    def postpone(self, claim: OutboxClaim, until: float, code: str) -> None:
        """Not now: the claim counts as no try."""
        ...

    def hold(self, claim: OutboxClaim, asking: OutgoingMessage, now: float) -> None:
        """Keep the message until the citizen writes, and send `asking` instead, once for all that are held."""
        ...

    def failed(self, claim: OutboxClaim, code: str, opted_out: bool, now: float, detail: str = "") -> None: ...

    def delivered(self, report: DeliveryReport, now: float) -> Report | None:
        """Raise the message's delivery state; None when the state is not higher, or the message not known (yet)."""
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a person, in numbers: what he is told when he asks."""

    messages: int
    replies: int
    since: float  # POSIX seconds
    requests: int = 0  # for a person
    follows: int = 0  # files that are followed for him
    complaints: int = 0  # that he filed
    appointments: int = 0  # that he booked
    identity_until: float | None = None  # until when a verified identity is kept; None: none is


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation, as it is stored. `text` is empty for a photo without words."""

    at: float
    ours: bool
    text: str


class People(Protocol):
    def kept_of(self, person_id: str) -> Kept:
        """What is kept of this person, over all his conversations. Raises `LookupError` for one that does not exist."""
        ...

    def said_in(self, conversation_id: str, before: int, limit: int) -> Sequence[Said]:
        """The last messages of one conversation that came before this inbox row, ours among them, the oldest first."""
        ...


class Requests(Protocol):
    def open_requests(self, limit: int) -> Sequence[PersonRequest]: ...

    def resolve(self, request_id: int, now: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows wait, and since when the oldest does (None: none waits)."""

    count: int = 0
    since: float | None = None

    def oldest_s(self, now: float) -> float:
        return 0.0 if self.since is None else max(0.0, now - self.since)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits and what is stuck, for /metrics and /health/ready."""

    inbox: Waiting
    outbox: Mapping[Priority, Waiting]  # every priority; also what is not due yet
    held: int  # until the citizen writes and WhatsApp's window is open
    dead: Mapping[str, int]  # "inbox": messages that got an apology; "outbox": replies that were given up
    misconfigured: Mapping[str, int]  # channel: messages that wait because our credentials or sender are wrong
    following: int = 0  # files that are followed


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up: `in:12` of the inbox, `out:34` of the outbox. Who and what is not in it."""

    id: str
    at: float  # when it came, or was to be sent
    channel: str
    reason: str
    attempts: int
    provider_code: str | None
    conversation_id: str
    trace: str


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What a dead letter says, as JSON, and whose it is (None: sealed under a key that is gone)."""

    body: str
    address: str | None


class CannotReplay(Exception):
    """The citizen asked for something that forbids it. Its text says what."""


class DeadLetters(Protocol):
    """Ids that no dead letter has raise `LookupError` with a sentence for the operator."""

    def letters(self, limit: int, reason: str | None = None) -> Sequence[DeadLetter]:
        """The oldest first."""
        ...

    def letter(self, letter_id: str) -> DeadLetter: ...

    def content(self, letter_id: str) -> LetterContent: ...

    def replay(self, letter_id: str, now: float) -> int:
        """Put it at the end of the line as if it had just come; its new row's id. Raises `CannotReplay`."""
        ...

    def drop(self, letter_id: str) -> None:
        """Delete it."""
        ...


class Monitor(Protocol):
    def check(self) -> None:
        """Raise `StoreUnavailable` with one clear sentence when the database cannot be written."""
        ...

    def backlog(self) -> Backlog:
        """Cheap, however many rows are stored: only rows that wait are looked at."""
        ...
