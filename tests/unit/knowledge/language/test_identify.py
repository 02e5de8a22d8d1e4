"""knowledge/language/identify.py: which language a short message is in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.identify import Identification, identify


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("شنو خاصني باش نجدد لاكارط؟", "ary", id="Darija"),
        pytest.param("combien coute le passeport", "fr", id="French without accents"),
        pytest.param("ch7al f casier judiciaire w fin n9dmo", "ary-Latn", id="Arabizi around a French name"),
        pytest.param("كم مدة صلاحية جواز السفر؟", "ar", id="Modern Standard Arabic"),
        pytest.param("w ch7al?", "ary-Latn", id="two short words of Arabizi"),
        pytest.param("بغيت نعرف le prix ديال passeport", "ary", id="Darija with French words in Latin letters"),
        pytest.param("merci beaucoup", "fr", id="French thanks"),
        pytest.param("chokran bzaf", "ary-Latn", id="Darija thanks"),
        pytest.param("قداش لازم نخلص تاع الباسبور", "ary", id="Algerian Darja"),
    ],
)
def test_main_language(text: str, language: str) -> None:
    assert identify(text).language == language


@pytest.mark.parametrize("text", ["", "2", "😀", "?!", "١٢٣"])
def test_a_text_without_letters_has_no_shares(text: str) -> None:
    assert identify(text) == Identification("ar", {})


def test_a_mixed_message_shows_both_languages() -> None:
    shares = identify("بغيت نعرف le prix du passeport biométrique").shares
    assert shares["ary"] > 0.2
    assert shares["fr"] > 0.4


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_shares_of_any_text_add_up_to_one_or_are_absent(text: str) -> None:
    shares = identify(text).shares
    assert not shares or abs(sum(shares.values()) - 1) < 0.005
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert all(share > 0 for share in shares.values())


@given(st.text("شحال كتسوى lcarte nationale 3lach بطاقة السفر؟ délai", max_size=80))
def test_the_main_language_has_a_share_and_never_changes(text: str) -> None:
    found = identify(text)
    assert found == identify(text)
    assert not found.shares or found.shares.keys() <= {"ar", "fr", "ary", "ary-Latn"}


def test_a_message_takes_less_than_a_fifth_of_a_millisecond() -> None:
    text = "شنو هوما الوراق اللي خاصني باش نجدد لاكارط ناسيونال ديالي عافاك؟"
    identify(text)
    best = min(_seconds(text) for _ in range(50))
    assert best < 0.0002


def _seconds(text: str) -> float:
    started = time.perf_counter()
    identify(text)
    return time.perf_counter() - started
