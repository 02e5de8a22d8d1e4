"""action_cancel_form: "no", "stop" or "bye" in the middle of a form."""

from __future__ import annotations

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.contract import OptOut
from actions.replies import Wording
from actions.speak import handled, utter
from actions.status_form import COMPLAINT, leave_form
from actions.turn_input import understood


class CancelForm(Action):
    """Leaves the form and empties its slots.

    A forced "stop" is the keyword that bot/turn.py recognised: it must stop all messages. A freer "stop", "annuler" or
    "baraka" here most likely means the form, so it stops only that and says how to stop the rest.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def name(self) -> str:
        return "action_cancel_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        effects: tuple[OptOut, ...] = ()
        what = "case" if tracker.slots.get(COMPLAINT) is None else "complaint"
        key = f"{what}_cancelled"
        if message.intent == "stop":
            key, effects = ("stop", (OptOut(),)) if message.forced else (f"{what}_cancelled_stop", ())
        utter(dispatcher, handled(message, [self._wording.text(message.worded_in, key)], effects=effects))
        return leave_form()
