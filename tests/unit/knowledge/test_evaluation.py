"""The figures of search are counted as described, and a bad case is named by its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge import ablation, forms
from knowledge.answer import Knowledge
from knowledge.evaluation import evaluate, main, read_cases, report

ROWS: list[dict[str, Any]] = [
    {"text": "casier judiciaire", "variety": "fr", "procedures": ["ma.casier_judiciaire"], "facet": "fees"},
    {"text": "casier judiciaire", "variety": "fr", "procedures": ["ma.not_there"], "facet": "fees"},
    {
        "text": "documents la carte nationale",
        "variety": "fr",
        "procedures": ["ma.cnie_renouvellement"],
        "facet": "documents",
    },
    {"text": "تجديد الباسبور", "variety": "ary", "procedures": ["ma.passeport_renouvellement"], "facet": None},
    {"text": "billet d'avion pour paris", "variety": "fr", "procedures": [], "facet": "fees"},
    {"text": "وثائق البطاقة الوطنية لطفل", "variety": "ar", "procedures": [], "facet": "documents"},
]


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    file = tmp_path / "cases.jsonl"
    rows = [{"id": f"c{n}", "country": "ma", "intent": "procedure", **row} for n, row in enumerate(ROWS)]
    rows.append({"id": "g", "country": "ma", "intent": "greet", "text": "salam", "variety": "ary-Latn"})
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return file


def test_figures(cases: Path, knowledge: Knowledge) -> None:
    table = evaluate(knowledge, read_cases(cases))

    french = table["fr"]
    assert (french.cases, french.first, french.third) == (3, 1, 2)
    assert (french.answered, french.asked, french.wrongly) == (2, 1, 1)
    assert (french.absent, french.absent_answered) == (1, 0)
    assert (table["ary"].first, table["ar"].absent, table["ar"].absent_answered) == (1, 1, 1)
    assert (table["all"].cases, table["all"].absent, len(table["all"].misses)) == (4, 2, 3)


def test_a_near_miss_counts_as_absent_and_small_talk_as_outside(tmp_path: Path, knowledge: Knowledge) -> None:
    rows = [
        {"id": "n", "text": "le permis de chasse", "near_miss": True},
        {"id": "w", "text": "casier judiciaire", "near_miss": True},
        {"id": "o", "text": "le passeport biométrique"},
        {"id": "p", "text": "raconte une blague"},
    ]
    common = {"intent": "out_of_scope", "variety": "fr", "country": "ma", "procedures": [], "facet": None}
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(common | row) for row in rows), "utf-8")

    figures = evaluate(knowledge, read_cases(file))["all"]
    assert (figures.cases, figures.absent, figures.absent_answered) == (0, 2, 1)
    assert (figures.outside, figures.outside_answered) == (2, 1)


def test_the_report_has_a_line_for_each_variety(cases: Path, knowledge: Knowledge) -> None:
    lines = report(evaluate(knowledge, read_cases(cases))).splitlines()

    assert [line.split("|")[1].strip() for line in lines[2:]] == ["ar", "ary", "fr", "all"]
    assert lines[4] == "| fr | 3 | 0.333 | 0.667 | 0.667 | 0.333 | 0.333 | 0 of 1 | 0 of 0 |"


def test_a_bad_case_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"intent": "greet"}\n{"intent": "procedure", "id": "x"}\n')

    with pytest.raises(ValueError, match=r"cases.jsonl:2: not a case \(KeyError"):
        read_cases(file)


def test_the_command_prints_the_table(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(cases)]) == 0
    assert "| all | 4 |" in capsys.readouterr().out


def test_the_ablation_has_a_row_for_each_part(
    cases: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = tuple(part for part in ablation.PARTS if not part.readings)  # the others train a model each: minutes
    monkeypatch.setattr(ablation, "PARTS", quick)

    assert main(["ablation", str(cases)]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == [part.name for part in quick]


def test_a_part_left_out_is_back_afterwards() -> None:
    part = next(part for part in ablation.PARTS if part.name == "without both")
    usual = forms.plain("passport dyali")

    with ablation.without(part):
        assert forms.plain("passport dyali") == "passport dyali"
    assert forms.plain("passport dyali") == usual != "passport dyali"


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage:")
