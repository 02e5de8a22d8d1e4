"""One writer at a time, and nobody overtakes whoever waits. To the kernel, two turnstiles are two processes."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.ports import StoreUnavailable
from bot.settings import PROJECT
from bot.store.turnstile import Turnstile

AT_ONCE = 0.0

COUNT = """
import sys
from pathlib import Path
from bot.store.turnstile import Turnstile
file, times = Path(sys.argv[1]), int(sys.argv[2])
turnstile = Turnstile(str(file), 60)
for _ in range(times):
    with turnstile():
        file.write_text(str(int(file.read_text()) + 1))
"""


def test_several_processes_and_their_threads_write_one_after_the_other(tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("0")
    argv = [sys.executable, "-c", COUNT, str(file), "200"]
    others = [subprocess.Popen(argv, cwd=PROJECT) for _ in range(2)]
    turnstile = Turnstile(str(file), 60)

    def count() -> None:
        for _ in range(100):
            with turnstile():
                file.write_text(str(int(file.read_text()) + 1))

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [0, 0] == [other.wait(60) for other in others]
    assert "600" == file.read_text()


def test_whoever_waits_is_not_overtaken(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    first, second, third = Turnstile(path, 30), Turnstile(path, 30), Turnstile(path, AT_ONCE)
    order: list[str] = []

    def wait() -> None:
        with second():
            order.append("second")

    with first():
        waiting = threading.Thread(target=wait)
        waiting.start()
        _until_taken(path)
        with pytest.raises(StoreUnavailable), third():
            order.append("third, which came later")
    waiting.join()
    assert ["second"] == order
    with third():
        order.append("third")
    assert ["second", "third"] == order


def _until_taken(path: str) -> None:
    """Until somebody stands in front of the lock."""
    deadline = time.monotonic() + 20
    with Path(f"{path}-next").open() as file:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(0.001)
    raise AssertionError("nobody waits")


def test_a_process_that_dies_lets_the_next_one_pass(tmp_path: Path) -> None:
    path = str(tmp_path / "db")
    hold = "import sys, time; from bot.store.turnstile import Turnstile; t = Turnstile(sys.argv[1], 9)()\n"
    hold += "t.__enter__(); print('held', flush=True); time.sleep(600)"
    late = Turnstile(path, AT_ONCE)
    with subprocess.Popen([sys.executable, "-c", hold, path], cwd=PROJECT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreUnavailable, match="another process keeps its lock"), late():
            pass
        holder.kill()

    with late():
        pass


def test_a_lock_that_cannot_be_made_is_a_store_that_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable), Turnstile(str(tmp_path / "nowhere" / "db"), AT_ONCE)():
        pass
