"""`dalil content import`: a procedure of another system as a draft sheet for an editor to review."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from knowledge.procedures import Country

app = typer.Typer(no_args_is_help=True, help="Turn a file of another system into draft sheets.")


class TextLanguage(StrEnum):
    AR = "ar"
    FR = "fr"


File = Annotated[Path, typer.Argument(help="The file to import.", show_default=False)]
Out = Annotated[
    Path, typer.Option(help="Content folder; the draft goes into its <country> folder.", show_default=False)
]
InCountry = Annotated[Country, typer.Option(help="Whose procedure it is.", show_default=False)]
Language = Annotated[TextLanguage, typer.Option(help="Language of texts that carry none.")]
Id = Annotated[str | None, typer.Option("--id", help="The sheet's id, instead of one made of the title.")]
Title = Annotated[str | None, typer.Option(help="The title in Arabic or French, instead of the file's.")]
Publisher = Annotated[str | None, typer.Option(help="Who published this, instead of the address's host.")]
Link = Annotated[str | None, typer.Option(help="The official page (https), instead of the file's.")]
Fetched = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="When the file was fetched.")]


@app.command()
def eregulations(
    file: File,
    country: InCountry,
    out: Out,
    language: Language = TextLanguage.FR,
    sheet_id: Id = None,
    title: Title = None,
    publisher: Publisher = None,
    link: Link = None,
    fetched: Fetched = None,
) -> None:
    """An eRegulations v1 procedure: the JSON answer of GET /Procedures/{id}."""
    _import("eregulations", file, country, out, language, sheet_id, title, publisher, link, fetched)


@app.command()
def cpsv(
    file: File,
    country: InCountry,
    out: Out,
    language: Language = TextLanguage.FR,
    sheet_id: Id = None,
    title: Title = None,
    publisher: Publisher = None,
    link: Link = None,
    fetched: Fetched = None,
) -> None:
    """A CPSV-AP JSON-LD file: one draft for each public service in it."""
    _import("cpsv", file, country, out, language, sheet_id, title, publisher, link, fetched)


def _import(
    standard: str,
    file: Path,
    country: Country,
    out: Path,
    language: TextLanguage,
    sheet_id: str | None,
    title: str | None,
    publisher: str | None,
    link: str | None,
    fetched: datetime | None,
) -> None:
    from knowledge.standards.cpsv_ap.to_drafts import drafts_of
    from knowledge.standards.draft import ImportProblem, Options
    from knowledge.standards.eregulations.to_draft import draft_of
    from knowledge.standards.writing import write_draft

    options = Options(
        country=country,
        name=file.name,
        fetched_on=fetched.date() if fetched else date.today(),  # noqa: DTZ011 the editor's own day
        language=language.value,
        sheet_id=sheet_id,
        title=title,
        publisher=publisher,
        link=link,
    )
    failed = False
    try:
        drafts = [draft_of(file, options)] if standard == "eregulations" else drafts_of(file, options)
    except ImportProblem as problem:
        typer.echo(f"{file}: {problem}", err=True)
        raise typer.Exit(1) from None
    for draft in drafts:
        try:
            written = write_draft(draft, out)
        except ImportProblem as problem:  # the others of the file may still be written
            typer.echo(f"{file}: {draft.id}: {problem}", err=True)
            failed = True
            continue
        typer.echo(f"{written}: a draft; its editor_notes say what to do")
    raise typer.Exit(1 if failed else 0)
