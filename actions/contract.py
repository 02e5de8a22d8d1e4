"""What passes between `bot/dialogue.py` and the actions, through Rasa.

Going in, a `TurnInput` travels as the message's metadata. Coming out, each action utters one custom JSON, a
`TurnResult`. Rasa carries both without looking inside, so no wording and no state of ours lives in Rasa.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.messages import Medium, Reply, ReplyLanguage

CONTEXT_LIFETIME = timedelta(hours=12)  # where nothing else is said: actions/follow_ups.yaml says it for the app

CountryCode = Literal["ma", "dz", "mr"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Topic(_Frozen):
    """A procedure that was spoken of, and what was asked about it."""

    procedure: str
    facets: tuple[str, ...] = ()


class Context(_Frozen):
    """What the last turns were about. Kept with the conversation in the app's database.

    `choices` are the payloads last offered, in order: an answer "2" means `choices[1]`.
    `rest` are the pages of the last SMS reply that were not sent yet: "0" asks for the next.
    `pending_facets` were asked before the procedure was known ("how much?" → "for what?" → "the passport"), and
    `pending_country` was named then. `told` are the facets of `procedure` that the citizen has read: "explain more"
    goes on after them. `earlier` are the procedures before this one, latest first: one can go back to them.
    `forgetting`: he was just asked whether all that is kept of him shall be deleted. `verbatim`: he was just asked for
    something in his own words, so that no follow-up is read out of them.
    """

    procedure: str | None = None
    facets: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    pending_facets: tuple[str, ...] = ()
    pending_country: CountryCode | None = None
    told: tuple[str, ...] = ()
    earlier: tuple[Topic, ...] = ()
    rest: tuple[str, ...] = ()
    forgetting: bool = False
    verbatim: bool = False
    at: datetime | None = None

    def fresh(self, now: datetime, lifetime: timedelta = CONTEXT_LIFETIME) -> Context:
        """This context, or an empty one once it is older than `lifetime`."""
        return self if self.at is not None and now - self.at <= lifetime else Context()


class TurnInput(_Frozen):
    """What an action needs to know beyond the text. No address, no name, no number."""

    turn_id: str  # the inbox row: the same message always carries the same id
    trace: str = ""  # the id that links the log lines of one message
    person_id: str
    conversation_id: str
    medium: Medium
    country: CountryCode
    now: datetime
    language: ReplyLanguage | None = None  # of the conversation so far
    chosen_language: ReplyLanguage | None = None  # asked for by the citizen: wins over the message's own
    context: Context = Context()
    choice: str | None = None  # the payload of a tapped button or a numbered answer (actions/payloads.py)
    resume: str | None = None  # the file that was asked about before the citizen proved who he is
    follow_up: Literal["correction", "explain", "elsewhere"] | None = (
        None  # what the message does with the turns before it
    )


class Outcome(StrEnum):
    """How a turn ended. Closed: replies, metrics, consoles and evaluation share it."""

    ANSWERED = "answered"  # the procedure's answer was given
    CLARIFY = "clarify"  # asked which of two or three
    NO_ANSWER = "no_answer"  # said that it does not know and offered a person
    HANDLED = "handled"  # a non-procedure intent was dealt with


class OptOut(_Frozen):
    kind: Literal["opt_out"] = "opt_out"


class ChooseLanguage(_Frozen):
    kind: Literal["choose_language"] = "choose_language"
    language: ReplyLanguage


class RequestPerson(_Frozen):
    """Record that the citizen wants to be called back by a person."""

    kind: Literal["request_person"] = "request_person"
    reason: Literal["asked", "no_answer", "complaint", "case"] = "asked"


class FollowFile(_Frozen):
    """Follow the file that this conversation was offered to: his consent to `wording` (a version) is recorded."""

    kind: Literal["follow_file"] = "follow_file"
    wording: int
    days: int  # at most
    look_after_s: float  # when it is looked at first


class UnfollowFile(_Frozen):
    """Delete what is kept to follow a file of this person; None: all of them."""

    kind: Literal["unfollow_file"] = "unfollow_file"
    follow_id: int | None = None


Effect = Annotated[OptOut | ChooseLanguage | RequestPerson | FollowFile | UnfollowFile, Field(discriminator="kind")]


class TurnResult(_Frozen):
    """One action's result: what to say, what to remember, what to do in the same transaction.

    `context` None leaves the conversation's context as it is.
    """

    dalil: Literal[1] = 1
    outcome: Outcome
    reply: Reply
    context: Context | None = None
    effects: tuple[Effect, ...] = ()
    procedures: tuple[str, ...] = ()  # ids considered, best first (for metrics and agents, never shown)
