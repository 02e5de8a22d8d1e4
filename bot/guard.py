"""Who gets no answer for a while: a person who floods us, a stuck phone, another machine. Pure; tuned by guard.yaml.

Nothing is dropped: every message is stored and its turn recorded. What a citizen picks from a list counts for his rate
only, for "1" means something else under every list.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.conversation import Conversation, Flood, Repeats
from bot.pace import advanced, slot
from knowledge.language.normalise import normalise

_FILE = Path(__file__).parent / "guard.yaml"

Positive = Annotated[float, Field(gt=0)]
AtLeastOne = Annotated[int, Field(ge=1)]


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FloodRules(_Rules):
    every_s: Positive
    burst: AtLeastOne
    beyond: AtLeastOne
    tell_every_s: Positive


class RepeatRules(_Rules):
    within_s: Positive
    answered: AtLeastOne


class LoopRules(_Rules):
    echoes: AtLeastOne
    rounds: Annotated[int, Field(ge=2)]
    rounds_within_s: Positive
    beats: Annotated[int, Field(ge=4, le=40)]
    beats_within_s: Positive
    beat_at_least_s: Positive
    beat_spread: Annotated[float, Field(gt=0, lt=1)]
    silence_s: Positive


class GuardRules(_Rules):
    """guard.yaml."""

    flood: FloodRules
    repeats: RepeatRules
    loop: LoopRules


@cache
def load_guard_rules(file: Path = _FILE) -> GuardRules:
    """The shipped rules. Raises pydantic.ValidationError: one is missing, unknown or out of its range."""
    return GuardRules.model_validate(yaml.safe_load(file.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer, and why. `tell`: say one sentence about it, the wording of the same name."""

    why: Literal["repeated", "flood", "loop"]
    tell: bool


class Guard:
    """Decides whether a message is answered."""

    def __init__(self, rules: GuardRules) -> None:
        self._rules = rules

    def wrote(
        self, conversation: Conversation, said: str, at: float, now: float
    ) -> tuple[Conversation, Refusal | None]:
        """The conversation with a message in the citizen's own words counted, and whether it is left unanswered.

        `said` tells messages apart (the text, and what else makes it another message). `at`: when it arrived, for it
        may have waited; a repetition is measured by `now`, so that copies that waited together are answered once.
        """
        before = conversation.repeats
        if at < before.quiet_until:
            return conversation, Refusal("loop", tell=False)
        digest = digest_of(said)
        repeats, refusal = self._repeated(before, digest, now)
        if refusal is None:
            repeats, refusal = self._looped(repeats, digest, at)
        conversation = conversation.model_copy(update={"repeats": repeats})
        return (conversation, refusal) if refusal is not None else self.picked(conversation, at)

    def picked(self, conversation: Conversation, at: float) -> tuple[Conversation, Refusal | None]:
        """The same for a choice from a list, which no repetition or loop is read from."""
        flood, refusal = self._flooded(conversation.flood, at)
        return conversation.model_copy(update={"flood": flood}), refusal

    def _flooded(self, before: Flood, at: float) -> tuple[Flood, Refusal | None]:
        rules = self._rules.flood
        over = slot(before.pace, at, rules.every_s, rules.burst) > at
        # Messages over the limit count too, up to a bound: who goes on as fast stays unanswered until he is slower.
        pace = min(advanced(before.pace, at, rules.every_s), at + (rules.burst + rules.beyond) * rules.every_s)
        if not over:
            return Flood(pace=pace, told_at=before.told_at), None
        tell = before.told_at == 0 or at - before.told_at >= rules.tell_every_s
        return Flood(pace=pace, told_at=at if tell else before.told_at), Refusal("flood", tell)

    def _repeated(self, before: Repeats, digest: str, now: float) -> tuple[Repeats, Refusal | None]:
        rules = self._rules.repeats
        same = before.digest == digest and now - before.at <= rules.within_s
        count = before.count + 1 if same else 1
        repeats = before.model_copy(update={"digest": digest, "count": count, "at": now})
        if count <= rules.answered:
            return repeats, None
        return repeats, Refusal("repeated", tell=count == rules.answered + 1)

    def _looped(self, before: Repeats, digest: str, at: float) -> tuple[Repeats, Refusal | None]:
        rules = self._rules.loop
        echoes = before.echoes + 1 if digest == before.our_last else 0
        recent = (*before.recent, (digest, at))[-max(2 * rules.rounds, rules.beats) :]
        if echoes >= rules.echoes or _in_rounds(recent, rules) or _in_beats(recent, rules):
            quiet = before.model_copy(update={"echoes": 0, "recent": (), "quiet_until": at + rules.silence_s})
            return quiet, Refusal("loop", tell=True)
        return before.model_copy(update={"echoes": echoes, "recent": recent}), None


def heard_again(conversation: Conversation, at: float) -> Conversation:
    """He wrote START: if he was taken for a machine, he is a person."""
    if at >= conversation.repeats.quiet_until:
        return conversation
    repeats = conversation.repeats.model_copy(update={"quiet_until": 0.0})
    return conversation.model_copy(update={"repeats": repeats})


def answered_with(conversation: Conversation, text: str) -> Conversation:
    """The conversation with our last text remembered as a hash, to know its echo."""
    return conversation.model_copy(
        update={"repeats": conversation.repeats.model_copy(update={"our_last": digest_of(text)})}
    )


def digest_of(text: str) -> str:
    """16 hex characters for a text, whatever its accents and punctuation."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:16]


def _in_rounds(recent: Sequence[tuple[str, float]], rules: LoopRules) -> bool:
    """The last messages are one text, or two in turn, `rounds` times over."""
    last = recent[-2 * rules.rounds :]
    if len(last) < 2 * rules.rounds or last[-1][1] - last[0][1] > rules.rounds_within_s:
        return False
    return all(digest == last[place % 2][0] for place, (digest, _) in enumerate(last))


def _in_beats(recent: Sequence[tuple[str, float]], rules: LoopRules) -> bool:
    """The last messages came evenly, like a clock."""
    times = [at for _, at in recent[-rules.beats :]]
    if len(times) < rules.beats or times[-1] - times[0] > rules.beats_within_s:
        return False
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    return min(gaps) >= rules.beat_at_least_s and max(gaps) - min(gaps) <= rules.beat_spread * min(gaps)
