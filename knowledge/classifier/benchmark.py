"""`python -m knowledge.evaluation arbanking77 [--compare] TRAIN.csv TEST.csv ...`: our classifier on public data.

ArBanking77 (Jarrar et al., 2023, arXiv 2310.19034; CC BY-SA 4.0, not part of Dalil): customers' questions to a bank, 77
intents, columns `label,text`. Learnt from the training file alone; nothing of the test files is looked at.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sklearn.metrics import f1_score

from knowledge.classifier import baseline
from knowledge.classifier.model import Options, TextClassifier
from knowledge.classifier.network import Shape

OPTIONS = Options(strength=0.3, network=Shape(width=256, hidden=384))  # 77 close labels want a larger network


@dataclass(frozen=True, slots=True)
class Figures:
    """`accuracy` and `macro_f1` are shares; `milliseconds` is the mean time of one message, read one by one."""

    messages: int
    accuracy: float
    macro_f1: float
    milliseconds: float


def read_labelled(file: Path) -> tuple[list[str], list[str]]:
    """Texts and labels of a CSV file with the columns `label` and `text`.

    Raises:
        ValueError: a column is missing, a row is not whole, or there is none.
        OSError: the file cannot be read.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if not {"label", "text"} <= set(rows.fieldnames or ()):
            raise ValueError(f"{file.name}: the first line must name the columns `label` and `text`")
        texts, labels = [], []
        for row in rows:
            if not row["label"] or not row["text"]:
                raise ValueError(f"{file.name}:{rows.line_num}: a row needs a label and a text")
            texts.append(row["text"])
            labels.append(row["label"])
    if not texts:
        raise ValueError(f"{file.name}: no rows")
    return texts, labels


def measure(read: Callable[[str], str], texts: Sequence[str], labels: Sequence[str]) -> Figures:
    """How right `read` is; it gives one text's label."""
    started = time.perf_counter()
    found = [read(text) for text in texts]
    each = (time.perf_counter() - started) * 1000 / len(texts)
    right = sum(one == other for one, other in zip(found, labels, strict=True))
    macro = float(f1_score(list(labels), found, average="macro", labels=sorted(set(labels))))
    return Figures(len(texts), right / len(texts), macro, each)


def main(arguments: Sequence[str]) -> int:
    """Train once, then one row a test file. `--compare`: first the same rows of the baseline."""
    compare = "--compare" in arguments
    files = [Path(name) for name in arguments if name != "--compare"]
    if len(files) < 2:
        sys.stderr.write("usage: python -m knowledge.evaluation arbanking77 [--compare] TRAIN.csv TEST.csv ...\n")
        return 2
    try:
        texts, labels = read_labelled(files[0])
        tests = [(file.name, *read_labelled(file)) for file in files[1:]]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write(f"training on {len(texts)} messages of {len(set(labels))} intents ...\n")
    sys.stdout.write("| test | messages | accuracy | macro-F1 | train s | ms a message |\n|---|---|---|---|---|---|\n")
    if compare:
        _rows(", linear SVM", lambda: baseline.train(texts, labels), tests)
    _rows("", lambda: TextClassifier.train(texts, labels, OPTIONS).label, tests)
    return 0


def _rows(
    name: str, train: Callable[[], Callable[[str], str]], tests: Sequence[tuple[str, Sequence[str], Sequence[str]]]
) -> None:
    started = time.perf_counter()
    read = train()
    trained = time.perf_counter() - started
    for test, texts, labels in tests:
        figures = measure(read, texts, labels)
        sys.stdout.write(
            f"| {test}{name} | {figures.messages} | {figures.accuracy:.4f} | {figures.macro_f1:.4f} "
            f"| {trained:.1f} | {figures.milliseconds:.2f} |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
