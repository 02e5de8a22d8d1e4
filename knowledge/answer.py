"""From a citizen's question to the sheet that answers it, or to a question back, or to an honest "I do not know".

The rules, in order:
1. A procedure chosen by button wins.
2. The name of a service that no sheet is about is not answered from a sheet that shares a word with it.
3. Words that name nothing ("w ch7al?", "et pour mon fils ?") are about the procedure of the turns before, or about the
   neighbour that they ask for (child, renewal, loss). Without one: `which_procedure`.
4. Otherwise the words are searched. A sure hit that stands alone is answered. Several as good: answered from the one
   spoken of before, or from the most general one where all say the same about the facet asked; else he is asked.
5. A circumstance that is said (a child, a loss) moves the answer to the neighbour that is about it; one of which the
   sheet says nothing (a suspended licence) is not answered from it.
6. Unsure hits are offered as choices. Nothing near: no answer.
7. Where only another country has a sheet, that is no answer; the sheet is offered, if at home it would have been
   sure. Once the turns before were about that country, it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from knowledge.embedding import Embedder
from knowledge.loader import Catalogue
from knowledge.present import covers
from knowledge.procedures import Country, Facet, Procedure, State
from knowledge.search import Hit, Search, SearchResult
from knowledge.settings import Settings, Thresholds, Words


class Outcome(StrEnum):
    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"


class Reason(StrEnum):
    """Why a question got its outcome; closed, for metrics, agents and tests."""

    CHOSEN = "chosen"  # answered: by button
    CONTEXT = "context"  # answered: the procedure spoken of before
    CONTEXT_VARIANT = "context_variant"  # answered: its child's, renewal … sheet
    FOUND = "found"  # answered: one sure hit
    SAME_ANSWER = "same_answer"  # answered: several hits that say the same
    SEVERAL = "several"  # clarify: several hits as good
    UNSURE = "unsure"  # clarify: no hit is sure
    ELSEWHERE = "elsewhere"  # no answer: only other countries have a sheet about it; `candidates` are theirs
    WHICH_PROCEDURE = "which_procedure"  # no answer: no procedure named, none spoken of before
    UNKNOWN_PROCEDURE = "unknown_procedure"  # no answer: the chosen sheet does not exist (any more)
    NOT_COVERED = "not_covered"  # no answer: a service is named that no sheet is about
    NOTHING_FOUND = "nothing_found"  # no answer: everything is far


@dataclass(frozen=True, slots=True)
class Question:
    """`facets`: asked, first asked first; none means an overview. `procedure`: chosen by button.

    `context_procedure`: spoken of before. `intent_confidence`: how sure we are that this is a question at all.
    """

    text: str
    country: Country
    language: str
    facets: tuple[Facet, ...] = ()
    procedure: str | None = None
    context_procedure: str | None = None
    intent_confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`procedure` is set when answered. `candidates`: when asked or offered, the choices; else what was considered.

    `draft`: the sheet is not verified; answer with its official link only (`present` does).
    """

    outcome: Outcome
    reason: Reason
    procedure: Procedure | None = None
    facets: tuple[Facet, ...] = (Facet.OVERVIEW,)
    candidates: tuple[Hit, ...] = ()
    rejected: tuple[Hit, ...] = ()

    @property
    def considered(self) -> tuple[Hit, ...]:
        """Candidates, then rejected: at most five, best first. What a ranking is judged by, whatever the outcome."""
        return (*self.candidates, *self.rejected)[:5]

    @property
    def draft(self) -> bool:
        return self.procedure is not None and self.procedure.state is State.DRAFT


class Knowledge:
    """Answers questions from one catalogue. Threads may share it: an answer reads one index from start to end."""

    def __init__(self, catalogue: Catalogue, embedder: Embedder, settings: Settings, words: Words) -> None:
        self._settings = settings
        self._search = Search(catalogue, embedder, settings, words)

    def reload(self, catalogue: Catalogue) -> None:
        """Answer from another catalogue. Questions under way finish on the old one."""
        self._search = self._search.with_catalogue(catalogue)

    @property
    def catalogue(self) -> Catalogue:
        return self._search.catalogue

    @property
    def thresholds(self) -> Thresholds:
        return self._settings.thresholds

    def search(self, text: str, country: Country) -> SearchResult:
        return self._search.search(text, country)

    def answer(self, question: Question) -> Answer:
        return _Answering(self._search, self._settings, question).answer()


