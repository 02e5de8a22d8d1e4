"""The whole of Dalil as its own processes, on free ports and an empty folder: for journeys and benchmarks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from bot.settings import PROJECT
from connectors.tls import usual_tls
from tests.ports import free_port

START_TIMEOUT_S = 180.0
COMMAND_TIMEOUT_S = 300.0  # most take three seconds; beside four busy processes some took over two minutes


@dataclass(slots=True)
class System:
    """A running `dalil run`."""

    process: subprocess.Popen[bytes]
    port: int
    sandbox_port: int
    rasa_port: int
    var_dir: Path
    env: Mapping[str, str]
    seconds_to_ready: float = 0.0
    output: Path = field(default=Path())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def database(self) -> Path:
        return self.var_dir / "dalil.db"

    def dalil(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run another `dalil` command with the same settings; `text` is its standard input."""
        argv = [sys.executable, "-m", "bot.cli", *command]
        return subprocess.run(
            argv,
            cwd=PROJECT,
            env=self.env,
            input=text,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def tree(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def child(self, word: str) -> psutil.Process:
        """The direct child whose command line holds a word that starts so (rasa, serve, sandbox; not rasa_serve…)."""
        for process in psutil.Process(self.process.pid).children():
            if re.search(rf"(?<![-\w]){word}", " ".join(process.cmdline()[1:])):  # not the option --worker-at
                return process
        raise LookupError(f"no child process with {word!r} in its command line")

    def wait_until_ready(self) -> None:
        """Raise AssertionError with the logs' end when /health/ready does not come."""
        started = time.monotonic()
        while time.monotonic() - started < START_TIMEOUT_S:
            if self.process.poll() is not None:
                raise AssertionError(f"`dalil run` ended with {self.process.returncode}:\n{self._logs()}")
            try:
                if (
                    httpx2.get(f"{self.url}/health/ready", timeout=2, trust_env=False, verify=usual_tls()).status_code
                    == 200
                ):
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {START_TIMEOUT_S:.0f} s:\n{self._logs()}")

    def _logs(self) -> str:
        parts = [self.output.read_text(errors="replace")[-2000:]]
        logs = sorted((self.var_dir / "log").glob("*.log"))
        parts += [f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in logs]
        return "\n".join(parts)


@contextmanager
def running(var_dir: Path, settings: Mapping[str, str] | None = None) -> Iterator[System]:
    """Start everything, wait until it is ready, and stop it again. `settings`: further DALIL_ variables."""
    port, sandbox_port, rasa_port = free_port(), free_port(), free_port()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DALIL_")}
    env = {
        **ours,
        "DALIL_PORT": str(port),
        "DALIL_WORKER_PORT": str(free_port()),
        "DALIL_SANDBOX_PORT": str(sandbox_port),
        "DALIL_RASA_URL": f"http://127.0.0.1:{rasa_port}",
        "DALIL_VAR_DIR": str(var_dir),
        **(settings or {}),
    }
    output = var_dir / "run.log"
    var_dir.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run"], cwd=PROJECT, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    system = System(process, port, sandbox_port, rasa_port, var_dir, env, output=output)
    try:
        system.wait_until_ready()
        system.seconds_to_ready = time.monotonic() - started
        yield system
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
