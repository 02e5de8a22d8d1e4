"""Dalil in the parts of a real installation, each its own process that can be killed: web, two workers, dialogue.

The harness is the supervisor: what dies stays dead until a row starts it again. Everything is on loopback, in one
folder, with a lease of two seconds.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import httpx2
import psutil
from sqlalchemy import func, select

from bot.ports import StoreUnavailable
from bot.processes import rasa
from bot.settings import PROJECT, Settings
from bot.store.database import Database
from bot.store.tables import inbox, outbox
from connectors.tls import usual_tls
from tests.faults.postgres import Postgres
from tests.faults.provider import ACCOUNT_SID, AUTH_TOKEN, Provider
from tests.ports import free_port

LEASE_S = 2.0
READY_S = 120.0
SMS_FROM = "+15005550006"
WORKERS = ("worker1", "worker2")
ALL = ("web", *WORKERS, "dialogue")

Kind = Literal["sqlite", "postgresql"]


class Cluster:
    """The processes. `real`: Rasa with the trained model, else the echo (tests/faults/echo_rasa.py)."""

    def __init__(self, folder: Path, database: Kind, *, real: bool = False, workers: int = 2) -> None:
        self.folder, self.database, self.real = folder, database, real
        self.provider = Provider()
        self.port, self.dialogue_port = free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self.postgres = Postgres(folder / "pg") if database == "postgresql" else None
        self.database_url = self.fresh_database()
        self._own = Database(self.database_url)
        self.env = self._environment()
        self._names = ("web", *WORKERS[:workers], "dialogue")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> tuple[str, ...]:
        return tuple(name for name in self._names if name in WORKERS)

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("DALIL_")}
        settings = {
            "DALIL_PORT": str(self.port),
            "DALIL_RASA_URL": f"http://127.0.0.1:{self.dialogue_port}",
            "DALIL_RASA_TIMEOUT_S": "10",
            "DALIL_DATABASE_URL": self.database_url,
            "DALIL_VAR_DIR": str(self.folder / "var"),
            "DALIL_LEASE_S": str(LEASE_S),
            "DALIL_SANDBOX": "false",
            "DALIL_SECRET_KEY": "f" * 64,
            "DALIL_TWILIO__ACCOUNT_SID": ACCOUNT_SID,
            "DALIL_TWILIO__AUTH_TOKEN": AUTH_TOKEN,
            "DALIL_TWILIO__SMS_FROM": SMS_FROM,
            "DALIL_TWILIO__API_URL": self.provider.url,
        }
        if not self.real:  # the echo needs no knowledge, and processes start in half the time
            content = self.folder / "content"
            shutil.copytree(PROJECT / "knowledge" / "content" / "mr", content / "mr", dirs_exist_ok=True)
            settings["DALIL_CONTENT_DIR"] = str(content)
        return ours | settings | {"PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}

    def fresh_database(self) -> str:
        """The URL of a new, empty database of the same kind."""
        if self.postgres is not None:
            return self.postgres.fresh()
        return f"sqlite:///{self.folder / 'var' / f'{secrets.token_hex(4)}.db'}"

    # ---- processes -------------------------------------------------------------------------------------------------

    def start(self, *names: str) -> None:
        """Start what is not running."""
        for name in names:
            if self.alive(name):
                continue
            argv, env = self._command(name)
            with (self.folder / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    argv,
                    cwd=PROJECT,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def _command(self, name: str) -> tuple[list[str], dict[str, str]]:
        dalil = [sys.executable, "-m", "bot.cli"]
        if name == "web":
            return [*dalil, "serve"], self.env
        if name in WORKERS:
            return [*dalil, "worker"], self.env
        if self.real:
            child = rasa(self.settings())
            return list(child.argv), dict(child.env)
        return [sys.executable, "-m", "tests.faults.echo_rasa", str(self.dialogue_port)], self.env

    def settings(self) -> Settings:
        """As the processes see them."""
        return Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
            port=self.port,
            rasa_url=f"http://127.0.0.1:{self.dialogue_port}",
            database_url=self.database_url,
            var_dir=self.folder / "var",
            secret_key="f" * 64,
        )

    def alive(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def dead(self) -> list[str]:
        return [name for name in self._names if not self.alive(name)]

    def send(self, number: signal.Signals, *names: str) -> None:
        """A signal to these processes, and to whatever they started."""
        for name in names:
            if self.alive(name):
                os.killpg(self._running[name].pid, number)

    def kill(self, *names: str) -> None:
        """SIGKILL: no process has a chance to finish anything."""
        self.send(signal.SIGKILL, *names)
        for name in names:
            if name in self._running:
                self._running[name].wait()

    def starve(self, size: int = 4096) -> None:
        """No file that web and workers write can grow beyond `size` bytes: SQLite's disk is full (EFBIG for ENOSPC)."""
        self._limit_files(size)

    def feed(self) -> None:
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, size: int) -> None:
        for name in self._names:
            if name != "dialogue" and self.alive(name):
                resource.prlimit(self._running[name].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    # ---- state -----------------------------------------------------------------------------------------------------

    def mode(self, kind: str, *, seconds: float = 0.0, count: int = 1) -> None:
        """The echo's next calls suffer this."""
        body = {"kind": kind, "seconds": seconds, "count": count}
        httpx2.post(
            f"http://127.0.0.1:{self.dialogue_port}/mode", json=body, trust_env=False, verify=usual_tls()
        ).raise_for_status()

    def ready(self) -> bool:
        try:
            return (
                httpx2.get(f"{self.url}/health/ready", timeout=2, trust_env=False, verify=usual_tls()).status_code
                == 200
            )
        except httpx2.TransportError:
            return False

    def wait_until_ready(self) -> None:
        """Raise AssertionError with the logs' ends when the parts do not come up."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if dead := self.dead():
                raise AssertionError(f"{dead} ended by themselves:\n{self.logs()}")
            if self.ready():
                return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {READY_S:.0f} s:\n{self.logs()}")

    def backlog(self) -> int | None:
        """Open rows of inbox and outbox; None where nobody can tell now."""
        try:
            return open_rows(self._own)
        except StoreUnavailable:
            return None

    def mend(self) -> None:
        """Everything alive and well again, whatever the row before did."""
        self.provider.clear()
        if self.postgres is not None:
            self.postgres.resume()
        self.send(signal.SIGCONT, *self._names)
        self.feed()
        self.start(*self._names)
        self.wait_until_ready()

    def logs(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in logs)

    def memory_mb(self) -> float:
        return sum(psutil.Process(p.pid).memory_info().rss for p in self._running.values() if p.poll() is None) / 2**20

    def close(self) -> None:
        self.send(signal.SIGCONT, *self._names)
        self.kill(*self._names)
        self.provider.close()
        self._own.close()
        if self.postgres is not None:
            self.postgres.resume()
            self.postgres.close()


def open_rows(database: Database) -> int:
    """How many messages wait to be answered or to be sent. Raises `StoreUnavailable`."""
    counts = [
        select(func.count()).where(table.c.state.in_(states))
        for table, states in ((inbox, ("queued", "working")), (outbox, ("queued", "sending")))
    ]
    with database.read() as connection:
        return sum(connection.execute(one).scalar_one() for one in counts)


@contextmanager
def running(folder: Path, database: Kind, *, real: bool = False, workers: int = 2) -> Iterator[Cluster]:
    """A whole cluster, ready; nothing of it is left afterwards."""
    cluster = Cluster(folder, database, real=real, workers=workers)
    try:
        cluster.start(*cluster.names)
        cluster.wait_until_ready()
        yield cluster
    finally:
        cluster.close()
