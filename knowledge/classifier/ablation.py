"""What each part of the classifier adds: `python -m knowledge.classifier.ablation nlu_data/nlu FILE.jsonl ...`.

Trains the classifier without one part after another on the examples of the folder and reads the labelled messages of
the files, single questions and all other intents; no search takes part, so near misses are judged by their words alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from knowledge.classifier import baseline
from knowledge.classifier.model import BLOCKS, Options, TextClassifier

VARIETIES = ("fr", "ar", "ary", "ary-Latn")
_NAMES = {  # of BLOCKS, in their order
    0: "standard words, single and in pairs",
    1: "letters of standard words",
    2: "stems",
    3: "pairs of stems apart",
    4: "skeletons",
    5: "letters of skeletons",
    6: "pairs of concepts",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message and the labels that are right for it: of two questions, either."""

    text: str
    variety: str
    right: frozenset[str]


def examples(folder: Path) -> tuple[list[str], list[str]]:
    """Texts and intents of all training files under `folder`."""
    texts, intents = [], []
    for file in sorted(folder.rglob("*.yml")):
        for entry in yaml.safe_load(file.read_text("utf-8"))["nlu"]:
            for line in entry["examples"].splitlines():
                texts.append(line.removeprefix("- "))
                intents.append(entry["intent"])
    return texts, intents


def messages(files: Sequence[Path]) -> Iterator[Labelled]:
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            right = {f"ask_{facet}" for facet in row["facets"]} or {row["intent"]}
            yield Labelled(row["text"], row["variety"], frozenset(right))


def share_right(read: Callable[[str], str], wanted: Sequence[Labelled]) -> dict[str, float]:
    """The share of messages to which `read` gives a right label, by variety and of all."""
    hits: dict[str, list[bool]] = {name: [] for name in (*VARIETIES, "all")}
    for message in wanted:
        hit = read(message.text) in message.right
        hits[message.variety].append(hit)
        hits["all"].append(hit)
    return {name: float(np.mean(found)) for name, found in hits.items() if found}


def main(arguments: Sequence[str]) -> int:
    """Print the table as Markdown, row by row as it is measured (about five minutes)."""
    if len(arguments) < 2:
        sys.stderr.write("usage: python -m knowledge.classifier.ablation FOLDER FILE.jsonl ...\n")
        return 2
    texts, intents = examples(Path(arguments[0]))
    wanted = list(messages([Path(name) for name in arguments[1:]]))
    sys.stdout.write(f"| {len(wanted)} messages, {len(texts)} examples | " + " | ".join((*VARIETIES, "all")) + " |\n")
    sys.stdout.write("|---" * (len(VARIETIES) + 2) + "|\n")

    def row(name: str, read: Callable[[str], str]) -> None:
        shares = share_right(read, wanted)
        sys.stdout.write(f"| {name} | " + " | ".join(f"{shares.get(v, 0):.3f}" for v in (*VARIETIES, "all")) + " |\n")
        sys.stdout.flush()

    def linear(blocks: Sequence[Mapping[str, Any]]) -> Callable[[str], str]:
        return TextClassifier.train(texts, intents, Options(network=None), blocks).label

    whole = TextClassifier.train(texts, intents)
    row("everything", whole.label)
    row("network alone", lambda text: whole.labels[int(whole.votes(text)[-1].argmax())])
    row("linear model alone", linear(BLOCKS))
    for index, name in _NAMES.items():
        row(f"linear without {name}", linear([block for i, block in enumerate(BLOCKS) if i != index]))
    singles = {"view": "concepts", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1}
    row("linear with concepts one by one", linear([*BLOCKS, singles]))
    row("linear, words and letters as written, nothing else", baseline.train(texts, intents))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
