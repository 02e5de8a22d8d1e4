"""Dalil's NLU beside Rasa's default pipeline: the same examples learnt, the same messages read, in the same Rasa."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.evaluation.score import VARIETIES, Row
from bot.evaluation.training import DALIL, PEER, Pipeline, Say, Trained, archive_of, kept, train
from bot.processes import newest_model, rasa_environment
from bot.said import MAX_TEXT, text_for_rasa
from bot.settings import PROJECT, Settings
from knowledge.language.normalise import clean

ASK = "ask_"
_READER = PROJECT / "tests" / "evaluation" / "in_rasa.py"


@dataclass(frozen=True, slots=True)
class Read:
    """What an NLU alone read in one message, and the milliseconds that took inside Rasa."""

    intent: str
    facet: str | None
    ms: float

    @classmethod
    def of(cls, line: str) -> Read:
        """A line of tests/evaluation/in_rasa.py in the words of the labels: ask_fees is a procedure's fees."""
        raw = json.loads(line)
        name = raw["intent"] or ""
        if name.startswith(ASK):
            return cls("procedure", (raw["facets"] or [name.removeprefix(ASK)])[0], raw["ms"])
        return cls("out_of_scope" if name in {"", "nlu_fallback"} else name, None, raw["ms"])


# What is compared: of all messages, of the questions about a procedure, of all, of the messages out of scope.
INTENT, FACET, BOTH, MISTAKEN = "intent right", "facet right", "intent and facet right", "out of scope read as question"
COMPARED = (INTENT, FACET, BOTH, MISTAKEN)


def judge(row: Row, read: Read) -> dict[str, bool]:
    """The compared figures that this message counts for, and whether it is a hit of each."""
    same = read.intent == row["intent"]
    if row["intent"] == "procedure":
        facet = same and read.facet in row["facets"]
        return {INTENT: same, FACET: facet, BOTH: facet}
    found = {INTENT: same, BOTH: same}
    return found | {MISTAKEN: read.intent == "procedure"} if row["intent"] == "out_of_scope" else found


@dataclass(frozen=True, slots=True)
class Side:
    """One system of the comparison. `figures`: by figure, then by variety.

    `trained`: what training it cost, where that was measured; `stale`: on other examples than the present ones.
    """

    name: str
    figures: Mapping[str, Mapping[str, float | None]]
    p50_ms: float
    p95_ms: float
    trained: Trained | None
    stale: bool = False


def compare(settings: Settings, rows: Sequence[Row], folder: Path, peer: str, say: Say) -> list[Side]:
    """Both sides, ours first; only ours, with the model that Dalil runs on, when `peer` is "none".

    `peer`: "auto" trains what is missing or out of date, "keep" compares with Rasa's pipeline as it was trained last.

    Raises:
        FileNotFoundError: Rasa's environment or Dalil's model is missing, or there is nothing to keep.
        TrainingFailed: Rasa could not train.
        RuntimeError: Rasa could not read the messages.
    """
    if peer == "none":
        return [_side(DALIL.name, newest_model(settings), settings, rows, say)]
    sides = []
    for pipeline, keep in ((DALIL, False), (PEER, peer == "keep")):
        trained, stale = _trained(pipeline, settings, folder, keep, say)
        side = _side(pipeline.name, archive_of(pipeline, folder), settings, rows, say)
        sides.append(replace(side, trained=trained, stale=stale))
    return sides


def _trained(pipeline: Pipeline, settings: Settings, folder: Path, keep: bool, say: Say) -> tuple[Trained, bool]:
    """What was trained, now or before, and whether that is out of date."""
    trained = kept(pipeline, folder)
    if trained is None and keep:
        raise FileNotFoundError(f"There is no trained {pipeline.name} to keep; run again without `--peer keep`.")
    stale = trained is not None and trained.digest != pipeline.digest()
    if trained is None or (stale and not keep):
        return train(pipeline, settings, folder, say), False
    if stale:
        say(f"{pipeline.name} was trained on other examples or settings than the present ones (--peer keep).")
    return trained, stale


def _side(name: str, archive: Path, settings: Settings, rows: Sequence[Row], say: Say) -> Side:
    say(f"Reading {len(rows)} messages with {name} …")
    read = read_all(settings, archive, [row["text"] for row in rows])
    times = sorted(one.ms for one in read)
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    return Side(name, figures(zip(rows, read, strict=True)), round(p50, 2), round(p95, 2), None)


def read_all(settings: Settings, archive: Path, texts: Sequence[str]) -> list[Read]:
    """What the archive reads in each text, prepared as for Rasa. Raises RuntimeError with the end of Rasa's log."""
    prepared = [text_for_rasa(clean(text)[:MAX_TEXT].strip()) for text in texts]
    done = subprocess.run(  # noqa: S603  our own command line
        [str(settings.rasa_python), str(_READER), str(archive)],
        cwd=PROJECT,
        env=rasa_environment(),
        input="".join(json.dumps(text) + "\n" for text in prepared),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Rasa could not read with {archive}:\n{done.stderr[-2000:]}")
    lines = done.stdout.splitlines()
    if len(lines) != len(texts):
        raise RuntimeError(f"Rasa read {len(lines)} of {len(texts)} messages with {archive}")
    return [Read.of(line) for line in lines]


def figures(judged: Iterable[tuple[Row, Read]]) -> dict[str, dict[str, float | None]]:
    """The share of each compared figure by variety, None where there was nothing to count."""
    hits: dict[tuple[str, str], list[bool]] = {}
    for row, read in judged:
        for name, hit in judge(row, read).items():
            hits.setdefault((name, row["variety"]), []).append(hit)
    return {name: {variety: _mean(hits.get((name, variety), [])) for variety in VARIETIES} for name in COMPARED}


def _mean(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
