"""action_answer: a question about a procedure, from the knowledge base, with its source, or an honest way on.

The knowledge base decides which sheet answers (knowledge/answer.py); this file decides which facets are meant, given
what was said before, and what can be asked next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from actions import payloads
from actions.contract import Context, Outcome, TurnResult
from actions.replies import Wording, payloads_of
from actions.speak import remember, utter
from actions.turn_input import Understood, understood
from connectors.messages import Choice, Reply
from knowledge.answer import Answer, Knowledge, Question, Reason
from knowledge.answer import Outcome as Found
from knowledge.language.normalise import tokens
from knowledge.present import Presented, present
from knowledge.procedures import Country, Facet, Procedure

MOST_CHOICES = 5

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
_FACETS = frozenset(facet.value for facet in Facet)
_NAMED = frozenset({Reason.FOUND, Reason.SAME_ANSWER, Reason.SEVERAL})
_NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
_AND = frozenset({"et", "w", "و", "o", "u", "ou"})  # "et le casier ?" after a price asks for the casier's price


class AnswerQuestion(Action):
    def __init__(self, wording: Wording, knowledge: Knowledge) -> None:
        self._wording = wording
        self._knowledge = knowledge

    def name(self) -> str:
        return "action_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        utter(dispatcher, self.result(understood(tracker)))
        return []

    def asks_besides(self, message: Understood) -> bool:
        """Whether a message that the NLU took for a courtesy names a procedure: "bonjour, renouveler mon passeport"."""
        if message.forced or (message.intent != "greet" and not message.facets):
            return False  # "thanks for the passport" asks nothing
        return self.answer(message).reason in _NAMED

    def answer(self, message: Understood) -> Answer:
        """What the knowledge base says to this message."""
        return self._knowledge.answer(_question(message, _facets(message)))

    def result(self, message: Understood) -> TurnResult:
        """The turn's result; pure, so that it can be explained and tested without Rasa."""
        context = message.turn.context
        asked = _facets(message)
        answer = self.answer(message)
        match answer.outcome:
            case Found.ANSWERED if answer.procedure is not None and not _is_noise(message, answer):
                facets = _carried(answer, asked, context)
                return self._answered(message, answer, answer.procedure, facets)
            case Found.CLARIFY if message.intent != "out_of_scope":
                return self._which_one(message, answer)
        if answer.reason is Reason.WHICH_PROCEDURE and message.intent not in _NOT_UNDERSTOOD:
            return self._which_procedure(message, asked)
        return self._no_answer(message, answer)

    def _answered(
        self, message: Understood, answer: Answer, procedure: Procedure, facets: Sequence[Facet]
    ) -> TurnResult:
        language = message.reply_in
        shown = [present(procedure, facet, language) for facet in facets]
        if answer.draft:
            shown = shown[:1]  # every facet of a draft says the same: not verified, look there
        choices = follow_ups(self._wording, message, procedure, facets)
        intro = "more" if choices else ""
        if any(part.missing for part in shown):
            choices = [*choices[: MOST_CHOICES - 1], self._wording.choice(language, "choose_agent")]
            intro = intro or "person_offer"
        reply = Reply(
            language=language,
            paragraphs=tuple(paragraph(part) for part in shown),
            details=tuple(dict.fromkeys(detail for part in shown for detail in part.details)),
            choices_intro=self._wording.text(language, intro) if intro else "",
            choices=tuple(choices),
            source=_sources(part.source for part in shown),
            source_short=_sources(part.source_short for part in shown),
        )
        context = Context(
            procedure=procedure.id,
            facets=tuple(facet.value for facet in facets),
            choices=payloads_of(choices),
            at=message.turn.now,
        )
        return TurnResult(outcome=Outcome.ANSWERED, reply=reply, context=context, procedures=_considered(answer))

    def _which_one(self, message: Understood, answer: Answer) -> TurnResult:
        language = message.reply_in
        choices = [
            Choice(
                title=hit.procedure.title.get(language),
                short=hit.procedure.short_title.get(language),
                payload=str(payloads.Ask(hit.procedure.id, answer.facets[0])),
            )
            for hit in answer.candidates
        ]
        reply = Reply(
            language=language, paragraphs=(self._wording.text(language, "which_one"),), choices=tuple(choices)
        )
        return TurnResult(
            outcome=Outcome.CLARIFY,
            reply=reply,
            context=_pending(remember(message, choices), answer.facets),
            procedures=_considered(answer),
        )

    def _which_procedure(self, message: Understood, asked: Sequence[Facet]) -> TurnResult:
        language = message.reply_in
        reply = Reply(language=language, paragraphs=(self._wording.text(language, "which_procedure"),))
        context = _pending(remember(message, ()), asked)
        return TurnResult(outcome=Outcome.CLARIFY, reply=reply, context=context)

    def _no_answer(self, message: Understood, answer: Answer) -> TurnResult:
        language = message.reply_in
        key = "old_choice" if answer.reason is Reason.UNKNOWN_PROCEDURE else "no_answer"
        choices = [self._wording.choice(language, name) for name in ("choose_agent", "choose_no")]
        reply = Reply(language=language, paragraphs=(self._wording.text(language, key),), choices=tuple(choices))
        return TurnResult(
            outcome=Outcome.NO_ANSWER,
            reply=reply,
            context=_pending(remember(message, choices), ()),
            procedures=_considered(answer),
        )


