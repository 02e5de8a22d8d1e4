"""`dalil understand`: what Dalil makes of a message, through the same code as a citizen's first message.

Rasa's trained NLU parses the text; `actions.answer` and the knowledge base decide. Nothing is stored or sent. What goes
on from a turn before (`actions/follow_ups.py`) needs one, and is not read here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TextIO, get_args

from actions.answer import AnswerQuestion
from actions.contract import CountryCode, Outcome, TurnInput
from actions.replies import load_wording
from actions.turn_input import Understood, from_parse
from bot.bootstrap import open_knowledge
from bot.rasa_nlu import RasaNlu, find_or_start
from bot.said import MAX_TEXT, text_for_rasa
from bot.settings import Settings
from connectors.messages import Medium
from knowledge.language.normalise import clean

WINDOW = 16  # messages in flight; the output keeps the order of the input
_COURTESIES = frozenset({"greet", "thanks", "goodbye"})  # what actions/small_talk.py answers when it is a question
_BY_SEARCH = frozenset({"out_of_scope", "nlu_fallback"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input. `country` as in INTERFACES: ma, dz or mr."""

    id: str
    text: str
    country: CountryCode


class Understanding:
    """Understands one message at a time."""

    def __init__(self, nlu: RasaNlu, answers: AnswerQuestion) -> None:
        self._nlu = nlu
        self._answers = answers

    async def of(self, line: Line) -> dict[str, Any]:
        """The object that `dalil understand` writes for one line."""
        text = clean(line.text)[:MAX_TEXT].strip()
        parsed = await self._nlu.parse(text_for_rasa(text))
        message = from_parse(parsed, _first_turn(line))
        considered = self._answers.answer(message).considered
        intent, facet, outcome = self._decided(message, named=bool(considered))
        asked = intent == "procedure"
        searched = asked or message.intent in _BY_SEARCH
        return {
            "id": line.id,
            "language": parsed["language"]["name"],
            "intent": intent,
            "facet": facet,
            "facets": list(message.facets) if asked else [],
            "procedures": [{"id": hit.procedure.id, "score": round(hit.score, 3)} for hit in considered if searched],
            "outcome": outcome,
            "confidence": round(message.confidence, 3),
        }

    def _decided(self, message: Understood, *, named: bool) -> tuple[str, str | None, str]:
        """Intent, facet and outcome, in the words of INTERFACES.md. `named`: the search considered some sheet."""
        intent = message.intent
        if intent.startswith("ask_"):
            outcome = self._outcome(message)
            if outcome == Outcome.NO_ANSWER.value and not named:
                # Asked like our questions, about a service that no sheet is about or near: outside what Dalil does.
                return "out_of_scope", None, outcome
            return "procedure", message.facets[0] if message.facets else intent.removeprefix("ask_"), outcome
        if intent in _BY_SEARCH:
            outcome = self._answers.result(message).outcome
            if outcome is Outcome.NO_ANSWER:
                return "out_of_scope", None, outcome.value
            # The words named a procedure although the NLU was unsure: the citizen gets what the search found.
            return "procedure", message.facets[0] if message.facets else "overview", outcome.value
        if intent in _COURTESIES and self._answers.asks_besides(message):
            return "procedure", message.facets[0] if message.facets else "overview", self._outcome(message)
        return intent, None, Outcome.HANDLED.value

    def _outcome(self, message: Understood) -> str:
        return self._answers.result(message).outcome.value


def _first_turn(line: Line) -> TurnInput:
    return TurnInput(
        turn_id=line.id,
        person_id="understand",
        conversation_id="understand",
        medium=Medium.CONSOLE,
        country=line.country,
        now=datetime.now(UTC),
    )


def read_line(number: int, raw: str, default: CountryCode) -> Line:
    """One input line. Raises ValueError with its number and what is wrong."""
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise ValueError(f"line {number}: not JSON ({error})") from None
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ValueError(f'line {number}: write {{"id": "...", "text": "...", "country": "ma"}}')
    country = value.get("country") or default
    if country not in get_args(CountryCode):
        raise ValueError(f"line {number}: country is {country!r}; write ma, dz or mr")
    return Line(id=str(value.get("id", number)), text=value["text"], country=country)


async def understand_stream(settings: Settings, lines: Iterable[str], out: TextIO) -> None:
    """Read JSON Lines, write JSON Lines in the same order. Raises ValueError on a line that cannot be read."""
    answers = AnswerQuestion(load_wording(), await asyncio.to_thread(open_knowledge, settings))
    async with find_or_start(settings) as nlu:
        understanding = Understanding(nlu, answers)
        window: list[asyncio.Task[dict[str, Any]]] = []
        for number, raw in enumerate(lines, 1):
            if not raw.strip():
                continue
            window.append(asyncio.create_task(understanding.of(read_line(number, raw, settings.country))))
            if len(window) == WINDOW:
                _write(out, await window.pop(0))
        for task in window:
            _write(out, await task)


def _write(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, ensure_ascii=False) + "\n")
    out.flush()
