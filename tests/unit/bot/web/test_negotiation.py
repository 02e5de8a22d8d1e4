"""Which type and language a client gets, by what its headers ask for."""

from __future__ import annotations

import pytest

from bot.web.negotiation import JSON, JSON_LD, language, media_type


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/ld+json", JSON_LD),
        ("Application/LD+JSON", JSON_LD),
        ("application/ld+json, */*", JSON_LD),
        ("application/ld+json;q=0.5, application/json", JSON),
        ("application/ld+json, application/json;q=0.9, */*;q=0.8", JSON_LD),
        ('application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"', JSON_LD),
        ("application/json;q=0, */*", JSON_LD),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("text/turtle", None),
        ("application/json;q=0", None),
        ("application/json;q=much", None),
    ],
)
def test_the_best_type_that_the_client_takes_is_given(accept: str | None, expected: str | None) -> None:
    assert expected == media_type(accept, (JSON, JSON_LD))


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "ar"),
        ("fr", "fr"),
        ("fr-MA, ar;q=0.5", "fr"),
        ("en, fr;q=0.3, ar;q=0.8", "ar"),
        ("ary", "ary"),
        ("arq", "ary"),
        ("en", "ar"),
        ("fr;q=0", "ar"),
        ("*", "ar"),
    ],
)
def test_the_language_that_the_client_wants_most_is_given(accept: str | None, expected: str) -> None:
    assert expected == language(accept)
