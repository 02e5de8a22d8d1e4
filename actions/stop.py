"""action_stop: no more messages, said once, with the way back.

Only on the word itself (bot/keywords.yaml), which the turn sends as a forced intent: "je veux arrêter mon abonnement
CNSS" sounds like it and asks about a service. Whoever sounds like it is told the word.
"""

from __future__ import annotations

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.contract import OptOut
from actions.replies import Wording
from actions.speak import handled, utter
from actions.turn_input import understood


class Stop(Action):
    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def name(self) -> str:
        return "action_stop"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        if message.forced:
            said = handled(message, [self._wording.text(message.worded_in, "stop")], effects=[OptOut()])
        else:
            said = handled(message, [self._wording.text(message.worded_in, "stop_how")])
        utter(dispatcher, said)
        return []
