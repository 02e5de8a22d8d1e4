"""SMS counting, conversion and splitting against 3GPP TS 23.038, with properties for every text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.sms_text import (
    GSM7_BASIC,
    GSM7_EXTENSION,
    SmsCount,
    is_gsm7,
    segments,
    split,
    to_gsm7_french,
)
from connectors.text import graphemes, utf16_units

ARABIC = "".join(map(chr, range(0x0621, 0x064B)))
TEXT = st.text(alphabet=st.one_of(st.sampled_from("aé ê€^{\n.؟،ش\u064e😀👨\u200d🇲🇦"), st.characters(codec="utf-8")))
SENTENCES = st.lists(st.text(alphabet="abcçéشغ€😀'", min_size=1, max_size=12), min_size=1, max_size=60).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", SmsCount("GSM-7", 1, 0, 160), id="an empty message costs one segment"),
        pytest.param("a" * 160, SmsCount("GSM-7", 1, 160, 160), id="160 septets fit into one segment"),
        pytest.param("a" * 161, SmsCount("GSM-7", 2, 161, 153), id="161 septets need two of 153"),
        pytest.param("a" * 306, SmsCount("GSM-7", 2, 306, 153), id="306 septets fit into two"),
        pytest.param("a" * 307, SmsCount("GSM-7", 3, 307, 153), id="307 septets need three"),
        pytest.param("€" * 80, SmsCount("GSM-7", 1, 160, 160), id="an extension character costs two septets"),
        pytest.param("€" * 153, SmsCount("GSM-7", 3, 306, 153), id="an escape pair is never split: 76 pairs a segment"),
        pytest.param("à è é ù ì ò Ç É", SmsCount("GSM-7", 1, 15, 160), id="GSM-7 has these French letters"),
        pytest.param("fenêtre", SmsCount("UCS-2", 1, 7, 70), id="one ê makes it UCS-2"),
        pytest.param("ش" * 70, SmsCount("UCS-2", 1, 70, 70), id="70 Arabic letters fit into one segment"),
        pytest.param("ش" * 71, SmsCount("UCS-2", 2, 71, 67), id="71 Arabic letters need two of 67"),
        pytest.param("ش" * 201, SmsCount("UCS-2", 3, 201, 67), id="201 Arabic letters fit into three"),
        pytest.param("ش" * 202, SmsCount("UCS-2", 4, 202, 67), id="202 Arabic letters need four"),
        pytest.param("😀" * 35, SmsCount("UCS-2", 1, 70, 70), id="an emoji costs two units"),
        pytest.param("😀" * 67, SmsCount("UCS-2", 3, 134, 67), id="a surrogate pair is never split: 33 a segment"),
    ],
)
def test_counting(text: str, expected: SmsCount) -> None:
    assert segments(text) == expected


def test_the_alphabet_is_that_of_the_standard() -> None:
    assert len(GSM7_BASIC) == 127  # 128 septets less the escape
    assert len(GSM7_EXTENSION) == 10
    assert not GSM7_BASIC & GSM7_EXTENSION


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("être à Salé, ça dépend", "etre à Salé, ca dépend", id="only letters that GSM-7 lacks change"),
        pytest.param("Œuvre, cœur, æ, Æ", "OEuvre, coeur, æ, Æ", id="ligatures are opened where GSM-7 lacks them"),
        pytest.param("ÀÂÊËÎÏÔÛŸ ÇÉ", "AAEEIIOUY ÇÉ", id="capitals lose accents that GSM-7 lacks"),
        pytest.param("l’été « gratuit » – 25\u00a0DH…", 'l\'été " gratuit " - 25 DH...', id="typography becomes plain"),
        pytest.param("25\u202f000\u2009DH", "25 000 DH", id="narrow spaces become spaces"),
        pytest.param("e\u0301te\u0301", "été", id="decomposed letters are composed first"),
        pytest.param("a\u200bb\u00adc\u2066d\u2069", "abcd", id="invisible characters go"),
        pytest.param("Bien 👍🏽 1️⃣ 👨‍👩‍👧", "Bien  1 ", id="emoji go, keycaps leave their digit"),
        pytest.param("n° 2 ½ m² ﬁn", "no 2 1/2 m2 fin", id="symbols are spelled"),
        pytest.param("60 € [timbre]", "60 € [timbre]", id="the extension table is used"),
        pytest.param("la CNIE (البطاقة الوطنية)", "la CNIE (البطاقة الوطنية)", id="Arabic is never replaced"),
        pytest.param("ⵜⴰⵎⴰⵣⵉⵖⵜ", "ⵜⴰⵎⴰⵣⵉⵖⵜ", id="Tifinagh is never replaced"),
        pytest.param("un\r\ndeux\rtrois\tquatre", "un\ndeux\ntrois quatre", id="line ends are one character"),
    ],
)
def test_french_conversion(text: str, expected: str) -> None:
    assert to_gsm7_french(text) == expected


FRENCH = "àâäæçéèêëîïôœùûüÿÀÂÄÆÇÉÈÊËÎÏÔŒÙÛÜŸ«»’‘“”–—…\u00a0\u202f°€ azAZ09.,;:!?'()%/+\n"


@given(st.text(alphabet=FRENCH))
def test_any_french_text_becomes_gsm7(text: str) -> None:
    assert is_gsm7(to_gsm7_french(text))


@pytest.mark.parametrize("char", FRENCH)
def test_no_character_of_french_is_lost(char: str) -> None:
    assert to_gsm7_french(char) != ""


@given(TEXT)
def test_conversion_is_idempotent(text: str) -> None:
    once = to_gsm7_french(text)
    assert to_gsm7_french(once) == once


@given(TEXT)
def test_conversion_keeps_every_arabic_character(text: str) -> None:
    def arabic(value: str) -> list[str]:
        return [char for char in value if char in ARABIC]

    assert sorted(arabic(to_gsm7_french(text + ARABIC))) == sorted(arabic(text + ARABIC))


@given(TEXT, TEXT)
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert segments(text).segments <= segments(text + more).segments


@given(TEXT, st.integers(min_value=1, max_value=4))
@example("€" * 200, 1)
@example("😀" * 100, 1)
@example("é" + "\u0301" * 300, 1)
def test_every_piece_fits_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert [piece for piece in pieces if segments(piece).segments > limit] == []
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(SENTENCES, st.integers(min_value=1, max_value=3))
def test_words_stay_whole(text: str, limit: int) -> None:
    assert " ".join(split(text, limit)).split() == text.split()


@given(st.text(alphabet="م\u064e\u0651a\u0301👨\u200d👩🇲🇦❤\ufe0f", min_size=80, max_size=400))
def test_what_a_reader_sees_as_one_letter_stays_whole(text: str) -> None:
    if max(utf16_units(cluster) for cluster in graphemes(text)) <= 70:
        assert [cluster for piece in split(text, 1) for cluster in graphemes(piece)] == graphemes(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing gives no message"),
        pytest.param("Bonjour", ["Bonjour"], id="what fits stays one message"),
        pytest.param("a" * 90 + "\n" + "b" * 90, ["a" * 90, "b" * 90], id="a paragraph's end comes before everything"),
        pytest.param(
            f"Un. {'deux ' * 20}fin. {'trois ' * 12}",
            [f"Un. {'deux ' * 20}fin.", ("trois " * 12).strip()],
            id="then the last sentence end",
        ),
        pytest.param(
            f"{'كلمة ' * 8}شنو؟ {'كلمة ' * 8}".strip(),
            [f"{'كلمة ' * 8}شنو؟", ("كلمة " * 8).strip()],
            id="an Arabic question mark ends a sentence",
        ),
        pytest.param(
            f"{'كلمة ' * 8}هنا، {'كلمة ' * 8}".strip(),
            [f"{'كلمة ' * 8}هنا،", ("كلمة " * 8).strip()],
            id="then an Arabic comma",
        ),
        pytest.param("mot " * 41, [("mot " * 40).strip(), "mot"], id="then a word's end"),
        pytest.param("x" * 200, ["x" * 160, "x" * 40], id="a word that fits nowhere is cut"),
        pytest.param(
            "Voir https://www.service-public.ma/passeport?x=1 " + "mot " * 30,
            ["Voir https://www.service-public.ma/passeport?x=1 " + ("mot " * 28).strip(), "mot mot"],
            id="the question mark of a link ends no sentence",
        ),
        pytest.param(
            "Pièces :\n1. " + "timbre " * 12 + "\n2. " + "photo " * 14,
            ["Pièces :\n1. " + ("timbre " * 12).strip(), "2. " + ("photo " * 14).strip()],
            id="a list's number stays with its line",
        ),
    ],
)
def test_where_a_text_is_cut(text: str, expected: list[str]) -> None:
    assert split(text, 1) == expected
