"""What commands share: settings or a clear line, the stores while a command runs, and one way to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from pydantic import ValidationError

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.bootstrap import Stores


def settings_or_exit() -> Settings:
    """The settings, or one clear line for each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        for mistake in error.errors():
            said = mistake["msg"].removeprefix("Value error, ")
            name = "DALIL_" + "__".join(str(part) for part in mistake["loc"]).upper()
            whole = said.startswith("set ") or "DALIL_" in said  # of several settings together: it names them itself
            typer.echo(said if whole else f"{name}: {said}", err=True)
        raise typer.Exit(2) from None


def fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)


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
