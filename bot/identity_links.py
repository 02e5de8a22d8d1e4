"""A one-time link from the chat to the identity provider and back: what is stored of it, and the port that stores it.

    open      sent to the chat; anybody may look at its page, nothing happens by looking
    started   one browser has gone to the provider: that browser alone may come back
    returned  it has come back with an identity; the code on its page is not yet written into the chat
    done      the code came from the chat that the link was sent to: the identity is this citizen's
    void      refused, replaced, or its code came from elsewhere

Whatever could be used is stored as a keyed hash (`…_key`) or sealed. Times are POSIX seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from connectors.messages import Address, ReplyLanguage

LINK_S = 600.0  # from the message with the link to the return of the browser
CODE_S = 600.0  # from there to the code in the chat
LINKS_AN_HOUR = 5  # of one person
HOUR_S = 3600.0
CODE_TRIES = 5


class LinkState(StrEnum):
    OPEN = "open"
    STARTED = "started"
    RETURNED = "returned"
    DONE = "done"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class NewLink:
    """`waiting`: the question that waits for the identity, sealed. A turn has one link: a replay replaces it."""

    token_key: str
    person_id: str
    conversation_id: str
    turn_id: str
    waiting: str
    language: ReplyLanguage


@dataclass(frozen=True, slots=True)
class Link:
    """One link, as a page needs it. `address`: the chat's, to say which it is. `secret`: sealed nonce and verifier."""

    id: int
    state: LinkState
    language: ReplyLanguage
    address: Address
    expires_at: float
    browser_key: str | None = None
    secret: str = ""
    code: str = ""


class Confirmed(StrEnum):
    """What a code in a chat came to."""

    BOUND = "bound"
    WRONG = "wrong"  # this person has a code to write, and it is another one
    SPENT = "spent"  # wrong too often: the link is void
    LATE = "late"
    ELSEWHERE = "elsewhere"  # the code of a link that was sent to somebody else: void from now on
    NOTHING = "nothing"  # no code is waited for, and nobody has this one


@dataclass(frozen=True, slots=True)
class Binding:
    """A verified identity: who vouches, and a keyed hash of the name there."""

    issuer: str
    subject_key: str
    until: float


class IdentityStore(Protocol):
    """Each method is one transaction. All raise `StoreUnavailable`."""

    def add(self, link: NewLink, now: float) -> bool:
        """Store it; older links of the conversation that are not done are void. False: too many within the hour."""
        ...

    def find(self, token_key: str, now: float) -> Link | None:
        """The link with this token, while it is open or started and not too old."""
        ...

    def start(self, link_id: int, browser_key: str, state_key: str, secret: str, now: float) -> bool:
        """A browser goes to the provider. False: another one has gone before, or it is too late."""
        ...

    def come_back(self, state_key: str, browser_key: str, now: float) -> Link | None:
        """The link that this browser started with this state, which is used up by asking."""
        ...

    def identified(self, link_id: int, issuer: str, subject_key: str, code_key: str, code: str, now: float) -> bool:
        """Keep who it is until the code comes. False: it is no longer wanted, or the code is another link's."""
        ...

    def refuse(self, link_id: int) -> None:
        """The sign-in failed: void."""
        ...

    def returned(self, browser_key: str, now: float) -> Link | None:
        """The link whose code this browser shows."""
        ...

    def confirm(
        self, code_key: str, person_id: str, turn_id: str, kept_s: float, now: float, *, counts: bool
    ) -> tuple[Confirmed, str]:
        """A code was written into a chat: bind for `kept_s` seconds. The second value: the sealed waiting question.

        Asked again by the same turn it answers the same. `counts`: a wrong one is a wrong try.
        """
        ...

    def binding(self, person_id: str, issuer: str, now: float) -> Binding | None: ...
