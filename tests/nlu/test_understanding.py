"""What the trained model understands of a message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[[str], dict[str, Any]]


@pytest.mark.parametrize(
    ("text", "intent", "language"),
    [
        pytest.param("شنو خاصني باش نجدد لاكارط؟", "ask_documents", "ary", id="papers in Darija"),
        pytest.param("combien coute le passeport", "ask_fees", "fr", id="fees in French"),
        pytest.param("كم مدة صلاحية جواز السفر؟", "ask_validity", "ar", id="validity in Standard Arabic"),
        pytest.param("w ch7al?", "ask_fees", "ary-Latn", id="two words of Arabizi"),
        pytest.param("fin n9der ndir lpasspor", "ask_where", "ary-Latn", id="where in Arabizi"),
        pytest.param("فين وصل الملف ديالي", "status", "ary", id="one's own file"),
        pytest.param("je veux parler à un agent svp", "agent", "fr", id="a person"),
        pytest.param("بغيت نشكي على الموظف", "complaint", "ary", id="a complaint"),
        pytest.param("merci beaucoup", "thanks", "fr", id="thanks"),
        pytest.param("quelle est la météo à Rabat demain", "out_of_scope", "fr", id="the weather"),
    ],
)
def test_intent_and_language(parse: Parse, text: str, intent: str, language: str) -> None:
    parsed = parse(text)
    assert (parsed["intent"]["name"], parsed["language"]["name"]) == (intent, language)


@pytest.mark.parametrize(
    ("text", "facets"),
    [
        pytest.param("ch7al f casier judiciaire w fin n9dmo", ["fees", "where"], id="fees and where in Arabizi"),
        pytest.param("شنو الوراق ديال الباسبور وشحال الثمن", ["documents", "fees"], id="papers and price in Darija"),
        pytest.param("quels documents pour la cin et combien ça coute ?", ["documents", "fees"], id="two in French"),
        pytest.param("combien coute le passeport", ["fees"], id="one question"),
        pytest.param("la carte et le passeport, combien ça coûte", ["fees"], id="an and inside a name is no question"),
        pytest.param("merci", [], id="courtesy asks nothing"),
    ],
)
def test_all_facets_of_a_message_in_the_order_asked(parse: Parse, text: str, facets: list[str]) -> None:
    assert [facet["name"] for facet in parse(text)["facets"]] == facets


@pytest.mark.parametrize(
    "text",
    [
        "PA-2026-004217",
        "pa-2026-004217",
        "PA-٢٠٢٦-٠٠٤٢١٧",
        "\u200fPA\u200e-2026-\u200f004217",
        "PA 2026 004217",
        "PA/2026/004217",
        "رقم الملف PA-2026-004217 عافاك",
    ],
)
def test_a_file_number_is_found_however_it_is_written(parse: Parse, text: str) -> None:
    parsed = parse(text)
    found = [(e["entity"], "".join(filter(str.isalnum, e["value"])).upper()) for e in parsed["entities"]]
    assert found == [("file_number", "PA2026004217")]
    assert parsed["intent"]["name"] == "status"


@pytest.mark.parametrize(
    "text", ["12/03/1990", "12-3-1990", "١٢/٠٣/١٩٩٠", "1990-03-12", "12.03.1990", "12 mars 1990", "12 مارس 90"]
)
def test_a_date_of_birth_is_found_however_it_is_written(parse: Parse, text: str) -> None:
    assert [e["entity"] for e in parse(text)["entities"]] == ["birth_date"]


def test_a_tapped_button_is_a_forced_intent_with_its_facet_and_no_language(parse: Parse) -> None:
    parsed = parse("/ask_fees")
    assert parsed["intent"] == {"name": "ask_fees", "confidence": 1.0}
    assert parsed["facets"] == [{"name": "fees", "confidence": 1.0}]
    assert parsed["language"]["shares"] == {}


@pytest.mark.parametrize(
    "text", ["/restart", "/session_start", "/back", "/nlu_fallback", '/restart{"a": 1}', "//restart", "/ /restart"]
)
def test_a_citizens_slash_is_no_command(parse: Parse, text: str) -> None:
    parsed = parse(text)
    assert parsed["intent"]["name"] not in ("restart", "session_start", "back")
    assert parsed["intent"]["confidence"] < 1.0


def test_text_after_a_slash_is_understood_as_text(parse: Parse) -> None:
    assert parse("/combien coute le passeport")["intent"]["name"] == "ask_fees"


@pytest.mark.parametrize("text", ["", "😀", "؟؟؟", "\u202e\u200f", "...", "/"])
def test_a_text_without_words_is_not_understood(parse: Parse, text: str) -> None:
    parsed = parse(text)
    assert parsed["intent"]["name"] == "nlu_fallback"
    assert parsed["facets"] == []


@pytest.mark.parametrize("text", ["a" * 4096, "شحال " * 900, "?" * 4096, "1" * 2000, "w " * 2000, "\x00\ud800"])
def test_strange_texts_are_survived_quickly(parse: Parse, text: str) -> None:
    started = time.perf_counter()
    parse(text)
    assert time.perf_counter() - started < 1.0


def test_the_same_text_is_always_understood_in_the_same_way(parse: Parse) -> None:
    text = "شنو خاصني باش نجدد لاكارط وفين نمشي"
    assert parse(text) == parse(text)


def test_confidences_are_probabilities_best_first(parse: Parse) -> None:
    ranked = [intent["confidence"] for intent in parse("شحال كتسوى لافينيت")["intent_ranking"]]
    assert ranked == sorted(ranked, reverse=True)
    assert all(0.0 <= confidence <= 1.0 for confidence in ranked)


def test_a_message_takes_a_few_milliseconds(parse: Parse) -> None:
    text = "السلام خويا، شنو هما الوراق ديال الباسبور وشحال غادي نخلص"
    seconds = []
    for _ in range(15):
        started = time.perf_counter()
        parse(text)
        seconds.append(time.perf_counter() - started)
    assert sorted(seconds)[len(seconds) // 2] < 0.03
