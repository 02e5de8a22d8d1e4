"""What a message asks: of which country, about which facets, and what the knowledge base says to that.

The country: what the message says, else what an open question said, else the citizen's own. A follow-up about the same
procedure stays in its country.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions import payloads
from actions.contract import Context
from actions.phrases import FollowUpWords
from actions.turn_input import Understood
from knowledge.answer import Answer, Knowledge, Outcome, Question, Reason
from knowledge.countries import Countries
from knowledge.language.normalise import tokens
from knowledge.procedures import Country, Facet, Procedure
from knowledge.search import Hit
from knowledge.vocabulary import Vocabulary

NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
_FACETS = frozenset(facet.value for facet in Facet)
_AND = frozenset({"et", "w", "و", "o", "u", "ou"})  # "et le casier ?" after a price asks for the casier's price
_AND_JOINED = re.compile(r"\bو([ء-ي]{2,})")
_MOVED = frozenset({Reason.CONTEXT_VARIANT})


@dataclass(frozen=True, slots=True)
class Asked:
    """A message with the answer to it. `facets`: to be answered. `country`: said by the citizen, now or just before."""

    answer: Answer
    facets: tuple[Facet, ...]
    country: Country | None = None


class Questions:
    """Puts messages to the knowledge base; pure."""

    def __init__(
        self, knowledge: Knowledge, countries: Countries, words: FollowUpWords, vocabulary: Vocabulary
    ) -> None:
        self._knowledge = knowledge
        self._countries = countries
        self._sure_facet = words.sure_facet
        self._vocabulary = vocabulary

    def ask(self, message: Understood) -> Asked:
        """What the knowledge base says to `message` after the turns before it."""
        asked = facets_of(message)
        question = replace(_question(message, asked), text=self._and_apart(message.text))
        if question.procedure is not None:
            return _asked(self._knowledge.answer(question), asked, None)
        if message.turn.follow_up == "elsewhere":
            return self._same_elsewhere(message, question)
        named = self._countries.named(message.text)
        if named is not None:
            return self._asked_elsewhere(message, replace(question, text=named.rest, country=named.country), asked)
        pending = message.turn.context.pending_country
        if pending is not None:
            found = self._within(self._knowledge.answer(replace(question, country=Country(pending))), Country(pending))
            return _asked(found, asked, Country(pending))
        answer = self._picked(message, self._at_home(question))
        return _asked(answer, self._carried(answer, asked, message), None)

    def _and_apart(self, text: str) -> str:
        """`text` with "and" apart from words that name nothing: وكم تكلف is و كم تكلف. But ولدي is "my son"."""
        return _AND_JOINED.sub(lambda match: f"و {match[1]}" if self._is_joined(match) else match[0], text)

    def _is_joined(self, word: re.Match[str]) -> bool:
        return self._vocabulary.any_empty(tuple(tokens(word[1]))) and not self._vocabulary.variants(word[0])

    def _at_home(self, question: Question) -> Answer:
        """The answer in the citizen's country; of the country spoken of, where the same procedure is meant."""
        spoken_of = self._knowledge.catalogue.get(question.context_procedure or "")
        if spoken_of is not None and not spoken_of.serves(question.country):
            there = self._knowledge.answer(replace(question, country=spoken_of.country))
            if there.procedure is spoken_of or there.reason is Reason.CONTEXT_VARIANT:
                return there
        return self._knowledge.answer(question)

    def _asked_elsewhere(self, message: Understood, question: Question, asked: tuple[Facet, ...]) -> Asked:
        """A question that names its country. "And in Algeria?" is about that country's sheet for the same thing."""
        country = question.country
        spoken_of = self._knowledge.catalogue.get(question.context_procedure or "")
        offered = self._offered_there(message, question) if spoken_of is None else None
        if offered is not None:
            return _asked(self._knowledge.answer(replace(question, procedure=offered)), asked, country)
        nothing_named = self._names_nothing(question)
        if nothing_named and spoken_of is not None and not spoken_of.serves(country):
            twin = self._twin(spoken_of, question)
            return _asked(twin, self._kept(twin, asked, message), country)
        if nothing_named:
            answer = self._knowledge.answer(question)
            return _asked(answer, self._carried(answer, asked, message), country)
        return _asked(self._within(self._knowledge.answer(question), country), asked, country)

    def _same_elsewhere(self, message: Understood, question: Question) -> Asked:
        """What was asked before, of the sheet that the other country has for it."""
        context = message.turn.context
        country = Country(context.pending_country or message.turn.country)
        spoken_of = self._knowledge.catalogue.get(context.procedure or "")
        facets = known(context.facets)
        if spoken_of is None or spoken_of.serves(country):
            return _asked(self._knowledge.answer(replace(question, procedure=context.procedure)), facets, country)
        return _asked(self._twin(spoken_of, replace(question, country=country, facets=facets)), facets, country)

    def _twin(self, spoken_of: Procedure, question: Question) -> Answer:
        """The answer of the country's own sheet for what was spoken of, found by its title."""
        asking = replace(question, text=spoken_of.title.fr, context_procedure=None, intent_confidence=1.0)
        answer = self._within(self._knowledge.answer(asking), question.country)
        if answer.outcome is not Outcome.CLARIFY:
            return answer
        return _answered(answer, answer.candidates[0])

    @staticmethod
    def _within(answer: Answer, country: Country) -> Answer:
        """The answer from that country's sheets only: who asks about Algeria is not told Moroccan prices."""
        abroad = answer.procedure is not None and not answer.procedure.serves(country)
        if abroad or answer.reason is Reason.ELSEWHERE:
            return replace(
                answer,
                outcome=Outcome.NO_ANSWER,
                reason=Reason.NOTHING_FOUND,
                procedure=None,
                candidates=(),
                rejected=answer.considered,
            )
        if answer.outcome is not Outcome.CLARIFY:
            return answer
        own = tuple(hit for hit in answer.candidates if hit.procedure.serves(country))
        if len(own) == 1 and answer.reason is Reason.SEVERAL:
            return _answered(answer, own[0])
        others = tuple(hit for hit in answer.considered if hit not in own)
        outcome, reason = (answer.outcome, answer.reason) if own else (Outcome.NO_ANSWER, Reason.NOTHING_FOUND)
        return replace(answer, outcome=outcome, reason=reason, candidates=own, rejected=others)

    def _offered_there(self, message: Understood, question: Question) -> str | None:
        """The one sheet of the named country that was just offered, where the words name no other: "celle du Maroc"."""
        sheets = [self._knowledge.catalogue.get(name) for name in _offered(message.turn.context)]
        there = [sheet.id for sheet in sheets if sheet is not None and sheet.serves(question.country)]
        if len(there) != 1:
            return None
        answer = self._within(self._knowledge.answer(question), question.country)
        return there[0] if answer.outcome is Outcome.NO_ANSWER else None

    def _names_nothing(self, question: Question) -> bool:
        alone = replace(question, context_procedure=None)
        return self._knowledge.answer(alone).reason is Reason.WHICH_PROCEDURE

    def _picked(self, message: Understood, answer: Answer) -> Answer:
        """Words that pick from the procedures that were just offered: "celui pour adulte", "ديال التجديد"."""
        offered = _offered(message.turn.context)
        unclear = answer.outcome is Outcome.CLARIFY or answer.reason in {
            Reason.WHICH_PROCEDURE,
            Reason.CONTEXT,
            Reason.CONTEXT_VARIANT,
        }
        if len(offered) < 2 or not unclear:
            return answer
        sheets = [sheet for name in offered if (sheet := self._knowledge.catalogue.get(name)) is not None]
        picked = _by_title(message.text, sheets) or self._by_variant(message, sheets)
        if picked is None:
            return answer
        return _answered(answer, Hit(picked, score=1.0, lexical=0.0, dense=0.0))

    def _by_variant(self, message: Understood, offered: Sequence[Procedure]) -> Procedure | None:
        """The one that the others have as their renewal, child's … sheet, where the words say that."""
        wanted: Counter[str] = Counter()
        for sheet in offered:
            question = Question(message.text, sheet.country, message.reply_in, context_procedure=sheet.id)
            answer = self._knowledge.answer(question)
            if answer.reason is Reason.CONTEXT_VARIANT and answer.procedure is not None and answer.procedure in offered:
                wanted[answer.procedure.id] += 1
        most = wanted.most_common(1)
        return self._knowledge.catalogue.get(most[0][0]) if most else None

    def _carried(self, answer: Answer, asked: tuple[Facet, ...], message: Understood) -> tuple[Facet, ...]:
        """ "And for my son?" asks of the child's sheet what was asked before."""
        return self._kept(answer, asked, message) if answer.reason in _MOVED else asked

    def _kept(self, answer: Answer, asked: tuple[Facet, ...], message: Understood) -> tuple[Facet, ...]:
        """The facets of before, unless the message surely asks for others."""
        unsure = message.confidence < self._sure_facet or message.intent in NOT_UNDERSTOOD
        if asked in ((), (Facet.OVERVIEW,)) or (unsure and not message.forced):
            return known(message.turn.context.facets) or asked
        return asked


