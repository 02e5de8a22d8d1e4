"""validate_complaint_form: what an answer does to the complaint that is being written down.

The desk's kinds and their questions decide what is asked. What is clearly about something else is left alone: Rasa's
rules answer it, and the form comes back. A complaint is filed by one answer only: the yes to its summary. The form ends
where the desk took it, or may have; a desk that certainly did not leaves it as it is, to be tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.answer import AnswerQuestion
from actions.complaint_draft import Draft, Option, Step, asked, in_words, named, opened
from actions.complaint_filing import Filer, trouble
from actions.replies import LANGUAGES, Wording
from actions.status_form import BIRTH_DATE, COMPLAINT, COMPLAINT_ANSWER, FILE_NUMBER, SURE
from actions.turn_input import Understood, understood
from connectors.errors import GovError
from connectors.gov.api import QuestionedDesk
from connectors.gov.references import ConnectedDesk
from knowledge.language.normalise import tokens

DONE = "done"  # the slot's value once the turn's filing is in the ledger
LEFT = "left"
TRACK = "track"  # the message named a complaint's reference: nothing is filed

_A_YES = 3  # words at most
_A_PLACE = 1  # word that may be a greeting where a place is asked for
_FEW = 6  # words: a longer text without a question mark is a description, whatever it sounds like
_VERY_SURE = 0.75  # "the agent insulted me" sounds a little like asking for one
_WAYS_OUT = frozenset({"deny", "stop", "goodbye", "agent", "language", "help", "thanks", "greet"})
_CIVIL = frozenset({"greet", "thanks"})  # with more words they begin a description, or name a place: "hay Salam"
_SAYS_NOTHING_ELSE = frozenset({"complaint", "affirm", "out_of_scope", "nlu_fallback", ""})

Slots = dict[str, Any]


class ValidateComplaintForm(FormValidationAction):
    """Without a desk the form ends at once, and action_complaint says where one can complain."""

    def __init__(
        self, wording: Wording, question: AnswerQuestion, desk: ConnectedDesk | None, filer: Filer | None
    ) -> None:
        self._question = question
        words = ",".join(wording.text(language, "complaint_leave_words") for language in LANGUAGES)
        self._leaves = frozenset(" ".join(tokens(word)) for word in words.split(","))
        self._desk = desk
        self._filer = filer

    def name(self) -> str:
        return "validate_complaint_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> list[str]:
        return domain_slots if self._desk is not None else []

    async def extract_complaint_answer(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        """Whether the message is for the form at all; what it does there is decided below."""
        draft = draft_in(tracker)
        message = understood(tracker)
        is_answer = (
            draft is None or self._leaves_it(message) or _answers(draft, message, self._question.names_a_procedure)
        )
        return {COMPLAINT_ANSWER: "given"} if is_answer else {}

    async def validate_complaint_answer(
        self, value: object, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict
    ) -> Slots:
        if self._desk is None or self._filer is None:
            raise RuntimeError("no complaint desk is connected: the form has no slots to fill")
        message, draft = understood(tracker), draft_in(tracker)
        if draft is None and not message.forced and self._desk.references.find(message.text):
            return {COMPLAINT_ANSWER: TRACK}
        if draft is not None and self._leaves_it(message):
            return {COMPLAINT_ANSWER: LEFT, COMPLAINT: None}
        try:
            if draft is None:
                draft = opened(await self._desk.desk.kinds(), needs_place=self._desk.needs_place)
                draft = await self._with_kind(draft, message)
            elif draft.step is Step.CONFIRM and _is_yes(message):
                return await self._filed(self._filer, draft, message)
            else:
                draft = await self._answered(self._desk.desk, draft, message)
        except GovError as error:
            if draft is None:
                return {COMPLAINT_ANSWER: trouble(error, message)}
            draft = draft.model_copy(update={"trouble": trouble(error, message)})
        if not draft.kinds:
            return {COMPLAINT_ANSWER: "complaint_down"}
        kept = {COMPLAINT_ANSWER: None, COMPLAINT: draft.model_dump(mode="json")}
        other_form = {slot: None for slot in (FILE_NUMBER, BIRTH_DATE) if tracker.slots.get(slot) is not None}
        return {**kept, **other_form}

    def _leaves_it(self, message: Understood) -> bool:
        """Whether it says "cancel" and nothing else, which the NLU does not know for sure."""
        return not message.forced and " ".join(tokens(message.text)) in self._leaves

    async def _with_kind(self, draft: Draft, message: Understood) -> Draft:
        """The new draft; of the kind that the first message chooses or names."""
        if self._desk is None:
            return draft
        kind = _picked_kind(draft, message) or (None if message.forced else named(message.text, draft.kinds))
        return draft if kind is None else await _of_kind(self._desk.desk, draft, kind)

    async def _answered(self, desk: QuestionedDesk, draft: Draft, message: Understood) -> Draft:
        kind = _picked_kind(draft, message)
        if kind is not None:
            return await _of_kind(desk, draft, kind)
        if draft.step is Step.KIND and not message.forced:
            kind = named(message.text, draft.kinds)
            return draft.again() if kind is None else await _of_kind(desk, draft, kind)
        return _changed(draft, message)

    async def _filed(self, filer: Filer, draft: Draft, message: Understood) -> Slots:
        failed = await filer.file(draft, message)
        if failed is None:
            return {COMPLAINT_ANSWER: DONE, COMPLAINT: None}  # the text is forgotten with this turn
        draft = draft.model_copy(update={"trouble": failed, "unclear": False})
        return {COMPLAINT_ANSWER: None, COMPLAINT: draft.model_dump(mode="json")}


def draft_in(tracker: Tracker) -> Draft | None:
    kept = tracker.slots.get(COMPLAINT)
    return Draft.model_validate(kept) if kept else None


async def _of_kind(desk: QuestionedDesk, draft: Draft, kind: Option) -> Draft:
    """Another kind asks other questions; text and place stay."""
    return draft.but(kind=kind, questions=asked(await desk.questions(kind.value)), answers=())


def _picked(message: Understood) -> payloads.Pick | None:
    choice = payloads.parse(message.turn.choice or "")
    return choice if isinstance(choice, payloads.Pick) else None


def _picked_kind(draft: Draft, message: Understood) -> Option | None:
    pick = _picked(message)
    if pick is None or pick.what != "k":
        return None
    return next((kind for kind in draft.kinds if kind.value == pick.value), None)


def _changed(draft: Draft, message: Understood) -> Draft:
    """The draft after any answer but a kind. An old button's choice, of another step, changes nothing."""
    pick = _picked(message)
    if pick is not None:
        return _after_pick(draft, pick)
    if message.forced:  # "/complaint" again
        return draft.again()
    question = draft.question
    if draft.step is Step.QUESTION and question is not None:
        answer = named(message.text, question.options) if question.options else in_words(message.text)
        return draft.again() if answer is None else draft.but(answers=(*draft.answers, answer))
    if draft.step is Step.TEXT:
        return draft.but(text=message.text.strip())
    if draft.step is Step.PLACE:
        no_place = message.intent == "deny" and message.confidence >= SURE
        return draft.but(place="" if no_place else " ".join(message.text.split()))
    return draft.again()


