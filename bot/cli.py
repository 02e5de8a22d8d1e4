"""`dalil`: every command. Heavy imports are inside the commands, so that `--help` and `run` start at once."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot import content, dead_letters, gov, upkeep
from bot.command import fail, files_or_exit, settings_or_exit
from bot.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Dalil: public services, answered.")
app.add_typer(content.app, name="content")
app.add_typer(dead_letters.app, name="deadletter")
app.add_typer(gov.app, name="gov")
app.command("rotate-keys")(upkeep.rotate_keys)
app.command()(upkeep.forget)
app.command("export-person")(upkeep.export_person)


def main() -> None:
    os.umask(0o077)  # what is stored belongs to citizens: nobody else on this machine may read it
    app()


def _with_sandbox(settings: Settings) -> Settings:
    return settings.model_copy(update={"sandbox": True}) if settings.sandbox is None else settings


@app.command()
def run() -> None:
    """Start everything: Rasa, the app with its worker, and the sandbox. Ctrl-C stops it all."""
    from bot.processes import children
    from bot.supervise import PortTaken, Supervisor

    # A laptop has no government systems and no provider accounts: `run` brings the sandbox unless told not to.
    settings = _with_sandbox(settings_or_exit())
    try:
        supervisor = Supervisor(children(settings), settings.var_dir / "log", typer.echo)
    except FileNotFoundError as error:
        fail(str(error))
    typer.echo("Starting Dalil (about 10 seconds) …")

    def when_ready() -> None:
        typer.echo(f"\nDalil is ready:  {settings.effective_public_url}/")
        typer.echo(
            f"  metrics {settings.effective_public_url}/metrics · logs {settings.var_dir / 'log'} · Ctrl-C stops\n"
        )

    try:
        raise typer.Exit(asyncio.run(supervisor.run(when_ready)))
    except PortTaken as error:
        fail(str(error))


def _responsive() -> None:
    """Let a thread that has its answer from the database go on after 1 ms, not 5: turns keep the interpreter busy.

    And collect garbage after 20,000 new objects instead of 700: a turn makes thousands, and few of them in cycles.
    """
    sys.setswitchinterval(0.001)
    gc.set_threshold(20_000, 20, 50)


@app.command()
def serve(
    worker: Annotated[bool, typer.Option("--worker", help="Run the worker in this process too.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    worker_at: Annotated[
        str, typer.Option(help="URL of a worker's private port: its figures are shown by /metrics too.")
    ] = "",
) -> None:
    """The web application only (webhooks, action server, pages)."""
    import uvicorn

    from bot.logs import configure_logs
    from bot.web.app import create_web

    settings = settings_or_exit()
    files_or_exit(settings)
    configure_logs(settings.log_level)
    _responsive()
    uvicorn.run(
        create_web(settings, worker=worker, worker_at=worker_at),
        host=host or settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


@app.command("worker")
def run_worker(
    port: Annotated[
        int,
        typer.Option("--port", "--metrics-port", min=0, max=65535, help="For Rasa's actions and /metrics; 0: neither."),
    ] = 0,
    host: Annotated[str, typer.Option("--host", "--metrics-host", help="Address of it.")] = "127.0.0.1",
) -> None:
    """A worker only: any number may run, on any number of machines with one PostgreSQL."""
    import socket

    import uvloop

    from bot.logs import configure_logs
    from bot.worker_process import work

    settings = settings_or_exit()
    files_or_exit(settings)
    configure_logs(settings.log_level)
    try:
        listening = socket.create_server((host, port)) if port else None
    except OSError as error:
        fail(f"--port {port}: {error.strerror}. Choose another.")
    _responsive()
    uvloop.run(work(settings, listening))  # as the web does: asyncio's own loop costs a worker a fifth more


@app.command()
def sandbox() -> None:
    """The local government systems and providers."""
    import uvicorn

    from bot.accounts import sandbox_config
    from bot.logs import configure_logs
    from connectors.sandbox.app import create_app

    settings = _with_sandbox(settings_or_exit())
    configure_logs(settings.log_level)
    uvicorn.run(
        create_app(sandbox_config(settings)),
        host="127.0.0.1",
        port=settings.sandbox_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )


@app.command()
def migrate() -> None:
    """Bring the database to the current schema."""
    from bot.bootstrap import open_stores
    from bot.ports import StoreUnavailable

    try:
        open_stores(settings_or_exit()).close()
    except StoreUnavailable as error:
        fail(f"{error}. Check DALIL_DATABASE_URL.")
    typer.echo("The database is up to date.")


@app.command()
def understand(
    source: Annotated[Path | None, typer.Argument(help="JSON Lines file; standard input without it.")] = None,
) -> None:
    """Say what Dalil understands of each message: JSON Lines in, JSON Lines out."""
    from bot.understanding import understand_stream

    settings = settings_or_exit()
    with source.open(encoding="utf-8") if source else sys.stdin as lines:
        try:
            asyncio.run(understand_stream(settings, lines, sys.stdout))
        except (ValueError, FileNotFoundError, RuntimeError) as error:
            fail(str(error))


@app.command("evaluate")
def run_evaluation(
    source: Annotated[
        Path, typer.Argument(help="Labelled messages, JSON Lines: a file, or a folder of them for the whole report.")
    ] = Path("tests/evaluation"),
    show_errors: Annotated[bool, typer.Option("--errors", help="List what was understood otherwise.")] = False,
    peer: Annotated[
        Literal["auto", "keep", "none"],
        typer.Option(help="Rasa's default pipeline beside ours: auto (train when out of date), keep or none."),
    ] = "auto",
    results: Annotated[Path, typer.Option(help="Where figures are kept by commit.")] = Path("results/quality.jsonl"),
    record: Annotated[bool, typer.Option("--record", help="Record the figures though files were changed.")] = False,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Fail when a figure fell by two points.")] = True,
) -> None:
    """How right Dalil is on labelled messages: a file's table, or a folder's whole report (`make evaluate`)."""
    from rich.console import Console

    from bot.evaluation.full import Wish, evaluate_all
    from bot.evaluation.measure import read_set, table, understood
    from bot.evaluation.plots import NoMatplotlib
    from bot.evaluation.report import describe
    from bot.evaluation.score import errors, score
    from bot.evaluation.training import TrainingFailed

    settings, console = settings_or_exit(), Console()
    try:
        if source.is_dir():
            run = asyncio.run(evaluate_all(settings, Wish(source, results, peer, record), console))
        else:
            scores = score(asyncio.run(understood(settings, read_set(source).rows)))
    except (ValueError, OSError, RuntimeError, TrainingFailed, NoMatplotlib) as error:
        fail(f"{source}: {error}")
    if source.is_dir():
        for name, change in run.fell:
            typer.echo(f"Fell by more than two points: {name} {describe(change)}")
        raise typer.Exit(1 if run.fell and check else 0)
    console.print(table(scores))
    if show_errors:
        for line in errors(scores):
            typer.echo(line)


@app.command()
def chat(
    url: Annotated[str, typer.Option(help="A running Dalil; the local one without it.")] = "",
) -> None:
    """Talk to a running Dalil in the terminal (as the web chat does)."""
    from bot.terminal import talk

    settings = settings_or_exit()
    raise typer.Exit(asyncio.run(talk(url or f"http://127.0.0.1:{settings.port}")))


@app.command()
def doctor() -> None:
    """Check settings and connections; say in one line each what is wrong."""
    from bot.doctor import examine

    findings = asyncio.run(examine(settings_or_exit()))
    for finding in findings:
        typer.echo(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.detail}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def requests(
    done: Annotated[int | None, typer.Option(help="Mark this request as dealt with.")] = None,
) -> None:
    """People who asked for a human being, oldest first."""
    from rich.console import Console
    from rich.table import Table

    from bot.bootstrap import open_stores

    stores = open_stores(settings_or_exit())
    if done is not None:
        if not stores.requests.resolve(done, time.time()):
            fail(f"There is no open request {done}. `dalil requests` lists them.")
        typer.echo(f"Request {done} is closed.")
        return
    waiting = stores.requests.open_requests(200)
    if not waiting:
        typer.echo("Nobody is waiting for a person.")
        return
    table = Table("no.", "since (UTC)", "medium", "answer to", "why")
    for request in waiting:
        since = datetime.fromtimestamp(request.created_at, UTC).strftime("%Y-%m-%d %H:%M")
        table.add_row(str(request.id), since, request.address.medium, request.address.external_id, request.reason)
    Console().print(table)


@app.command()
def costs(
    days: Annotated[int, typer.Option(min=1, help="How many days, today (UTC) among them.")] = 30,
) -> None:
    """SMS segments and their cost, by day and the recipient's country."""
    from rich.console import Console

    from bot.bootstrap import open_stores
    from bot.costs import cost_table
    from bot.ports import StoreUnavailable
    from bot.prices import PricesError, load_prices

    settings = settings_or_exit()
    first = (datetime.now(UTC) - timedelta(days=days - 1)).date().isoformat()
    try:
        prices = load_prices(settings.prices_file)
        stores = open_stores(settings, upgrade=False)
        try:
            rows = stores.costs.since(first)
        finally:
            stores.close()
    except (PricesError, StoreUnavailable) as error:
        fail(str(error))
    if not rows:
        typer.echo(f"No SMS since {first}.")
        return
    Console().print(cost_table(rows, prices.currency))


if __name__ == "__main__":
    main()
