"""knowledge/language/normalise.py: one written form, whatever keyboard a message came from."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.normalise import ascii_digits, clean, french_words, normalise, shorthand, tokens

SHORTEST_ELIDED = 4  # letters of a word whose apostrophe may be left out
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)
OUR_LETTERS = (
    "abcdefghijklmnopqrstuvwxyzéèêàçùœABCÉ0123456789٠١٢٣٤٥٦٧٨٩۴"
    "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيگڭڤپچ'’ -?؟،.\u064b\u0651\u200f\u202e"
)
OUR_TEXT = st.text(OUR_LETTERS, max_size=80)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("شحاااااال كتسوى لاكارط؟؟", "شحال كتسوي لاكارط", id="stretched letters and question marks"),
        pytest.param("ٱلْعَرَبِيَّة", "العربيه", id="short vowels, shadda, alef wasla, ta marbuta"),
        pytest.param("أريد إجراء آخر شراء", "اريد اجرا اخر شرا", id="hamza on any carrier and without one"),
        pytest.param("مـــغـــرب", "مغرب", id="tatweel"),
        pytest.param("گريز ڭريز ڤيزا پاسبور", "كريز كريز فيزا باسبور", id="Maghrebi g, v, p"),
        pytest.param("يک کارت فارسی", "يك كارت فارسي", id="letters of a Persian keyboard"),
        pytest.param("٣٠٠ درهم و ۲۰ يوم", "300 درهم و 20 يوم", id="Arabic-Indic and Persian digits"),
        pytest.param("ب300درهم", "ب 300 درهم", id="digits glued to Arabic words"),
        pytest.param("300dh 18ans 5dh", "300 dirham 18 ans 5 dirham", id="numbers glued to their unit"),
        pytest.param("CH7AL sa77a 3lach", "ch7al sa77a 3lach", id="digits that are letters stay in their word"),
        pytest.param("L’extrait d'acte qu'il", "l extrait d acte qu il", id="French elision"),
        pytest.param("d'identité jusqu’à qu'est-ce", "d identite jusqu a qu est ce", id="both apostrophes"),
        pytest.param("lattestation dextrait", "l attestation d extrait", id="French elision without an apostrophe"),
        pytest.param("dette quelle lecture metre", "dette quelle lecture metre", id="French words that look elided"),
        pytest.param("jai jsuis cest", "j ai je suis c est", id="the commonest elisions of hurried French"),
        pytest.param("msg qqch tps dmde ajd", "message quelque chose temps demande aujourd hui", id="more shorthand"),
        pytest.param("Délai ÇA cœur créée", "delai ca coeur cree", id="French accents and ligatures"),
        pytest.param("slt svp cb pr 1 doc", "salut s il vous plait combien pour 1 document", id="SMS shorthand"),
        pytest.param("merciiii 😀😀 شكراً 🇲🇦", "merci شكرا", id="emoji are gaps"),
        pytest.param("جواز\u200f \u202eالسفر\u202c", "جواز السفر", id="bidi marks vanish"),
        pytest.param("PA-2026-000111", "pa 2026 000111", id="repeated digits stay"),
        pytest.param("", "", id="nothing"),
        pytest.param("?!؟", "", id="punctuation only"),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.one_of(ANY_TEXT, OUR_TEXT))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(OUR_TEXT)
def test_case_composition_and_bidi_marks_make_no_difference(text: str) -> None:
    disguised = "\u200f".join(unicodedata.normalize("NFD", text.upper() if text.isascii() else text))
    assert normalise(disguised) == normalise(text)


@given(ANY_TEXT)
def test_a_letter_is_never_lost_altogether(text: str) -> None:
    has_letter = any(unicodedata.category(char) in ("Ll", "Lu", "Lo", "Nd") for char in text)
    assert bool(normalise(text)) or not has_letter


@given(ANY_TEXT)
def test_tokens_are_words_without_blanks_or_punctuation(text: str) -> None:
    assert all(token.isalnum() for token in tokens(text))


def test_every_shorthand_and_its_meaning_is_in_normal_form() -> None:
    wrong = {
        short: meaning
        for short, meaning in shorthand().items()
        if len(short.split()) != 1 or normalise(short) != meaning or normalise(meaning) != meaning
    }
    assert wrong == {}


@given(ANY_TEXT)
def test_cleaning_leaves_no_invisible_control_and_is_idempotent(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert [c for c in cleaned if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"] == []


def test_cleaning_keeps_what_a_citizen_wrote() -> None:
    assert clean(" \u202eL’été à 20 €,\nشُكْراً 😀\u200f ") == "L’été à 20 €,\nشُكْراً 😀"


@given(ANY_TEXT)
def test_only_digits_change_in_ascii_digits(text: str) -> None:
    changed = [(a, b) for a, b in zip(text, ascii_digits(text), strict=True) if a != b]
    assert all(unicodedata.decimal(before) == int(after) for before, after in changed)


def test_digits_of_every_keyboard_become_ascii() -> None:
    assert ascii_digits("PA-٢٠٢٦-٠٠۴۲١٧ \uff13") == "PA-2026-004217 3"


ELISIBLE = sorted(word for word in french_words() if len(word) >= SHORTEST_ELIDED and word[0] in "aeiouh")


@given(st.sampled_from(["l", "d", "qu", "jusqu"]), st.sampled_from(ELISIBLE))
def test_a_french_word_is_found_with_and_without_its_apostrophe(before: str, word: str) -> None:
    whole = before + word
    if whole in french_words() or whole in shorthand():
        assert normalise(whole) in (whole, shorthand().get(whole))
    else:
        assert normalise(whole) == normalise(f"{before}'{word}") == normalise(f"{before}’{word}") == f"{before} {word}"
