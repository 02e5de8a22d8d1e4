"""Trains an NLU pipeline of Rasa for the comparison, once, and again only when what it learns from changed."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

import yaml

from bot.processes import rasa_environment
from bot.settings import PROJECT, Settings

EXAMPLES = ("nlu_data/nlu", "nlu_data/entities.yml")
# Processor milliseconds for one example in one epoch of DIET, measured; it only serves to say how long it will take.
MS_PER_EXAMPLE = 5.5
_EXAMPLE = re.compile(r"^\s*- \S", re.MULTILINE)
_EPOCH = re.compile(r"Epochs:\s+\d+%.*?(\d+)/(\d+) \[")

Say = Callable[[str], object]


class TrainingFailed(Exception):
    """Rasa did not write an archive; the message says where its log is."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`config`: of Rasa. `code`: folders under `root` whose files change what is learned, besides the examples."""

    name: str
    config: Path
    code: tuple[str, ...] = ()
    root: Path = PROJECT

    @property
    def epochs(self) -> int | None:
        """Of the neural component that has any."""
        components = yaml.safe_load(self.config.read_text("utf-8"))["pipeline"]
        return max((one["epochs"] for one in components if "epochs" in one), default=None)

    def digest(self) -> str:
        """Of everything the archive depends on; comments and blank lines are not among it."""
        found = sha256(_content(self.config))
        for folder in (*EXAMPLES, *self.code):
            for path in _files(self.root / folder):
                found.update(path.relative_to(self.root).as_posix().encode() + b"\0" + _content(path))
        return found.hexdigest()

    def count_examples(self) -> int:
        texts = (path.read_text("utf-8") for folder in EXAMPLES for path in _files(self.root / folder))
        entries = (entry for text in texts for entry in yaml.safe_load(text)["nlu"] if "intent" in entry)
        return sum(len(_EXAMPLE.findall(entry["examples"])) for entry in entries)


DALIL = Pipeline("dalil", PROJECT / "config.yml", ("bot/nlu", "knowledge/language", "knowledge/classifier"))
PEER = Pipeline("rasa-default", PROJECT / "tests/evaluation/peer/config.yml")


@dataclass(frozen=True, slots=True)
class Trained:
    """An archive, what it was made from, and what making it cost.

    `seconds`: of processor time, the same on a busy machine; `waited`: on the clock.
    """

    digest: str
    examples: int
    epochs: int | None
    seconds: float
    waited: float
    megabytes: float


def archive_of(pipeline: Pipeline, folder: Path) -> Path:
    return folder / f"{pipeline.name}.tar.gz"


def kept(pipeline: Pipeline, folder: Path) -> Trained | None:
    """What was trained last, from whatever inputs; None where nothing was."""
    facts = folder / f"{pipeline.name}.json"
    if not facts.exists() or not archive_of(pipeline, folder).exists():
        return None
    return Trained(**json.loads(facts.read_text("utf-8")))


def train(pipeline: Pipeline, settings: Settings, folder: Path, say: Say) -> Trained:
    """Train on all examples and keep archive and facts in `folder`. Raises TrainingFailed or FileNotFoundError."""
    if not settings.rasa_python.exists():
        raise FileNotFoundError("Rasa's environment is missing. Run `make setup`.")
    digest, examples, epochs = pipeline.digest(), pipeline.count_examples(), pipeline.epochs
    say(f"Training {pipeline.name} on {examples} examples: {_duration(examples, epochs)} …")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{pipeline.name}.json").unlink(
        missing_ok=True
    )  # an interrupted training leaves nothing that is believed
    started, before = time.monotonic(), _processor_seconds()
    with (folder / f"{pipeline.name}.log").open("w", encoding="utf-8") as log:
        status = _run_rasa(pipeline, settings, folder, log, say)
    archive = archive_of(pipeline, folder)
    if status != 0 or not archive.exists():
        raise TrainingFailed(f"Rasa could not train {pipeline.name}; its log is {folder / pipeline.name}.log")
    trained = Trained(
        digest=digest,
        examples=examples,
        epochs=epochs,
        seconds=round(_processor_seconds() - before, 1),
        waited=round(time.monotonic() - started, 1),
        megabytes=round(archive.stat().st_size / 1e6, 1),
    )
    (folder / f"{pipeline.name}.json").write_text(json.dumps(asdict(trained)), "utf-8")
    return trained


def _run_rasa(pipeline: Pipeline, settings: Settings, folder: Path, log: IO[str], say: Say) -> int:
    """Everything that Rasa says goes to the log; its progress is passed on, one line an epoch."""
    argv = ["nice", "-n", "19", str(settings.rasa_python), "-m", "rasa", "train", "nlu", "--domain", "domain.yml"]
    argv += ["--config", str(pipeline.config), "--nlu", str(pipeline.root / "nlu_data"), "--out", str(folder)]
    argv += ["--fixed-model-name", pipeline.name]
    # Without Rasa's cache of components: the seconds are those of a whole training.
    env = {**rasa_environment(), "RASA_MAX_CACHE_SIZE": "0"}
    with subprocess.Popen(argv, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:  # noqa: S603  our own command line
        assert process.stdout is not None  # noqa: S101  for mypy: it is a pipe
        told = 0
        for line in _lines(process.stdout):
            log.write(line + "\n")
            log.flush()
            epoch = _EPOCH.search(line)
            if epoch and int(epoch[1]) > told:
                told = int(epoch[1])
                say(f"  epoch {told} of {epoch[2]}")
        return process.wait()


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Lines as a terminal would show them: a progress bar ends its line with a carriage return."""
    line = b""
    while byte := stream.read(1):
        if byte in b"\r\n":
            if line.strip():
                yield line.decode("utf-8", "replace")
            line = b""
        else:
            line += byte
    if line.strip():
        yield line.decode("utf-8", "replace")


def _duration(examples: int, epochs: int | None) -> str:
    if epochs is None:
        return "a minute or two"
    minutes = 1.5 + examples * epochs * MS_PER_EXAMPLE / 60_000
    return f"{epochs} epochs, about {minutes:.0f} minutes on an idle core, several times that on a busy one"


def _processor_seconds() -> float:
    """Of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(one for one in path.rglob("*") if one.suffix in {".yml", ".py", ".json"})


def _content(path: Path) -> bytes:
    if path.suffix == ".yml":
        return json.dumps(yaml.safe_load(path.read_text("utf-8")), ensure_ascii=False).encode()
    return path.read_bytes()
