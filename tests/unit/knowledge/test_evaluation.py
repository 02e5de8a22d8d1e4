"""The figures of search are counted as described, and a bad case is named by its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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


def test_the_report_has_a_line_for_each_variety(cases: Path, knowledge: Knowledge) -> None:
    lines = report(evaluate(knowledge, read_cases(cases))).splitlines()

    assert [line.split("|")[1].strip() for line in lines[2:]] == ["ar", "ary", "fr", "all"]
    assert lines[4] == "| fr | 3 | 0.333 | 0.667 | 0.667 | 0.333 | 0.333 | 0 of 1 |"


def test_a_bad_case_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"intent": "greet"}\n{"intent": "procedure", "id": "x"}\n')

    with pytest.raises(ValueError, match=r"cases.jsonl:2: not a case \(KeyError"):
        read_cases(file)


def test_the_command_prints_the_table(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", str(cases)]) == 0
    assert "| all | 4 |" in capsys.readouterr().out


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage:")
