"""A sheet is found whatever words, script or spelling are used; facets' words never decide."""

from __future__ import annotations

import time

import pytest

from knowledge import forms
from knowledge.answer import Knowledge
from knowledge.procedures import Country
from knowledge.settings import load_settings, load_words
from knowledge.vocabulary import Vocabulary


def first(knowledge: Knowledge, text: str) -> str:
    result = knowledge.search(text, Country.MA)
    return (*result.hits, *result.rejected)[0].procedure.id.removeprefix("ma.")


@pytest.mark.parametrize(
    "text",
    [
        "لاكارط سالات",
        "فلاكارط اللي سالات",
        "lakart salat",
        "lacarte nationale expirée",
        "LA CARTE NATIONALE EXPIREE",
        "carte nationnale expire",
    ],
)
def test_one_procedure_in_many_spellings(text: str, knowledge: Knowledge) -> None:
    assert first(knowledge, text) == "cnie_renouvellement"


@pytest.mark.parametrize(
    "facet", ["combien", "documents", "où", "ch7al", "شحال", "الوثائق المطلوبة", "délai", "wra9", "quelle procédure"]
)
def test_a_facet_s_words_do_not_decide(facet: str, knowledge: Knowledge) -> None:
    assert first(knowledge, f"{facet} auto entrepreneur") == "auto_entrepreneur"
    assert first(knowledge, f"{facet} المقاول الذاتي") == "auto_entrepreneur"


def test_scores_fall_and_hits_pass_the_threshold(knowledge: Knowledge) -> None:
    result = knowledge.search("renouveler le passeport", Country.MA)

    scores = [hit.score for hit in (*result.hits, *result.rejected)]
    assert scores == sorted(scores, reverse=True)
    limits = load_settings().thresholds
    assert min(hit.score for hit in result.hits) >= limits.ask
    assert len(result.hits) == limits.candidates or max(hit.score for hit in result.rejected) < limits.ask
    assert set(result.timings_ms) == {"lexical", "dense", "rank"}


def test_a_search_takes_less_than_three_milliseconds(knowledge: Knowledge) -> None:
    texts = ["ch7al f casier judiciaire w fin n9dmo", "renouveler passeport", "كم مدة صلاحية جواز السفر؟"] * 20
    started = time.process_time()
    for text in texts:
        knowledge.search(text, Country.MA)

    assert (time.process_time() - started) / len(texts) < 0.003


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ("renouveler mon passeport", {"renewal"}),
        ("تجديد جواز ابني", {"renewal", "minor"}),
        ("njdd lpassport l wldi", {"renewal", "minor"}),
        ("لولدي", {"minor"}),
        ("ma première demande de CNIE", {"first"}),
        ("permis perdu", {"loss"}),
        ("الوالد", frozenset()),
        ("رسم الولادة", frozenset()),
        ("mon fils s'appelle Ali", {"minor"}),
        ("mon filtre", frozenset()),
        ("", frozenset()),
    ],
)
def test_variants_are_heard(text: str, variants: set[str]) -> None:
    assert Vocabulary(load_words()).variants(text) == variants


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("لاكارط", "فلاكارط"),
        ("لاكارط", "لاكارت"),
        ("بطاقه", "بطاقتي"),
        ("بطاقه", "والبطاقه"),
        ("passeport", "lpasseport"),
        ("passeport", "passeports"),
        ("renouveler", "renouvellement"),
        ("باسبور", "باصبور"),
    ],
)
def test_spellings_of_a_word_share_a_key(one: str, other: str) -> None:
    assert {key for key, _ in forms.keys(one)} & {key for key, _ in forms.keys(other)}


@pytest.mark.parametrize(("one", "other"), [("بطاقه", "شهاده"), ("permis", "passeport"), ("ابن", "ابي"), ("5", "50")])
def test_different_words_share_none(one: str, other: str) -> None:
    assert not {key for key, _ in forms.keys(one)} & {key for key, _ in forms.keys(other)}


@pytest.mark.parametrize(
    "text", ["x" * 4096, "ا" * 4096, "carte " * 700, "\u202e\u200fpasseport", "{{7*7}}", "\x00\ud800"]
)
def test_odd_text_is_searched_like_any_other(text: str, knowledge: Knowledge) -> None:
    result = knowledge.search(text, Country.MA)

    assert all(0 <= hit.score <= 1 for hit in (*result.hits, *result.rejected))
