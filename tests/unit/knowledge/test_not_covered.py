"""Services that no sheet is about are not answered from a sheet that shares a word with their name."""

from __future__ import annotations

import timeit
from collections import Counter
from pathlib import Path

import pytest

from bot.settings import PROJECT
from knowledge.answer import Knowledge, Outcome, Question, Reason
from knowledge.embedding import load_embedder
from knowledge.loader import load_content
from knowledge.procedures import Country, Procedure
from knowledge.settings import load_settings, load_words
from knowledge.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    folder: Path = PROJECT / "knowledge"
    catalogue, embedder = load_content(folder / "content"), load_embedder(str(folder / "model"))
    return Knowledge(catalogue, embedder, load_settings(), load_words())


def ask(knowledge: Knowledge, text: str, context: str | None = None, country: Country = Country.MA):
    return knowledge.answer(Question(text, country, "fr", context_procedure=context))


def home_of(sheet: Procedure) -> Country:
    return next(country for country in Country if sheet.serves(country))


def names_of(sheet: Procedure) -> list[str]:
    titles = [title.get(language) for title in (sheet.title, sheet.short_title) for language in ("ar", "fr", "ary")]
    return [*titles, *sheet.aliases.all()]


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
        "extrait de rôle impôts, quels papiers",  # Algeria
        "واش لازم باش نخرج بطاقة إعفاء من الخدمة الوطنية",
        "carte de moudjahid de mon père",
        "كيفتن نجبر رخصة تنقيب عن الذهب",  # Mauritania
        "taazour comment s'inscrire",
        "وثائق الاكتتاب في الشرطة",
    ],
)
def test_a_service_without_a_sheet_is_not_answered(shipped: Knowledge, text: str) -> None:
    """Beside a near sheet he may be asked which one he means; he is never told another service's facts."""
    answer = ask(shipped, text)

    assert (None, True) == (answer.procedure, answer.reason in (Reason.NOT_COVERED, Reason.UNSURE, Reason.SEVERAL))


@pytest.mark.parametrize(
    "text",
    [
        "permis pour la chasse",
        "le permis de ma chasse",
        "الرخصة ديال السلاح",
        "رخصتي ديال السلاح",
        "لرخصة السلاح",
        "cartes d'électeurs",
        "permi international",
    ],
)
def test_a_name_is_found_whatever_links_and_endings_its_words_have(text: str) -> None:
    assert Vocabulary(load_words()).without_uncovered(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "السيد قال ليا 10 ايام",  # sounds like الصيد
        "permis dyali f internet",  # begins like "international"
        "il faut compter combien de jours",  # begins like "compteur"
        "الملف ديالي واقف",
        "je peux payer avec ma carte bancaire",
        "nkheles b carte bancaire",
        "fiche de résidence avec la facture sonelgaz",
    ],
)
def test_what_only_resembles_a_name_or_pays_and_proves_something_is_not_one(text: str) -> None:
    assert Vocabulary(load_words()).without_uncovered(text) is None


def test_nor_is_it_taken_for_the_procedure_of_before(shipped: Knowledge) -> None:
    assert Outcome.NO_ANSWER is ask(shipped, "et la carte bancaire ?", "ma.cnie_renouvellement").outcome


def test_a_known_service_named_beside_it_is_answered(shipped: Knowledge) -> None:
    answer = ask(shipped, "le permis de conduire et le permis de chasse")

    assert answer.procedure is not None
    assert "ma.permis_conduire_premiere" == answer.procedure.id


def test_no_sheet_is_called_what_is_not_covered(shipped: Knowledge) -> None:
    """Whoever publishes a sheet takes its names out of not_covered.yaml."""
    vocabulary = Vocabulary(load_words())

    hidden = [
        (sheet.id, name)
        for sheet in shipped.catalogue
        for name in names_of(sheet)
        if vocabulary.without_uncovered(name) is not None
    ]

    assert [] == hidden


def test_a_sheet_is_found_by_its_questions_whatever_else_they_name(shipped: Knowledge) -> None:
    """ "My criminal record for the visa": the visa has no sheet, and is not what is asked about."""
    vocabulary = Vocabulary(load_words())

    lost = [
        (sheet.id, question)
        for sheet in shipped.catalogue
        for question in sheet.questions.all()
        if vocabulary.without_uncovered(question) is not None
        and sheet not in [hit.procedure for hit in ask(shipped, question, country=home_of(sheet)).considered]
    ]

    assert [] == lost


def test_every_name_is_written_once_and_finds_itself() -> None:
    words = load_words()
    vocabulary = Vocabulary(words)
    names = [name for domain in words.not_covered.values() for service in domain for name in service]

    assert [] == [name for name, often in Counter(names).items() if often > 1]
    assert [] == [name for name in names if vocabulary.without_uncovered(name) is None]


def test_a_text_is_compared_with_few_names_however_many_begin_alike() -> None:
    """Each is kept under its rarest word: "carte" begins a hundred."""
    words = load_words().model_copy(
        update={"not_covered": {"many": (tuple(f"carte service{number}" for number in range(5000)),)}}
    )

    def seconds(text: str) -> float:
        return min(timeit.repeat(lambda: vocabulary.without_uncovered(text), number=20, repeat=5))

    vocabulary = Vocabulary(words)
    assert vocabulary.without_uncovered("carte service77") == ""
    assert seconds("carte nationale carte carte") < 20 * seconds("fiche nationale fiche fiche")