def facets_of(message: Understood) -> tuple[Facet, ...]:
    """What is asked for: the tapped facet, the facets of the message, or those still open from before. May be empty."""
    context = message.turn.context
    match payloads.parse(message.turn.choice or ""):
        case payloads.Ask(facet=facet):
            tapped = known([facet])
            return known(context.pending_facets) if set(tapped) & set(context.pending_facets) else tapped
    named = known([*message.facets, *([] if message.facets else [message.intent.removeprefix("ask_")])])
    if named and named != (Facet.OVERVIEW,):
        return named
    if context.pending_facets:
        return known(context.pending_facets)
    if goes_on(message.text) or message.turn.follow_up == "correction":
        return known(context.facets)
    return named


def goes_on(text: str) -> bool:
    """Whether a message begins with "and"."""
    first = next(iter(tokens(text)), "")
    return first in _AND or first.startswith("وال")


def known(names: Sequence[str]) -> tuple[Facet, ...]:
    """The facets with these names, each once."""
    return tuple(Facet(name) for name in dict.fromkeys(names) if name in _FACETS)


def _question(message: Understood, facets: tuple[Facet, ...]) -> Question:
    choice = payloads.parse(message.turn.choice or "")
    return Question(
        text=message.text,
        country=Country(message.turn.country),
        language=message.reply_in,
        facets=facets,
        procedure=choice.procedure if isinstance(choice, payloads.Ask) else None,
        context_procedure=message.turn.context.procedure,
        intent_confidence=0.0 if message.intent in NOT_UNDERSTOOD else message.confidence,
    )


