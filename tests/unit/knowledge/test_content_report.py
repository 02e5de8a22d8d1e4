"""The report lists what an editor should look at next, by sheet and by country."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from knowledge.content_report import Kind, Note, as_html, report
from knowledge.content_yaml import Mistake
from knowledge.loader import Catalogue, load_content

ON = date(2026, 11, 22)


@pytest.fixture
def small(exemple: str, write: Any) -> Catalogue:
    return load_content(write("ma/exemple.yaml", exemple))


def test_what_there_is_to_do_in_one_sheet(small: Catalogue) -> None:
    found = report(small, date(2028, 1, 1))

    assert {
        Kind.STALE: ["405 days ago, on 2026-11-22"],
        Kind.OLD_PRICE: ["newest price of 2024"],
        Kind.CONFLICT: ["Le nombre de photos diffère selon les sources."],
        Kind.INCOMPLETE: ["steps, processing_time, eligibility"],
        Kind.UNWRITTEN: [
            *(f"{n} aliases in {v}; write at least 8" for n, v in ((1, "ar"), (2, "fr"), (1, "ary"), (1, "ary-Latn"))),
            *(f"1 questions in {variety}; write at least 6" for variety in ("ar", "fr", "ary", "ary-Latn")),
        ],
        Kind.DRAFT: [],
        Kind.WEAK: ["documents.1: Guide", "cautions.0: Guide", "validity: Guide"],
    } == {kind: [note.what for note in found.of(kind)] for kind in Kind}


def test_a_language_that_is_not_written_is_named_with_its_place(exemple: str, write: Any) -> None:
    catalogue = load_content(write("ma/exemple.yaml", exemple.replace(", ary: 3 شهور.", "")))

    assert report(catalogue, ON).of(Kind.UNWRITTEN)[0] == Note(
        "ma.exemple", Kind.UNWRITTEN, "validity.text is not written in ary; write it as people of the country say it"
    )


def test_the_shipped_content_is_counted_by_country(catalogue: Catalogue) -> None:
    found = report(catalogue, ON)

    assert [("ma", 64), ("dz", 12), ("mr", 15), ("several", 0)] == [(row.country, row.procedures) for row in found.rows]
    assert sum(row.questions + row.procedures for row in found.rows) == len(catalogue)
    assert sum(row.notes[Kind.DRAFT] for row in found.rows) == len(catalogue.drafts)
    assert found.of(Kind.UNWRITTEN) == ()
    assert found.of(Kind.STALE) == ()


def test_the_page_needs_nothing_else_and_escapes_what_editors_wrote(exemple: str, write: Any) -> None:
    text = exemple.replace("fr: Le nombre de photos", "fr: <b>Le nombre</b> de photos")
    catalogue = load_content(write("ma/exemple.yaml", text))

    page = as_html(report(catalogue, ON, (Mistake("content/ma/autre.yaml", 3, "the id <x> does not match"),)))

    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    assert "&lt;b&gt;Le nombre&lt;/b&gt; de photos" in page
    assert "<code>content/ma/autre.yaml:3</code> the id &lt;x&gt; does not match" in page
    assert "<h1>Content report of 2026-11-22</h1>" in page
