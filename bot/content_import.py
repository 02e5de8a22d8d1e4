"""`dalil content import`: a procedure of another system as a draft sheet for an editor to review."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from knowledge.procedures import Country


class Standard(StrEnum):
    """What the file is: an eRegulations v1 procedure (the JSON of GET /Procedures/{id}), or CPSV-AP as JSON-LD."""

    EREGULATIONS = "eregulations"
    CPSV = "cpsv"


class TextLanguage(StrEnum):
    AR = "ar"
    FR = "fr"


def import_file(
    standard: Annotated[
        Standard,
        typer.Argument(help="eregulations: a v1 procedure. cpsv: CPSV-AP JSON-LD, a draft for each service."),
    ],
    file: Annotated[Path, typer.Argument(help="The file to import.", show_default=False)],
    country: Annotated[Country, typer.Option(help="Whose procedure it is.", show_default=False)],
    out: Annotated[
        Path, typer.Option(help="Content folder; the draft goes into its <country> folder.", show_default=False)
    ],
    language: Annotated[TextLanguage, typer.Option(help="Language of texts that carry none.")] = TextLanguage.FR,
    sheet_id: Annotated[str | None, typer.Option("--id", help="The sheet's id, instead of one of the title.")] = None,
    title: Annotated[str | None, typer.Option(help="The title in Arabic or French, instead of the file's.")] = None,
    publisher: Annotated[str | None, typer.Option(help="Who published this, instead of the address's host.")] = None,
    link: Annotated[str | None, typer.Option(help="The official page (https), instead of the file's.")] = None,
    fetched: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="When the file was fetched.")
    ] = None,
) -> None:
    """Turn a file of another system into draft sheets for an editor to review."""
    from knowledge.standards.cpsv_ap.to_drafts import drafts_of
    from knowledge.standards.draft import ImportProblem, Options
    from knowledge.standards.eregulations.to_draft import draft_of
    from knowledge.standards.writing import write_draft

    options = Options(
        country=country,
        name=file.name,
        fetched_on=(fetched or datetime.now(UTC)).date(),
        language=language.value,
        sheet_id=sheet_id,
        title=title,
        publisher=publisher,
        link=link,
    )
    failed = False
    try:
        drafts = [draft_of(file, options)] if standard is Standard.EREGULATIONS else drafts_of(file, options)
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
