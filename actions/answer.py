"""action_answer: a question about a procedure, from the knowledge base, with its source, or an honest way on.

The knowledge base decides which sheet answers (knowledge/answer.py); this file decides which facets are meant, given
what was said before, and what can be asked next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.appointments import Appointments
from actions.contract import Context, Outcome, Topic, TurnResult
from actions.deadline import Deadlines
from actions.explain import fuller
from actions.phrases import load_follow_up_words
from actions.question import NOT_UNDERSTOOD, Asked, Questions, facets_of, goes_on, known
from actions.replies import Wording, payloads_of
from actions.speak import handled, remember, utter
from actions.turn_input import Understood, understood
from connectors.messages import Choice, Reply
from connectors.text import truncate, utf16_units
from knowledge.answer import Answer, Knowledge, Reason
from knowledge.answer import Outcome as Found
from knowledge.countries import load_countries
from knowledge.present import Presented, present, tells
from knowledge.procedures import Country, Facet, Procedure
from knowledge.settings import load_words
from knowledge.vocabulary import Vocabulary

MOST_CHOICES = 5
MAX_SHORT = 20  # characters of a button

# What people ask about next, most wanted first. An overview is never offered: it is what one gets by the name alone.
_NEXT = (
    Facet.DOCUMENTS,
    Facet.FEES,
    Facet.WHERE,
    Facet.PROCESSING_TIME,
    Facet.STEPS,
    Facet.VALIDITY,
    Facet.ELIGIBILITY,
)
_NAMED = frozenset({Reason.FOUND, Reason.SAME_ANSWER, Reason.SEVERAL, Reason.ELSEWHERE})
_MAY_HOLD_A_NAME = frozenset({"greet", "affirm"})  # "oui, le passeport"; "thanks for the passport" asks nothing


@cache  # nothing changes it, and each `AnswerQuestion` wants it
def _vocabulary() -> Vocabulary:
    return Vocabulary(load_words())


class AnswerQuestion(Action):
    """`appointments` None: no book is connected, and none are offered."""

    def __init__(self, wording: Wording, knowledge: Knowledge, appointments: Appointments | None = None) -> None:
        self._appointments = appointments
        self._wording = wording
        self._knowledge = knowledge
        self._countries = load_countries()
        self._words = load_follow_up_words()
        self._deadlines = Deadlines(wording, knowledge)
        self._questions = Questions(knowledge, self._countries, self._words, _vocabulary())

    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        message = understood(tracker)
        choice = payloads.parse(message.turn.choice or "")
        if not isinstance(choice, payloads.Book):
            utter(dispatcher, self.result(message))
        elif self._appointments is not None:
            utter(dispatcher, await self._appointments.result(message, choice))
        else:
            utter(dispatcher, handled(message, [self._wording.text(message.reply_in, "old_choice")]))
        return []

    def asks_besides(self, message: Understood) -> bool:
        """Whether a message that the NLU took for a courtesy names a procedure: "bonjour, renouveler mon passeport"."""
        if message.forced or (message.intent not in _MAY_HOLD_A_NAME and not message.facets):
            return False
        return self.names_a_procedure(message)

    def names_a_procedure(self, message: Understood) -> bool:
        return self.answer(message).reason in _NAMED

    def answer(self, message: Understood) -> Answer:
        """What the knowledge base says to this message."""
        return self._questions.ask(message).answer

    def result(self, message: Understood) -> TurnResult:
        """The turn's result; pure, so that it can be explained and tested without Rasa."""
        if message.turn.follow_up == "explain":
            return self._explained(message)
        asked = self._questions.ask(message)
        answer = asked.answer
        found = answer.procedure or (answer.candidates[0].procedure if answer.candidates else None)
        calculated = self._deadlines.asked_by(message, found.id if found else None)
        if calculated is not None:
            return calculated
        match answer.outcome:
            case Found.ANSWERED if answer.procedure is not None and not _is_noise(message, answer):
                return self._answered(message, answer, answer.procedure, asked.facets)
            case Found.CLARIFY if self._worth_asking(message, answer):
                return self._which_one(message, asked)
        if answer.reason is Reason.ELSEWHERE and self._worth_asking(message, answer):
            return self._only_elsewhere(message, asked)
        if answer.reason is Reason.WHICH_PROCEDURE and message.intent not in NOT_UNDERSTOOD:
            return self._which_procedure(message, asked)
        return self._no_answer(message, asked)

    def _explained(self, message: Understood) -> TurnResult:
        """What was not told yet of the procedure spoken of; asked for by facet, that facet is told if it was not."""
        context = message.turn.context
        procedure = self._knowledge.catalogue.get(context.procedure or "")
        if procedure is None:
            return self._which_procedure(message, Asked(Answer(Found.NO_ANSWER, Reason.WHICH_PROCEDURE), ()))
        told = known(context.told)
        named = () if message.forced else facets_of(message)
        new = tuple(facet for facet in named if facet not in told and tells(procedure, facet))
        facets = new or fuller(procedure, named or known(context.facets), told)
        answer = Answer(Found.ANSWERED, Reason.CONTEXT, procedure, facets)
        if facets:
            return self._answered(message, answer, procedure, facets)
        choices = [self._wording.choice(message.worded_in, "choose_agent")]
        source = present(procedure, Facet.OVERVIEW, message.content_in).source
        return handled(message, [self._wording.text(message.worded_in, "told_all")], choices=choices, source=source)

    def _answered(
        self, message: Understood, answer: Answer, procedure: Procedure, facets: Sequence[Facet]
    ) -> TurnResult:
        # A draft says the same of every facet (not verified, look there), a question that is no procedure too: once.
        shown = list(dict.fromkeys(present(procedure, facet, message.content_in) for facet in facets))
        context = _moved(message.turn.context, procedure, facets, self._words.earlier)
        choices = follow_ups(self._wording, message, procedure, known(context.told))
        if self._appointments is not None:
            choices = [*choices, *self._appointments.offer(message, procedure.id)]
        intro = "more" if choices else ""
        if any(part.missing for part in shown):
            choices = [*choices[: MOST_CHOICES - 1], self._wording.choice(message.worded_in, "choose_agent")]
            intro = intro or "person_offer"
        reply = Reply(
            language=message.reply_in,
            paragraphs=tuple(self._labelled(message, procedure, [paragraph(part) for part in shown])),
            details=tuple(dict.fromkeys(detail for part in shown for detail in part.details)),
            choices_intro=self._wording.text(message.worded_in, intro) if intro else "",
            choices=tuple(choices),
            source=_sources(part.source for part in shown),
            source_short=_sources(part.source_short for part in shown),
        )
        context = context.model_copy(update={"choices": payloads_of(choices), "at": message.turn.now})
        return TurnResult(outcome=Outcome.ANSWERED, reply=reply, context=context, procedures=_considered(answer))

    def _labelled(self, message: Understood, procedure: Procedure, paragraphs: Sequence[str]) -> list[str]:
        """`paragraphs`; of another country's sheet, the first line says which country it is about."""
        label = self._label(message, procedure)
        if not label:
            return list(paragraphs)
        heading, *lines = paragraphs[0].split("\n")
        return ["\n".join((f"{heading} {label}", *lines)), *paragraphs[1:]]

    def _label(self, message: Understood, procedure: Procedure) -> str:
        """ "(Algérie)" for a sheet that does not serve the citizen's own country; else nothing."""
        if procedure.serves(Country(message.turn.country)):
            return ""
        return f"({self._countries.label(procedure.country, message.reply_in)})"

    def _title(self, message: Understood, procedure: Procedure) -> str:
        return f"{procedure.title.get(message.content_in)} {self._label(message, procedure)}".strip()

    def _short_title(self, message: Understood, procedure: Procedure) -> str:
        """The short title with the label, as much of it as a button holds: an SMS shows nothing else."""
        short, label = procedure.short_title.get(message.content_in), self._label(message, procedure)
        return f"{truncate(short, MAX_SHORT - utf16_units(label) - 1)} {label}" if label else short

    def _worth_asking(self, message: Understood, answer: Answer) -> bool:
        """Whether to ask "which one?": not about what is far, where the NLU says that it is no question of ours."""
        if message.intent != "out_of_scope" or message.turn.follow_up is not None:
            return True
        return answer.candidates[0].score >= self._knowledge.thresholds.outside

    def _which_one(self, message: Understood, asked: Asked) -> TurnResult:
        choices = self._offered(message, asked)
        reply = Reply(
            language=message.reply_in,
            paragraphs=(self._wording.text(message.worded_in, "which_one"),),
            choices=tuple(choices),
        )
        return TurnResult(
            outcome=Outcome.CLARIFY,
            reply=reply,
            context=_pending(remember(message, choices), asked),
            procedures=_considered(asked.answer),
        )

    def _offered(self, message: Understood, asked: Asked) -> list[Choice]:
        return [
            Choice(
                title=self._title(message, hit.procedure),
                short=self._short_title(message, hit.procedure),
                payload=str(payloads.Ask(hit.procedure.id, asked.facets[0])),
            )
            for hit in asked.answer.candidates
        ]

    def _only_elsewhere(self, message: Understood, asked: Asked) -> TurnResult:
        """His own country has no sheet about this. Another's is offered, and he is told that it is not his."""
        countries = dict.fromkeys(hit.procedure.country for hit in asked.answer.candidates)
        label = {country: self._countries.label(country, message.reply_in) for country in Country}
        sentence = self._wording.text(
            message.worded_in,
            "no_sheet_here",
            country=label[Country(message.turn.country)],
            other=(", " if message.reply_in == "fr" else "، ").join(label[country] for country in countries),
        )
        choices = [*self._offered(message, asked), self._wording.choice(message.worded_in, "choose_agent")]
        reply = Reply(language=message.reply_in, paragraphs=(sentence,), choices=tuple(choices))
        return TurnResult(
            outcome=Outcome.NO_ANSWER,
            reply=reply,
            context=_pending(remember(message, choices), asked),
            procedures=_considered(asked.answer),
        )

    def _which_procedure(self, message: Understood, asked: Asked) -> TurnResult:
        sentence = self._wording.text(message.worded_in, "which_procedure")
        reply = Reply(language=message.reply_in, paragraphs=(sentence,))
        context = _pending(remember(message, ()), asked)
        return TurnResult(outcome=Outcome.CLARIFY, reply=reply, context=context)

    def _no_answer(self, message: Understood, asked: Asked) -> TurnResult:
        words = message.worded_in
        elsewhere = asked.country if asked.country != message.turn.country else None
        if asked.answer.reason is Reason.UNKNOWN_PROCEDURE:
            sentence = self._wording.text(words, "old_choice")
        elif elsewhere is not None:
            label = self._countries.label(elsewhere, message.reply_in)
            sentence = self._wording.text(words, "no_answer_country", country=label)
        else:
            sentence = self._wording.text(words, "no_answer")
        choices = [self._wording.choice(words, name) for name in ("choose_agent", "choose_no")]
        reply = Reply(language=message.reply_in, paragraphs=(sentence,), choices=tuple(choices))
        return TurnResult(
            outcome=Outcome.NO_ANSWER,
            reply=reply,
            context=remember(message, choices).model_copy(update={"pending_facets": (), "pending_country": None}),
            procedures=_considered(asked.answer),
        )


