"""A question that is no procedure is kept, checked, found and answered beside the procedures, never before them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge.answer import Knowledge, Outcome, Question
from knowledge.embedding import load_embedder
from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue, ContentError, check_content, load_content
from knowledge.present import Presented, covers, present, tells
from knowledge.procedures import Country, Facet
from knowledge.settings import load_settings, load_words

from .conftest import SHIPPED

TODAY = date(2026, 11, 22)


@pytest.fixture
def question() -> str:
    return (Path(__file__).parent / "data" / "question.yaml").read_text("utf-8")


@pytest.fixture
def entry(question: str, write: Any) -> FaqEntry:
    entry = load_content(write("faq/horaires.yaml", question)).by_id["faq.horaires"]
    assert isinstance(entry, FaqEntry)
    return entry


@pytest.mark.parametrize("facet", list(Facet))
def test_its_answer_is_shown_whatever_facet_is_asked(facet: Facet, entry: FaqEntry) -> None:
    assert present(entry, facet, "fr", TODAY) == Presented(
        "Quand ouvre l'administration ?",
        ("De 8 h à 16 h.", "Fermé le samedi.", "À vérifier : https://commune.example.ma/"),
        "Source : Commune (2024-05) · fiche vérifiée le 22/11/2026",
        missing=False,
        source_short="Source : Commune, vérifié le 22/11/2026",
    )


def test_it_has_no_facets_to_offer_and_stands_for_no_procedure(entry: FaqEntry) -> None:
    assert [] == [facet for facet in Facet if tells(entry, facet)]
    assert not covers(entry, entry, Facet.OVERVIEW)


def test_it_serves_every_country_that_it_names(entry: FaqEntry) -> None:
    assert [Country.MA, Country.DZ] == [country for country in Country if entry.serves(country)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "id: faq.horaires",
            "id: faq.heures",
            "1: the id 'faq.heures' does not match the path; write 'faq.horaires' or",
        ),
        ("countries: [ma, dz]", "countries: []", "2: 'countries' is empty; add at least one entry"),
        ("sources: [commune]\n", "sources: [mairie]\n", "20: the source 'mairie' does not exist; add it"),
        ("sources: [commune]\n", "sources: []\n", "20: 'answer.0.sources' is empty; name the source of this fact"),
        ("answer:\n", "documents: []\nanswer:\n", "18: unknown key 'documents'; known keys: id, state"),
        ("fr: De 8 h à 16 h.", "fr: De 8 h à 17 h.", "19: ar and fr differ in 16, 17; give the same numbers"),
    ],
    ids=[
        "an id that does not match its path",
        "no country",
        "a source that does not exist",
        "a fact without a source",
        "a procedure's field",
        "another number",
    ],
)
def test_its_mistakes_are_named_as_a_procedure_s_are(old: str, new: str, says: str, question: str, write: Any) -> None:
    assert question.count(old) == 1
    _, mistakes = check_content(write("faq/horaires.yaml", question.replace(old, new)))

    assert len(mistakes) == 1
    assert str(mistakes[0]).startswith(f"content/faq/horaires.yaml:{says}")


def test_its_names_may_not_be_a_procedure_s(question: str, exemple: str, write: Any) -> None:
    write("ma/exemple.yaml", exemple)
    with pytest.raises(ContentError, match=r"'exemple' is also an alias of faq\.horaires"):
        load_content(write("faq/horaires.yaml", question.replace("[horaires d'ouverture]", "[exemple]")))


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("c'est quoi idarati", Country.MA, "faq.ma_idarati"),
        ("lfer9 bin rnp w rsu", Country.MA, "faq.ma_rnp_rsu"),
        ("هل تعمل الإدارات يوم السبت", Country.MA, "faq.ma_horaires"),
        ("différence entre Khidmati et Houwiyeti", Country.MR, "faq.mr_houwiyeti_khidmati"),
    ],
)
def test_a_shipped_question_is_found(text: str, country: Country, expected: str, knowledge: Knowledge) -> None:
    answer = knowledge.answer(Question(text, country, "fr"))

    assert (expected, True) == (answer.considered[0].procedure.id, answer.outcome is not Outcome.NO_ANSWER)


@pytest.mark.parametrize(
    ("text", "facet", "expected"),
    [
        ("bulletin n° 3 prix", Facet.FEES, "ma.casier_judiciaire"),
        ("quels documents pour le passeport", Facet.DOCUMENTS, "ma.passeport_biometrique_majeur"),
        ("où déposer une réclamation chikaya", Facet.WHERE, "ma.reclamation_chikaya"),
    ],
)
def test_a_detail_of_a_procedure_is_never_answered_by_a_question(
    text: str, facet: Facet, expected: str, knowledge: Knowledge
) -> None:
    answer = knowledge.answer(Question(text, Country.MA, "fr", (facet,)))

    assert expected == answer.considered[0].procedure.id
    assert not any(isinstance(hit.procedure, FaqEntry) for hit in answer.candidates)


def test_questions_change_no_procedure_s_score(catalogue: Catalogue, knowledge: Knowledge) -> None:
    procedures = Catalogue.of(tuple(p for p in catalogue if not isinstance(p, FaqEntry)))
    alone = Knowledge(procedures, load_embedder(str(SHIPPED / "model")), load_settings(), load_words())
    for text in ("combien coûte le casier judiciaire", "شنو خاصني باش نجدد لاكارط", "timbre passeport"):
        with_them = knowledge.search(text, Country.MA)
        without = alone.search(text, Country.MA)
        scores = [(hit.procedure.id, hit.score) for hit in with_them.hits if not isinstance(hit.procedure, FaqEntry)]
        assert scores == [(hit.procedure.id, hit.score) for hit in without.hits][: len(scores)]
