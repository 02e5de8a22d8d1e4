"""Measures steps that others take: Rasa's (actions and search are inside it), and the search's own."""

from __future__ import annotations

from typing import Protocol

from actions.contract import TurnInput, TurnResult
from bot.metrics import METRICS
from knowledge.answer import Answer, Knowledge, Question


class _Dialogue(Protocol):
    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]: ...


class TimedDialogue:
    """A dialogue whose time is the step `rasa`."""

    def __init__(self, dialogue: _Dialogue) -> None:
        self._dialogue = dialogue

    async def ask(self, turn: TurnInput, text: str) -> list[TurnResult]:
        with METRICS.step.labels("rasa").time():
            return await self._dialogue.ask(turn, text)


class TimedKnowledge(Knowledge):
    """Knowledge whose time is the step `search`."""

    def answer(self, question: Question) -> Answer:
        with METRICS.step.labels("search").time():
            return super().answer(question)
