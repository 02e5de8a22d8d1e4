"""action_complaint: what came of a complaint that was filed; where no desk is connected, where one can be made.

Without a desk Dalil gives the complaint procedure's sheet and offers a person.
"""

from __future__ import annotations

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.answer import paragraph
from actions.complaint_filing import Filer
from actions.complaint_form import LEFT, TRACK
from actions.complaint_tracking import ComplaintTracking
from actions.contract import Context, TurnResult
from actions.replies import Wording, payloads_of
from actions.speak import handled, utter
from actions.status_form import COMPLAINT, COMPLAINT_ANSWER
from actions.turn_input import Understood, understood
from knowledge.answer import Knowledge
from knowledge.present import present
from knowledge.procedures import Facet, State

_SHEET = "reclamation_chikaya"  # <country>.reclamation_chikaya: how to complain to the administration


class Complaint(Action):
    """`filer` and `tracking` None: no desk is connected."""

    def __init__(
        self, wording: Wording, knowledge: Knowledge, filer: Filer | None, tracking: ComplaintTracking | None
    ) -> None:
        self._wording = wording
        self._knowledge = knowledge
        self._filer = filer
        self._tracking = tracking

    def name(self) -> str:
        return "action_complaint"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message, ended = understood(tracker), tracker.slots.get(COMPLAINT_ANSWER)
        utter(dispatcher, await self._result(message, ended if isinstance(ended, str) else None))
        return [SlotSet(COMPLAINT, None), SlotSet(COMPLAINT_ANSWER, None)]

    async def _result(self, message: Understood, ended: str | None) -> TurnResult:
        """`ended`: how the form did, None where it never began."""
        if self._filer is None or self._tracking is None or ended is None:
            return self._guide(message)
        if ended == LEFT:
            return handled(message, [self._wording.text(message.worded_in, "complaint_cancelled")])
        ref = self._tracking.references.find(message.text) if ended == TRACK else None
        if ref is not None:
            return await self._tracking.by_reference(message, ref)
        filing = await self._filer.filed(message)
        if filing is not None:
            return self._tracking.filed(message, filing)
        choices = [self._wording.choice(message.worded_in, key) for key in ("choose_complain", "choose_agent")]
        return handled(message, [self._wording.text(message.worded_in, f"{ended}_open")], choices=choices)

    def _guide(self, message: Understood) -> TurnResult:
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
