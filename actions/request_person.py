"""action_request_person: the citizen wants a human being. Recorded, and told honestly what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ACTION_LISTEN_NAME, Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.contract import RequestPerson, TurnResult
from actions.replies import Wording
from actions.speak import handled, utter
from actions.status_form import COMPLAINT_FORM, STATUS_FORM, leave_form
from actions.turn_input import Understood, understood

Reason = Literal["asked", "no_answer", "complaint", "case"]

AGENT = str(payloads.Intend("agent"))

# What offered the person, when the citizen takes an offer up.
_OFFERED_BY: Mapping[str, Reason] = MappingProxyType(
    {"action_answer": "no_answer", "action_complaint": "complaint", "action_case_status": "case"}
)


class PersonRequested(Action):
    """Asked for in the middle of a form, a person ends it: no machine asks on."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def name(self) -> str:
        return "action_request_person"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        utter(dispatcher, person_requested(self._wording, message, tracker))
        return leave_form() if tracker.active_loop_name in (STATUS_FORM, COMPLAINT_FORM) else []


def person_requested(wording: Wording, message: Understood, tracker: Tracker) -> TurnResult:
    """The result of asking for a person, or of saying yes to the offer of one."""
    effect = RequestPerson(reason=_reason(message, tracker))
    return handled(message, [wording.text(message.worded_in, "person_requested")], effects=[effect])


def _reason(message: Understood, tracker: Tracker) -> Reason:
    """What the citizen's last question was about, if he takes up an offer; "asked" if he asks by himself."""
    if tracker.active_loop_name == STATUS_FORM:
        return "case"
    if tracker.active_loop_name == COMPLAINT_FORM:
        return "complaint"
    if AGENT not in message.turn.context.choices:
        return "asked"
    last = tracker.get_last_event_for("action", exclude=[ACTION_LISTEN_NAME])
    return _OFFERED_BY.get(last["name"], "asked") if last else "asked"
