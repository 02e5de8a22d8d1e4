"""action_case_status: where an application stands, told only to who knows its number and the applicant's birth date.

Not found and not yours are one sentence, and the form stays open: he mistyped one of the two and writes it again. Every
failure has its own honest sentence and a next step. In all other cases both slots are emptied: nothing about the file
stays in Rasa's slots.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date

from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.attempts import AttemptLedger, file_key, is_locked
from actions.complaint_tracking import ComplaintTracking
from actions.contract import TurnResult
from actions.deadline import Deadlines
from actions.failures import failure_key, log_failure
from actions.following import FollowOffer, FollowOffers, has_ended, told_of
from actions.identification import IdentifiedCases, NotTold
from actions.local_time import Clock
from actions.masking import masked
from actions.replies import Wording
from actions.speak import handled, utter
from actions.status_form import (
    BIRTH_DATE,
    FILE_NUMBER,
    LOOK_UP,
    STATUS_FORM,
    ask_again,
    follows_complaints,
    without_complaint,
)
from actions.tracking import Tracking
from actions.turn_input import ActionCallError, Understood, understood
from connectors.errors import GovError, SystemDown, SystemGarbled, SystemSlow
from connectors.gov.api import Case, CaseState, CaseTracker
from connectors.gov.several import form_key
from connectors.gov.trackers import Tracker as PageCard

logger = logging.getLogger(__name__)

_GOES_WELL = frozenset({CaseState.RECEIVED, CaseState.IN_PROGRESS, CaseState.APPROVED})


class CaseStatus(Action):
    """Looks one case up. `clock` is asked, not the message's time: a replayed message tries now.

    Without a system, or while it fails, it shows the official page on which the citizen can look himself.
    """

    def __init__(
        self,
        wording: Wording,
        cases: CaseTracker | None,
        attempts: AttemptLedger,
        clock: Clock,
        tracking: Tracking,
        deadlines: Deadlines,
        follows: FollowOffers | None = None,
        identified: IdentifiedCases | None = None,
        complaints: ComplaintTracking | None = None,
    ) -> None:
        self._identified = identified
        self._wording = wording
        self._cases = cases
        self._follows = follows
        self._attempts = attempts
        self._clock = clock
        self._tracking = tracking
        self._deadlines = deadlines
        self._complaints = complaints

    def name(self) -> str:
        return LOOK_UP

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        number = tracker.slots.get(FILE_NUMBER)
        about_a_complaint = await self._complaint(message, tracker)
        if about_a_complaint is not None:
            utter(dispatcher, about_a_complaint)
        elif self._identified is not None and self._identified.has(number):
            utter(dispatcher, await self._look_up_identified(self._identified, message, number))
        elif self._cases is None or (_is_empty(tracker) and self._tracking.elsewhere(message)):
            utter(dispatcher, await self._without_a_system(message))
        else:
            earlier = _said_in_form(tracker)
            result, again = await self._look_up(self._cases, message, earlier, *_slots(tracker))
            utter(dispatcher, result)
            if again:
                return [*ask_again(), *without_complaint(tracker)]
        return [SlotSet(FILE_NUMBER, None), SlotSet(BIRTH_DATE, None), *without_complaint(tracker)]

    async def _complaint(self, message: Understood, tracker: Tracker) -> TurnResult | None:
        """Where one's complaints stand, or the one whose reference was given instead of a file number."""
        if self._complaints is None:
            return None
        if follows_complaints(message):
            return await self._complaints.own(message)
        page = self._tracking.complaints_page(message)
        if page is not None and await self._complaints.has_filed(message):
            own = await self._complaints.own(message)
            also = self._wording.text(message.worded_in, "complaint_or_page", page=str(page.link))
            reply = own.reply.model_copy(update={"paragraphs": (*own.reply.paragraphs, also)})
            return own.model_copy(update={"reply": reply})
        given = tracker.slots.get(FILE_NUMBER) if self._cases is not None else message.text
        if not isinstance(given, str) or (self._cases is not None and self._cases.file_numbers.find(given)):
            return None
        ref = self._complaints.references.find(given)
        return None if ref is None else await self._complaints.by_reference(message, ref)

    async def _look_up(
        self, cases: CaseTracker, message: Understood, earlier: Sequence[str], number: str, born: date
    ) -> tuple[TurnResult, bool]:
        """What is told, and whether the citizen may write the date or the number again at once."""
        person, key, now = message.turn.person_id, file_key(number), self._clock()
        tries = await asyncio.to_thread(self._attempts.failures, person, key, now)
        if is_locked(tries, now):
            return self._sorry(message, "case_locked", ("choose_agent",)), False
        try:
            case = await cases.find(number, born)
        except (SystemDown, SystemSlow, SystemGarbled) as error:
            return self._failed(message, error, self._tracking.card(message, earlier)), False
        if case is None:
            await asyncio.to_thread(self._attempts.record_failure, person, key, now, message.turn.turn_id)
            return self._sorry(message, "case_not_found", ("choose_cancel", "choose_agent")), True
        await asyncio.to_thread(self._attempts.clear, person, key)
        offer = FollowOffer(number, born, form_key(cases.file_numbers, number), told_of(case), has_ended(case))
        return self._tell(message, case, follow=await self._can_follow(message, offer)), False

    async def _can_follow(self, message: Understood, offer: FollowOffer) -> bool:
        """Whether he can be asked if he wants to be told of changes."""
        if self._follows is None:
            return False
        turn = message.turn
        return await asyncio.to_thread(self._follows.offer, turn.person_id, turn.conversation_id, offer, self._clock())

    async def _look_up_identified(self, cases: IdentifiedCases, message: Understood, number: str) -> TurnResult:
        try:
            return self._tell(message, await cases.find(message, number), follow=False)
        except NotTold as instead:
            choices = [self._wording.choice(message.worded_in, key) for key in instead.choices]
            return handled(message, instead.paragraphs, choices=choices)
        except (SystemDown, SystemSlow, SystemGarbled) as error:
            return self._failed(message, error, self._tracking.card(message))

    async def _without_a_system(self, message: Understood) -> TurnResult:
        language = message.worded_in
        time_to_answer = [text for text in [self._deadlines.paragraph(message)] if text is not None]
        card = self._tracking.card(message)
        choices = [self._wording.choice(language, "choose_agent")]
        or_number = []
        if self._cases is not None:  # another system may know the file, whatever it is called
            example = self._cases.file_numbers.example
            or_number = [self._wording.text(language, "tracker_or_number", example=example)]
            choices.insert(0, self._wording.choice(language, "choose_status"))
        if card is None:
            paragraphs = [self._wording.text(language, "case_unavailable"), *time_to_answer]
            return handled(message, paragraphs, choices=choices)
        intro = self._wording.text(language, "tracker_intro")
        paragraphs = [intro, *self._tracking.paragraphs(message, card), *time_to_answer, *or_number]
        return handled(message, paragraphs, choices=choices, source=self._tracking.source(message, card))

    def _failed(self, message: Understood, error: GovError, card: PageCard | None) -> TurnResult:
        """Why nothing can be told, and what to do: again later, a person, the official page where there is one."""
        log_failure(logger, "government system", message, error)
        language = message.worded_in
        choices = [self._wording.choice(language, step) for step in ("choose_retry", "choose_agent")]
        sentence = self._wording.text(language, failure_key("case", error))
        if card is None:
            return handled(message, [sentence], choices=choices)
        paragraphs = [sentence, self._wording.text(language, "tracker_meanwhile")]
        paragraphs += self._tracking.paragraphs(message, card)
        return handled(message, paragraphs, choices=choices, source=self._tracking.source(message, card))

    def _sorry(self, message: Understood, key: str, next_steps: Sequence[str]) -> TurnResult:
        language = message.worded_in
        choices = [self._wording.choice(language, step) for step in next_steps]
        return handled(message, [self._wording.text(language, key)], choices=choices)

    def _tell(self, message: Understood, case: Case, *, follow: bool) -> TurnResult:
        language = message.worded_in
        say = self._wording.text
        heading = (
            say(language, "case_heading_service", service=case.service, file=case.ref)
            if case.service
            else say(language, "case_heading", file=case.ref)
        )
        lines = [heading, self._state(message, case), *self._quotations(message, case)]
        if case.registered is not None:
            lines.append(say(language, "case_registered", day=_written(case.registered)))
        if case.changed not in (None, case.registered):
            lines.append(say(language, "case_changed", day=_written(case.changed)))
        stuck = case.state not in _GOES_WELL
        offers = [*(["choose_agent"] if stuck else []), *(["choose_follow"] if follow else [])]
        offers += ["choose_no"] if stuck else []
        return handled(
            message,
            ["\n".join(lines)],
            choices=[self._wording.choice(language, key) for key in offers],
            choices_intro=say(language, "person_offer") if stuck else "",
            source=say(language, "case_source", day=_written(self._clock().date())),
        )

    def _state(self, message: Understood, case: Case) -> str:
        """The state in the citizen's words. Of an unknown one only the system's own title is shown.

        Where the system says the rest itself, nobody is sent to ask the office for it.
        """
        say, language = self._wording.text, message.worded_in
        match case.state:
            case CaseState.UNKNOWN if case.raw_title:
                return say(language, "state_unknown", title=masked(case.raw_title, case.ref))
            case CaseState.UNKNOWN:
                return say(language, "state_unknown_untitled")
            case CaseState.ACTION_NEEDED | CaseState.REJECTED if case.return_reason:
                return say(language, f"state_{case.state}_why")
            case CaseState.APPROVED if case.result or case.next_step:
                return say(language, "state_approved_what")
            case CaseState.CLOSED if case.result:
                return say(language, "state_closed_what")
        return say(language, f"state_{case.state}")

    def _quotations(self, message: Understood, case: Case) -> list[str]:
        """The system's own sentences, as quotations and without personal numbers; none beside an unknown state."""
        if case.state is CaseState.UNKNOWN:
            return []
        said = {"case_reason": case.return_reason, "case_next_step": case.next_step, "case_result": case.result}
        return [
            self._wording.text(message.worded_in, key, text=masked(text, case.ref))
            for key, text in said.items()
            if text
        ]


def _is_empty(tracker: Tracker) -> bool:
    return tracker.slots.get(FILE_NUMBER) is None and tracker.slots.get(BIRTH_DATE) is None


def _said_in_form(tracker: Tracker) -> list[str]:
    """What he wrote since the form began, latest first; the first of these messages says what is followed.

    A look-up that found nothing opened the form again: that is no beginning.
    """
    texts: list[str] = []
    begun = False
    for event in reversed(tracker.events):
        if event.get("event") == "active_loop":
            begun = begun or event.get("name") == STATUS_FORM
        elif event.get("event") == "action" and event.get("name") == LOOK_UP:
            begun = False
        elif event.get("event") == "user":
            texts.append(event.get("text") or "")
            if begun:
                return texts
    return []


def _slots(tracker: Tracker) -> tuple[str, date]:
    """What the form collected. Raises `ActionCallError` when the action runs without a finished form."""
    number, born = tracker.slots.get(FILE_NUMBER), tracker.slots.get(BIRTH_DATE)
    if not isinstance(number, str) or not isinstance(born, str):
        raise ActionCallError("action_case_status runs only after status_form has filled both slots")
    return number, date.fromisoformat(born)


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