def _asked(answer: Answer, facets: tuple[Facet, ...], country: Country | None) -> Asked:
    return Asked(answer, facets or answer.facets, country)


def _answered(answer: Answer, hit: Hit) -> Answer:
    """`answer` turned into one from this sheet."""
    others = tuple(other for other in answer.considered if other.procedure.id != hit.procedure.id)
    return replace(
        answer,
        outcome=Outcome.ANSWERED,
        reason=Reason.FOUND,
        procedure=hit.procedure,
        candidates=(hit,),
        rejected=others,
    )


def _offered(context: Context) -> tuple[str, ...]:
    """The procedures that were offered last, each once."""
    asks = [choice for payload in context.choices if isinstance(choice := payloads.parse(payload), payloads.Ask)]
    return tuple(dict.fromkeys(ask.procedure for ask in asks))


def _by_title(text: str, offered: Sequence[Procedure]) -> Procedure | None:
    """The one whose title alone has a word of `text`."""
    words = set(tokens(text))
    titles = {sheet.id: _title_words(sheet) for sheet in offered}
    shared = Counter(word for each in titles.values() for word in each)
    fitting = [sheet for sheet in offered if any(shared[word] == 1 for word in words & titles[sheet.id])]
    return fitting[0] if len(fitting) == 1 else None


def _title_words(sheet: Procedure) -> set[str]:
    texts = [title.get(language) for title in (sheet.title, sheet.short_title) for language in ("ar", "fr", "ary")]
    return {word for text in texts for word in tokens(text) if len(word) > 2}
