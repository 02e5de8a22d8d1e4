"""Ports for the processes that tests start: nobody else takes one between the choice and the moment it is opened.

A port that the kernel would give (port 0) is the next client's as soon as we let go of it, and Rasa opens its own only
after ten seconds. So: ports below those that the kernel gives out, each lent to one process of ours at a time.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path
from typing import BinaryIO

# Below Linux's default net.ipv4.ip_local_port_range, and above the ports that people know by number.
FIRST, LAST = 15_000, 32_000


def free_port() -> int:
    """A loopback port that is free, and ours until this process ends. Raises RuntimeError when there is none."""
    candidates = list(range(FIRST, LAST))
    random.Random().shuffle(candidates)
    for port in candidates:
        if port not in _ours() and _free(port) and _lent(port):
            _ours().add(port)
            return port
    raise RuntimeError(f"every port from {FIRST} to {LAST} is taken: end what listens there, then run the tests again")


@cache
def _ours() -> set[int]:
    return set()


@cache
def _ledger() -> BinaryIO:
    """One byte for each port; whoever uses the port holds a lock on it, which the kernel drops when he ends."""
    path = Path(tempfile.gettempdir()) / f"dalil-test-ports-{os.getuid()}"
    return path.open("wb")


def _lent(port: int) -> bool:
    try:
        fcntl.lockf(_ledger(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:  # another test run has it
        return False
    return True


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
