"""The form that asks for a file number and a birth date: validate_status_form, action_ask_file_number, _birth_date.

Rasa asks, this file judges the answers. A message that is clearly about something else is left alone: the form then
rejects, Rasa's rules answer it, and the form comes back. Nothing is told before both slots are filled.
"""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT, FormValidationAction
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions.birth_date import DateMistake, read_birth_date
from actions.complaint_ledger import ComplaintLedger
from actions.deadline import Deadlines
from actions.identification import IdentifiedCases
from actions.payloads import FollowComplaints
from actions.replies import Wording
from actions.speak import handled, utter
from actions.tracking import Tracking
from actions.turn_input import Understood, understood
from connectors.gov.api import CaseTracker
from connectors.gov.file_number import FileNumberRule
from connectors.gov.references import ReferenceRule
from knowledge.deadlines import load_deadlines

FILE_NUMBER = "file_number"
BIRTH_DATE = "birth_date"
STATUS_FORM = "status_form"
LOOK_UP = "action_case_status"
COMPLAINT = "complaint"
COMPLAINT_ANSWER = "complaint_answer"
COMPLAINT_FORM = "complaint_form"

SURE = 0.5  # from this confidence on, another intent is believed in the middle of the form
_DIGITS_OF_AN_ANSWER = 4  # a message with as many digits is an attempt to answer, whatever the NLU thinks
# These say nothing about another wish: asking for the status again, "yes", or words that nobody understood.
_STAYS_IN_FORM = frozenset({"status", "affirm", "out_of_scope", "nlu_fallback", ""})

Slots = dict[str, Any]


def ask_again() -> list[EventType]:
    """What keeps the form open after a look-up that found nothing: a date or number written next is tried at once."""
    return [SlotSet(BIRTH_DATE, None), ActiveLoop(STATUS_FORM)]


def follows_complaints(message: Understood) -> bool:
    """Whether the citizen chose to hear where his complaints stand."""
    return message.turn.choice == str(FollowComplaints())


def leave_form() -> list[EventType]:
    """What ends either form and empties their slots. Harmless where Rasa has ended it already."""
    slots = (REQUESTED_SLOT, FILE_NUMBER, BIRTH_DATE, COMPLAINT, COMPLAINT_ANSWER)
    return [ActiveLoop(None), *(SlotSet(slot, None) for slot in slots)]


def without_complaint(tracker: Tracker) -> list[EventType]:
    """A complaint that was left in the middle for one's file is not kept."""
    return [SlotSet(COMPLAINT, None)] if tracker.slots.get(COMPLAINT) is not None else []


