"""knowledge/language/arabizi.py: Darija in Latin letters, written in Arabic script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.arabizi import french_words, is_arabizi, known_words, to_arabic, transliterate
from knowledge.language.normalise import normalise

TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
LATIN = st.text("abcdefghijklmnopqrstuvwxyz23456789", min_size=1, max_size=12)


@pytest.mark.parametrize("token", ["ch7al", "3lach", "khassni", "dyali", "bghit", "CH7AL", "n9dmo", "wakha", "5asni"])
def test_darija_in_latin_letters_is_arabizi(token: str) -> None:
    assert is_arabizi(token)


@pytest.mark.parametrize(
    "token", ["passeport", "fin", "documents", "2026", "شحال", "", "?", "004217", "combien", "la", "procédure"]
)
def test_other_words_are_not_arabizi(token: str) -> None:
    assert not is_arabizi(token)


@pytest.mark.parametrize(
    ("text", "arabic"),
    [
        pytest.param(
            "ch7al f casier judiciaire w fin n9dmo",
            "شحال ف casier judiciaire و فين نقدمو",
            id="French words stay and fin is read as where",
        ),
        pytest.param("chno khassni bach njedded", "شنو خاصني باش نجدد", id="known words in their usual spelling"),
        pytest.param("wach lbarmajiya", "واش لبارماجيا", id="an unknown word letter by letter"),
        pytest.param("quel est le prix à la fin", "quel est le prix a la fin", id="French text is only normalised"),
        pytest.param("شحال كتسوى la carte", "شحال كتسوي la carte", id="Arabic script stays"),
    ],
)
def test_text_in_arabic_script(text: str, arabic: str) -> None:
    assert to_arabic(text) == arabic


@pytest.mark.parametrize(
    ("word", "arabic"),
    [
        ("7ssab", "حساب"),
        ("3amma", "عاما"),
        ("khedmtou", "خدمتو"),
        ("ghouraf", "غوراف"),
        ("chi7aja", "شيحاجا"),
        ("9addemt", "قادمت"),
        ("5aliya", "خاليا"),
    ],
)
def test_letters_are_read_as_maghrebis_read_them(word: str, arabic: str) -> None:
    assert transliterate(word) == arabic


@given(TEXT)
def test_any_text_gives_the_same_again_in_normal_form(text: str) -> None:
    once = to_arabic(text)
    assert to_arabic(once) == once == normalise(once)


@given(LATIN)
def test_a_word_never_vanishes(word: str) -> None:
    assert bool(to_arabic(word)) == bool(normalise(word))


def test_lexicon_is_in_normal_form() -> None:
    spellings = [word for word in known_words() if normalise(word) != word]
    meanings = [word for word in known_words().values() if normalise(word) != word or word.isascii()]
    french = [word for word in french_words() if normalise(word) != word]
    assert (spellings, meanings, french) == ([], [], [])
