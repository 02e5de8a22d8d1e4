"""What a message does with the conversation before it: corrects, goes back, asks for more, picks from a list in words.

Read in ③, before Rasa, by word lists (follow_ups.yaml) and by what the knowledge base finds: "non, le passeport pas la
carte" would be a plain no to the NLU, and "plus de détails" a wish to leave. Rasa then gets only what is asked
("le passeport"), so that every action goes on working as for any other message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from actions.contract import Context, CountryCode, Topic
from actions.payloads import Ask
from actions.phrases import FollowUpWords, PhraseList, bare
from knowledge import forms
from knowledge.answer import Answer, Knowledge, Outcome, Question, Reason
from knowledge.countries import Countries
from knowledge.language.normalise import tokens
from knowledge.procedures import Country
from knowledge.settings import Words

Kind = Literal["correction", "explain", "elsewhere"]

_CLAUSE = re.compile(r"[,،.;؛:!?؟\n]+")
_NAMED = frozenset({Reason.FOUND, Reason.SAME_ANSWER, Reason.SEVERAL})
_MENTIONED = _NAMED | {Reason.UNSURE}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What Rasa and the actions get instead of the message as it was written.

    `text`: what is asked, "" where nothing is left of it. `choice`: it picks this payload. `context`: as it is after
    going back.
    """

    text: str
    context: Context
    kind: Kind | None = None
    choice: str | None = None


