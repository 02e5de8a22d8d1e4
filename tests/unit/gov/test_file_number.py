"""File numbers as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.gov.file_number import FileNumberRule

RULE = FileNumberRule()


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        pytest.param("PA-2026-004217", "PA-2026-004217", "", id="as printed"),
        pytest.param("dossier pa ٢٠٢٦ ٠٠٤٢١٧ svp", "PA-2026-004217", "DOSSIER SVP", id="Arabic digits, in a sentence"),
        pytest.param("PA\u200f-2026-\u2066004217\u2069", "PA-2026-004217", "", id="bidi marks"),
        pytest.param("ＰＡ－２０２６－００４２１７", "PA-2026-004217", "", id="full-width"),
        pytest.param("PA-2026-004217 CN-2026-001503", "PA-2026-004217", "CN 2026 001503", id="the first of two"),
        pytest.param("PA-2026-4217", None, "PA 2026 4217", id="too short"),
        pytest.param("XPA-2026-004217", None, "XPA 2026 004217", id="a letter too many"),
        pytest.param("12/04/1990", None, "12 04 1990", id="a date"),
        pytest.param("", None, "", id="nothing"),
    ],
)
def test_a_number_is_found_and_the_rest_kept(text: str, number: str | None, rest: str) -> None:
    assert number == RULE.find(text)
    assert rest == RULE.without(text)


@given(st.text(max_size=200))
def test_any_text_is_accepted_and_what_is_found_is_canonical(text: str) -> None:
    found = RULE.find(text)

    assert found is None or found == RULE.find(found)


def test_a_very_long_text_is_cut_before_it_is_searched() -> None:
    assert RULE.find("x " * 1000 + "PA-2026-004217") is None


def test_another_system_has_its_own_pattern() -> None:
    rule = FileNumberRule(r"\d{1,6}-\d{4}-(?:19|20)\d{2}", "1032-7206-2024")

    assert "1032-7206-2024" == rule.find("الملف ١٠٣٢/٧٢٠٦/٢٠٢٤")


def test_a_pattern_may_be_anchored() -> None:
    assert "PA-2026-004217" == FileNumberRule(r"^[A-Z]{2}-\d{4}-\d{6}$").find("pa2026004217")


def test_an_example_that_does_not_fit_the_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="file number example 'PA-2026-004217' does not fit the pattern"):
        FileNumberRule(r"\d{4}-\d{4}")
