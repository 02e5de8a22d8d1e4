"""Rasa's part of a form, for tests of whole talks: the slots between the turns, validation, then the next question.

What Rasa itself decides (rules, interruptions) is tested with the trained model in tests/nlu/test_conversations.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rasa_sdk.executor import ActionExecutor

from actions import payloads
from actions.contract import Context
from tests.unit.actions.calls import Answered, acted, action_call, message, run, slot, turn

ANSWER = "complaint_answer"


HOLE, BIN = "Nid-de-poule", "Ordures non ramassées"
TEXT = "Un grand trou devant l'école, الحفرة كبيرة"


@dataclass
class Talk:
    """One citizen and the complaint form. `turn_id` rises with every message; set `replay` to handle one again."""

    executor: ActionExecutor
    person: str = "amina"
    country: str = "ma"
    slots: dict[str, Any] = field(default_factory=dict)
    context: Context = field(default_factory=Context)
    number: int = 0

    async def open(self, text: str = "/complaint", choice: str | None = None) -> Answered:
        """The message that starts the form."""
        return await self._turn(text, "complaint", choice=choice, starts=True)

    async def say(self, text: str, intent: str = "nlu_fallback", confidence: float = 0.9) -> Answered:
        return await self._turn(text, intent, confidence)

    async def tap(self, title: str) -> Answered:
        """Tap what was offered last under this title."""
        [choice] = [each for each in self.last.result.reply.choices if title in (each.title, each.short)]
        return await self.pick(choice.payload)

    async def pick(self, payload: str) -> Answered:
        read = payloads.parse(payload)
        intent = read.intent if isinstance(read, payloads.Intend) else "complaint"
        return await self._turn(f"/{intent}", intent, choice=payload)

    async def _turn(
        self, text: str, intent: str, confidence: float = 0.9, *, choice: str | None = None, starts: bool = False
    ) -> Answered:
        self.number += 1
        given = turn(
            turn_id=f"{self.person}-{self.number}",
            person_id=self.person,
            country=self.country,
            choice=choice,
            context=self.context,
            language="fr",
        )
        latest = message(text, intent, 1.0 if text.startswith("/") else confidence, given=given)
        self.rejected = not await self._validate(latest, starts=starts)
        done = self.slots.get(ANSWER) is not None
        name = "action_complaint" if done else "action_ask_complaint_answer"
        loop = None if done else "complaint_form"
        self.last = await run(self.executor, action_call(name, latest, slots=dict(self.slots), loop=loop))
        self.slots |= self.last.slots
        self.context = self.last.context
        return self.last

    async def _validate(self, latest: dict[str, Any], *, starts: bool) -> bool:
        """Whether the form took the message."""
        requested = None if starts else ANSWER
        call = action_call(
            "validate_complaint_form",
            latest,
            slots={**self.slots, "requested_slot": requested},
            after=(slot("requested_slot", requested), acted("complaint_form")),
            loop="complaint_form",
        )
        response = await self.executor.run(call)
        assert response is not None
        assert [] == response.responses
        given = {each["name"]: each["value"] for each in response.events}
        self.slots |= given
        return bool(given)


async def to_summary(talk: Talk, kind: str = HOLE) -> None:
    await talk.open()
    await talk.tap(kind)
    await talk.say(TEXT)
    await talk.say("Rue inventée 3, Ville Exemple")
