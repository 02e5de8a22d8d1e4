"""An answer says when its sheet was last checked long ago, and when its price is old."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from knowledge.freshness import Limits, is_old, load_limits, old_price_year
from knowledge.loader import load_content
from knowledge.present import present
from knowledge.procedures import ContentLanguage, Country, Facet, Procedure

CHECKED = date(2026, 11, 22)  # in the example
LIMIT = timedelta(days=load_limits().checked_days[Country.MA])
OVER = CHECKED + LIMIT + timedelta(days=1)


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


@pytest.mark.parametrize(("on", "old"), [(CHECKED + LIMIT, False), (OVER, True)])
def test_a_sheet_is_old_once_its_country_s_days_are_over(on: date, old: bool, changed: Any) -> None:
    assert old is is_old(changed(), on)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("fr", "fiche vérifiée le 22/11/2026 (vérification ancienne : confirmez avant d'y aller)"),
        ("ar", "تاريخ التحقق 22/11/2026 (تحقق قديم: تأكد قبل الذهاب)"),
        ("ary", "تراجعات نهار 22/11/2026 (مراجعة قديمة: تأكد قبل ما تمشي)"),
    ],
)
@pytest.mark.parametrize("facet", list(Facet))
def test_every_answer_of_an_old_sheet_says_so(facet: Facet, language: ContentLanguage, says: str, changed: Any) -> None:
    sheet = changed()

    assert says in present(sheet, facet, language, OVER).source
    assert says not in present(sheet, facet, language, CHECKED + LIMIT).source


def test_a_text_message_says_so_too(changed: Any) -> None:
    said = "Source : Commune, vérifié le 22/11/2026 (vérification ancienne : confirmez avant d'y aller)"

    assert said == present(changed(), Facet.FEES, "fr", OVER).source_short


@pytest.mark.parametrize(
    ("as_of", "on", "year"),
    [
        ("2024", date(2026, 12, 31), None),
        ("2024", date(2027, 1, 1), 2024),
        ("2024-05", date(2026, 5, 31), None),
        ("2024-05", date(2026, 6, 1), 2024),
        ("2024-05-14", date(2026, 5, 14), None),
        ("2024-05-14", date(2026, 5, 15), 2024),
    ],
)
def test_a_price_is_old_when_it_surely_is(as_of: str, on: date, year: int | None, changed: Any) -> None:
    sheet = changed(('as_of: "2024"', f'as_of: "{as_of}"'))

    assert year == old_price_year(sheet, sheet.fees.items, on)


def test_a_price_without_a_date_has_its_source_s(changed: Any) -> None:
    sheet = changed((', as_of: "2024"', ""))  # the source is of 2024-05

    assert old_price_year(sheet, sheet.fees.items, date(2026, 5, 31)) is None
    assert old_price_year(sheet, sheet.fees.items, date(2026, 6, 1)) == 2024


def test_a_price_of_unknown_age_is_not_called_old(changed: Any) -> None:
    sheet = changed((', as_of: "2024"', ""), (', date: "2024-05"', ""))

    assert old_price_year(sheet, sheet.fees.items, date(2050, 1, 1)) is None


def test_an_old_price_is_told_with_its_year(changed: Any) -> None:
    sheet, on = changed(('as_of: "2024"', 'as_of: "2020"')), CHECKED

    assert present(sheet, Facet.OVERVIEW, "fr", on).lines[1] == "Frais : 20 DH (2020)"
    assert present(sheet, Facet.FEES, "fr", on).lines == (
        "20 DH (2020)",
        "Ce tarif date de 2020 : il a pu changer.",
        "Paiement : En espèces.",
    )
    assert present(sheet, Facet.FEES, "ar", on).lines[1] == "هذا السعر يعود إلى 2020: ربما تغير."


def test_a_limit_is_needed_for_every_country() -> None:
    with pytest.raises(ValidationError, match="no limit for dz, mr; give each country its days"):
        Limits(checked_days={Country.MA: 365}, price_years=2)