class ValidateStatusForm(FormValidationAction):
    """Fills both slots from one message where it holds both.

    The form ends at once where no system is connected, or none that has files of what is named (without a number).
    `complaints`: what a complaint's reference looks like. Such a reference is all that is needed. Where `identified`
    has the file, its number is: who he is will be proven, and a birth date is not asked for.
    """

    def __init__(
        self,
        cases: CaseTracker | None,
        tracking: Tracking,
        complaints: ReferenceRule | None = None,
        identified: IdentifiedCases | None = None,
    ) -> None:
        self._file_numbers = cases.file_numbers if cases is not None else None
        self._tracking = tracking
        self._complaints = complaints
        self._identified = identified

    def name(self) -> str:
        return "validate_status_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        if self._file_numbers is None or follows_complaints(understood(tracker)) or self._is_elsewhere(tracker):
            return []
        number = tracker.slots.get(FILE_NUMBER)
        by_identity = self._identified is not None and self._identified.has(number)
        return [FILE_NUMBER] if by_identity or self._complaint_in(number) else domain_slots

    def _is_elsewhere(self, tracker: Tracker) -> bool:
        """Whether the citizen asks for what no connected system has files of, before he has told anything.

        Once the form has asked for the number, only another such question counts: the words of an answer do not.
        """
        slots, message = tracker.slots, understood(tracker)
        asked = slots.get(REQUESTED_SLOT) is not None
        told = slots.get(FILE_NUMBER) is not None or slots.get(BIRTH_DATE) is not None
        if told or (asked and message.intent != "status") or self._names_one(message.turn.resume or message.text):
            return False
        return self._tracking.elsewhere(message, by_words=asked) is not None

    def _names_one(self, text: str) -> bool:
        """Whether the number of a file, or of a complaint, is in the text."""
        return self._rule().find(text) is not None or self._complaint_in(text) is not None

    async def extract_file_number(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        message, rule = understood(tracker), self._rule()
        if _just_looked_up(tracker):
            return {}  # Rasa runs the form again with the same message
        number = rule.find(message.turn.resume or message.text)
        if number is not None:
            return {FILE_NUMBER: number}
        if tracker.slots.get(REQUESTED_SLOT) != BIRTH_DATE and not message.forced:
            complaint = self._complaint_in(message.text)
            if complaint is not None:
                return {FILE_NUMBER: complaint}
        return {FILE_NUMBER: message.text} if _answers(FILE_NUMBER, tracker, message) else {}

    async def extract_birth_date(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Slots:
        message, rule = understood(tracker), self._rule()
        if _just_looked_up(tracker):
            return {}
        if tracker.slots.get(REQUESTED_SLOT) != BIRTH_DATE and load_deadlines().speaks_of_receipt(message.text):
            return {}  # "récépissé du 12/09/2026": nobody was born on that day
        rest = rule.without(message.text)
        reading = read_birth_date(rest, message.turn.now.date())
        if reading.value is not None:
            return {BIRTH_DATE: reading.value.isoformat()}
        corrected = rule.find(message.text) is not None  # another file number instead of the date
        return {BIRTH_DATE: rest} if not corrected and _answers(BIRTH_DATE, tracker, message) else {}

    def validate_file_number(
        self, value: object, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        number = self._rule().find(value) if isinstance(value, str) else None
        if number is None and tracker.slots.get(REQUESTED_SLOT) != BIRTH_DATE:
            number = self._complaint_in(value)
        return {FILE_NUMBER: number}

    def validate_birth_date(
        self, value: object, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        today = understood(tracker).turn.now.date()
        born = read_birth_date(value, today).value if isinstance(value, str) else None
        return {BIRTH_DATE: born.isoformat() if born else None}

    def _complaint_in(self, value: object) -> str | None:
        return self._complaints.find(value) if self._complaints is not None and isinstance(value, str) else None

    def _rule(self) -> FileNumberRule:
        if self._file_numbers is None:
            raise RuntimeError("no government system is connected: the form has no slots to fill")
        return self._file_numbers


class AskFileNumber(Action):
    """Asks for the file number, or says what was wrong with the last answer. Who has complained may mean that."""

    def __init__(
        self,
        wording: Wording,
        cases: CaseTracker | None,
        deadlines: Deadlines,
        complaints: ComplaintLedger | None = None,
    ) -> None:
        self._wording = wording
        self._complaints = complaints
        self._deadlines = deadlines
        self._example = (cases.file_numbers if cases is not None else FileNumberRule()).example

    def name(self) -> str:
        return "action_ask_file_number"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        wrong = "file_number_invalid" if _was_refused(FILE_NUMBER, tracker, message) else None
        first = self._deadlines.paragraph(message) if wrong is None else None
        more = ("choose_complaints",) if await self._has_filed(message) else ()
        _ask(self._wording, dispatcher, tracker, message, "ask_file_number", wrong, first, more, example=self._example)
        return without_complaint(tracker)

    async def _has_filed(self, message: Understood) -> bool:
        if self._complaints is None:
            return False
        return bool(await asyncio.to_thread(self._complaints.latest, message.turn.person_id, 1))


class AskBirthDate(Action):
    """Asks for the birth date, or says what was wrong with the last answer. Silent after a look-up without result."""

    def __init__(self, wording: Wording, cases: CaseTracker | None) -> None:
        self._wording = wording
        self._file_numbers = cases.file_numbers if cases is not None else FileNumberRule()

    def name(self) -> str:
        return "action_ask_birth_date"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        if _just_looked_up(tracker):
            return []  # action_case_status has said what was wrong and what to write
        message = understood(tracker)
        wrong = None
        rest = self._file_numbers.without(message.text)
        corrected = self._file_numbers.find(message.text) is not None and not any(map(str.isdecimal, rest))
        if _was_refused(BIRTH_DATE, tracker, message) and not corrected:
            wrong = read_birth_date(rest, message.turn.now.date()).mistake or DateMistake.NOT_A_DATE
        _ask(self._wording, dispatcher, tracker, message, "ask_birth_date", wrong)
        return without_complaint(tracker)


def _ask(
    wording: Wording,
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    message: Understood,
    question: str,
    wrong: str | None,
    first: str | None = None,
    more: tuple[str, ...] = (),
    **values: str,
) -> None:
    """Utter the question, the mistake, or, after an interruption, a short way back. `first` is said before it, `more`
    are further choices.
    """
    language = message.worded_in
    if _another_action_spoke(tracker):
        back = handled(message, [wording.text(language, f"{question}_back")])
        utter(dispatcher, back.model_copy(update={"context": None}))  # the other action's choices stay
        return
    ways_out = ("choose_cancel", "choose_agent") if wrong else ()
    choices = [wording.choice(language, key) for key in (*more, *ways_out)]
    paragraphs = [*([first] if first else []), wording.text(language, wrong or question, **values)]
    utter(dispatcher, handled(message, paragraphs, choices=choices))


def _answers(slot: str, tracker: Tracker, message: Understood) -> bool:
    """Whether the message is an answer (right or wrong) to the question for `slot`."""
    return tracker.slots.get(REQUESTED_SLOT) == slot and not _is_about_something_else(message)


def _is_about_something_else(message: Understood) -> bool:
    if sum(character.isdecimal() for character in message.text) >= _DIGITS_OF_AN_ANSWER:
        return False
    if read_birth_date(message.text, message.turn.now.date()).mistake is not DateMistake.NOT_A_DATE:
        return False  # "le 3 mai 85"
    return message.intent not in _STAYS_IN_FORM and message.confidence >= SURE


def _was_refused(slot: str, tracker: Tracker, message: Understood) -> bool:
    """Whether this very message tried to answer for `slot` and was no good.

    A bare "yes" or "where is my file?" gets the plain question again, not a complaint about a number.
    """
    if tracker.slots.get(REQUESTED_SLOT) != slot or tracker.slots.get(slot) is not None:
        return False
    return _answers(slot, tracker, message) and message.intent not in {"status", "affirm"}


def _another_action_spoke(tracker: Tracker) -> bool:
    """Whether something was already said in this turn: the form comes back after an interruption."""
    for event in reversed(tracker.events):
        if event.get("event") == "bot":
            return True
        if event.get("event") == "user":
            return False
    return False


def _just_looked_up(tracker: Tracker) -> bool:
    """Whether this turn's file was looked up and not found, and the form was kept open for another try."""
    for event in reversed(tracker.events):
        if event.get("event") == "action" and event.get("name") == LOOK_UP:
            return True
        if event.get("event") == "user":
            return False
    return False
