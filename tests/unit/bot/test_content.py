"""`dalil content report`: counts in the terminal, every sheet on request, one page as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app

DATA = Path(__file__).parents[1] / "knowledge" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder with one procedure and one question."""
    for name, target in (("exemple", "ma/exemple.yaml"), ("question", "faq/horaires.yaml")):
        file = tmp_path / "content" / target
        file.parent.mkdir(parents=True)
        file.write_text((DATA / f"{name}.yaml").read_text("utf-8"), "utf-8")
    return tmp_path / "content"


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["content", "report", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_counts_are_shown_by_country(folder: Path) -> None:
    code, shown, _ = run("--folder", str(folder), "--on", "2028-01-01")

    assert code == 0
    lines = [[cell.strip() for cell in line.strip("│┃ ").split("│")] for line in shown.splitlines()]
    assert ["procedures", "1", "0"] in lines
    assert ["questions", "0", "1"] in lines
    assert ["checked long ago", "1", "1"] in lines
    assert "405 days ago" not in shown


def test_every_sheet_is_listed_on_request_and_the_page_is_written(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    code, shown, _ = run("--folder", str(folder), "--on", "2028-01-01", "--details", "--html", str(page))

    assert code == 0
    assert "faq.horaires" in shown
    assert "405 days ago, on 2026-11-22" in page.read_text("utf-8")


def test_a_sheet_that_the_loader_refuses_is_named(folder: Path) -> None:
    (folder / "ma" / "vide.yaml").write_text("# nothing yet\n")

    code, _, complaint = run("--folder", str(folder))

    said = "content/ma/vide.yaml:1: the file is empty; write the sheet or delete the file\n"
    assert (code, complaint) == (0, said)


def test_a_folder_that_does_not_exist_is_said() -> None:
    code, _, said = run("--folder", "nowhere")

    assert (code, said) == (1, "no content folder at nowhere. Name it with --folder.\n")


def test_a_page_that_cannot_be_written_is_said(folder: Path) -> None:
    code, _, said = run("--folder", str(folder), "--html", str(folder))

    assert (code, said) == (1, f"{folder} cannot be written (Is a directory). Name another file.\n")
