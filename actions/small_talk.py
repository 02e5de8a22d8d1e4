"""Greetings, thanks, goodbyes, help, yes and no: one short sentence each, and where to go from there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.answer import AnswerQuestion, follow_ups
from actions.complaint_filing import Filer
from actions.complaint_tracking import ComplaintTracking
from actions.contract import CountryCode, TurnResult
from actions.replies import Wording
from actions.request_person import AGENT, person_requested
from actions.speak import handled, utter
from actions.turn_input import Understood, understood
from connectors.messages import Choice
from knowledge.answer import Knowledge
from knowledge.procedures import Facet, State

# What a newcomer is shown: questions that many ask. Only published sheets are offered.
EXAMPLES: Mapping[CountryCode, tuple[payloads.Ask, ...]] = MappingProxyType(
    {
        "ma": (
            payloads.Ask("ma.cnie_renouvellement", Facet.DOCUMENTS),
            payloads.Ask("ma.passeport_biometrique_majeur", Facet.FEES),
            payloads.Ask("ma.casier_judiciaire", Facet.WHERE),
        ),
        "dz": (
            payloads.Ask("dz.cnibe", Facet.DOCUMENTS),
            payloads.Ask("dz.passeport_biometrique", Facet.FEES),
            payloads.Ask("dz.casier_judiciaire_n3", Facet.WHERE),
        ),
        "mr": (
            payloads.Ask("mr.carte_identite_premiere", Facet.DOCUMENTS),
            payloads.Ask("mr.passeport", Facet.FEES),
            payloads.Ask("mr.casier_judiciaire", Facet.WHERE),
        ),
    }
)


class Say(Action):
    """One sentence, and choices that are always the same. `question` answers what is asked beside a courtesy."""

    def __init__(
        self,
        wording: Wording,
        name: str,
        key: str,
        choices: tuple[str, ...] = (),
        question: AnswerQuestion | None = None,
    ) -> None:
        self._wording = wording
        self._name = name
        self._key = key
        self._choices = choices
        self._question = question

    def name(self) -> str:
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        if self._question is not None and self._question.asks_besides(message):
            utter(dispatcher, self._question.result(message))
            return []
        choices = [self._wording.choice(message.worded_in, key) for key in self._choices]
        result = handled(message, [self._wording.text(message.worded_in, self._key)], choices=choices)
        utter(dispatcher, still_on_screen(message, result) if self._question is not None else result)
        return []


class Greet(Action):
    """Who is speaking, and three examples that can be tapped; or the answer, where the greeting holds a question."""

    def __init__(self, wording: Wording, knowledge: Knowledge, question: AnswerQuestion) -> None:
        self._wording = wording
        self._knowledge = knowledge
        self._question = question

    def name(self) -> str:
        return "action_greet"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        if self._question.asks_besides(message):
            utter(dispatcher, self._question.result(message))
            return []
        language = message.worded_in
        examples = [choice for ask in EXAMPLES[message.turn.country] if (choice := self._example(message, ask))]
        if not examples:
            examples = [self._wording.choice(language, key) for key in ("choose_status", "choose_agent")]
        intro = self._wording.text(language, "greet_examples")
        sentence = self._wording.text(language, "greet")
        utter(dispatcher, handled(message, [sentence], choices=examples, choices_intro=intro))
        return []

    def _example(self, message: Understood, ask: payloads.Ask) -> Choice | None:
        procedure = self._knowledge.catalogue.get(ask.procedure)
        if procedure is None or procedure.state is not State.PUBLISHED:
            return None
        language = message.worded_in
        facet = self._wording.text(language, f"facet_{ask.facet}")
        short = procedure.short_title.get(message.content_in)
        title = self._wording.text(language, "question_about", procedure=short, question=facet)
        return Choice(title=title, short=short, payload=str(ask))


class Affirm(Action):
    """A yes takes up the offer of a person, or names what is meant; else it is a nod, and what can be asked is said."""

    def __init__(
        self,
        wording: Wording,
        knowledge: Knowledge,
        question: AnswerQuestion,
        filer: Filer | None = None,
        follow: ComplaintTracking | None = None,
    ) -> None:
        self._wording = wording
        self._knowledge = knowledge
        self._question = question
        self._filer = filer
        self._follow = follow

    def name(self) -> str:
        return "action_affirm"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        # The yes that filed a complaint, handled again after a crash: Rasa has left the form, the ledger knows.
        filing = await self._filer.filed(message) if self._filer is not None else None
        if filing is not None and self._follow is not None:
            utter(dispatcher, self._follow.filed(message, filing))
        elif self._question.asks_besides(message):
            utter(dispatcher, self._question.result(message))
        elif _person_was_offered(message):
            utter(dispatcher, person_requested(self._wording, message, tracker))
        else:
            utter(dispatcher, self._nod(message))
        return []

    def _nod(self, message: Understood) -> TurnResult:
        context = message.turn.context
        procedure = self._knowledge.catalogue.get(context.procedure or "")
        choices: list[Choice] = []
        if procedure is not None:
            asked = [Facet(name) for name in (*context.facets, *context.told)]
            choices = follow_ups(self._wording, message, procedure, asked)
        return handled(message, [self._wording.text(message.worded_in, "affirm")], choices=choices)


def still_on_screen(message: Understood, result: TurnResult) -> TurnResult:
    """A courtesy takes nothing away: "2" after "merci" still means the list above it."""
    context = result.context or message.turn.context
    return result.model_copy(update={"context": context.model_copy(update={"choices": message.turn.context.choices})})


def _person_was_offered(message: Understood) -> bool:
    """Whether the last question was "do you want a person?": the first choice, not one among other questions."""
    return message.turn.context.choices[:1] == (AGENT,)