def paragraph(part: Presented) -> str:
    """One facet as one paragraph, its heading first."""
    return "\n".join((part.heading, *part.lines))


def follow_ups(wording: Wording, message: Understood, procedure: Procedure, asked: Sequence[Facet]) -> list[Choice]:
    """The other facets of this procedure that have something to say, at most `MOST_CHOICES`."""
    language = message.reply_in
    return [
        wording.facet_choice(language, procedure.id, facet)
        for facet in _NEXT
        if facet not in asked and not present(procedure, facet, language).missing
    ][:MOST_CHOICES]


def _facets(message: Understood) -> tuple[Facet, ...]:
    """What is asked for: the tapped facet, the facets of the message, or those still open from before. May be empty."""
    context = message.turn.context
    match payloads.parse(message.turn.choice or ""):
        case payloads.Ask(facet=facet):
            tapped = _known([facet])
            return _known(context.pending_facets) if set(tapped) & set(context.pending_facets) else tapped
    named = _known([*message.facets, *([] if message.facets else [message.intent.removeprefix("ask_")])])
    if named and named != (Facet.OVERVIEW,):
        return named
    if context.pending_facets:
        return _known(context.pending_facets)
    if _goes_on(message.text):
        return _known(context.facets)
    return named


def _question(message: Understood, facets: tuple[Facet, ...]) -> Question:
    choice = payloads.parse(message.turn.choice or "")
    return Question(
        text=message.text,
        country=Country(message.turn.country),
        language=message.reply_in,
        facets=facets,
        procedure=choice.procedure if isinstance(choice, payloads.Ask) else None,
        context_procedure=message.turn.context.procedure,
        intent_confidence=0.0 if message.intent in _NOT_UNDERSTOOD else message.confidence,
    )


def _carried(answer: Answer, asked: tuple[Facet, ...], context: Context) -> tuple[Facet, ...]:
    """ "And for my son?" asks of the child's sheet what was asked before."""
    if answer.reason is Reason.CONTEXT_VARIANT and asked in ((), (Facet.OVERVIEW,)):
        return _known(context.facets) or answer.facets
    return answer.facets


def _is_noise(message: Understood, answer: Answer) -> bool:
    """Words that neither the NLU understood nor name anything are no question about the procedure of before."""
    return message.intent in _NOT_UNDERSTOOD and not message.facets and answer.reason is Reason.CONTEXT


def _goes_on(text: str) -> bool:
    first = next(iter(tokens(text)), "")
    return first in _AND or first.startswith("وال")


def _known(names: Sequence[str]) -> tuple[Facet, ...]:
    return tuple(Facet(name) for name in dict.fromkeys(names) if name in _FACETS)


def _pending(context: Context, facets: Sequence[Facet]) -> Context:
    """The context with what remains to be answered once the procedure is known."""
    open_facets = tuple(facet.value for facet in facets if facet is not Facet.OVERVIEW)
    return context.model_copy(update={"pending_facets": open_facets})


def _considered(answer: Answer) -> tuple[str, ...]:
    return tuple(hit.procedure.id for hit in answer.considered)


def _sources(lines: Iterable[str]) -> str:
    """One line a source. One that another line repeats with more (an address) is left out."""
    sources = dict.fromkeys(line for line in lines if line)
    return "\n".join(
        source for source in sources if not any(other != source and other.startswith(source) for other in sources)
    )