@dataclass(frozen=True, slots=True)
class _Answering:
    """One question against one index."""

    search: Search
    settings: Settings
    question: Question

    def answer(self) -> Answer:
        question = self.question
        if question.procedure is not None:
            return self._given(question.procedure, Reason.CHOSEN)
        rest = self.search.without_uncovered(question.text)
        if rest is not None:  # "carte grise" must not be taken for the identity card
            return self._beside_uncovered(rest)
        if self.search.names_nothing(question.text):
            return self._from_context()
        return self._from_search()

    @property
    def facets(self) -> tuple[Facet, ...]:
        return self.question.facets or (Facet.OVERVIEW,)

    def _given(self, procedure_id: str, reason: Reason) -> Answer:
        procedure = self.search.catalogue.get(procedure_id)
        if procedure is None:
            return Answer(Outcome.NO_ANSWER, Reason.UNKNOWN_PROCEDURE, None, self.facets)
        return self._answered(Hit(procedure, score=1.0, lexical=0.0, dense=0.0), reason)

    def _beside_uncovered(self, rest: str) -> Answer:
        """What is asked beside a service that no sheet is about ("the criminal record for the police exam"): answered
        only where it is named whole, asked about where it is near, else we have no sheet.
        """
        if not self.search.names_nothing(rest):
            other = replace(self, question=replace(self.question, text=rest, intent_confidence=0.0)).answer()
            if other.procedure is not None:
                if self.search.names_whole(rest, other.procedure):
                    return other
                other = replace(other, outcome=Outcome.CLARIFY, reason=Reason.UNSURE, procedure=None)
            if other.outcome is Outcome.CLARIFY and other.candidates[0].score >= self.settings.thresholds.beside:
                return other
        return Answer(Outcome.NO_ANSWER, Reason.NOT_COVERED, None, self.facets)

    def _from_context(self) -> Answer:
        context = self.search.catalogue.get(self.question.context_procedure or "")
        if context is None:
            return Answer(Outcome.NO_ANSWER, Reason.WHICH_PROCEDURE, None, self.facets)
        variant = self.search.variant_of(context, self.question.text)
        if variant is None or variant.id == context.id:
            return self._given(context.id, Reason.CONTEXT)
        return self._given(variant.id, Reason.CONTEXT_VARIANT)

    def _from_search(self) -> Answer:
        detail = any(facet is not Facet.OVERVIEW for facet in self.facets)
        result = self.search.search(self.question.text, self.question.country, detail=detail)
        if not result.hits:
            return Answer(Outcome.NO_ANSWER, Reason.NOTHING_FOUND, None, self.facets, (), result.rejected)
        best = result.hits[0]
        if self.search.speaks_of_another_case(best.procedure, self.question.text):
            return Answer(
                Outcome.NO_ANSWER, Reason.NOT_COVERED, None, self.facets, (), (*result.hits, *result.rejected)
            )
        meant = self.search.meant_instead(best.procedure, self.question.text)
        if meant is not None:
            result = _put_first(result, meant)
        if self._is_elsewhere(result.hits[0].procedure):
            return self._from_elsewhere(result)
        if not self._is_sure(best, result):
            return self._ask(Reason.UNSURE, self._offered(result), result)
        if result.hits[0].procedure is meant:
            return self._answered(result.hits[0], Reason.FOUND, result)
        return self._from_sure(best, result)

    def _from_sure(self, best: Hit, result: SearchResult) -> Answer:
        """The best hit is sure; others may be as good."""
        margin = self.settings.thresholds.margin
        as_good = tuple(hit for hit in result.hits if hit.score >= best.score - margin)
        if self.search.is_meant(best.procedure, self.question.text):
            # "for my son": the adult's sheet says less, not the same.
            as_good = tuple(hit for hit in as_good if self.search.is_meant(hit.procedure, self.question.text))
        if len(as_good) == 1:
            return self._answered(best, Reason.FOUND, result)
        spoken_of = next((hit for hit in as_good if hit.procedure.id == self.question.context_procedure), None)
        if spoken_of is not None:
            return self._answered(spoken_of, Reason.CONTEXT, result)
        general = min(as_good, key=self._specialty)
        if all(self._says_the_same(general, hit) for hit in as_good):
            return self._answered(general, Reason.SAME_ANSWER, result)
        return self._ask(Reason.SEVERAL, as_good, result)

    def _specialty(self, hit: Hit) -> tuple[bool, float, float]:
        """Orders sheets that are as good: his own country's first, then the most general, then the best."""
        return (self._is_elsewhere(hit.procedure), self.search.generality(hit.procedure), -hit.score)

    def _is_sure(self, best: Hit, result: SearchResult) -> bool:
        """Whether the best hit may be answered: good by itself, or fair and far ahead of all but its neighbours."""
        limits = self.settings.thresholds
        if self.question.intent_confidence < limits.sure_intent:
            return best.score >= limits.answer + limits.margin
        if best.score >= limits.answer:
            return True
        family = {best.procedure.id, *best.procedure.related}
        strangers = [hit for hit in (*result.hits, *result.rejected) if hit.procedure.id not in family]
        next_score = strangers[0].score if strangers else 0.0
        return best.score >= limits.answer_alone and next_score <= limits.alone * best.score

    def _says_the_same(self, one: Hit, other: Hit) -> bool:
        return one is other or all(covers(one.procedure, other.procedure, facet) for facet in self.facets)

    def _offered(self, result: SearchResult) -> tuple[Hit, ...]:
        """At least two choices: the hits, then neighbours of the best, then the best of the rejected."""
        if len(result.hits) > 1:
            return result.hits
        related = result.hits[0].procedure.related
        others = sorted(result.rejected, key=lambda hit: hit.procedure.id not in related)  # stable: best first
        return (*result.hits, *others[:1])

    def _ask(self, reason: Reason, choices: tuple[Hit, ...], result: SearchResult) -> Answer:
        offered = choices[: self.settings.thresholds.choices]
        ids = {hit.procedure.id for hit in offered}
        rest = tuple(hit for hit in (*result.hits, *result.rejected) if hit.procedure.id not in ids)
        return Answer(Outcome.CLARIFY, reason, None, self.facets, offered, rest)

    def _from_elsewhere(self, result: SearchResult) -> Answer:
        """The best hit is another country's. His own country's are asked about first, where they are as good."""
        limits = self.settings.thresholds
        as_good = [hit for hit in result.hits if hit.score >= result.hits[0].score - limits.margin]
        own = [hit for hit in as_good if not self._is_elsewhere(hit.procedure)]
        if own:
            return self._ask(Reason.SEVERAL, (*own[: limits.choices - 1], result.hits[0]), result)
        if result.hits[0].score < limits.answer * self.settings.fusion.other_country:
            rejected = (*result.hits, *result.rejected)
            return Answer(Outcome.NO_ANSWER, Reason.NOTHING_FOUND, None, self.facets, (), rejected)
        offer = self._ask(Reason.ELSEWHERE, tuple(as_good), result)
        return replace(offer, outcome=Outcome.NO_ANSWER)

    def _is_elsewhere(self, procedure: Procedure) -> bool:
        """Whether a sheet is another country's, of which nobody has spoken."""
        home = self.question.country
        context = self.search.catalogue.get(self.question.context_procedure or "")
        spoken_of = context is not None and not context.serves(home) and context.country is procedure.country
        return not procedure.serves(home) and not spoken_of

    def _answered(self, hit: Hit, reason: Reason, result: SearchResult | None = None) -> Answer:
        others = [other for other in result.hits if other is not hit] if result else []
        rejected = result.rejected if result else ()
        return Answer(Outcome.ANSWERED, reason, hit.procedure, self.facets, (hit, *others), rejected)


def _put_first(result: SearchResult, procedure: Procedure) -> SearchResult:
    """`result` with this sheet first, where it is among the hits: a word in passing ("my son said") moves nothing."""
    found = next((hit for hit in result.hits if hit.procedure is procedure), None)
    if found is None:
        return result
    others = tuple(hit for hit in result.hits if hit is not found)
    return replace(result, hits=(found, *others))
