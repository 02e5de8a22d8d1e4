"""The cards of official pages: complete, sourced, short, and in step with the sheets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.settings import PROJECT
from connectors.gov.identifiers import IDENTIFIERS, Form
from connectors.gov.trackers import Tracker, Trackers, load_trackers
from knowledge.loader import load_content

CARDS = load_trackers().cards
LANGUAGES = ("ar", "fr", "ary")
ARABIC = re.compile(r"[ء-ي]")
ALGERIAN = re.compile(r"تاع|واش|نيميرو|السيت|يجيك|تلقى|راه|كي ")
MOROCCAN_ONLY = re.compile(r"ديال|كي[ا-ي]{3,}|غادي|نمرة")

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)


@each_card
def test_a_card_is_of_its_country_and_its_sheets_exist(card: Tracker) -> None:
    catalogue = load_content(PROJECT / "knowledge" / "content")

    assert card.id.startswith(card.country)
    for sheet in card.procedures:
        assert catalogue.get(sheet) is not None, sheet
        assert sheet.startswith(f"{card.country}.")


@each_card
def test_a_link_leads_to_an_official_host_by_https(card: Tracker) -> None:
    assert "https" == card.link.scheme
    assert card.link.host is not None
    assert card.link.host.removeprefix("www.").endswith((".ma", ".gov.dz", "mjustice.dz", "cnrc.dz", ".gov.mr"))


@each_card
def test_texts_are_in_their_language_and_three_short_lines(card: Tracker) -> None:
    for text in (card.name, card.needs, card.expect):
        assert ARABIC.search(text.ar)
        assert not ARABIC.search(text.fr)
        assert card.country == "mr" or text.ary is not None


@each_card
def test_algerian_darija_is_algerian_and_moroccan_is_moroccan(card: Tracker) -> None:
    darija = " ".join(text.ary or "" for text in (card.name, card.needs, card.expect))

    if card.country == "dz":
        assert ALGERIAN.search(darija)
        assert not MOROCCAN_ONLY.search(darija)
    if card.country == "ma":
        assert not re.search(r"\bتاع\b|نيميرو|علاباليش", darija)


@each_card
def test_the_same_numbers_stand_in_every_language(card: Tracker) -> None:
    for text in (card.needs, card.expect):
        numbers = {tuple(sorted(re.findall(r"\d+", text.get(language)))) for language in LANGUAGES}
        assert 1 == len(numbers), numbers


@each_card
def test_no_card_asks_for_a_password(card: Tracker) -> None:
    texts = " ".join(text.get(language) for text in (card.needs, card.expect) for language in LANGUAGES)

    assert not re.search(r"mot de passe|كلمة السر|كلمة المرور", texts)


def test_every_country_has_cards_and_no_sheet_has_two() -> None:
    assert {"ma", "dz", "mr"} == {card.country for card in CARDS}
    sheets = [sheet for card in CARDS for sheet in card.procedures]
    assert len(set(sheets)) == len(sheets)


def test_a_sheet_leads_to_its_card() -> None:
    trackers = load_trackers()

    assert "ma_passeport" == (trackers.of("ma.passeport_renouvellement") or CARDS[-1]).id
    assert trackers.of("ma.vignette_tsav") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"number": "iban"}, "no rule 'iban'", id="an unknown rule"),
        pytest.param({"sources": []}, "at least 1 item", id="no source"),
        pytest.param({"link": "passeport"}, "valid URL", id="no address"),
        pytest.param({"hint": "x"}, "Extra inputs", id="an unknown key"),
    ],
)
def test_a_wrong_card_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Tracker.model_validate({**CARDS[0].model_dump(mode="json"), **changes})


def test_a_page_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trackers.yaml"
    text = (PROJECT / "connectors" / "gov" / "trackers.yaml").read_text("utf-8")
    file.write_text(text.replace("id: ma_cnie", "id: ma_passeport"), "utf-8")

    with pytest.raises(ValueError, match="ma_passeport stands twice"):
        load_trackers(file)


def test_no_cards_are_no_error() -> None:
    assert Trackers(()).of("ma.casier_judiciaire") is None


# ---- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        ("ma_cnie", "ma carte ab 123456 svp", "AB123456"),
        ("ma_cnie", "ي a٩٨٧٦٥", "A98765"),
        ("ma_court_file", "1032/7206/2024", "1032-7206-2024"),
        ("ma_court_file", "الملف ١٠٣٢/٧٢٠٦/٢٠٢٤", "1032-7206-2024"),
        ("dz_nin", "1098 7011 2003 4500 17", "109870112003450017"),
        ("mr_nni", "NNI 123 456 78 89", "1234567889"),
    ],
)
def test_a_number_is_found_as_people_type_it(kind: str, text: str, canonical: str) -> None:
    assert canonical == IDENTIFIERS[kind].find(text)
    assert Form.FITS is IDENTIFIERS[kind].check(text)


@pytest.mark.parametrize(
    ("kind", "text", "form"),
    [
        ("mr_nni", "1234567888", Form.DOES_NOT_FIT),
        ("dz_nin", "12345", Form.DOES_NOT_FIT),
        ("ma_court_file", "7206/2024", Form.DOES_NOT_FIT),
        ("ma_cnie", "où en est ma carte ?", Form.NO_NUMBER),
        ("dz_nin", "2 fois", Form.NO_NUMBER),
    ],
)
def test_another_form_is_said_to_be_one_and_no_number_is_no_mistake(kind: str, text: str, form: Form) -> None:
    assert form is IDENTIFIERS[kind].check(text)


@given(st.integers(0, 10**10 - 1))
def test_an_nni_is_right_exactly_when_its_remainder_is_one(number: int) -> None:
    fits = Form.FITS is IDENTIFIERS["mr_nni"].check(f"{number:010}")

    assert (number % 97 == 1) is fits


@given(st.text(max_size=200), st.sampled_from(sorted(IDENTIFIERS)))
def test_no_text_breaks_a_check(text: str, kind: str) -> None:
    assert IDENTIFIERS[kind].check(text) in Form
