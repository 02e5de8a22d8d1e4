"""`dalil run`: starts every process, restarts what dies, and leaves nothing behind.

Standard library only, so that the parent stays small. Each child is the leader of its own process group and is told by
the kernel (Linux) to die with us even if we are killed with SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

STOP_GRACE_S = 8.0
RESTART_DELAYS_S = (0.5, 1, 2, 5, 10)
STABLE_AFTER_S = 60.0  # a child that lived this long is restarted at once again
EX_CONFIG = 78  # sysexits.h: a child that ends with it has a setting to be mended, and another start helps nobody
LAST_WORDS = 400  # bytes
LOG_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Child:
    """One process. `port` must be free before the start; `ready_url` answers 200 once it works.

    `nice`: how far it stands back where there is more work than processors, 0 to 19 (nice(2)).
    """

    name: str
    argv: Sequence[str]
    port: int
    port_setting: str
    ready_url: str
    env: Mapping[str, str]
    cwd: Path
    nice: int = 0


class PortTaken(Exception):
    """A port that we need is in use; the message says which and what to do."""


class Supervisor:
    """Runs children until SIGINT or SIGTERM. `say` prints a line for the person who started us."""

    def __init__(self, children: Sequence[Child], log_dir: Path, say: Callable[[str], None]) -> None:
        self._children = children
        self._log_dir = log_dir
        self._say = say
        self._stopping = asyncio.Event()
        self._code = 0

    async def run(self, when_ready: Callable[[], None]) -> int:
        """The exit code: 0 when we were asked to stop, 1 when a setting has to be mended first."""
        for child in self._children:
            require_free(child)
        self._log_dir.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(child)) for child in self._children]
        announcer = asyncio.create_task(self._announce(when_ready))
        await self._stopping.wait()
        self._say("Stopping …")
        announcer.cancel()
        await asyncio.gather(announcer, *keepers, return_exceptions=True)
        self._say("Stopped.")
        return self._code

    async def _announce(self, when_ready: Callable[[], None]) -> None:
        started = time.monotonic()

        async def wait(child: Child) -> None:
            while not await asyncio.to_thread(_answers, child.ready_url):
                await asyncio.sleep(0.2)
            self._say(f"  ✓ {child.name:<8} ready after {time.monotonic() - started:.1f} s")

        await asyncio.gather(*(wait(child) for child in self._children))
        when_ready()

    async def _keep(self, child: Child) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._run_once(child)
            if self._stopping.is_set():
                return
            log = self._log_dir / f"{child.name}.log"
            if code == EX_CONFIG:
                self._say(f"  ! {child.name} cannot start: {_last_line(log)}")
                self._code = 1
                self._stopping.set()
                return
            failures = 0 if time.monotonic() - started > STABLE_AFTER_S else failures + 1
            delay = RESTART_DELAYS_S[min(max(failures - 1, 0), len(RESTART_DELAYS_S) - 1)]
            self._say(
                f"  ! {child.name} ended (exit {code}); starting it again in {delay:g} s. Its last words are in {log}"
                + (f":\n    {_last_line(log)}" if code > 0 else "")
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _run_once(self, child: Child) -> int:
        path = self._log_dir / f"{child.name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(child.env),
                cwd=child.cwd,
                start_new_session=True,
                preexec_fn=partial(_before, child.nice),
            )
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            _signal_group(process.pid, signal.SIGTERM)
            await asyncio.wait({ended}, timeout=STOP_GRACE_S)
        _signal_group(process.pid, signal.SIGKILL)  # whatever the child left in its group
        return await ended


def _last_line(log: Path) -> str:
    """What a process that ended by itself said last: most often the setting or the file to mend."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST_WORDS))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:LAST_WORDS] if lines else ""


def require_free(child: Child) -> None:
    """Raise `PortTaken` when somebody listens on the child's port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", child.port))
        except OSError:
            raise PortTaken(
                f"Port {child.port} is taken, and {child.name} needs it. Stop the program that listens there "
                f"(perhaps another `make run`), or choose another port: {child.port_setting}={child.port + 1} make run"
            ) from None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback addresses
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def _before(nice: int) -> None:
    """What a child does first: it dies with its parent, and stands back."""
    os.nice(nice)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        with contextlib.suppress(OSError):  # a kernel that weighs sessions against each other: sched(7), autogroup
            Path("/proc/self/autogroup").write_text(str(nice))


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
