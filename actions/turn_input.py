"""What an action knows about the message it answers: our own `TurnInput` and what the NLU understood.

Rasa hands both over in `tracker.latest_message`: `metadata` (posted by bot/dialogue.py) and the NLU's output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rasa_sdk.interfaces import Tracker

from actions.contract import TurnInput
from actions.replies import Variety, variety
from actions.reply_language import reply_language
from connectors.messages import ReplyLanguage


class ActionCallError(Exception):
    """Rasa called an action without what every turn carries: the deployment is broken, not the citizen's message."""


class _Output(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Intent(_Output):
    name: str | None = None
    confidence: float = 0.0


class _Facet(_Output):
    name: str


class _Language(_Output):
    name: str
    shares: dict[str, float] = Field(default_factory=dict)


class _Parse(_Output):
    """Our part of Rasa's parse data. A forced intent ("/ask_fees") says nothing about its language."""

    text: str | None = None
    intent: _Intent = _Intent()
    facets: tuple[_Facet, ...] = ()
    language: _Language | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """One message, understood. `facets`: everything asked, first asked first. `reply_in`: the language to answer in.

    `forced`: the app said what is meant (a tapped button, a keyword); `text` is then no citizen's words.
    """

    turn: TurnInput
    text: str
    intent: str
    confidence: float
    facets: tuple[str, ...]
    reply_in: ReplyLanguage
    forced: bool

    @property
    def worded_in(self) -> Variety:
        """In which wording Dalil's own sentences are said: `reply_in`, as the citizen's country speaks it."""
        return variety(self.reply_in, self.turn.country)

    @property
    def content_in(self) -> ReplyLanguage:
        """In which language sheets are shown: nobody who is written to in plain Arabic is shown Moroccan Darija."""
        return "ar" if self.worded_in == "ar" else self.reply_in


def understood(tracker: Tracker) -> Understood:
    """The message that `tracker` is at. Raises `ActionCallError` when metadata or NLU output is missing or wrong."""
    message: dict[str, Any] = tracker.latest_message
    return from_parse(message, _turn(message.get("metadata")), forced=_is_forced(tracker))


def from_parse(parsed: Mapping[str, Any], turn: TurnInput, *, forced: bool = False) -> Understood:
    """What Rasa's NLU made of a text, for one turn. Raises `ActionCallError` when its output is wrong."""
    try:
        parse = _Parse.model_validate(parsed)
    except ValidationError as error:
        raise ActionCallError(f"NLU output of turn {turn.turn_id} is wrong: {_problems(error)}") from None
    text = parse.text or ""
    # Without shares the text has no letters that say anything, and the name means nothing.
    identified = parse.language.name if parse.language and parse.language.shares else None
    return Understood(
        turn=turn,
        text=text,
        intent=parse.intent.name or "",
        confidence=parse.intent.confidence,
        facets=tuple(dict.fromkeys(facet.name for facet in parse.facets)),
        reply_in=reply_language(turn, text, identified),
        forced=forced,
    )


def _turn(metadata: object) -> TurnInput:
    if not isinstance(metadata, dict) or not metadata:
        raise ActionCallError("the message carries no metadata: only bot/dialogue.py may talk to Rasa")
    try:
        return TurnInput.model_validate(metadata)
    except ValidationError as error:
        raise ActionCallError(f"the message's metadata is not a TurnInput: {_problems(error)}") from None


def _is_forced(tracker: Tracker) -> bool:
    """Whether the text posted to Rasa began with a slash: only bot/turn.py writes those (the NLU takes it off)."""
    posted = next((event.get("text") for event in reversed(tracker.events) if event.get("event") == "user"), None)
    return (posted or "").startswith("/")


def _problems(error: ValidationError) -> str:
    """Which fields are wrong, without their values."""
    return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
