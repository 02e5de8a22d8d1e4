"""A text classifier for short messages: the mean of a linear model over views of a message and a small network.

Runs in both environments. Stored as JSON and plain numpy arrays, never as pickles: a model file cannot run code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from knowledge.classifier.network import Network, Shape, bag
from knowledge.classifier.network import train as train_network
from knowledge.classifier.reader import Reader
from knowledge.classifier.views import Message

BLOCKS: tuple[dict[str, Any], ...] = (  # docs/benchmarks.md shows what each one adds
    {"view": "standard", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
    {"view": "standard", "analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
    {"view": "stems", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
    {"view": "stem_pairs", "analyzer": "word", "ngram_range": (1, 1), "min_df": 2},
    {"view": "skeletons", "analyzer": "word", "ngram_range": (1, 2), "min_df": 1},
    {"view": "skeletons", "analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2},
    {"view": "concept_pairs", "analyzer": "word", "ngram_range": (1, 1), "min_df": 1},
)
_OF_NETWORK = "network_"  # before the names of its arrays in the file
_HELD = 5  # every fifth example is left out when the sharpness is measured
_SHARPNESS = np.geomspace(0.5, 16.0, 31)


@dataclass(frozen=True)
class Options:
    """`strength`: inverse of the penalty on the linear weights. `network`: None leaves the network out."""

    strength: float = 1.0
    network: Shape | None = field(default_factory=Shape)
    seed: int = 20


@dataclass(frozen=True)
class TextClassifier:
    """Call `train` or `load`; then `probabilities`."""

    labels: tuple[str, ...]
    vectorizers: tuple[TfidfVectorizer, ...]
    weights: NDArray[np.float32]  # (features, labels)
    bias: NDArray[np.float32]  # (labels,)
    sharpness: float  # margins are multiplied by it before the softmax (temperature scaling, Guo et al., ICML 2017)
    network: Network | None = None
    blocks: Sequence[Mapping[str, Any]] = BLOCKS  # others are for measuring only: `load` reads these

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        options: Options = Options(),
        blocks: Sequence[Mapping[str, Any]] = BLOCKS,
    ) -> TextClassifier:
        """Fit on `texts` and their `labels`. Raises ValueError when there are fewer than two labels."""
        messages = [Message.of(text) for text in texts]
        spread = Counter(consonants for message in messages for consonants in set(message.skeletons))
        # In the training every word is known from its own example: a word is known here if another example has it.
        known = {consonants for consonants, count in spread.items() if count > 1}
        seen = [message.views(known) for message in messages]
        vectorizers = tuple(_vectorizer(block, block["min_df"]) for block in blocks)
        parts = [
            vectorizer.fit_transform([view[block["view"]] for view in seen])
            for block, vectorizer in zip(blocks, vectorizers, strict=True)
        ]
        matrix = hstack(parts, format="csr")
        wanted = np.asarray(labels)
        numbered = np.unique(wanted, return_inverse=True)[1]
        # Side by side: liblinear and numpy both work without the interpreter's lock.
        with ThreadPoolExecutor(max_workers=1) as beside:
            network = beside.submit(_network, seen, numbered, options) if options.network else None
            fitted = _fit(matrix, wanted, options)
            sharpness = _sharpness(matrix, wanted, options)
            learnt = network.result() if network else None
        weights, bias = _weights(fitted)
        return cls(tuple(fitted.classes_.tolist()), vectorizers, weights, bias, sharpness, learnt, blocks)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One row a text, one column a label (in the order of `labels`), each row adding up to 1."""
        return np.array([np.mean(self.votes(text), axis=0) for text in texts]).reshape(len(texts), len(self.labels))

    def label(self, text: str) -> str:
        """The most probable label."""
        return self.labels[int(self.probabilities([text])[0].argmax())]

    def votes(self, text: str) -> list[NDArray[np.float64]]:
        """The probabilities that each model gives the labels: the linear one, then the network where there is one."""
        views = Message.of(text).views(self._known)
        columns, values = self._features(views)
        margins = (values @ self.weights[columns] + self.bias).astype(np.float64)
        found = [softmax(margins * self.sharpness)]
        if self.network is not None:
            found.append(softmax(self.network.scores(views).astype(np.float64)))
        return found

    def _features(self, views: Mapping[str, str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Columns and values of one message: what `TfidfVectorizer.transform` gives, without its set-up per call."""
        columns: list[int] = []
        counts: list[int] = []
        bounds = [0]  # between blocks
        for block, reader in zip(self.blocks, self._readers, strict=True):
            found = Counter(reader.columns(views[block["view"]]))
            columns.extend(found)
            counts.extend(found.values())
            bounds.append(len(columns))
        wanted = np.asarray(columns, dtype=np.int64)
        values = (1 + np.log(np.asarray(counts, dtype=np.float32))) * self._idf[wanted]
        for start, end in pairwise(bounds):
            if end > start:
                part = values[start:end]
                part /= np.sqrt(part @ part)
        return wanted, values

    @cached_property
    def _readers(self) -> list[Reader]:
        """Of each block."""
        readers, first = [], 0
        for block, one in zip(self.blocks, self.vectorizers, strict=True):
            readers.append(Reader(block["analyzer"], block["ngram_range"], one.vocabulary_, first))
            first += len(one.vocabulary_)
        return readers

    @cached_property
    def _idf(self) -> NDArray[np.float32]:
        """Of every column."""
        return np.concatenate([one.idf_ for one in self.vectorizers]).astype(np.float32)

    def save(self, directory: Path) -> None:
        vocabularies = [
            sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__) for vectorizer in self.vectorizers
        ]
        stored = {"labels": self.labels, "sharpness": self.sharpness, "vocabularies": vocabularies}
        (directory / "model.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
        arrays: dict[str, Any] = {
            "weights": self.weights.astype(np.float16),  # three digits are plenty, and half the archive
            "bias": self.bias,
            **{f"idf{i}": one.idf_.astype(np.float32) for i, one in enumerate(self.vectorizers)},
            **{_OF_NETWORK + name: array for name, array in (self.network.arrays() if self.network else {}).items()},
        }
        np.savez_compressed(directory / "model.npz", **arrays)

    @classmethod
    def load(cls, directory: Path) -> TextClassifier:
        """The model that `save` wrote. Raises OSError or ValueError when it is not there or not whole."""
        stored = json.loads((directory / "model.json").read_text(encoding="utf-8"))
        with np.load(directory / "model.npz", allow_pickle=False) as arrays:
            vectorizers = []
            for i, (block, vocabulary) in enumerate(zip(BLOCKS, stored["vocabularies"], strict=True)):
                vectorizer = _vectorizer(block, vocabulary=vocabulary)
                vectorizer.idf_ = arrays[f"idf{i}"].astype(np.float64)
                vectorizers.append(vectorizer)
            weights = arrays["weights"].astype(np.float32)
            parts = {n.removeprefix(_OF_NETWORK): arrays[n] for n in arrays.files if n.startswith(_OF_NETWORK)}
            network = Network(**parts) if parts else None
            return cls(
                tuple(stored["labels"]), tuple(vectorizers), weights, arrays["bias"], stored["sharpness"], network
            )

    @cached_property
    def _known(self) -> Mapping[str, int]:
        """The skeletons of all words of the training."""
        for block, vectorizer in zip(self.blocks, self.vectorizers, strict=True):
            if block["view"] == "skeletons" and block["analyzer"] == "word":
                vocabulary: Mapping[str, int] = vectorizer.vocabulary_
                return vocabulary
        return {}


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row as probabilities."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _network(seen: Sequence[Mapping[str, str]], labels: NDArray[np.int64], options: Options) -> Network:
    """Rare labels count more, though not as much more as they are rarer: what is asked often should be read well."""
    weights = np.sqrt(len(labels) / np.bincount(labels)).astype(np.float32)
    return train_network([bag(views) for views in seen], labels, weights, options.network or Shape(), options.seed)


def _vectorizer(block: Mapping[str, Any], min_df: int = 1, vocabulary: Sequence[str] | None = None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=block["analyzer"],
        ngram_range=block["ngram_range"],
        token_pattern=r"\S+" if block["analyzer"] == "word" else None,
        lowercase=False,
        sublinear_tf=True,
        dtype=np.float32,
        min_df=min_df,
        vocabulary=vocabulary,
    )


def _fit(matrix: csr_matrix, labels: NDArray[np.str_], options: Options) -> LinearSVC:
    machine = LinearSVC(
        C=options.strength,
        class_weight="balanced",
        max_iter=300,
        random_state=options.seed,
    )
    return machine.fit(matrix, labels)


def _weights(machine: LinearSVC) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(features, labels) and (labels,). Of two labels scikit-learn keeps one row: the other is its opposite."""
    weights, bias = machine.coef_.T, np.atleast_1d(machine.intercept_)
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
    return np.ascontiguousarray(weights, dtype=np.float32), bias.astype(np.float32)


def _sharpness(matrix: csr_matrix, labels: NDArray[np.str_], options: Options) -> float:
    """The sharpness with the least log loss on every fifth example, predicted by the other four."""
    held = np.arange(len(labels)) % _HELD == 0
    if len(set(labels[~held])) < 2 or not set(labels[held]) <= set(labels[~held]):
        return 3.0  # too few examples to measure it
    machine = _fit(matrix[~held], labels[~held], options)
    weights, bias = _weights(machine)
    margins = np.asarray(matrix[held] @ weights, dtype=np.float64) + bias
    right = np.searchsorted(machine.classes_, labels[held])
    losses = [
        -np.log(np.maximum(softmax(margins * sharp)[np.arange(len(right)), right], 1e-12)).mean()
        for sharp in _SHARPNESS
    ]
    return float(_SHARPNESS[int(np.argmin(losses))])
