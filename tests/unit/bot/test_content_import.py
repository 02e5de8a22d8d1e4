"""`dalil content import`: what an editor sees, and what lies in the folder afterwards."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from bot.cli import app
from bot.settings import PROJECT
from knowledge.loader import load_content

FIXTURES = PROJECT / "tests" / "fixtures"
PROCEDURE = FIXTURES / "eregulations" / "procedure.json"
EXAMPLE = FIXTURES / "cpsv_ap" / "example-rdf_public_service.jsonld"


def run(standard: str, file: Path, out: Path, *more: str) -> Result:
    given = ["content", "import", standard, str(file), "--country", "mr", "--out", str(out), *more]
    return CliRunner().invoke(app, given)


def test_an_eregulations_file_becomes_a_draft_of_its_day(tmp_path: Path) -> None:
    result = run("eregulations", PROCEDURE, tmp_path, "--date", "2026-11-20", "--id", "entreprise")
    (sheet,) = load_content(tmp_path).drafts

    assert 0 == result.exit_code
    assert f"{tmp_path}/mr/entreprise.yaml: a draft" in result.output
    assert ("mr.entreprise", "2026-11-20") == (sheet.id, sheet.sources[0].date)


def test_a_cpsv_file_becomes_a_draft(tmp_path: Path) -> None:
    result = run("cpsv", EXAMPLE, tmp_path, "--link", "https://finances.example/")

    assert 0 == result.exit_code
    assert ["mr.tax_on_web"] == [sheet.id for sheet in load_content(tmp_path).drafts]


def test_a_second_import_changes_nothing_and_says_so(tmp_path: Path) -> None:
    run("eregulations", PROCEDURE, tmp_path)
    (file,) = tmp_path.rglob("*.yaml")
    before = file.read_bytes()
    result = run("eregulations", PROCEDURE, tmp_path, "--date", "2020-01-01")

    assert 1 == result.exit_code
    assert "an import never overwrites; choose another --id" in result.output
    assert before == file.read_bytes()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = run("cpsv", tmp_path / "none.jsonld", tmp_path)

    assert 1 == result.exit_code
    assert f"{tmp_path / 'none.jsonld'}: the file cannot be read: No such file or directory" in result.output


def test_a_problem_is_told_with_the_file_and_the_place(tmp_path: Path) -> None:
    result = run("cpsv", EXAMPLE, tmp_path)

    assert 1 == result.exit_code
    assert f"{EXAMPLE}: $['@graph'][0] foaf:page: a draft needs the official page" in result.output
    assert [] == [*tmp_path.rglob("*.yaml")]
