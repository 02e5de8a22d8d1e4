"""knowledge/language/stem.py: a word without what is attached to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.normalise import normalise
from knowledge.language.stem import forms, skeleton

WORD = st.one_of(
    st.text("ءابتثجحخدذرزسشصضطظعغفقكلمنهوي", min_size=1, max_size=14),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=14),
    st.text(st.characters(exclude_categories=()), max_size=14).map(normalise),
)
SHORTEST = 3


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("والملف", "ملف"),
        ("فالقياده", "قياد"),
        ("كنخلص", "خلص"),
        ("كيتخلصو", "تخلص"),
        ("ديالهم", "ديال"),
        ("documents", "document"),
        ("ماشي", "ماش"),
    ],
)
def test_clitics_and_endings_come_off(word: str, form: str) -> None:
    assert form in forms(word)


@given(WORD)
def test_the_word_itself_comes_first_and_shorter_forms_are_parts_of_it(word: str) -> None:
    found = forms(word)
    assert found[0] == word
    assert len(set(found)) == len(found)
    assert all(form in word and SHORTEST <= len(form) < len(word) for form in found[1:])


@given(WORD)
def test_forms_of_the_same_word_are_always_the_same(word: str) -> None:
    assert forms(word) == forms("".join(word))


@given(WORD)
def test_a_skeleton_is_its_own_skeleton_and_never_longer(word: str) -> None:
    bones = skeleton(word)
    assert skeleton(bones) == bones
    assert len(bones) <= len(word)


@pytest.mark.parametrize(("one", "other"), [("لوراق", "لراق"), ("صوره", "سوره"), ("photocopie", "fotokopi")])
def test_spellings_of_one_word_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
