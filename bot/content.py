"""`dalil content`: what editors run over the sheets. Heavy imports are inside the commands, as in `bot.cli`."""

from __future__ import annotations

import typer

from bot import content_import

app = typer.Typer(no_args_is_help=True, help="The content sheets: report on them, import drafts.")
app.add_typer(content_import.app, name="import")


@app.callback()
def content() -> None:
    """The content sheets: report on them, import drafts."""
