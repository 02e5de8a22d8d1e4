"""knowledge/language/stem.py and concepts.py: spellings meet, and words of three languages mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.arabizi import to_arabic
from knowledge.language.concepts import concepts, concepts_of, lexicon
from knowledge.language.normalise import normalise, tokens
from knowledge.language.stem import forms, skeleton

WORD = st.one_of(
    st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=15),
    st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", min_size=1, max_size=15),
)


@pytest.mark.parametrize(
    ("word", "known"),
    [("والملف", "ملف"), ("بالبطاقه", "بطاقه"), ("كنخلص", "خلص"), ("وثايقها", "وثايق"), ("papiers", "papier")],
)
def test_a_word_is_recognised_without_what_is_attached_to_it(word: str, known: str) -> None:
    assert known in forms(word)


@pytest.mark.parametrize(
    ("one", "other"), [("صوره", "سوره"), ("طابع", "تابع"), ("باسبور", "بسبور"), ("passeport", "pasport")]
)
def test_spellings_of_one_word_share_their_consonants(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize("text", ["combien", "شحال", "كم", "ch7al", "بشحال", "قداش"])
def test_how_much_is_one_concept_in_every_language(text: str) -> None:
    assert concepts(to_arabic(text).split()) == ["howmuch"]


@pytest.mark.parametrize("text", ["fin", "فين", "أين", "وين"])
def test_where_is_one_concept_in_every_language(text: str) -> None:
    assert concepts(to_arabic(f"{text} n9dem" if text == "fin" else text).split())[0] == "where"


def test_unknown_words_are_about_nothing() -> None:
    assert concepts(tokens("zzyzx قسطنطينوبل")) == []


@given(WORD)
def test_the_word_itself_is_its_first_form_and_no_form_is_shorter_than_three_letters(word: str) -> None:
    found = forms(word)
    assert found[0] == word
    assert [form for form in found[1:] if len(form) < 3] == []


@given(WORD)
def test_any_word_has_a_skeleton_that_is_its_own_skeleton(word: str) -> None:
    assert skeleton(skeleton(word)) == skeleton(word)
    assert isinstance(concepts_of(word), tuple)


def test_the_lexicon_is_in_normal_form() -> None:
    assert [word for word in lexicon() if normalise(word) != word] == []
