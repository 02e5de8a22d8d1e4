"""`dalil run`'s supervisor, with real processes: restart, a taken port, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from bot.settings import PROJECT
from bot.supervise import Child, PortTaken, require_free
from tests.ports import free_port

# A child that serves its port, has a child of its own, and ignores nothing.
SERVER = """
import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Ok(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ok).serve_forever()
"""

RUNNER = """
import asyncio, sys
from pathlib import Path
from bot.supervise import Child, Supervisor
import os
child = Child("server", [sys.executable, "-c", sys.argv[1], sys.argv[2]], int(sys.argv[2]), "X_PORT",
              f"http://127.0.0.1:{sys.argv[2]}/", dict(os.environ), Path(sys.argv[3]), 5)
say = lambda line: print(line, flush=True)
sys.exit(asyncio.run(Supervisor([child], Path(sys.argv[3]) / "log", say).run(lambda: say("READY"))))
"""


@pytest.fixture
def runner(tmp_path: Path, request: pytest.FixtureRequest):
    """A supervisor over one child, which is SERVER where a test says nothing else."""
    port = free_port()
    child = getattr(request, "param", SERVER)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUNNER), child, str(port), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    yield process, port
    process.kill()
    process.wait()
    process.stdout.close()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"the supervisor ended without saying {word!r}")


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_process_and_its_children(runner, number: signal.Signals) -> None:
    process, _ = runner
    read_until(process, "READY")
    started = descendants(process)
    assert 2 == len(started)

    process.send_signal(number)

    assert 0 == process.wait(15)
    assert all_gone(started)


def test_a_killed_supervisor_takes_its_child_along(runner) -> None:
    process, _ = runner
    read_until(process, "READY")
    [child, *_] = psutil.Process(process.pid).children()

    process.kill()

    assert all_gone([child])


def test_a_child_stands_back_as_far_as_it_was_told(runner) -> None:
    process, _ = runner
    read_until(process, "READY")
    [child, *_] = psutil.Process(process.pid).children()

    assert min(psutil.Process(process.pid).nice() + 5, 19) == child.nice()


def test_a_child_that_dies_is_started_again(runner) -> None:
    process, port = runner
    read_until(process, "READY")
    [child, *_] = psutil.Process(process.pid).children()

    child.kill()

    assert "starting it again" in read_until(process, "ended")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    assert child.pid not in {c.pid for c in descendants(process)}
    assert descendants(process)


@pytest.mark.parametrize("runner", ["print('DALIL_PRICES_FILE: mend line 3'); exit(1)"], indirect=True)
def test_what_a_child_said_before_it_gave_up_is_shown(runner) -> None:
    process, _ = runner

    assert "server ended (exit 1)" in read_until(process, "ended")
    assert "    DALIL_PRICES_FILE: mend line 3" == process.stdout.readline().rstrip()


@pytest.mark.parametrize("runner", ["print('DALIL_PRICES_FILE: mend line 3'); exit(78)"], indirect=True)
def test_a_setting_that_must_be_mended_ends_everything(runner) -> None:
    process, _ = runner

    assert "server cannot start: DALIL_PRICES_FILE: mend line 3" in read_until(process, "cannot")
    assert 1 == process.wait(20)


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        child = Child("app", [], port, "DALIL_PORT", "", {}, Path())

        with pytest.raises(PortTaken, match=rf"Port {port} is taken, and app needs it.*DALIL_PORT={port + 1}"):
            require_free(child)
