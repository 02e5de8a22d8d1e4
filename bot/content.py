"""`dalil content`: what editors run over the sheets. Heavy imports are inside the commands, as in `bot.cli`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import content_import
from bot.settings import PROJECT

if TYPE_CHECKING:
    from rich.table import Table

    from knowledge.content_report import Report

_CONTENT = PROJECT / "knowledge" / "content"

app = typer.Typer(no_args_is_help=True, help="The content sheets: report on them, import drafts.")
app.command("import")(content_import.import_file)


@app.command("report")
def content_report(
    html: Annotated[Path | None, typer.Option(help="Write the report as one page to this file.")] = None,
    details: Annotated[bool, typer.Option("--details", help="List every sheet, not only the counts.")] = False,
    folder: Annotated[Path, typer.Option(help="The content folder.", show_default="knowledge/content")] = _CONTENT,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As of this day; today without it.")] = None,
) -> None:
    """What is old, conflicting, incomplete, unwritten, unverified or weakly sourced."""
    from rich.console import Console

    from knowledge.content_report import as_html, report
    from knowledge.loader import check_content

    try:
        catalogue, mistakes = check_content(folder)
    except FileNotFoundError as error:
        typer.echo(f"{error}. Name it with --folder.", err=True)
        raise typer.Exit(1) from None
    found = report(catalogue, (on or datetime.now(UTC)).date(), mistakes)
    console = Console()
    console.print(_counts(found))
    for mistake in found.mistakes:
        typer.echo(str(mistake), err=True)
    if details:
        console.print(_details(found))
    if html is not None:
        try:
            html.write_text(as_html(found), "utf-8")
        except OSError as error:
            typer.echo(f"{html} cannot be written ({error.strerror}). Name another file.", err=True)
            raise typer.Exit(1) from None
        typer.echo(f"Written to {html}")


def _counts(found: Report) -> Table:
    """One column a country: few enough for any terminal."""
    from rich.table import Table

    from knowledge.content_report import Kind

    table = Table("", title=f"Content on {found.on}")
    for row in found.rows:
        table.add_column(row.country, justify="right")
    table.add_row("procedures", *(str(row.procedures) for row in found.rows))
    table.add_row("questions", *(str(row.questions) for row in found.rows))
    for kind in Kind:
        table.add_row(kind.value, *(str(row.notes[kind]) for row in found.rows))
    return table


def _details(found: Report) -> Table:
    """One line a note, by kind."""
    from rich.table import Table
    from rich.text import Text

    from knowledge.content_report import Kind

    table = Table("why", "sheet", "what")
    for kind in Kind:
        for note in found.of(kind):
            table.add_row(kind.value, note.sheet, Text(note.what))
    return table
