"""Commands the process of citizens and provider (driver.py), and weighs the system while it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING

from bot.settings import PROJECT
from tests.bench.load.driver import Load, Outcome

if TYPE_CHECKING:
    from tests.bench.load.systems import Target


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `cpu_s`: processor seconds by process, all of the run's; `memory_mb`: at its end (proportional).

    `apologies`: turns that the system gave up.
    """

    load: Load
    outcome: Outcome
    cpu_s: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    apologies: int = 0

    @property
    def rate(self) -> float:
        """Turns a second, answered within the measured window."""
        return self.outcome.answered_in_window / self.outcome.window_s

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing refused, nobody got an apology, not given up."""
        return not (self.outcome.lost or self.outcome.errors or self.apologies or self.outcome.hopeless)

    def reply_ms(self, share: float) -> float:
        """A percentile of webhook → provider. What was lost was never answered: it counts as infinitely late."""
        return percentile([*self.outcome.reply_ms, *[float("inf")] * self.outcome.lost], share)

    def acknowledged_ms(self, share: float) -> float:
        return percentile(self.outcome.acknowledged_ms, share)

    def cpu_ms_a_message(self) -> dict[str, float]:
        return {name: 1000 * value / max(1, self.outcome.replied) for name, value in self.cpu_s.items()}


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Traffic:
    """The process; one command at a time."""

    def __init__(self, process: subprocess.Popen[str], replies: IO[str], commands: IO[str]) -> None:
        self._process, self._replies, self._commands = process, replies, commands
        self.port = int(json.loads(self._line())["port"])

    def run(self, target: Target, load: Load) -> Run:
        """Raises RuntimeError when the process ended."""
        before, apologies = target.cpu(), target.apologies()
        self._commands.write(json.dumps({"webhook": asdict(target.webhook), "load": asdict(load)}) + "\n")
        self._commands.flush()
        outcome = Outcome(**json.loads(self._line()))
        after = target.cpu()
        used = {name: round(after[name] - before.get(name, 0.0), 3) for name in after}
        used["citizens and provider"] = round(outcome.cpu_s, 3)
        return Run(load, outcome, used, target.memory(), target.apologies() - apologies)

    def _line(self) -> str:
        if line := self._replies.readline():
            return line
        raise RuntimeError(f"the load's process ended with {self._process.wait()}")


@contextmanager
def traffic() -> Iterator[Traffic]:
    """Start it, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.load.driver"],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Traffic(process, process.stdout, process.stdin)
    finally:
        process.terminate()
        process.wait()
