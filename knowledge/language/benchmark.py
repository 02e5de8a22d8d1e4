"""How often, and how fast, the language of a message is recognised: `python -m knowledge.language.benchmark FILE ...`.

A .jsonl file has one message a line with "text" and "variety" (tests/evaluation/*.jsonl). A .tsv file has a column
"text" and is in the language its folder names as SIB-200 does: arb_Arab/dev.tsv, ary_Arab/dev.tsv, fra_Latn/dev.tsv.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from knowledge.language.identify import identify

_SIB200 = {"arb_Arab": "ar", "ary_Arab": "ary", "fra_Latn": "fr"}
_ROUNDS = 5  # each message is timed so often; its fastest round counts


def read_messages(path: Path) -> list[tuple[str, str]]:
    """(text, language) of every message of one file."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in lines if line.strip()]
            return [(row["text"], row["variety"]) for row in rows]
        language = _SIB200.get(path.parent.name)
        if path.suffix != ".tsv" or language is None:
            known = ", ".join(_SIB200)
            raise SystemExit(f"{path}: give a .jsonl file, or a .tsv file in a folder named {known}")
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        return [(row["text"], language) for row in rows]


def recognised(messages: Sequence[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """How many messages of each language were taken for each: (language, recognised) → messages."""
    return Counter((language, identify(text).language) for text, language in messages)


def microseconds(messages: Sequence[tuple[str, str]]) -> list[float]:
    """The time of each message, its fastest of a few rounds."""
    identify("")  # loads the model
    best = [float("inf")] * len(messages)
    for _ in range(_ROUNDS):
        for index, (text, _) in enumerate(messages):
            started = time.perf_counter()
            identify(text)
            best[index] = min(best[index], time.perf_counter() - started)
    return [seconds * 1e6 for seconds in best]


def report(path: Path) -> str:
    """The figures of one file, one line a language."""
    messages = read_messages(path)
    counts = recognised(messages)
    times = sorted(microseconds(messages))
    middle, high = statistics.median(times), times[int(0.95 * len(times))]
    lines = [f"{path}: {len(messages)} messages, µs: {middle:.0f} median, {high:.0f} p95, {times[-1]:.0f} slowest"]
    for language in sorted({language for _, language in messages}):
        total = sum(count for (given, _), count in counts.items() if given == language)
        taken = {other: count for (given, other), count in counts.items() if given == language and other != language}
        wrong = ", ".join(f"{count} taken for {other}" for other, count in sorted(taken.items()))
        lines.append(
            f"  {language:9}{counts[language, language] / total:.3f} of {total}{'; ' + wrong if wrong else ''}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m knowledge.language.benchmark", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    for path in parser.parse_args(arguments).files:
        sys.stdout.write(report(path) + "\n")


if __name__ == "__main__":
    main()
