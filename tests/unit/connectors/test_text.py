"""Letters as a reader sees them, and cutting between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.text import graphemes, split, storable, truncate, utf16_units


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("سَلام", ["سَ", "ل", "ا", "م"], id="a vowel mark belongs to its letter"),
        pytest.param("e\u0301a", ["e\u0301", "a"], id="a combining accent belongs to its letter"),
        pytest.param("🇲🇦🇩🇿", ["🇲🇦", "🇩🇿"], id="two letters make a flag"),
        pytest.param("👨‍👩‍👧a", ["👨‍👩‍👧", "a"], id="a joined family is one"),
        pytest.param("👍🏽!", ["👍🏽", "!"], id="a skin tone belongs to its hand"),
        pytest.param("1️⃣2", ["1️⃣", "2"], id="a keycap is one"),
        pytest.param("\r\n\n", ["\r\n", "\n"], id="carriage return and line feed are one line end"),
    ],
)
def test_graphemes(text: str, expected: list[str]) -> None:
    assert graphemes(text) == expected


@given(st.text())
def test_graphemes_lose_nothing(text: str) -> None:
    assert "".join(graphemes(text)) == text


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        pytest.param("Documents", 20, "Documents", id="what fits is kept"),
        pytest.param("Renouvellement de la carte", 20, "Renouvellement de l…", id="what does not ends in an ellipsis"),
        pytest.param("Renouveler la carte 👨‍👩‍👧", 24, "Renouveler la carte…", id="no half family"),
        pytest.param("سَلَامٌ", 4, "سَ…", id="no letter without its mark"),
        pytest.param("deux\nlignes", 20, "deux lignes", id="one line"),
        pytest.param("a", 0, "", id="no room gives nothing"),
    ],
)
def test_truncate(text: str, limit: int, expected: str) -> None:
    assert truncate(text, limit) == expected


@given(st.text(), st.integers(min_value=0, max_value=40))
def test_truncate_never_exceeds_the_limit(text: str, limit: int) -> None:
    assert utf16_units(truncate(text, limit)) <= limit


@given(st.text(alphabet=st.characters(codec=None)))
def test_storable_text_can_be_stored(text: str) -> None:
    kept = storable(text)
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert "\x00" not in kept
    assert storable(kept) == kept


def test_a_room_in_which_nothing_fits_is_an_error() -> None:
    with pytest.raises(ValueError, match="not even one character fits"):
        split("a", lambda _: False)
