"""What commands share: settings or a clear line, the stores while a command runs, and one way to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.settings import Settings, misspelt_lines
from bot.supervise import EX_CONFIG

if TYPE_CHECKING:
    from bot.bootstrap import Stores


def settings_or_exit() -> Settings:
    """The settings, or one clear line for each that is wrong. A name that is no setting gets a warning, once."""
    for line in misspelt_lines():
        typer.echo(f"Warning: {line}", err=True)
    try:
        return Settings()
    except SettingsError as error:  # its own text is its field's name only; the value must not be shown
        field = str(error).split('"')[1:2]
        typer.echo(f'DALIL_{"".join(field).upper()}…: write a JSON object, {{"name": "value"}}', err=True)
        raise typer.Exit(2) from None
    except ValidationError as error:
        for mistake in error.errors():
            said = mistake["msg"].removeprefix("Value error, ")
            name = "DALIL_" + "__".join(str(part) for part in mistake["loc"]).upper()
            whole = said.startswith("set ") or "DALIL_" in said  # of several settings together: it names them itself
            typer.echo(said if whole else f"{name}: {said}", err=True)
        raise typer.Exit(2) from None


def files_or_exit(settings: Settings) -> None:
    """Read every file that a setting names, and end with one sentence where one is wrong, before anything starts."""
    from bot.prices import PricesError, load_prices
    from knowledge.loader import ContentError, load_content

    for name, read in (
        ("DALIL_PRICES_FILE", lambda: load_prices(settings.prices_file)),
        ("DALIL_GOV_SYSTEMS_DIR", lambda: asyncio.run(_systems_read(settings))),
        ("DALIL_CONTENT_DIR", lambda: load_content(settings.content_dir)),
    ):
        try:
            read()
        except (PricesError, ContentError, OSError, ValueError) as error:
            fail(f"{name}: {error}", EX_CONFIG)


async def _systems_read(settings: Settings) -> None:
    from bot.government import case_tracker

    if (tracker := case_tracker(settings)) is not None:
        await tracker.close()


def fail(message: str, code: int = 1) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)


@contextmanager
def stores_or_exit(settings: Settings) -> Iterator[Stores]:
    """The database with its schema as it is; one clear line and exit code 1 where it cannot be used."""
    from bot.bootstrap import open_stores
    from bot.ports import StoreUnavailable

    try:
        stores = open_stores(settings, upgrade=False)
    except ValueError as error:
        fail(str(error))
    try:
        stores.monitor.check()
        yield stores
    except StoreUnavailable as error:
        fail(f"{error}. Check DALIL_DATABASE_URL, then `dalil migrate`.")
    finally:
        stores.close()
