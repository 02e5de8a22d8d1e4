"""`dalil deadletter`: what was given up, why, and once more. Heavy imports are inside the commands, as in `bot.cli`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command import fail, settings_or_exit, stores_or_exit

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bot.ports import DeadLetter

MANY = 1_000_000
_WIDEST = 1_000  # columns: wider than any table of ours

app = typer.Typer(no_args_is_help=True, help="Messages that were given up: look at them, try again, drop them.")

Reason = Annotated[str | None, typer.Option("--reason", help="Only those with this reason.")]
LetterId = Annotated[str, typer.Argument(help="As `dalil deadletter list` shows it: in:12 or out:34.", metavar="ID")]


@app.command("list")
def list_letters(
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the oldest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Dead letters, the oldest first. No text and no address."""
    from rich.console import Console

    with stores_or_exit(settings_or_exit()) as stores:
        letters = stores.dead_letters.letters(limit, reason)
    if as_json:
        for letter in letters:
            typer.echo(json.dumps(asdict(letter)))
    elif not letters:
        typer.echo("No dead letters." if reason is None else f"No dead letters with the reason {reason}.")
    else:
        # Ids and reasons must be whole: a pipe gets plain columns of any width, a narrow terminal one block a letter.
        _print(letters, time.time(), Console())


@app.command()
def show(
    letter_id: LetterId,
    text: Annotated[bool, typer.Option("--text", help="Also what it says and whose it is.")] = False,
) -> None:
    """One dead letter; with --text also what a citizen wrote or was to be told, and his address."""
    with stores_or_exit(settings_or_exit()) as stores:
        try:
            letter = stores.dead_letters.letter(letter_id)
            content = stores.dead_letters.content(letter_id) if text else None
        except LookupError as error:
            fail(str(error.args[0]))
    for name, value in (asdict(letter) | {"at": _utc(letter.at)}).items():
        typer.echo(f"{name:16} {'-' if value is None else value}")
    if content is not None:
        typer.echo(f"{'address':16} {content.address or 'sealed under a key that is gone'}")
        typer.echo(f"{'message':16} {content.body}")


@app.command()
def replay(
    letter_id: Annotated[str, typer.Argument(help="in:12 or out:34.", metavar="ID")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter, the oldest first.")] = False,
    reason: Reason = None,
) -> None:
    """Answer or send it after all: it goes to the end of the line. Mend the reason first."""
    from bot.ports import CannotReplay

    if bool(letter_id) == everything or (reason is not None and not everything):
        typer.echo("Name one dead letter, or --all, with or without --reason.", err=True)
        raise typer.Exit(2)
    done, refused = 0, 0
    with stores_or_exit(settings_or_exit()) as stores:
        dead = stores.dead_letters
        ids = [letter.id for letter in dead.letters(MANY, reason)] if everything else [letter_id]
        for one in ids:
            try:
                fresh = dead.replay(one, time.time())
            except CannotReplay as error:
                typer.echo(f"{one} stays: {error}.", err=True)
                refused += 1
            except LookupError as error:
                if not everything:
                    fail(str(error.args[0]))  # with --all another operator may have been faster
            else:
                done += 1
                if not everything:
                    typer.echo(f"{one} goes again as {one.partition(':')[0]}:{fresh}.")
    if everything:
        typer.echo(f"{done} go again, {refused} stay.")
    raise typer.Exit(1 if refused else 0)


@app.command()
def drop(letter_id: LetterId) -> None:
    """Delete a dead letter for good."""
    with stores_or_exit(settings_or_exit()) as stores:
        try:
            stores.dead_letters.drop(letter_id)
        except LookupError as error:
            fail(str(error.args[0]))
    typer.echo(f"{letter_id} is deleted.")


def _print(letters: Sequence[DeadLetter], now: float, console: Console) -> None:
    table = _table(letters, now)
    needed = console.measure(table, options=console.options.update(width=_WIDEST)).maximum
    if console.is_terminal and needed > console.width:
        for one in letters:
            code = f", provider's code {one.provider_code}" if one.provider_code else ""
            age = _age(max(0.0, now - one.at))
            typer.echo(f"{one.id}  {one.reason}, {age} old, {one.channel}, {one.attempts} tries{code}")
            typer.echo(f"  conversation {one.conversation_id}\n  trace {one.trace}")
        return
    console.width = max(console.width, needed)
    console.print(table)


def _table(letters: Sequence[DeadLetter], now: float) -> Table:
    from rich.table import Table

    table = Table("id", "age", "channel", "reason", "tries", "provider's code", "conversation", "trace")
    for one in letters:
        age = _age(max(0.0, now - one.at))
        code = one.provider_code or ""
        table.add_row(one.id, age, one.channel, one.reason, str(one.attempts), code, one.conversation_id, one.trace)
    return table


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
