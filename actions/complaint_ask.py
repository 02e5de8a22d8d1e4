"""action_ask_complaint_answer: the next question of a complaint, or its summary before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.complaint_draft import PAGE, Draft, Step
from actions.complaint_form import draft_in
from actions.complaint_ledger import ComplaintLedger
from actions.contract import Context
from actions.replies import Wording, payloads_of
from actions.speak import handled, utter
from actions.turn_input import ActionCallError, Understood, understood
from connectors.messages import Choice

_SHORT = 20  # characters of a button


class AskComplaintAnswer(Action):
    """Asks again with the same choices after another question was answered: the numbers are then those of this list."""

    def __init__(self, wording: Wording, ledger: ComplaintLedger | None) -> None:
        self._wording = wording
        self._ledger = ledger

    def name(self) -> str:
        return "action_ask_complaint_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message, draft = understood(tracker), draft_in(tracker)
        if draft is None:
            raise ActionCallError("action_ask_complaint_answer runs only while complaint_form is open")
        said = said_in_this_turn(tracker)
        paragraphs = [*self._before(message, draft, back=said is not None), *self._question(message, draft)]
        choices = self._choices(message, draft)
        if draft.step is Step.KIND and draft.first == 0 and await self._has_filed(message):
            choices.append(self._wording.choice(message.worded_in, "choose_complaints"))
        result = handled(message, paragraphs, choices=choices)
        context = (said or result.context or message.turn.context).model_copy(
            update={"choices": payloads_of(choices), "verbatim": draft.free, "at": message.turn.now}
        )
        utter(dispatcher, result.model_copy(update={"context": context}))
        return []

    async def _has_filed(self, message: Understood) -> bool:
        if self._ledger is None:
            return False
        return bool(await asyncio.to_thread(self._ledger.latest, message.turn.person_id, 1))

    def _before(self, message: Understood, draft: Draft, *, back: bool) -> list[str]:
        """Why it is asked again, if it is."""
        say = self._wording.text
        if draft.trouble:
            return [say(message.worded_in, draft.trouble)]
        if back:
            return [say(message.worded_in, "complaint_back")]
        return [say(message.worded_in, f"complaint_unclear_{draft.step}")] if draft.unclear and _can_err(draft) else []

    def _question(self, message: Understood, draft: Draft) -> list[str]:
        language, question = message.worded_in, draft.question
        say = self._wording.text
        if draft.step is Step.CONFIRM:
            return [] if draft.trouble else [self._summary(message, draft), say(language, "complaint_send_it")]
        if draft.step is Step.QUESTION and question is not None:
            hint = f" ({question.hint})" if question.hint else ""
            return [f"{question.text}{hint}"]
        if draft.step is Step.TEXT and draft.kind is not None:
            return [say(language, "complaint_ask_text", kind=draft.kind.title)]
        key = "complaint_ask_place_or_not" if draft.step is Step.PLACE and not draft.needs_place else ""
        return [say(language, key or f"complaint_ask_{draft.step}")]

    def _summary(self, message: Understood, draft: Draft) -> str:
        language = message.worded_in
        kind = draft.kind.title if draft.kind is not None else ""
        lines = [self._wording.text(language, "complaint_summary", kind=kind)]
        lines += [f"{q.text} {answer.title}" for q, answer in zip(draft.questions, draft.answers, strict=True)]
        lines.append(f"« {draft.text} »")
        if draft.place:
            lines.append(self._wording.text(language, "complaint_summary_place", place=draft.place))
        return "\n".join(lines)

    def _choices(self, message: Understood, draft: Draft) -> list[Choice]:
        """No numbered choices where a number may be the answer itself."""
        language, question = message.worded_in, draft.question
        if draft.step is Step.KIND:
            return self._kinds(message, draft)
        if draft.step is Step.QUESTION and question is not None:
            place = len(draft.answers)
            options = enumerate(question.options)
            return [_choice(each.title, payloads.Pick("o", f"{place}.{number}")) for number, each in options]
        names: Sequence[str] = ()
        if draft.step is Step.PLACE and not draft.needs_place:
            names = ("choose_no_place",)
        elif draft.step is Step.CONFIRM:
            names = ("choose_resend" if draft.trouble else "choose_send", "choose_edit", "choose_leave")
        elif draft.step is Step.EDIT:
            names = ("choose_edit_text", "choose_edit_place", "choose_edit_kind")
        return [self._wording.choice(language, name) for name in names]

    def _kinds(self, message: Understood, draft: Draft) -> list[Choice]:
        shown = draft.kinds[draft.first : draft.first + PAGE]
        choices = [_choice(kind.title, payloads.Pick("k", kind.value)) for kind in shown]
        following = draft.first + PAGE
        if following < len(draft.kinds):
            title, short = (self._wording.text(message.worded_in, key) for key in ("pick_more", "pick_more_short"))
            choices.append(Choice(title=title, short=short, payload=str(payloads.Pick("m", str(following)))))
        return [*choices, self._wording.choice(message.worded_in, "choose_leave")]


def said_in_this_turn(tracker: Tracker) -> Context | None:
    """The context that another action left in this turn: the form comes back after an interruption. None: nobody spoke,
    or this form's own first question is asked.
    """
    for event in reversed(tracker.events):
        if event.get("event") == "bot":
            custom = (event.get("data") or {}).get("custom") or {}
            return Context.model_validate(custom.get("context") or {})
        if event.get("event") == "user":
            return None
    return None


def _can_err(draft: Draft) -> bool:
    return draft.step in (Step.KIND, Step.QUESTION, Step.CONFIRM)


def _choice(title: str, payload: payloads.Pick) -> Choice:
    short = title if len(title) <= _SHORT else f"{title[: _SHORT - 1]}…"
    return Choice(title=title, short=short, payload=str(payload))
