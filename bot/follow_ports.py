"""What following files needs from the outside, as bot/ports.py has it for the path of a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.conversation import Conversation
from connectors.messages import Address, OutgoingMessage


@dataclass(frozen=True, slots=True)
class Followed:
    """A file that a person follows. `number` None: sealed under a key that is gone."""

    follow_id: int
    number: str | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class FollowClaim:
    """A followed file that is to be looked at now. `attempt` is the fencing token, as in the inbox.

    `conversation`: where its owner is told, None while he can be reached nowhere; `told`: what he was told last
    (actions/following.py); `quiet` and `missing`: looks since the last change, and in a row that did not find it.
    """

    follow_id: int
    attempt: int
    number: str
    born: date
    system: str
    told: str
    quiet: int
    missing: int
    expires_at: float
    conversation: Conversation | None
    heard_at: float | None = None


AsSms = Callable[[OutgoingMessage, Address], OutgoingMessage]


class Follows(Protocol):
    """Files that are followed. What a turn changes (a yes, a stop) is applied by `Inbox.finish`."""

    def is_offered(self, conversation_id: str, now: float) -> bool:
        """Whether a file waits for the citizen's yes."""
        ...

    def followed(self, person_id: str) -> Sequence[Followed]:
        """The oldest first."""
        ...

    def claim(self, limit: int, lease_s: float, now: float, interval_s: float) -> Sequence[FollowClaim]:
        """Lease files that are due, those of each system at least `interval_s` apart, none of a system that rests."""
        ...

    def look_again(self, claim: FollowClaim, due_at: float, *, found: bool | None) -> bool:
        """Nothing to tell. `found` None: it was not looked for. False when the lease was lost."""
        ...

    def tell(
        self, claim: FollowClaim, told: str, messages: Sequence[OutgoingMessage], due_at: float | None, now: float
    ) -> bool:
        """Queue these notifications and remember what was told; `due_at` None: it is followed no longer, and deleted.
        False, and nothing done, when the lease was lost: a change is told once.
        """
        ...

    def system_failed(self, claim: FollowClaim, now: float) -> float:
        """The system gave no answer: until when it is left alone, longer each time in a row."""
        ...

    def news_of(self, number: str, now: float) -> int:
        """Something happened to this file: whoever follows it looks at once. How many do."""
        ...

    def send_instead(self, as_sms: AsSms, limit: int, now: float) -> int:
        """Queue as SMS what WhatsApp could not deliver to somebody who also has SMS here; how many."""
        ...
