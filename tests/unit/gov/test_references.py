"""A desk's reference in what people write, and what is none."""

from __future__ import annotations

import pytest

from connectors.gov.references import ReferenceRule

RULE = ReferenceRule()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("638344", id="alone"),
        pytest.param("٦٣٨٣٤٤", id="Arabic digits"),
        pytest.param("où en est ma réclamation n° 638344 ?", id="in a sentence"),
        pytest.param("#638344.", id="with its marks"),
        pytest.param("\u202b638\u200e344\u202c", id="bidi marks inside"),
    ],
)
def test_a_reference_is_found(text: str) -> None:
    assert "638344" == RULE.find(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("12/04/1990", id="a date"),
        pytest.param("12 04 1990", id="a date in pieces"),
        pytest.param("PA 2026 004217", id="a file number in pieces"),
        pytest.param("PA-2026-004217", id="a file number"),
        pytest.param("63834", id="a digit too few"),
        pytest.param("6383445", id="a digit too many"),
        pytest.param("je ne sais pas", id="words"),
        pytest.param("", id="nothing"),
    ],
)
def test_another_number_is_none(text: str) -> None:
    assert RULE.find(text) is None


def test_letters_are_read_in_either_case() -> None:
    assert "CAS-12" == ReferenceRule(r"[A-Z]{3}-\d+", "CAS-9").find("c'est le cas-12")


def test_a_pattern_that_its_example_does_not_fit_is_a_mistyped_setting() -> None:
    with pytest.raises(ValueError, match="does not fit the pattern"):
        ReferenceRule(r"[A-Z]{3}", "638344")
