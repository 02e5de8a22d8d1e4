"""Every shipped sheet says the same in each language and promises nothing; citizens see only what is meant for them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from knowledge.content_quality import check_complete, check_texts, dotted, numbers, shown_texts, written
from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue, ContentError, load_content
from knowledge.present import Presented, present
from knowledge.procedures import ContentLanguage, Country, Facet, State

LANGUAGES: tuple[ContentLanguage, ...] = ("ar", "fr", "ary")
TODAY = date(2026, 11, 22)
_REF = re.compile(r"\[[a-z0-9_]+\]|\b[a-z]+_[a-z0-9_]+\b")  # how sources and sheets are named inside
_ADDRESS = re.compile(r"https?://\S+|\b[\w.-]+\.(?:ma|dz|mr|com)\b\S*")


def everything(shown: Presented) -> str:
    return "\n".join([shown.heading, *shown.lines, *shown.details, shown.source, shown.source_short])


def test_every_shipped_sheet_is_complete_in_its_languages_and_has_enough_names_and_questions(
    catalogue: Catalogue,
) -> None:
    findings = [f"{p.id} {dotted(place)}: {what}" for p in catalogue for place, what in check_complete(p)]

    assert [] == findings
    assert {"ma", "dz", "mr"} == {p.country.value for p in catalogue}


def test_the_shipped_sheets_say_the_same_in_every_language_and_promise_nothing(catalogue: Catalogue) -> None:
    findings = [f"{p.id} {dotted(place)}: {what}" for p in catalogue for place, what in check_texts(p)]

    assert [] == findings


def test_mauritanian_sheets_are_written_in_arabic_and_french_alone(catalogue: Catalogue) -> None:
    sheets = [p for p in catalogue if p.country is Country.MR]

    assert {("ar", "fr")} == {
        tuple(language for language, _ in written(text)) for p in sheets for _, text in shown_texts(p)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_internal_note_reference_or_sheet_id_reaches_a_citizen(
    language: ContentLanguage, catalogue: Catalogue
) -> None:
    for procedure in catalogue:
        for facet in Facet:
            shown = everything(present(procedure, facet, language, TODAY))
            assert not any(note in shown for note in procedure.editor_notes), f"{procedure.id} {facet}"
            assert _REF.findall(_ADDRESS.sub("", shown)) == [], f"{procedure.id} {facet}: {shown}"
            assert procedure.id not in shown


def test_a_draft_tells_a_citizen_nothing_but_its_official_page(catalogue: Catalogue) -> None:
    drafts = [p for p in catalogue if p.state is State.DRAFT]
    assert len(drafts) >= 12
    for draft in drafts:
        for facet in Facet:
            shown = present(draft, facet, "fr", TODAY)
            said = (
                draft.title.fr,
                "Cette fiche n'est pas encore vérifiée. Voyez le site officiel :",
                str(draft.official_link),
            )
            assert said == (shown.heading, *shown.lines)
            assert (shown.source, shown.details) == ("", ())


def test_every_question_that_is_no_procedure_rests_on_an_address_a_law_or_dalil_s_own_word(
    catalogue: Catalogue,
) -> None:
    questions = [p for p in catalogue.published if isinstance(p, FaqEntry)]
    assert len(questions) >= 25
    for question in questions:
        sources = {source.ref: source for source in question.sources}
        for fact in question.answer:
            carried = any(
                source.url or source.kind == "law_text" or source.publisher == "Dalil" or "loi " in fact.text.fr
                for source in (sources[ref] for ref in fact.sources)
            )
            assert carried, f"{question.id}: {fact.text.fr}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("12 000 DH, 30 jours", "30 يوما، 12000 درهم", True),
        ("6000 DA", "٦٠٠٠ دج", True),
        ("1 an ou 2 mois", "سنة أو شهران", True),
        ("de 8 h à 19 h", "من 8:00 إلى 19:00", True),
        ("75 DH", "70 درهم", False),
        ("3 mois", "ثلاثة أشهر", False),
    ],
    ids=[
        "a space in thousands is no difference",
        "Arabic-Indic digits are digits",
        "one and two may be said by the noun",
        "a full hour has no minutes",
        "another amount",
        "a number in words",
    ],
)
def test_numbers_are_compared_as_they_are_meant(one: str, other: str, same: bool) -> None:
    assert same is (numbers(one) == numbers(other))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("fr: 3 mois.", "fr: 4 mois.", "31: ar and fr differ in 3, 4; give the same numbers in each language"),
        ("fr: 3 mois.", "fr: 3 mois bientôt.", "31: 'bientôt' promises what is not there; say it or leave it out"),
        (
            "fr: Une photo.",
            "fr: The photo only.",
            "22: 'The' is English; notes for editors go into editor_notes",
        ),
        (
            "publisher: Guide,",
            "publisher: Guide of 2023,",
            "43: 'of' is English; a citizen reads who published this",
        ),
        (
            "official_link: https://commune",
            "official_link: http://commune",
            "40: 'http://commune.example.ma/' is not https; give the https address or leave it out",
        ),
        (
            "where:\n",
            "where:\n  online: https://commune.example.ma/\n",
            "34: no source says this address; name one under where.sources",
        ),
    ],
    ids=[
        "a number that one language lacks",
        "a promise",
        "English for citizens",
        "an English publisher",
        "an address without encryption",
        "an address that no source gives",
    ],
)
def test_what_would_mislead_a_citizen_is_refused(old: str, new: str, says: str, exemple: str, write: Any) -> None:
    assert exemple.count(old) == 1
    with pytest.raises(ContentError) as caught:
        load_content(write("ma/exemple.yaml", exemple.replace(old, new)))

    assert [f"content/ma/exemple.yaml:{says}"] == [str(mistake) for mistake in caught.value.mistakes]


def test_two_buttons_of_one_country_never_carry_the_same_words(exemple: str, write: Any) -> None:
    write("ma/exemple.yaml", exemple)
    other = exemple.replace("ma.exemple", "ma.second").replace(
        "official_link:", "related: [ma.exemple]\nofficial_link:"
    )

    with pytest.raises(ContentError) as caught:
        load_content(write("ma/second.yaml", other))

    assert [
        f"content/ma/second.yaml:7: '{text}' is also ma.exemple's; make one more precise"
        for text in ("Attestation exemple", "شهادة المثال", "شهادة المثال")
    ] == sorted(str(mistake) for mistake in caught.value.mistakes)
