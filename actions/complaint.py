"""action_complaint: Dalil does not handle complaints. It says where one can be made, and offers a person."""

from __future__ import annotations

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import paragraph
from actions.contract import Context, TurnResult
from actions.replies import Wording, payloads_of
from actions.speak import handled, utter
from actions.turn_input import Understood, understood
from knowledge.answer import Knowledge
from knowledge.present import present
from knowledge.procedures import Facet, State

_SHEET = "reclamation_chikaya"  # <country>.reclamation_chikaya: how to complain to the administration


class Complaint(Action):
    def __init__(self, wording: Wording, knowledge: Knowledge) -> None:
        self._wording = wording
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_complaint"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        utter(dispatcher, self._result(understood(tracker)))
        return []

    def _result(self, message: Understood) -> TurnResult:
        language = message.worded_in
        offer = [self._wording.choice(language, key) for key in ("choose_agent", "choose_no")]
        intro = self._wording.text(language, "person_offer")
        guide = self._knowledge.catalogue.get(f"{message.turn.country}.{_SHEET}")
        if guide is None or guide.state is not State.PUBLISHED:
            return handled(message, [self._wording.text(language, "complaint")], choices=offer, choices_intro=intro)
        shown = present(guide, Facet.OVERVIEW, message.content_in)
        sorry = self._wording.text(language, "complaint_guide")
        result = handled(message, [sorry, paragraph(shown)], source=shown.source, choices=offer, choices_intro=intro)
        spoken_of = Context(
            procedure=guide.id,
            facets=(Facet.OVERVIEW.value,),
            choices=payloads_of(offer),
            at=message.turn.now,
        )
        return result.model_copy(update={"context": spoken_of})  # "where?" is about the complaint now
