"""From a question to a sheet, to a question back, or to an honest "I do not know"."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from knowledge.answer import Answer, Knowledge, Outcome, Question, Reason
from knowledge.embedding import load_embedder
from knowledge.loader import Catalogue
from knowledge.procedures import Confidence, Country, Facet, State
from knowledge.settings import load_settings, load_words

from .conftest import SHIPPED


def ask(knowledge: Knowledge, text: str, *facets: Facet, context: str | None = None, **more: object) -> Answer:
    return knowledge.answer(Question(text, Country.MA, "fr", facets, context_procedure=context, **more))  # type: ignore[arg-type]


def built(catalogue: Catalogue) -> Knowledge:
    return Knowledge(catalogue, load_embedder(str(SHIPPED / "model")), load_settings(), load_words())


@dataclass(frozen=True)
class Turn:
    text: str
    facets: tuple[Facet, ...]
    says: str  # outcome: reason, sheet
    context: str | None = None


FEES, DOCUMENTS, WHERE, VALIDITY, STEPS = Facet.FEES, Facet.DOCUMENTS, Facet.WHERE, Facet.VALIDITY, Facet.STEPS

TURNS = {
    "a Darija renewal": Turn("شنو خاصني باش نجدد لاكارط؟", (DOCUMENTS,), "answered: found, cnie_renouvellement"),
    "the same in Latin letters": Turn(
        "chno khasni bach njdd lakart", (DOCUMENTS,), "answered: found, cnie_renouvellement"
    ),
    "the same in French, misspelt": Turn(
        "renouvelement cart national", (DOCUMENTS,), "answered: found, cnie_renouvellement"
    ),
    "the passport alone is the adult's": Turn(
        "combien coute le passeport", (FEES,), "answered: found, passeport_biometrique_majeur"
    ),
    "the passport alone, in Arabic": Turn(
        "كم مدة صلاحية جواز السفر؟", (VALIDITY,), "answered: found, passeport_biometrique_majeur"
    ),
    "two facets at once": Turn(
        "ch7al f casier judiciaire w fin n9dmo", (FEES, WHERE), "answered: found, casier_judiciaire"
    ),
    "a child's passport": Turn(
        "passeport pour ma fille", (DOCUMENTS,), "answered: found, passeport_biometrique_mineur"
    ),
    "a child's card": Turn("دابا بغيت لاكارط ديال ولدي", (DOCUMENTS,), "answered: found, cnie_mineur"),
    "a lost licence": Turn("tlef liya lpermis", (STEPS,), "answered: found, permis_conduire_duplicata"),
    "neighbours that cost the same": Turn("شحال لاكارط", (FEES,), "answered: same_answer, cnie_premiere_demande"),
    "neighbours that differ": Turn("documents la carte nationale", (DOCUMENTS,), "clarify: several, None"),
    "several facets of which one differs": Turn("لاكارط", (FEES, DOCUMENTS), "clarify: several, None"),
    "neighbours, one spoken of before": Turn(
        "documents la carte nationale", (DOCUMENTS,), "answered: context, cnie_renouvellement", "ma.cnie_renouvellement"
    ),
    "a facet alone, after a procedure": Turn(
        "w ch7al?", (FEES,), "answered: context, casier_judiciaire", "ma.casier_judiciaire"
    ),
    "a facet alone, in Arabic script": Turn(
        "وفين؟", (WHERE,), "answered: context, casier_judiciaire", "ma.casier_judiciaire"
    ),
    "a facet alone, in French": Turn(
        "et les documents ?", (DOCUMENTS,), "answered: context, casier_judiciaire", "ma.casier_judiciaire"
    ),
    "a facet alone, after nothing": Turn("w ch7al?", (FEES,), "no_answer: which_procedure, None"),
    "a facet alone, after a sheet that is gone": Turn(
        "w ch7al?", (FEES,), "no_answer: which_procedure, None", "ma.gone"
    ),
    "and for my son": Turn(
        "et pour mon fils ?",
        (FEES,),
        "answered: context_variant, passeport_biometrique_mineur",
        "ma.passeport_biometrique_majeur",
    ),
    "and for my son, in Darija": Turn(
        "w l wldi?", (FEES,), "answered: context_variant, cnie_mineur", "ma.cnie_renouvellement"
    ),
    "and if it is lost": Turn(
        "w ila tlefat lia?",
        (STEPS,),
        "answered: context_variant, permis_conduire_duplicata",
        "ma.permis_conduire_premiere",
    ),
    "and the renewal": Turn(
        "et le renouvellement ?",
        (FEES,),
        "answered: context_variant, passeport_renouvellement",
        "ma.passeport_biometrique_majeur",
    ),
    "a variant that the procedure does not have": Turn(
        "et pour mon fils ?", (FEES,), "answered: context, casier_judiciaire", "ma.casier_judiciaire"
    ),
    "the variant that is spoken of already": Turn(
        "et pour mon fils ?", (FEES,), "answered: context, cnie_mineur", "ma.cnie_mineur"
    ),
    "a new procedure replaces the old": Turn(
        "et la vignette ?", (FEES,), "answered: found, vignette_tsav", "ma.passeport_biometrique_majeur"
    ),
    "a correction": Turn(
        "la, passport machi lacarte", (), "answered: found, passeport_biometrique_majeur", "ma.cnie_renouvellement"
    ),
    "something that is in no sheet": Turn(
        "combien coute un billet d'avion pour paris", (FEES,), "no_answer: nothing_found, None"
    ),
    "something that is in no sheet, after a procedure": Turn(
        "combien coute un billet d'avion pour paris", (FEES,), "no_answer: nothing_found, None", "ma.casier_judiciaire"
    ),
    "an emoji": Turn("🙂", (), "no_answer: which_procedure, None"),
    "nothing": Turn("", (), "no_answer: which_procedure, None"),
    "SQL": Turn("'; DROP TABLE inbox; --", (), "no_answer: nothing_found, None"),
}


@pytest.mark.parametrize("turn", [pytest.param(turn, id=name) for name, turn in TURNS.items()])
def test_turns(turn: Turn, knowledge: Knowledge) -> None:
    answer = ask(knowledge, turn.text, *turn.facets, context=turn.context)

    sheet = answer.procedure.id.removeprefix("ma.") if answer.procedure else None
    assert f"{answer.outcome}: {answer.reason}, {sheet}" == turn.says


def test_no_facet_is_an_overview(knowledge: Knowledge) -> None:
    assert ask(knowledge, "casier judiciaire").facets == (Facet.OVERVIEW,)


def test_facets_come_back_in_the_order_asked(knowledge: Knowledge) -> None:
    assert ask(knowledge, "ch7al f casier w fin", FEES, WHERE).facets == (FEES, WHERE)


def test_a_button_wins_over_words_and_context(knowledge: Knowledge) -> None:
    answer = ask(knowledge, "le passeport", FEES, context="ma.cnie_mineur", procedure="ma.vignette_tsav")

    assert (answer.reason, answer.procedure) == (Reason.CHOSEN, knowledge.catalogue.get("ma.vignette_tsav"))


def test_a_button_of_a_sheet_that_is_gone_has_no_answer(knowledge: Knowledge) -> None:
    answer = ask(knowledge, "2", FEES, procedure="ma.gone")

    assert (answer.outcome, answer.reason, answer.procedure) == (Outcome.NO_ANSWER, Reason.UNKNOWN_PROCEDURE, None)


def test_a_question_back_offers_two_or_three_choices_best_first(knowledge: Knowledge) -> None:
    several = ask(knowledge, "documents la carte nationale", DOCUMENTS)
    unsure = ask(knowledge, "carte de mon père", DOCUMENTS)

    assert [hit.procedure.id for hit in several.candidates] == ["ma.cnie_premiere_demande", "ma.cnie_renouvellement"]
    assert (unsure.reason, len(unsure.candidates) in (2, 3)) == (Reason.UNSURE, True)
    for answer in (several, unsure):
        scores = [hit.score for hit in answer.considered]
        assert scores == sorted(scores, reverse=True)


def test_an_unsure_intent_needs_a_surer_hit(catalogue: Catalogue) -> None:
    settings = load_settings()
    strict = settings.model_copy(update={"thresholds": settings.thresholds.model_copy(update={"margin": 0.5})})
    knowledge = Knowledge(catalogue, load_embedder(str(SHIPPED / "model")), strict, load_words())

    assert ask(knowledge, "vignette", intent_confidence=0.9).outcome is Outcome.ANSWERED
    unsure = ask(knowledge, "la vignette d'un camion", intent_confidence=0.2)
    assert (unsure.outcome, unsure.reason) == (Outcome.CLARIFY, Reason.UNSURE)


def test_what_was_considered_is_kept_for_the_explanation(knowledge: Knowledge) -> None:
    answer = ask(knowledge, "combien coute le passeport", FEES)

    assert [hit.procedure.id for hit in answer.candidates][:2] == [
        "ma.passeport_biometrique_majeur",
        "ma.passeport_renouvellement",
    ]
    assert len(answer.considered) == 5
    assert answer.rejected
    assert all(0 <= hit.score <= 1 for hit in (*answer.candidates, *answer.rejected))


def test_a_draft_is_recognised_and_marked(catalogue: Catalogue) -> None:
    sheet = catalogue.by_id["ma.casier_judiciaire"]
    draft = sheet.model_copy(update={"state": State.DRAFT, "confidence": Confidence.LOW})
    answer = ask(built(Catalogue.of((draft,))), "casier judiciaire", FEES)

    assert (answer.outcome, answer.procedure, answer.draft) == (Outcome.ANSWERED, draft, True)


def test_another_country_s_sheet_is_not_passed_off_as_one_s_own(knowledge: Knowledge) -> None:
    algerian = knowledge.answer(Question("combien coute la vignette", Country.DZ, "fr", (FEES,)))
    moroccan = ask(knowledge, "combien coute la vignette", FEES)

    assert algerian.considered[0].score < moroccan.considered[0].score
    assert (Outcome.NO_ANSWER, Reason.ELSEWHERE, None) == (algerian.outcome, algerian.reason, algerian.procedure)
    assert ["ma.vignette_tsav"] == [hit.procedure.id for hit in algerian.candidates]


@pytest.mark.parametrize(
    "text",
    ["combien coute la vignette", "كم تبلغ الضريبة السنوية على السيارات", "شحال لافينييت", "ch7al la vignette"],
)
@pytest.mark.parametrize("country", [Country.DZ, Country.MR])
def test_what_only_morocco_has_is_never_answered_to_another(knowledge: Knowledge, text: str, country: Country) -> None:
    answer = knowledge.answer(Question(text, country, "fr", (FEES,)))

    assert (Outcome.NO_ANSWER, None) == (answer.outcome, answer.procedure)


def test_another_country_of_which_one_speaks_already_is_answered(knowledge: Knowledge) -> None:
    spoken_of = "ma.casier_judiciaire"

    answer = knowledge.answer(Question("et la vignette ?", Country.DZ, "fr", (FEES,), context_procedure=spoken_of))

    assert answer.procedure is not None
    assert "ma.vignette_tsav" == answer.procedure.id


def test_what_is_far_is_not_offered_from_elsewhere(knowledge: Knowledge) -> None:
    answer = knowledge.answer(Question("ma voiture est en panne", Country.MR, "fr"))

    assert Reason.ELSEWHERE is not answer.reason


def test_the_citizen_s_country_is_preferred(catalogue: Catalogue) -> None:
    sheet = catalogue.by_id["ma.casier_judiciaire"]
    algerian = sheet.model_copy(update={"id": "dz.casier_judiciaire", "country": Country.DZ})
    both = built(Catalogue.of((sheet, algerian)))

    found = {country: both.answer(Question("casier judiciaire", country, "fr")).procedure for country in Country}
    assert (found[Country.MA], found[Country.DZ]) == (sheet, algerian)


def test_a_reload_answers_from_the_new_catalogue(catalogue: Catalogue) -> None:
    knowledge = built(Catalogue.of((catalogue.by_id["ma.casier_judiciaire"],)))
    assert ask(knowledge, "la vignette").outcome is Outcome.NO_ANSWER

    knowledge.reload(catalogue)
    assert ask(knowledge, "la vignette").procedure == catalogue.by_id["ma.vignette_tsav"]


def test_an_empty_catalogue_knows_nothing() -> None:
    answer = ask(built(Catalogue.of(())), "casier judiciaire", FEES)

    assert (answer.outcome, answer.reason, answer.considered) == (Outcome.NO_ANSWER, Reason.NOTHING_FOUND, ())


@pytest.mark.parametrize(
    ("text", "sheet"),
    [
        ("ولدي عندو 3 سنين شنو خاصني باش ندير ليه الباسبور", "ma.passeport_biometrique_mineur"),
        ("rahli lbasbor chno ndir", "ma.passeport_perte_vol"),
        ("تسرق لي الباسبور", "ma.passeport_perte_vol"),
        ("j'ai perdu mon passeport", "ma.passeport_perte_vol"),
        ("mon permis a été suspendu, comment le récupérer", None),
        ("permis dyali mw9of 3 chhor", None),
        ("البيرمي ديالي موقوف", None),
    ],
)
def test_a_circumstance_that_is_said_is_answered_by_its_sheet_or_by_none(
    knowledge: Knowledge, text: str, sheet: str | None
) -> None:
    answer = knowledge.answer(Question(text, Country.MA, "fr", (Facet.DOCUMENTS,)))

    assert sheet == (answer.procedure.id if answer.procedure else None)
