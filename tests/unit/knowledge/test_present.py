"""A facet is shown as the sheet says it, short, with its source; what no source says is called missing."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from knowledge.labels import Voice, load_labels
from knowledge.loader import Catalogue, load_content
from knowledge.present import Presented, covers, present
from knowledge.procedures import ContentLanguage, Country, Facet, Procedure

LANGUAGES: tuple[ContentLanguage, ...] = ("ar", "fr", "ary")
TODAY = date(2026, 11, 22)


@pytest.fixture
def sheet(exemple: str, write: Any) -> Procedure:
    return load_content(write("ma/exemple.yaml", exemple)).by_id["ma.exemple"]


@pytest.fixture
def changed(exemple: str, write: Any) -> Any:
    """The example sheet with some of its text replaced."""

    def change(*replacements: tuple[str, str]) -> Procedure:
        text = exemple
        for old, new in replacements:
            assert text.count(old) == 1
            text = text.replace(old, new)
        return load_content(write("ma/exemple.yaml", text)).by_id["ma.exemple"]

    return change


SOURCE = "Source : Commune (2024-05) · fiche vérifiée le 22/11/2026"
SHORT = "Source : Commune, vérifié le 22/11/2026"
LINK = "https://commune.example.ma/attestation"


@pytest.mark.parametrize(
    ("facet", "language", "expected"),
    [
        (
            Facet.FEES,
            "fr",
            Presented(
                "Attestation exemple · Frais",
                ("20 DH (2024)", "Paiement : En espèces."),
                f"{SOURCE} · {LINK}",
                missing=False,
                source_short=SHORT,
            ),
        ),
        (
            Facet.FEES,
            "ar",
            Presented(
                "شهادة المثال · الرسوم",
                ("20 درهم (2024)", "طريقة الأداء: نقدا."),
                f"المصدر: Commune (2024-05) · تاريخ التحقق 22/11/2026 · {LINK}",
                missing=False,
                source_short="المصدر: Commune، تحقق 22/11/2026",
            ),
        ),
        (
            Facet.FEES,
            "ary",
            Presented(
                "شهادة المثال · الثمن",
                ("20 درهم (2024)", "كيفاش كتخلص: كاش."),
                f"المصدر: Commune (2024-05) · تراجعات نهار 22/11/2026 · {LINK}",
                missing=False,
                source_short="المصدر: Commune، تراجعات 22/11/2026",
            ),
        ),
        (
            Facet.DOCUMENTS,
            "fr",
            Presented(
                "Attestation exemple · Documents",
                ("1. Copie de la CNIE.", "2. Une photo."),
                f"{SOURCE} · {LINK}",
                missing=False,
                details=("Attention : Le nombre de photos diffère selon les sources.",),
                source_short=SHORT,
            ),
        ),
        (
            Facet.VALIDITY,
            "fr",
            Presented(
                "Attestation exemple · Validité",
                ("3 mois.",),
                "Source : Guide (2023) · fiche vérifiée le 22/11/2026 · https://commune.example.ma/",
                missing=False,
                source_short="Source : Guide, vérifié le 22/11/2026",
            ),
        ),
        (
            Facet.PROCESSING_TIME,
            "fr",
            Presented(
                "Attestation exemple · Délai",
                ("Aucune source vérifiée ne donne le délai.", "À vérifier : https://commune.example.ma/"),
                "fiche vérifiée le 22/11/2026",
                missing=True,
                source_short="fiche vérifiée le 22/11/2026",
            ),
        ),
        (
            Facet.OVERVIEW,
            "fr",
            Presented(
                "Attestation d'exemple",
                (
                    "Demandez l'attestation à la commune.",
                    "Frais : 20 DH",
                    "Où : Siège de la commune.",
                    "À vérifier : https://commune.example.ma/",
                ),
                SOURCE,
                missing=False,
                source_short=SHORT,
            ),
        ),
    ],
    ids=[
        "a price in French",
        "a price in Arabic",
        "a price in Darija",
        "documents are numbered, with the caution that concerns them",
        "an unofficial source is named but the official page is linked",
        "a fact that no source gives is called missing",
        "an overview",
    ],
)
def test_facets(facet: Facet, language: ContentLanguage, expected: Presented, sheet: Procedure) -> None:
    assert present(sheet, facet, language, TODAY) == expected


def test_a_draft_shows_its_official_page_and_no_fact(changed: Any) -> None:
    draft = changed(("state: published\nconfidence: medium", "state: draft\nconfidence: low"))

    for facet in Facet:
        assert present(draft, facet, "fr", TODAY) == Presented(
            "Attestation d'exemple",
            ("Cette fiche n'est pas encore vérifiée. Voyez le site officiel :", "https://commune.example.ma/"),
            "",
            missing=True,
        )


def test_darija_falls_back_to_arabic(changed: Any) -> None:
    sheet = changed((", ary: 3 شهور.", ""))

    assert present(sheet, Facet.VALIDITY, "ary", TODAY).lines == ("3 أشهر.",)


def test_several_prices_carry_their_labels(changed: Any) -> None:
    label = "label: {ar: الأولى, fr: Première, ary: اللولة}"
    sheet = changed(
        (
            '{amount: 20, currency: MAD, as_of: "2024", sources: [commune]}',
            (
                f"{{amount: 0, currency: MAD, {label}, sources: [commune]}}\n"
                f"    - {{amount: 12.50, currency: MAD, {label.replace('Première', 'Copie')}, sources: [commune]}}"
            ),
        )
    )

    assert present(sheet, Facet.FEES, "fr", TODAY).lines[:2] == ("Première : Gratuit", "Copie : 12.50 DH")
    assert present(sheet, Facet.OVERVIEW, "fr", TODAY).lines[1] == "Où : Siège de la commune."


def test_a_date_that_prices_share_is_said_once(changed: Any) -> None:
    label = "label: {ar: الأولى, fr: Première, ary: اللولة}"
    fees = [
        f'{{amount: 20, currency: MAD, {label}, as_of: "2024", sources: [commune]}}',
        f'{{amount: 5, currency: MAD, {label.replace("Première", "Copie")}, as_of: "2024", sources: [commune]}}',
    ]
    sheet = changed(('{amount: 20, currency: MAD, as_of: "2024", sources: [commune]}', "\n    - ".join(fees)))

    assert present(sheet, Facet.FEES, "fr", TODAY).lines[:3] == ("Tarifs 2024", "Première : 20 DH", "Copie : 5 DH")


def test_how_it_is_paid_is_told_even_where_the_price_is_missing(changed: Any) -> None:
    sheet = changed(('  items:\n    - {amount: 20, currency: MAD, as_of: "2024", sources: [commune]}\n', ""))

    shown = present(sheet, Facet.FEES, "fr", TODAY)
    assert shown.missing
    assert shown.lines == (
        "Aucune source vérifiée ne donne le montant.",
        "À vérifier : https://commune.example.ma/",
        "Paiement : En espèces.",
    )


def test_a_long_deep_link_gives_way_to_the_page_to_check(changed: Any) -> None:
    sheet = changed(("https://commune.example.ma/attestation", "https://commune.example.ma/" + "x" * 60))

    assert present(sheet, Facet.FEES, "fr", TODAY).source == f"{SOURCE} · https://commune.example.ma/"


@pytest.mark.parametrize(
    ("value", "currency", "language", "text"),
    [
        ("75", "MAD", "fr", "75 DH"),
        ("75.00", "MAD", "ary", "75 درهم"),
        ("0", "MAD", "ar", "مجانا"),
        ("0", "MAD", "ary", "فابور"),
        ("2.50", "MAD", "fr", "2.50 DH"),
        ("6000", "DZD", "fr", "6000 DA"),
        ("12000", "DZD", "ar", "12 000 دج"),
        ("250", "MRU", "fr", "250 MRU"),
    ],
)
def test_amounts(value: str, currency: str, language: ContentLanguage, text: str) -> None:
    assert Voice(language, Country.MA).amount(Decimal(value), currency) == text


def test_a_copy_of_an_official_page_is_called_so_and_gives_way_to_the_official_address(changed: Any) -> None:
    copied = ("kind: official,", "kind: official_mirror,")
    sheet = changed(copied)
    unofficial = changed(copied, ("official_link: https://commune.example.ma/\n", ""))

    named = "Source : Commune (2024-05) · copie d'une page officielle · fiche vérifiée le 22/11/2026"
    assert present(sheet, Facet.FEES, "fr", TODAY).source == f"{named} · https://commune.example.ma/"
    assert present(unofficial, Facet.FEES, "fr", TODAY).source == f"{named} · {LINK}"


@pytest.mark.parametrize(
    ("country", "heading", "line"),
    [
        (Country.MA, "شهادة المثال · فين كتدار", "فالأنترنيت: https://commune.example.ma/ (الموعد)"),
        (Country.DZ, "شهادة المثال · وين تروح", "فالأنترنت: https://commune.example.ma/ (الموعد)"),
    ],
)
def test_darija_is_that_of_the_sheet_s_country(country: Country, heading: str, line: str, changed: Any) -> None:
    note = "online_note: {text: {ar: الموعد., fr: Rendez-vous., ary: الموعد.}, sources: [commune]}"
    online = f"where:\n  online: https://commune.example.ma/\n  sources: [commune]\n  {note}\n"
    sheet = changed(("where:\n", online)).model_copy(update={"country": country})

    shown = present(sheet, Facet.WHERE, "ary", TODAY)
    assert (heading, line) == (shown.heading, shown.lines[-1])


def test_mauritanian_readers_get_plain_arabic_labels(changed: Any) -> None:
    sheet = changed().model_copy(update={"country": Country.MR})

    assert present(sheet, Facet.FEES, "ary", TODAY) == present(sheet, Facet.FEES, "ar", TODAY)
    assert Voice("ary", Country.MR).amount(Decimal(100), "MRU") == "100 أوقية جديدة"


def test_algerian_labels_hold_no_moroccan_word() -> None:
    voice = Voice("ary", Country.DZ)
    labels = [voice.facet(facet) for facet in Facet]
    labels += [voice.missing(facet) for facet in Facet if facet is not Facet.OVERVIEW]
    labels += [voice.word(word) for word in load_labels().words]

    moroccan = re.compile(r"\b(?:فين|ديال|د|خاص\w*|كت\w+|كي(?!فاش)\w+|فابور|دابا|شنو|بزاف|تمشي)\b")
    assert [] == [label for label in labels if moroccan.search(label)]
    assert len(labels) > 20


def test_a_sheet_covers_its_neighbour_when_it_says_as_much(sheet: Procedure, changed: Any) -> None:
    dearer = changed(("amount: 20", "amount: 30"))
    reworded = changed(("fr: 3 mois.", "fr: Trois mois (3)."))
    silent = changed(("validity:\n  text: {ar: 3 أشهر., fr: 3 mois., ary: 3 شهور.}\n  sources: [guide]\n", ""))

    assert covers(sheet, sheet, Facet.FEES)
    assert not covers(sheet, dearer, Facet.FEES)
    assert covers(sheet, reworded, Facet.VALIDITY)
    assert not covers(sheet, silent, Facet.VALIDITY)
    assert covers(sheet, dearer, Facet.DOCUMENTS)
    assert not covers(sheet, sheet, Facet.STEPS)


def test_every_facet_has_a_label_and_a_sentence_for_when_it_is_missing(sheet: Procedure) -> None:
    empty = sheet.model_copy(
        update=dict.fromkeys(("processing_time", "validity", "eligibility"))
        | {"documents": (), "steps": (), "fees": type(sheet.fees)(), "where": type(sheet.where)()}
    )
    for facet in Facet:
        for language in LANGUAGES:
            assert Voice(language, Country.MA).facet(facet)
            shown = present(empty, facet, language, TODAY)
            assert shown.missing is (facet is not Facet.OVERVIEW)
            assert shown.lines[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_answer_is_fit_to_send(language: ContentLanguage, catalogue: Catalogue) -> None:
    for procedure in catalogue.published:
        for facet in Facet:
            shown = present(procedure, facet, language, TODAY)
            text = "\n".join([shown.heading, *shown.lines, *shown.details, shown.source])
            assert text.count("https://") + text.count("http://") <= 1, f"{procedure.id} {facet}: one link at most"
            assert not re.search(r"[٠-٩]|None|\n\n", text), f"{procedure.id} {facet}: {text}"
            assert f"{procedure.checked_on:%d/%m/%Y}" in shown.source, f"{procedure.id} {facet}"
            assert len(shown.lines) <= 5 or facet is not Facet.OVERVIEW
            assert not any(note in text for note in procedure.editor_notes)
