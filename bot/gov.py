"""`dalil gov`: what whoever connects a government's API runs. How: connectors/gov/ADDING_A_GOVERNMENT_API.md."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command import fail, settings_or_exit

if TYPE_CHECKING:
    from connectors.gov.api import Case
    from connectors.gov.declared import DeclaredClient

app = typer.Typer(no_args_is_help=True, help="Government systems that a YAML file describes: check one, try one.")

DAYS = ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y"]

File = Annotated[Path, typer.Argument(help="A system's YAML file.")]


@app.command()
def check(file: File) -> None:
    """Say what is wrong with a system's file, by line. Nothing is called and no setting is read."""
    from connectors.gov.declared_schema import read_system
    from connectors.gov.declared_yaml import DeclaredError

    try:
        system = read_system(file)
    except DeclaredError as error:
        fail(str(error))
    names = sorted({name for _, name in system.needs()})
    typer.echo(f"{file.name}: right. {len(system.states)} codes, file numbers like {system.file_number.example}.")
    if names:
        typer.echo(f"Values it needs: {', '.join(names)}")


@app.command("try")
def try_it(
    file: File,
    number: Annotated[str, typer.Argument(help="A file number, as a citizen would type it.")],
    born: Annotated[
        datetime,
        typer.Argument(metavar="DATE", formats=DAYS, help="The applicant's birth date."),
    ],
) -> None:
    """Ask the system once and say what a citizen would be told. Use an invented or your own application."""
    from bot.government import gov_values
    from connectors.errors import GovError
    from connectors.gov.declared import DeclaredClient
    from connectors.gov.declared_schema import read_system

    settings = settings_or_exit()
    values = gov_values(settings.model_copy(update={"sandbox": settings.sandbox is not False}))
    try:
        system = read_system(file, values)
        if system.identity == "required":
            fail("This system tells a file to a verified identity only. Ask for one in the chat, as a citizen would.")
        found = system.file_number.rule.find(number)
        if found is None:
            fail(f"That is no file number of this system. They look like {system.file_number.example}.")
        case, seconds = asyncio.run(_asked(lambda: DeclaredClient(system, values), found, born.date()))
    except ValueError as error:
        fail(str(error))
    except GovError as error:
        fail(f"{error} ({type(error).__name__}). What each error means: ADDING_A_GOVERNMENT_API.md.")
    if case is None:
        fail("The system has no such file, or the birth date is another one (a citizen is not told which).")
    typer.echo(_told(case))
    typer.echo(f"answered in {seconds * 1000:.0f} ms")


async def _asked(make: Callable[[], DeclaredClient], number: str, born: date) -> tuple[Case | None, float]:
    client, started = make(), time.monotonic()
    try:
        return await client.find(number, born), time.monotonic() - started
    finally:
        await client.close()


def _told(case: Case) -> str:
    """One line a field of `Case` that says something."""
    rows = {
        "file number": case.ref,
        "service": case.service,
        "state": case.state.value,
        "system's code": case.raw_code,
        "system's title": case.raw_title,
        "registered": case.registered,
        "changed": case.changed,
        "ended": "yes" if case.ended else "no",
        "next step": case.next_step,
        "why sent back": case.return_reason,
        "result": case.result,
    }
    return "\n".join(f"{name:15} {value}" for name, value in rows.items() if value)
