"""A file that its system tells only to a verified identity: look it up, or send the link by which one is verified.

A wrong number is a wrong try of the person here, too, and "no such file" and "another person's" are one sentence. The
lock of a *file* does not count: nobody can guess an identity, and the applicant must not be kept out by who tries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from actions.attempts import AttemptLedger, Tries, file_key, is_locked
from actions.contract import TurnInput
from actions.replies import Wording
from actions.turn_input import Understood
from connectors.gov.api import Case, IdentifiedCaseTracker, VerifiedIdentity
from connectors.messages import ReplyLanguage


class Identities(Protocol):
    """Who has proven to be whom (bot/identification.py)."""

    def verified(self, person_id: str, now: datetime) -> VerifiedIdentity | None: ...

    def link(self, turn: TurnInput, waiting: str, language: ReplyLanguage, now: datetime) -> str | None:
        """A one-time link for this turn's chat. None: too many within the hour."""
        ...


class NotTold(Exception):
    """Instead of a case: a sentence, and what may be chosen after it."""

    def __init__(self, paragraphs: tuple[str, ...], choices: tuple[str, ...]) -> None:
        super().__init__()
        self.paragraphs = paragraphs
        self.choices = choices


class IdentifiedCases:
    """The systems that ask for an identity."""

    def __init__(
        self,
        tracker: IdentifiedCaseTracker,
        identities: Identities,
        wording: Wording,
        attempts: AttemptLedger,
        clock: Callable[[], datetime],
    ) -> None:
        self._tracker = tracker
        self._identities = identities
        self._wording = wording
        self._attempts = attempts
        self._clock = clock

    def has(self, number: object) -> bool:
        """Whether a canonical file number is one of theirs."""
        return isinstance(number, str) and self._tracker.file_numbers.find(number) == number

    async def find(self, message: Understood, number: str) -> Case:
        """The case. Raises `NotTold`, or a `GovError` of its system."""
        now, turn = self._clock(), message.turn
        identity = await asyncio.to_thread(self._identities.verified, turn.person_id, now)
        if identity is None:
            raise await self._asking(message, number, now)
        key = file_key(f"identity {number}")
        tries = await asyncio.to_thread(self._attempts.failures, turn.person_id, key, now)
        if is_locked(Tries(pair=tries.pair, person=tries.person), now):
            raise self._sorry(message, "case_locked", "choose_agent")
        case = await self._tracker.find(number, identity)
        if case is None:
            await asyncio.to_thread(self._attempts.record_failure, turn.person_id, key, now, turn.turn_id)
            raise self._sorry(message, "case_not_yours", "choose_retry", "choose_agent")
        await asyncio.to_thread(self._attempts.clear, turn.person_id, key)
        return case

    async def _asking(self, message: Understood, number: str, now: datetime) -> NotTold:
        link = await asyncio.to_thread(self._identities.link, message.turn, number, message.reply_in, now)
        if link is None:
            return self._sorry(message, "identity_too_many", "choose_agent")
        say, words = self._wording.text, message.worded_in
        return NotTold((say(words, "identity_ask"), link, say(words, "identity_then")), ("choose_agent",))

    def _sorry(self, message: Understood, key: str, *choices: str) -> NotTold:
        return NotTold((self._wording.text(message.worded_in, key),), choices)
