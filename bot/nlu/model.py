"""The intent model: TF-IDF over words and characters of three views, and one linear classifier. No Rasa here.

Stored as JSON and plain numpy arrays, never as pickles: a model file cannot run code.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.nlu.text import Message

BLOCKS: tuple[dict[str, Any], ...] = (
    {"view": "words", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
    {"view": "words", "analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2},
    {"view": "skeletons", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
    {"view": "skeletons", "analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2},
    {"view": "concepts", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
)
_SKELETON_WORDS = 2  # the block whose vocabulary has the skeleton of every training word


def _vectorizer(block: Mapping[str, Any], min_df: int = 1, vocabulary: Sequence[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=block["analyzer"],
        ngram_range=block["ngram_range"],
        token_pattern=r"\S+",  # noqa: S106 - not a password: a word is what stands between blanks
        lowercase=False,
        sublinear_tf=True,
        dtype=np.float32,
        min_df=min_df,
        vocabulary=vocabulary,
    )


@dataclass(frozen=True)
class IntentModel:
    """Call `train` or `load`; then `probabilities`."""

    labels: tuple[str, ...]
    vectorizers: tuple[TfidfVectorizer, ...]
    weights: NDArray[np.float32]  # (features, labels)
    bias: NDArray[np.float32]  # (labels,)

    @classmethod
    def train(cls, texts: Sequence[str], labels: Sequence[str], strength: float, seed: int) -> IntentModel:
        """Fit on `texts` and their `labels`, every label weighing the same. `strength`: the inverse of the penalty."""
        messages = [Message.of(text) for text in texts]
        spread = Counter(consonants for message in messages for consonants in set(message.skeletons))
        # In the training every word is known from its own example: a word is known here if another example has it.
        known = {consonants for consonants, count in spread.items() if count > 1}
        seen = [message.views(known) for message in messages]
        vectorizers = []
        parts = []
        for block in BLOCKS:
            vectorizer = _vectorizer(block, min_df=block["min_df"])
            parts.append(vectorizer.fit_transform([view[block["view"]] for view in seen]))
            vectorizers.append(vectorizer)
        # One regression a label (liblinear): ten times faster than a multinomial one, and as well calibrated here.
        classifier = LogisticRegression(C=strength, class_weight="balanced", solver="liblinear", random_state=seed)
        classifier.fit(hstack(parts, format="csr"), list(labels))
        return cls(
            labels=tuple(classifier.classes_.tolist()),
            vectorizers=tuple(vectorizers),
            weights=np.ascontiguousarray(classifier.coef_.T, dtype=np.float32),
            bias=classifier.intercept_.astype(np.float32),
        )

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One row a text, one column a label (in the order of `labels`), each row adding up to 1."""
        known = self.vectorizers[_SKELETON_WORDS].vocabulary_
        seen = [Message.of(text).views(known) for text in texts]
        parts = [
            vectorizer.transform([view[block["view"]] for view in seen])
            for block, vectorizer in zip(BLOCKS, self.vectorizers, strict=True)
        ]
        scores = np.asarray(hstack(parts, format="csr") @ self.weights, dtype=np.float64) + self.bias
        each: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-scores))
        return each / each.sum(axis=1, keepdims=True)

    def save(self, directory: Path) -> None:
        vocabularies = [
            sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__) for vectorizer in self.vectorizers
        ]
        (directory / "model.json").write_text(
            json.dumps({"labels": self.labels, "vocabularies": vocabularies}, ensure_ascii=False), encoding="utf-8"
        )
        np.savez_compressed(
            directory / "model.npz",
            weights=self.weights,
            bias=self.bias,
            **{f"idf{i}": vectorizer.idf_ for i, vectorizer in enumerate(self.vectorizers)},
        )

    @classmethod
    def load(cls, directory: Path) -> IntentModel:
        """The model that `save` wrote. Raises OSError or ValueError when it is not there or not whole."""
        stored = json.loads((directory / "model.json").read_text(encoding="utf-8"))
        with np.load(directory / "model.npz", allow_pickle=False) as arrays:
            vectorizers = []
            for i, (block, vocabulary) in enumerate(zip(BLOCKS, stored["vocabularies"], strict=True)):
                vectorizer = _vectorizer(block, vocabulary=vocabulary)
                vectorizer.idf_ = arrays[f"idf{i}"]
                vectorizers.append(vectorizer)
            return cls(tuple(stored["labels"]), tuple(vectorizers), arrays["weights"], arrays["bias"])
