"""Learns knowledge/language/lexicon/identify.json from the training examples: `python -m bot.nlu.train_language`.

Run it in Rasa's environment from the repository's root after larger changes to nlu_data/nlu/, and commit the result.
The language of an example is what the nearest comment above it says: `# fr`, `# ar`, `# ary` or `# ary-Latn`.
"""

from __future__ import annotations

import json
import logging
import math
import re
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from knowledge.language.arabizi import french_words, known_words
from knowledge.language.identify import features
from knowledge.language.normalise import LEXICON, normalise

EXAMPLES = Path("nlu_data/nlu")
_LANGUAGE = re.compile(r"\s*# (fr|ary-Latn|ary|ar)\s*$")
_EXAMPLE = re.compile(r"\s{4,}- (.+)$")
_ANNOTATION = re.compile(r"\[([^\]]+)\]\([^)]+\)")

_STRENGTH = 3.0  # inverse of the penalty on the weights
_SMALLEST = 0.06  # weights below it are dropped: a third of the size, the same decisions
_A_LINE = 12  # weights on one line of the file

log = logging.getLogger("bot.nlu.train_language")


def examples(folder: Path) -> Iterator[Tuple[str, str]]:
    """(text, language) of every example below a language comment."""
    for path in sorted(folder.rglob("*.yml")):
        language = None
        for line in path.read_text(encoding="utf-8").splitlines():
            named = _LANGUAGE.match(line)
            if named:
                language = named[1]
            example = _EXAMPLE.match(line)
            if example and language:
                yield _ANNOTATION.sub(r"\1", example[1]), language


def fit(dialect: List[List[str]], standard: List[List[str]]) -> Dict[str, object]:
    """Bias and weights of the log-odds that a list of words is dialect."""
    columns: Dict[str, int] = {}
    rows, cols, values = [], [], []
    for row, words in enumerate([*dialect, *standard]):
        found = [feature for word in words for feature in features(word)]
        for feature in found:
            rows.append(row)
            cols.append(columns.setdefault(feature, len(columns)))
            values.append(1 / math.sqrt(len(found)))
    matrix = csr_matrix((values, (rows, cols)), shape=(len(dialect) + len(standard), len(columns)))
    labels = [1] * len(dialect) + [0] * len(standard)
    model = LogisticRegression(C=_STRENGTH, class_weight="balanced", solver="liblinear", random_state=1)
    model.fit(matrix, labels)
    learned = {feature: round(float(model.coef_[0][column]), 2) for feature, column in columns.items()}
    weights = {feature: weight for feature, weight in sorted(learned.items()) if abs(weight) >= _SMALLEST}
    log.info("%d texts, %d weights, %.4f right", len(labels), len(weights), model.score(matrix, labels))
    return {"bias": round(float(model.intercept_[0]), 3), "weights": weights}


def main() -> None:
    texts: Dict[str, List[List[str]]] = {"fr": [], "ar": [], "ary": [], "ary-Latn": []}
    for text, language in examples(EXAMPLES):
        texts[language].append(normalise(text).split())
    single = {"fr": french_words() - set(known_words()), "ary-Latn": set(known_words()) - french_words()}
    for language, words in single.items():
        texts[language].extend([word] for word in sorted(words))
    models = {"arabic": fit(texts["ary"], texts["ar"]), "latin": fit(texts["ary-Latn"], texts["fr"])}
    (LEXICON / "identify.json").write_text(_as_json(models), encoding="utf-8")


def _as_json(models: Dict[str, Dict[str, object]]) -> str:
    """A few weights a line: readable, and a change is a short diff."""
    parts = []
    for script, model in models.items():
        pairs = json.dumps(model["weights"], ensure_ascii=False, separators=("\n", ": "))[1:-1].split("\n")
        lines = [", ".join(pairs[i : i + _A_LINE]) for i in range(0, len(pairs), _A_LINE)]
        weights = ",\n  ".join(lines)
        parts.append(f' "{script}": {{"bias": {model["bias"]}, "weights": {{\n  {weights}\n }}}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
