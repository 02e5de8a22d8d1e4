"""What each part of the classifier adds: `python -m knowledge.classifier.ablation nlu_data/nlu FILE.jsonl ...`.

Trains the classifier without one part after another on the examples of the folder and reads the labelled messages of
the files, single questions and all other intents; no search takes part, so near misses are judged by their words alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

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


def share_right(
    classifier: TextClassifier, wanted: Sequence[Labelled], blocks: Sequence[Mapping[str, Any]], network_only: bool
) -> dict[str, float]:
    """The share of messages whose first label is right, by variety and of all."""
    hits: dict[str, list[bool]] = {name: [] for name in (*VARIETIES, "all")}
    for message in wanted:
        found = classifier.votes(message.text, blocks)
        row = found[-1] if network_only else np.mean(found, axis=0)
        hit = classifier.labels[int(row.argmax())] in message.right
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

    def row(name: str, classifier: TextClassifier, blocks: Sequence[Any] = BLOCKS, network_only: bool = False) -> None:
        shares = share_right(classifier, wanted, blocks, network_only)
        sys.stdout.write(f"| {name} | " + " | ".join(f"{shares.get(v, 0):.3f}" for v in (*VARIETIES, "all")) + " |\n")
        sys.stdout.flush()

    whole = TextClassifier.train(texts, intents)
    row("everything", whole)
    row("network alone", whole, network_only=True)
    linear = Options(network=None)
    row("linear model alone", TextClassifier.train(texts, intents, linear))
    for index, name in _NAMES.items():
        blocks = [block for i, block in enumerate(BLOCKS) if i != index]
        row(f"linear without {name}", TextClassifier.train(texts, intents, linear, blocks), blocks)
    singles = [*BLOCKS, {"view": "concepts", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1}]
    row("linear with concepts one by one", TextClassifier.train(texts, intents, linear, singles), singles)
    plain = [{**block, "view": "written"} for block in BLOCKS[:2]]
    row("linear, words as written, nothing else", TextClassifier.train(texts, intents, linear, plain), plain)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
