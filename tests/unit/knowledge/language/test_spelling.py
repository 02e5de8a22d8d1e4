"""knowledge/language/spelling.py: words spelled out from Latin letters, in the spelling of Arabic script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language import spelling
from knowledge.language.arabizi import to_arabic
from knowledge.language.normalise import normalise
from knowledge.language.spelling import respell

ARABIC_WORD = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("spelled", "written"),
    [
        pytest.param("كايخلسو", "كيخلصو", id="s for ص and a vowel too many"),
        pytest.param("تفل", "تفل", id="known as it is"),
        pytest.param("لموقاتاعا", "لموقاطعه", id="an article before a known word"),
        pytest.param("هساب", "حساب", id="h for ح"),
        pytest.param("فراشخون", "فراشخون", id="unknown"),
        pytest.param("انابك", "انابك", id="consonants alone are not enough"),
    ],
)
def test_a_spelled_word_is_written_as_arabic_script_writes_it(spelled: str, written: str) -> None:
    assert respell(spelled) == written


@pytest.mark.parametrize(
    ("latin", "arabic"),
    [
        pytest.param("liste ta3 lmasarif", "liste تاع لمصاريف", id="a French word stays"),
        pytest.param("3tini chahadat sokna", "عطيني شهادات سكني", id="a whole request"),
    ],
)
def test_arabizi_meets_the_spelling_of_arabic_script(latin: str, arabic: str) -> None:
    assert to_arabic(latin) == arabic


@given(ARABIC_WORD)
def test_any_word_stays_or_becomes_a_known_one_with_its_consonants(word: str) -> None:
    word = normalise(word)
    found = respell(word)
    assert found == respell.__wrapped__(word)
    assert spelling._consonants(found.translate(spelling._ALIKE)) == spelling._consonants(
        word.translate(spelling._ALIKE)
    )
    assert bool(found) == bool(word)


@given(st.text("abcdefghijklmnopqrstuvwxyz2345679", min_size=1, max_size=14))
def test_writing_twice_changes_nothing(word: str) -> None:
    once = to_arabic(word)
    assert to_arabic(once) == once