def paragraph(part: Presented) -> str:
    """One facet as one paragraph, its heading first."""
    return "\n".join((part.heading, *part.lines))


def follow_ups(wording: Wording, message: Understood, procedure: Procedure, asked: Sequence[Facet]) -> list[Choice]:
    """The other facets of this procedure that have something to say, at most `MOST_CHOICES`."""
    return [
        wording.facet_choice(message.worded_in, procedure.id, facet)
        for facet in _NEXT
        if facet not in asked and tells(procedure, facet)
    ][:MOST_CHOICES]


def _is_noise(message: Understood, answer: Answer) -> bool:
    """Words that neither the NLU understood nor name anything are no question about the procedure of before."""
    unclear = message.intent in NOT_UNDERSTOOD and not message.facets and not goes_on(message.text)
    return unclear and answer.reason is Reason.CONTEXT and message.turn.follow_up is None


def _moved(before: Context, procedure: Procedure, facets: Sequence[Facet], most: int) -> Context:
    """The context after an answer. Another procedure replaces the one of before, to which one can go back."""
    names = tuple(facet.value for facet in facets)
    if before.procedure == procedure.id:
        return Context(
            procedure=procedure.id,
            facets=names,
            told=tuple(dict.fromkeys((*before.told, *names))),
            earlier=before.earlier,
        )
    left = (Topic(procedure=before.procedure, facets=before.facets),) if before.procedure else ()
    others = tuple(topic for topic in before.earlier if topic.procedure not in (procedure.id, before.procedure))
    return Context(procedure=procedure.id, facets=names, told=names, earlier=(*left, *others)[:most])


def _pending(context: Context, asked: Asked) -> Context:
    """The context with what remains to be answered once the procedure is known."""
    open_facets = tuple(facet.value for facet in asked.facets if facet is not Facet.OVERVIEW)
    country = asked.country.value if asked.country else None
    return context.model_copy(update={"pending_facets": open_facets, "pending_country": country})


def _considered(answer: Answer) -> tuple[str, ...]:
    return tuple(hit.procedure.id for hit in answer.considered)


def _sources(lines: Iterable[str]) -> str:
    """One line a source. One that another line repeats with more (an address, a name) is left out."""
    sources = dict.fromkeys(line for line in lines if line)
    return "\n".join(source for source in sources if not any(other != source and source in other for other in sources))
