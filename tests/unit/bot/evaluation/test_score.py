"""What counts as right."""

from __future__ import annotations

import pytest

from bot.evaluation.measure import read_set, table
from bot.evaluation.score import FIGURES, errors, score, shares, wrong
from bot.settings import PROJECT


def test_a_question_answered_rightly_counts_for_every_figure_of_a_known_procedure(pair):
    assert {
        "language": 1.0,
        "intent": 1.0,
        "facet": 1.0,
        "procedure first": 1.0,
        "procedure in three": 1.0,
        "answered": 1.0,
        "asked back": 0.0,
        "answered wrongly": 0.0,
    } == shares(score([pair()]))["fr"]


def test_an_answer_about_another_procedure_is_wrong_and_named_once(pair):
    other = [{"id": "ma.cnie", "score": 0.9}, {"id": "ma.passeport", "score": 0.2}]
    mistaken = pair(got={"procedures": other})

    figures = shares(score([mistaken]))["fr"]

    assert (0.0, 1.0, 1.0) == (
        figures["procedure first"],
        figures["procedure in three"],
        figures["answered wrongly"],
    )
    assert ["procedure first", "answered wrongly"] == wrong(mistaken)


def test_asking_back_is_no_mistake(pair):
    unsure = pair(got={"outcome": "clarify"})

    assert 1.0 == shares(score([unsure]))["fr"]["asked back"]
    assert [] == wrong(unsure)


def test_either_facet_of_a_double_question_is_a_right_reading_and_both_are_counted_apart(pair):
    double = {"facet": "fees", "facets": ["fees", "documents"]}
    half = pair(double, {"facet": "documents", "facets": ["documents"]})

    figures = shares(score([half]))["fr"]

    assert (1.0, 0.0) == (figures["facet"], figures["all facets of two"])
    assert half.right
    assert ["all facets of two"] == wrong(half)


def test_an_answer_to_what_is_out_of_scope_is_a_mistake_and_a_refusal_is_none(weather):
    answered = weather(got={"intent": "procedure", "facet": "overview", "outcome": "answered"})

    assert 0.5 == shares(score([weather(), answered]))["ar"]["out of scope answered"]
    assert [] == wrong(weather())
    assert ["intent", "out of scope answered"] == wrong(answered)


def test_a_question_without_a_sheet_should_not_be_answered(pair):
    unknown = pair(wanted={"procedures": []})

    assert 1.0 == shares(score([unknown]))["fr"]["unknown procedure answered"]
    assert ["unknown procedure answered"] == wrong(unknown)


def test_the_error_list_says_what_was_labelled_what_was_read_and_the_message(weather):
    listed = list(errors(score([weather(got={"intent": "greet"})])))

    assert "  w1  out_of_scope/- → greet/-  كيف الجو" in listed
    assert "ar: 1" in listed


def test_the_table_has_a_row_for_every_figure(pair):
    assert len(FIGURES) == table(score([pair()])).row_count


@pytest.mark.parametrize("file", sorted((PROJECT / "tests" / "evaluation").glob("*.jsonl")), ids=lambda file: file.name)
def test_every_set_of_the_repository_can_be_read(file):
    labelled = read_set(file)

    assert labelled.name == file.stem
    assert len(labelled.rows) == len(file.read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "a.jsonl:2: not JSON"),
        ('["a list"]', "a.jsonl:2: no country"),
        ('{"id": "1", "text": "x"}', "a.jsonl:2: no country, facet, facets, intent, procedures, variety"),
    ],
)
def test_a_line_that_is_no_labelled_message_is_named(tmp_path, line, said):
    file = tmp_path / "a.jsonl"
    file.write_text(f"\n{line}\n", "utf-8")

    with pytest.raises(ValueError, match=said):
        read_set(file)


def test_a_variety_that_is_not_ours_is_named(tmp_path):
    file = tmp_path / "a.jsonl"
    line = '{"id": "1", "text": "x", "variety": "en", "country": "ma", "intent": "greet", "facet": null, "facets": []'
    file.write_text(line + ', "procedures": []}\n', "utf-8")

    with pytest.raises(ValueError, match=r"a\.jsonl:1: variety is 'en'; write fr, ar, ary, ary-Latn"):
        read_set(file)
