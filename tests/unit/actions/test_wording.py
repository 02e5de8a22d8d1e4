"""The wording files: complete in every language, short enough, and wrong ones named exactly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actions.contract import CountryCode
from actions.payloads import MAX_BYTES
from actions.replies import (
    LANGUAGES,
    Variety,
    Wording,
    WordingError,
    load_wording,
    placeholders,
    read_sentences,
    variety,
)
from connectors.messages import ReplyLanguage

WORDING = load_wording()
ARABIC, LATIN = re.compile(r"[ء-ي]"), re.compile(r"[a-zà-ÿ]{2,}", re.IGNORECASE)
VARIETIES: tuple[Variety, ...] = (*LANGUAGES, "arq")
MOROCCAN = re.compile(r"ديال|هادشي|بغي|غادي|شنو|أشمن|دابا|صيفط|عافاك|فين |(?<![ء-ي])(?:كت|كن|كي)(?:دار|تحسب|عرف|قر)")
TWO_SEGMENTS = {"ar": 134, "ary": 134, "arq": 134, "fr": 306}  # characters in two concatenated SMS: UCS-2, GSM-7


def texts(**changes: str) -> dict[ReplyLanguage, dict[str, str]]:
    return {language: {"hello": "a {name}", "go_short": "b", **changes} for language in LANGUAGES}


@pytest.mark.parametrize("language", VARIETIES)
@pytest.mark.parametrize("key", sorted(WORDING.keys))
def test_a_sentence_fits_two_sms_and_is_in_its_own_script(language: Variety, key: str) -> None:
    names = placeholders(WORDING._texts[language][key])
    text = WORDING.text(language, key, **dict.fromkeys(names, ""))

    assert len(text) <= TWO_SEGMENTS[language] or key == "help"
    if key.startswith("language_") and key not in {"language_set", "language_which"}:
        return  # a language's own name
    words = text.replace("START", "").replace("STOP", "")
    assert not (ARABIC if language == "fr" else LATIN).search(words)


@pytest.mark.parametrize("language", VARIETIES)
def test_every_choice_fits_a_button_and_a_callback(language: Variety) -> None:
    named = [WORDING.choice(language, key) for key in WORDING.keys if key.startswith("choose_") and "short" not in key]
    longest_id = "ma." + "x" * 43  # the longest id that knowledge/procedures.py allows
    facets = [
        WORDING.facet_choice(language, longest_id, key.removeprefix("facet_"))
        for key in WORDING.keys
        if key.startswith("facet_") and "short" not in key
    ]

    assert 17 == len(named)
    assert 8 == len(facets)
    for choice in (*named, *facets, *WORDING.language_choices()):
        assert len(choice.short) <= 20
        assert len(choice.payload.encode()) <= MAX_BYTES


def test_a_language_without_a_sentence_is_named() -> None:
    given = texts()
    del given["fr"]["hello"]

    with pytest.raises(WordingError, match=r"ar.yaml and fr.yaml differ in: hello"):
        Wording(given)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("- hello", "fr.yaml: write one `key: sentence` a line", id="a list"),
        pytest.param("hello: {a: b}", "fr.yaml: hello: write a sentence", id="a colon that was not quoted"),
        pytest.param("hello:", "fr.yaml: hello: write a sentence", id="nothing"),
    ],
)
def test_a_file_with_anything_but_sentences_is_refused(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "fr.yaml"
    file.write_text(content, encoding="utf-8")

    with pytest.raises(WordingError, match=said):
        read_sentences(file)


def test_a_lost_placeholder_is_named() -> None:
    given = texts()
    given["ary"]["hello"] = "c"

    with pytest.raises(WordingError, match=r"ary.yaml: hello: other \{placeholders\} than in ar.yaml"):
        Wording(given)


def test_a_button_that_is_too_long_is_named() -> None:
    with pytest.raises(WordingError, match=r"ar.yaml: go_short: 21 characters, a button holds 20"):
        Wording(texts(go_short="x" * 21))


@pytest.mark.parametrize(("key", "values"), [("nothing", {}), ("hello", {})], ids=["unknown key", "missing value"])
def test_asking_for_what_is_not_there_is_an_error(key: str, values: dict[str, str]) -> None:
    with pytest.raises(WordingError):
        Wording(texts()).text("ar", key, **values)


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert "a {0.__class__}" == Wording(texts()).text("ar", "hello", name="{0.__class__}")


@pytest.mark.parametrize(
    ("language", "country", "expected"),
    [("ary", "ma", "ary"), ("ary", "dz", "arq"), ("ary", "mr", "ar"), ("ar", "dz", "ar"), ("fr", "mr", "fr")],
)
def test_darija_is_worded_as_the_country_speaks_it(
    language: ReplyLanguage, country: CountryCode, expected: Variety
) -> None:
    assert expected == variety(language, country)


@pytest.mark.parametrize("key", sorted(WORDING.keys))
def test_no_algerian_is_written_to_in_moroccan(key: str) -> None:
    assert not MOROCCAN.search(WORDING._texts["arq"][key])


def test_what_a_dialect_lacks_is_said_in_plain_arabic() -> None:
    given = texts()
    given["ar"]["hello"] = "plain {name}"

    wording = Wording(given, {"arq": {"go_short": "own"}})

    assert ("plain x", "own") == (wording.text("arq", "hello", name="x"), wording.text("arq", "go_short"))


def test_a_dialect_s_unknown_sentence_is_named() -> None:
    with pytest.raises(WordingError, match=r"ar.yaml and arq.yaml differ in: helo"):
        Wording(texts(), {"arq": {"helo": "a"}})
