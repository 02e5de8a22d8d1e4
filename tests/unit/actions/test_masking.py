"""Numbers of people in a system's own sentences are not told; what a citizen needs is."""

from __future__ import annotations

import pytest

from actions.masking import masked


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("CNIE BE123456 illisible", "CNIE •••56 illisible", id="a Moroccan identity card"),
        pytest.param("NIN 109880012345678901", "NIN •••01", id="an Algerian national number"),
        pytest.param("الرقم ١٢٣٤٥٦٧٨٩٠ غير واضح", "الرقم •••٩٠ غير واضح", id="a number in Arabic digits"),
        pytest.param("appelé au 06 12 34 56 78", "appelé au •••78", id="a mobile telephone"),
        pytest.param("appelé au +212661234567", "appelé au •••67", id="a mobile telephone with its country"),
        pytest.param("écrit à amina.exemple@mail.example", "écrit à •••", id="an address"),
    ],
)
def test_is_masked(text: str, told: str) -> None:
    assert told == masked(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Complétez avant le 12/12/2026", id="a day"),
        pytest.param("Complétez avant le 12-12-2026 ou 2026-12-12", id="a day with dashes"),
        pytest.param("Guichet 3, 1 250 DH, bureau 204", id="counters and amounts"),
        pytest.param("Appelez le 05 37 12 34 56", id="an office in Rabat"),
        pytest.param("Appelez le 080 200 1234", id="a service number"),
        pytest.param("Dossier PA-2026-004217 à compléter", id="the file's own number"),
        pytest.param("الملف ناقص: الصورة", id="no number"),
    ],
)
def test_is_told(text: str) -> None:
    assert text == masked(text, "PA-2026-004217")
