"""What a clause names beside an "and": no Rasa and no model."""

from __future__ import annotations

import pytest

from bot.nlu.text import clauses, named_facet


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("permis de conduire duplicata documents et prix", ["documents", "fees"]),
        ("mutation carte grise papiers + prix", ["documents", "fees"]),
        ("visite technique prix et durée de validité", ["fees", "validity"]),
        ("شهادة السكنى الوثائق المطلوبة والأجل", ["documents", "processing_time"]),
        ("بطاقة الإعاقة الشروط والوثائق", ["eligibility", "documents"]),
        ("نقل لاكارط كريز الكواغط والفلوس", ["documents", "fees"]),
        ("bghit duplicata dyal permis lwra9 w taman", ["documents", "fees"]),
        ("j'ai mes papiers et combien ça coûte", [None, "fees"]),
        ("carte nationale et passeport", [None, None]),
    ],
)
def test_two_things_joined_by_and_are_both_named(text: str, named: list[str | None]) -> None:
    left, right = clauses(text)

    assert named == [named_facet(left, first=True), named_facet(right, first=False)]
