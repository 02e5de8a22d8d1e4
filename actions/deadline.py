"""How long the administration has to answer, told to who gives the date of his receipt (Moroccan law 55-19).

Information, counted in knowledge/deadlines.py. It never says that a request is accepted: that holds for
listed acts only.
"""

from __future__ import annotations

from datetime import date

from actions.birth_date import read_birth_date
from actions.contract import TurnResult
from actions.payloads import Ask
from actions.replies import Wording
from actions.speak import handled
from actions.turn_input import Understood
from connectors.messages import Choice
from knowledge.answer import Knowledge
from knowledge.deadlines import Deadline, DeadlineRules, deadline, load_deadlines
from knowledge.procedures import Facet


class Deadlines:
    """Reads a receipt's date out of a message and says what follows from it."""

    def __init__(self, wording: Wording, knowledge: Knowledge) -> None:
        self._wording = wording
        self._knowledge = knowledge
        self._rules: DeadlineRules = load_deadlines()

    def asked_by(self, message: Understood, procedure: str | None = None) -> TurnResult | None:
        """The calculation as an answer, where the message gives the date of a receipt; else None.

        It does so when it names the receipt, or when the talk is of the law already. `procedure`: the sheet that the
        knowledge base found for the message.
        """
        receipt = self._receipt(message, procedure)
        if receipt is None:
            return None
        language = message.worded_in
        choices = [*self._complaint(message), self._wording.choice(language, "choose_agent")]
        return handled(
            message,
            [self._calculated(message, receipt), self._wording.text(language, "deadline_note")],
            choices=choices,
            choices_intro=self._wording.text(language, "more"),
            source=self._wording.text(language, "deadline_source", law=self._rules.law, press=self._rules.press),
        )

    def paragraph(self, message: Understood) -> str | None:
        """The calculation alone, to be said before something else; None where no receipt is dated."""
        receipt = self._receipt(message, None)
        if receipt is None:
            return None
        note = self._wording.text(message.worded_in, "deadline_note")
        return f"{self._calculated(message, receipt)}\n{note}"

    def _receipt(self, message: Understood, procedure: str | None) -> date | None:
        if message.forced or message.turn.country != "ma":
            return None
        day = read_birth_date(message.text, message.turn.now.date()).value
        if day is None or day < self._rules.in_force:
            return None
        spoken_of = {message.turn.context.procedure, procedure} & set(self._rules.sheets)
        return day if spoken_of or self._rules.speaks_of_receipt(message.text) else None

    def _calculated(self, message: Understood, receipt: date) -> str:
        language, today = message.worded_in, message.turn.now.date()
        longest = deadline(receipt, self._rules.days)
        shorter = deadline(receipt, self._rules.investment_days)
        say = self._wording.text
        return "\n".join(
            (
                say(language, "deadline_heading", day=_written(receipt)),
                say(language, f"deadline_{longest.stage(today)}", **_values(longest)),
                say(language, "deadline_investment", **_values(shorter)),
                say(language, "deadline_silence"),
                say(language, "deadline_refusal"),
            )
        )

    def _complaint(self, message: Understood) -> list[Choice]:
        sheet = self._knowledge.catalogue.get(self._rules.complaint_sheet)
        if sheet is None:
            return []
        title, short = sheet.title.get(message.content_in), sheet.short_title.get(message.content_in)
        return [Choice(title=title, short=short, payload=str(Ask(sheet.id, Facet.OVERVIEW)))]


def _values(found: Deadline) -> dict[str, str]:
    return {"days": str(found.days), "last": _written(found.last_day), "working": _written(found.last_working_day)}


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
