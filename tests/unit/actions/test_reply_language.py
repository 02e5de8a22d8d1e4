"""In which language a reply is written."""

from __future__ import annotations

import pytest

from actions.reply_language import reply_language
from tests.unit.actions.calls import turn


@pytest.mark.parametrize(("identified", "language"), [("fr", "fr"), ("ar", "ar"), ("ary", "ary"), ("ary-Latn", "ary")])
def test_a_first_message_is_answered_in_its_own_language(identified: str, language: str) -> None:
    assert language == reply_language(turn(), "une phrase assez longue", identified)


def test_a_language_that_was_asked_for_wins() -> None:
    assert "ar" == reply_language(turn(chosen_language="ar", language="fr"), "combien coûte le passeport", "fr")


@pytest.mark.parametrize(
    ("known", "text", "identified"),
    [
        pytest.param("ary", "2", "fr", id="a digit"),
        pytest.param("ary", "PA-2026-004217", "fr", id="a file number"),
        pytest.param("ary", "12/04/1990", "ar", id="a date"),
        pytest.param("ary", "ok", "fr", id="ok"),
        pytest.param("ary", "passport", "fr", id="a procedure's name"),
        pytest.param("fr", "passport", "ary-Latn", id="a procedure's name, the other way round"),
        pytest.param("ar", "ok merci", "fr", id="two shared words"),
        pytest.param("ary", "شكرا", "ar", id="one Arabic word in an Arabic conversation"),
        pytest.param("fr", "🙏", "ar", id="an emoji"),
    ],
)
def test_a_message_that_says_little_keeps_the_conversations_language(known: str, text: str, identified: str) -> None:
    assert known == reply_language(turn(language=known), text, identified)


@pytest.mark.parametrize(
    ("known", "text", "identified", "language"),
    [
        pytest.param("ary", "combien coute le passeport", "fr", "fr", id="French after Darija"),
        pytest.param("fr", "ch7al f lpassport", "ary-Latn", "ary", id="Arabizi after French"),
        pytest.param("fr", "شكرا", "ar", "ar", id="one Arabic word after French"),
        pytest.param("ary", "ما هي الوثائق المطلوبة", "ar", "ar", id="Standard Arabic after Darija"),
    ],
)
def test_a_message_that_says_enough_changes_it(known: str, text: str, identified: str, language: str) -> None:
    assert language == reply_language(turn(language=known), text, identified)


def test_a_tapped_button_keeps_the_conversations_language() -> None:
    given = turn(language="ar", choice="a:ma.casier_judiciaire:fees")

    assert "ar" == reply_language(given, "/ask_fees", None)


@pytest.mark.parametrize("text", ["?", "12", "🙂"])
def test_a_first_message_without_words_is_answered_in_darija(text: str) -> None:
    assert "ary" == reply_language(turn(), text, "fr")