class FollowUps:
    """Reads follow-ups. Pure: same message and same context, same reading."""

    def __init__(self, words: FollowUpWords, vocabulary: Words, knowledge: Knowledge, countries: Countries) -> None:
        self.lifetime = words.context_lifetime
        self._knowledge = knowledge
        self._countries = countries
        self._facets = frozenset(word for text in vocabulary.facets for word in tokens(text))
        correction, back, explain = words.correction, words.back, words.explain
        self._opens = PhraseList.of(correction.opens)
        self._opens_before_comma = PhraseList.of(correction.opens_before_comma)
        self._meant = PhraseList.of(correction.meant)
        self._not = PhraseList.of(correction.not_)
        self._not_after = PhraseList.of(correction.not_after)
        self._but = PhraseList.of([*correction.but, *correction.rather])
        self._rather = PhraseList.of(correction.rather)
        self._go = PhraseList.of(back.go)
        self._before_going = PhraseList.of(back.before)
        self._to = PhraseList.of(back.to)
        self._first = PhraseList.of(back.first)
        self._last = PhraseList.of(back.last)
        self._explains = PhraseList.of(explain.says)
        self._around = PhraseList.of(explain.around)
        self._alone = PhraseList.of(explain.alone)
        self._longest = explain.longest
        self._longest_move = words.longest_move
        self._ordinals = tuple(PhraseList.of(texts) for texts in words.ordinals)
        self._around_ordinals = PhraseList.of(words.around_ordinals)

    def read(self, text: str, context: Context, country: CountryCode) -> FollowUp | None:
        """What `text` does with the conversation; None for a message like any other."""
        home = Country(country)
        read = self._more(text, context, home) or self._back(text, context, home)
        if read is not None:
            return read
        corrected = self._correction(text, context, home)
        return self._moved(corrected.text if corrected else text, context, home) or corrected

    def picked(self, text: str, context: Context) -> str | None:
        """The payload that "la deuxième" or "رقم 2" picks from the choices offered last."""
        if not context.choices:
            return None
        left = self._around_ordinals.without(tokens(text))
        if len(left) != 1:
            return None
        number = int(left[0]) if left[0].isdecimal() and len(left[0]) == 1 else self._ordinal(left[0])
        return context.choices[number - 1] if 1 <= number <= len(context.choices) else None

    def _ordinal(self, word: str) -> int:
        return next((n for n, names in enumerate(self._ordinals, 1) if word in names or bare(word) in names), 0)

    # ---- explain more ----------------------------------------------------------------------------------------------

    def _more(self, text: str, context: Context, country: Country) -> FollowUp | None:
        words = tokens(text)
        if len(words) > self._longest or not words:
            return None
        left = self._explains.without(words)
        if len(left) == len(words):
            return FollowUp("", context, "explain") if self._alone.at(words, 0) == len(words) else None
        rest = self._around.without(left)
        if not rest:
            return FollowUp("", context, "explain")
        if self._answer(" ".join(rest), country).reason is not Reason.WHICH_PROCEDURE:
            return None  # "explique-moi comment faire le passeport" is a question of its own
        return FollowUp(" ".join(left), context, "explain") if self._is_facet(rest) else None

    # ---- going back ------------------------------------------------------------------------------------------------

    def _back(self, text: str, context: Context, country: Country) -> FollowUp | None:
        if not context.earlier:
            return None
        words = self._led_in(tokens(text))
        length = self._go.at(words, 0)
        if not length:
            return None
        where = self._to.without(words[length:])
        if all(word in self._last or bare(word) in self._last for word in where):
            return self._gone_back(context, context.earlier[0])
        if all(any(word in names or bare(word) in names for names in (self._first, self._last)) for word in where):
            return self._gone_back(context, context.earlier[-1])
        named = " ".join(words[length:])
        topic = next((topic for topic in context.earlier if self._may_mean(named, topic)), None)
        if topic is None:
            return None
        gone = self._gone_back(context, topic)
        return FollowUp(named, gone.context) if self._is_facet(where) else gone

    def _led_in(self, words: list[str]) -> list[str]:
        """`words` without the small words before "go back"; "revenir" itself may be one of a longer phrase."""
        start = 0
        while not self._go.at(words, start) and (length := self._before_going.at(words, start)):
            start += length
        return words[start:]

    def _may_mean(self, text: str, topic: Topic) -> bool:
        """Whether `text` names the procedure of before, or could."""
        procedure = self._knowledge.catalogue.get(topic.procedure)
        if procedure is None:
            return False
        if self._answer(text, procedure.country).reason is Reason.WHICH_PROCEDURE:
            return False
        answer = self._answer(text, procedure.country, topic.procedure)
        named = answer.candidates[:1] if answer.outcome is Outcome.ANSWERED else answer.candidates
        family = {topic.procedure, *procedure.related}
        return any(hit.procedure.id in family for hit in named)

    @staticmethod
    def _gone_back(context: Context, topic: Topic) -> FollowUp:
        """The context as it was at `topic`; what is left now can be gone back to in turn."""
        here = (Topic(procedure=context.procedure, facets=context.facets),) if context.procedure else ()
        others = tuple(other for other in context.earlier if other != topic)
        after = context.model_copy(
            update={
                "procedure": topic.procedure,
                "facets": topic.facets,
                "told": (),
                "earlier": (*here, *others),
                "pending_facets": (),
            }
        )
        return FollowUp("", after, choice=str(Ask(topic.procedure, (topic.facets or ("overview",))[0])))

    # ---- corrections -----------------------------------------------------------------------------------------------

    def _correction(self, text: str, context: Context, country: Country) -> FollowUp | None:
        """ "la, passport machi lacarte": what is asked is the passport, and what was asked about the card."""
        if context.procedure is None and not context.choices and not context.pending_facets:
            return None
        clauses = [words for part in _CLAUSE.split(text) if (words := tokens(part))]
        opened = self._opened(clauses)
        instead = self._instead(clauses[0]) if opened else 0
        rejected = clauses[0][:instead] if instead else []
        clauses = [clauses[0][instead:], *clauses[1:]] if clauses else []
        kept, dropped = self._sorted_out([words for words in clauses if words])
        dropped = [*rejected, *dropped]
        asked = self._rather.without(self._meant.without(kept))
        if not asked or not (opened or dropped or len(asked) < len(kept)):
            return None
        rest = " ".join(asked)
        evident = self._is_evident(rest, dropped, opened, country, context.procedure)
        return FollowUp(rest, context, "correction") if evident else None

    def _opened(self, clauses: list[list[str]]) -> bool:
        """Take "no" off the first clause; whether there was one."""
        if not clauses:
            return False
        first = clauses[0]
        length = self._opens.at(first, 0)
        if not length and self._opens_before_comma.at(first, 0):
            after = self._not.at(first, 1) or self._meant.at(first, 1)
            length = 1 if after or (len(first) == 1 and len(clauses) > 1) else 0
        clauses[0] = first[length:]
        return length > 0

    def _instead(self, words: list[str]) -> int:
        """Where "but" ends what is rejected by the "no" before it: "لا البطاقة بل الجواز"; 0 where it does not."""
        return next((i for i, word in enumerate(words) if i and word in self._rather), 0)

    def _sorted_out(self, clauses: Sequence[list[str]]) -> tuple[list[str], list[str]]:
        """What is meant, and what is rejected, of all clauses."""
        parts = [self._split(words) for words in clauses]
        kept = [word for meant, _ in parts for word in meant]
        dropped = [word for _, rejected in parts for word in rejected]
        if dropped and not self._meant.without(kept):  # "machi lacarte lpasport": only the next word is rejected
            parts = [self._split(words, most=1) for words in clauses]
            kept = [word for meant, _ in parts for word in meant]
            dropped = [word for _, rejected in parts for word in rejected]
        return kept, dropped

    def _split(self, words: list[str], most: int | None = None) -> tuple[list[str], list[str]]:
        """One clause, at its "not": what stands before it, and what is rejected up to a "but" or for `most` words."""
        kept: list[str] = []
        dropped: list[str] = []
        rejecting = False
        position = 0
        while position < len(words):
            word = words[position]
            length = self._not.at(words, position)
            if length and not rejecting and not (position and words[position - 1] in self._not_after):
                rejecting = True
            elif rejecting and (self._but.at(words, position) or self._meant.at(words, position)):
                rejecting, length = False, self._but.at(words, position)
            else:
                length = 1
                enough = most is not None and len(self._to.without(dropped)) >= most
                (dropped if rejecting and not enough else kept).append(word)
            position += length
        return kept, dropped

    def _is_evident(self, rest: str, dropped: list[str], opened: bool, country: Country, procedure: str | None) -> bool:
        """Whether what is left names a procedure, a country, a variant, or another facet than the rejected one."""
        reason = self._answer(rest, country).reason
        rejected = " ".join(dropped)
        if reason in (_MENTIONED if dropped else _NAMED):
            return opened or not dropped or self._answer(rejected, country).reason in _MENTIONED
        if self._countries.named(rest) is not None:
            return opened or self._countries.named(rejected) is not None
        if reason is not Reason.WHICH_PROCEDURE:
            return False
        if self._answer(rest, country, procedure).reason is Reason.CONTEXT_VARIANT:
            return opened
        return opened and self._is_facet(tokens(rest)) and self._is_facet(dropped)

    # ---- the same for a child, or in another country ---------------------------------------------------------------

    def _moved(self, text: str, context: Context, country: Country) -> FollowUp | None:
        """ "And for my son?", "و فالجزائر؟": nothing but a variant or a country, so that the same is asked of it."""
        if context.procedure is None:
            return None
        words = tokens(text)
        if len(words) > self._longest_move or self._is_facet(words):
            return None
        same = context.model_copy(update={"pending_facets": context.facets})
        named = self._countries.named(text)
        rest = named.rest if named else text
        if rest and self._answer(rest, country).reason is not Reason.WHICH_PROCEDURE:
            return None
        if named is not None:
            return FollowUp("", same.model_copy(update={"pending_country": named.country.value}), "elsewhere")
        answer = self._answer(text, country, context.procedure)
        if answer.reason is not Reason.CONTEXT_VARIANT or answer.procedure is None:
            return None
        return FollowUp("", same, choice=str(Ask(answer.procedure.id, (context.facets or ("overview",))[0])))

    # ---- what words say --------------------------------------------------------------------------------------------

    def _is_facet(self, words: Sequence[str]) -> bool:
        """Whether a word says what is asked: "prix", "lwra9"."""
        spelled = (reading for readings in forms.words(" ".join(words)) for reading in readings)
        return any(word in self._facets or bare(word) in self._facets for word in spelled)

    def _answer(self, text: str, country: Country, context: str | None = None) -> Answer:
        return self._knowledge.answer(Question(text=text, country=country, language="fr", context_procedure=context))
