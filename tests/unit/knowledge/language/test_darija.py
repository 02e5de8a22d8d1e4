"""knowledge/language/darija.py and build_darija.py: dialect words read as standard Arabic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.language.build_darija import (
    BUILT,
    KINDS,
    VERBS,
    WORDS,
    MistakeInLexicon,
    Verb,
    affirmative,
    as_json,
    build,
    negated,
    read,
)
from knowledge.language.darija import is_known, lexicon, standard, standard_words
from knowledge.language.normalise import LEXICON, normalise

ARABIC_WORD = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", min_size=1, max_size=12)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
LARGEST = 1_000_000  # bytes of the built file


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        pytest.param("شحال", "كم", id="Moroccan how much"),
        pytest.param("قداه", "كم", id="Algerian how much"),
        pytest.param("كام", "كم", id="Hassaniya how much"),
        pytest.param("لاكارط", "بطاقه", id="the card, in French words"),
        pytest.param("البيرمي", "رخصه", id="the licence, with the Arabic article"),
        pytest.param("كريز", "رماديه", id="the grey card"),
        pytest.param("لافينيت", "ضريبه سياره", id="the road tax"),
        pytest.param("لقايد", "قياده", id="who sits in the qiyada"),
        pytest.param("وتا", "سياره", id="Hassaniya car"),
        pytest.param("كنخلصو", "دفع", id="a verb with its prefix and ending"),
        pytest.param("ماتقبلاتش", "لا قبول", id="a negated passive"),
        pytest.param("البلديه", "بلديه", id="a standard word is not cut into ب and لديه"),
        pytest.param("تتبع", "تتبع", id="a standard word that looks like an inflected one"),
        pytest.param("كنوبس", "كنوبس", id="a name that looks like a dialect word"),
        pytest.param("xyz", "xyz", id="an unknown word"),
    ],
)
def test_a_dialect_word_is_read_as_its_standard_word(word: str, meaning: str) -> None:
    assert standard(word) == meaning


def test_the_file_is_what_the_script_makes_of_the_words_and_verbs() -> None:
    assert (LEXICON / BUILT).read_text(encoding="utf-8") == as_json(build(read(WORDS), read(VERBS)))


def test_the_file_is_small_enough_to_load_at_every_start() -> None:
    assert (LEXICON / BUILT).stat().st_size <= LARGEST


def test_words_and_meanings_are_in_normal_form() -> None:
    wrong = [word for word in (*lexicon(), *lexicon().values(), *standard_words()) if normalise(word) != word]
    assert wrong == []


def test_no_dialect_word_is_read_as_another_dialect_word() -> None:
    chains = {
        word: meaning
        for word, meaning in lexicon().items()
        if " " not in meaning and lexicon().get(meaning, meaning) != meaning
    }
    assert chains == {}


@given(st.one_of(ARABIC_WORD, ANY_TEXT))
def test_any_word_has_a_standard_word_and_always_the_same(text: str) -> None:
    word = normalise(text)
    meaning = standard(word)
    assert bool(meaning) == bool(word)
    assert meaning == standard.__wrapped__(word)


@given(ARABIC_WORD)
def test_a_known_word_is_one_of_the_two_kinds(word: str) -> None:
    assert is_known(word) == (word in lexicon() or word in standard_words())


def test_a_regular_verb_has_the_forms_that_people_write() -> None:
    verb = Verb.parse("sound صيفط passive to_me object")
    assert {"صيفطت", "نصيفط", "كيصيفطو", "تصيفط", "صيفطولي", "صيفطتها"} <= set(affirmative(verb))
    assert {"ماصيفطتش", "مصيفطوش", "ماتصيفطاتش", "ماصيفطوليش"} <= set(negated(verb))


def test_a_hollow_verb_changes_its_vowel() -> None:
    forms = set(affirmative(Verb.parse("hollow شاف/شف/شوف object")))
    assert {"شاف", "شفت", "كنشوف", "شفتها"} <= forms
    assert "شافتي" not in forms


@given(
    st.sampled_from([kind for kind in KINDS if kind != "hollow"]), st.text("بتجحخدرسشعفقلمنو", min_size=2, max_size=6)
)
def test_no_form_is_affirmative_and_negated(kind: str, stem: str) -> None:
    verb = Verb.parse(f"{kind} {stem}")
    assert set(affirmative(verb)).isdisjoint(negated(verb))


@pytest.mark.parametrize(
    "line", ["sound", "weak صيفط", "sound صيفط often", "hollow شاف/شوف", "sound شاف/شف/شوف", ""], ids=repr
)
def test_a_line_that_is_no_verb_is_refused_with_its_text(line: str) -> None:
    with pytest.raises(MistakeInLexicon, match="is not 'kind stem options'"):
        Verb.parse(line)


def test_a_word_below_two_standard_words_is_refused() -> None:
    with pytest.raises(MistakeInLexicon, match="شحال"):
        build({"كم": ["شحال"], "متي": ["شحال"]}, {})


def test_a_word_that_is_not_in_normal_form_is_refused() -> None:
    with pytest.raises(MistakeInLexicon, match="normalised form"):
        build({"بطاقه": ["لاكارطة"]}, {})


def test_words_by_hand_go_before_built_forms_and_excluded_forms_are_not_built() -> None:
    table = build({"فاتوره": ["خلصو", "كارط+"]}, {"-": ["كنخلص"], "دفع": ["sound خلص"]})
    assert table["خلصو"] == "فاتوره"
    assert (table["كارط"], table["كارطي"]) == ("فاتوره", "فاتوره")
    assert "كنخلص" not in table
    assert table["نخلص"] == "دفع"
    assert table["مانخلصش"] == "لا دفع"
