"""Services that no sheet is about are not answered from a sheet that shares a word with their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import PROJECT
from knowledge.answer import Knowledge, Outcome, Question, Reason
from knowledge.dense import phrases_of
from knowledge.embedding import load_embedder
from knowledge.loader import load_content
from knowledge.procedures import Country
from knowledge.settings import load_settings, load_words
from knowledge.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    folder: Path = PROJECT / "knowledge"
    catalogue, embedder = load_content(folder / "content"), load_embedder(str(folder / "model"))
    return Knowledge(catalogue, embedder, load_settings(), load_words())


def ask(knowledge: Knowledge, text: str, context: str | None = None):
    return knowledge.answer(Question(text, Country.MA, "fr", context_procedure=context))


@pytest.mark.parametrize(
    "text",
    [
        "ch7al carte sim",
        "رخصة القنص شحال",
        "لاكارط كيشي فين كتدار",
        "quels documents pour le permis de chasse",
        "شنو خاصني لرخصة السكن",
        "kifach ndir permis dyal sla7",
        "جواز التلقيح",
        "carte de fidélité",
        "لاكارط ديال البنك تسرقات ليا",
    ],
)
def test_a_service_without_a_sheet_is_not_answered(shipped: Knowledge, text: str) -> None:
    answer = ask(shipped, text)

    assert (Outcome.NO_ANSWER, Reason.NOT_COVERED) == (answer.outcome, answer.reason)


def test_nor_is_it_taken_for_the_procedure_of_before(shipped: Knowledge) -> None:
    assert Outcome.NO_ANSWER is ask(shipped, "et la carte bancaire ?", "ma.cnie_renouvellement").outcome


def test_a_known_service_named_beside_it_is_answered(shipped: Knowledge) -> None:
    answer = ask(shipped, "le permis de conduire et le permis de chasse")

    assert answer.procedure is not None
    assert "ma.permis_conduire_premiere" == answer.procedure.id


def test_no_sheet_is_called_what_is_not_covered(shipped: Knowledge) -> None:
    """Whoever publishes a sheet takes its names out of words.yaml."""
    vocabulary = Vocabulary(load_words())

    hidden = [
        (sheet.id, phrase)
        for sheet in shipped.catalogue
        for phrase in phrases_of(sheet)
        if vocabulary.without_uncovered(phrase) is not None
    ]

    assert [] == hidden