def _after_pick(draft: Draft, pick: payloads.Pick) -> Draft:
    question = draft.question
    match pick.what:
        case "m" if draft.step is Step.KIND and pick.value.isdecimal() and int(pick.value) < len(draft.kinds):
            return draft.model_copy(update={"first": int(pick.value), "unclear": False})
        case "o" if draft.step is Step.QUESTION and question is not None:
            chosen = {f"{len(draft.answers)}.{place}": option for place, option in enumerate(question.options)}
            option = chosen.get(pick.value)
            return draft.again() if option is None else draft.but(answers=(*draft.answers, option))
        case "s" if draft.step is Step.PLACE and not draft.needs_place:
            return draft.but(place="")
        case "e" if draft.step in (Step.CONFIRM, Step.EDIT):
            parts = {step.value: step for step in (Step.KIND, Step.TEXT, Step.PLACE)}
            return draft.without(parts[pick.value]) if pick.value in parts else draft.at(Step.EDIT)
    return draft.again()


def _is_yes(message: Understood) -> bool:
    """A yes and nothing more: "oui, mais changez le lieu" files nothing."""
    if message.forced:
        return message.intent == "affirm"
    return message.intent == "affirm" and message.confidence >= SURE and len(tokens(message.text)) <= _A_YES


def _answers(draft: Draft, message: Understood, names_a_procedure: Callable[[Understood], bool]) -> bool:
    """Whether the message is meant for the form."""
    if message.forced:
        return message.intent == "complaint" or (draft.step is Step.CONFIRM and message.intent == "affirm")
    if message.turn.follow_up is not None:
        return False
    sure = message.confidence >= SURE
    words = len(tokens(message.text))
    if draft.step is Step.PLACE and message.intent == "deny" and sure:
        return words <= _FEW and not draft.needs_place
    if draft.free:
        if message.confidence >= _VERY_SURE and message.intent in _WAYS_OUT and words <= _FEW:
            return message.intent in _CIVIL and words > (_A_PLACE if draft.step is Step.PLACE else _A_YES)
        asks = sure and (message.intent == "status" or message.intent.startswith("ask_"))
        return not (asks and (_has_question_mark(message.text) or (words <= _FEW and names_a_procedure(message))))
    if draft.step is Step.KIND and named(message.text, draft.kinds) is not None:
        return True
    if draft.question is not None and named(message.text, draft.question.options) is not None:
        return True
    return not sure or message.intent in _SAYS_NOTHING_ELSE


def _has_question_mark(text: str) -> bool:
    return any(mark in text for mark in "?؟")
