"""A small neural network over a bag of hashed n-grams: fastText (Joulin et al., EACL 2017) with one hidden layer.

Plain numpy, because Rasa's environment has no PyTorch and a message must not wake TensorFlow. It reads what the linear
model reads (the views of a message) and errs on other messages: the mean of the two is better than either
(docs/benchmarks.md). Every n-gram has one row of `table`; collisions of the hash are rare enough not to matter.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BUCKETS = 2**16
_ANY = crc32(b"any") % BUCKETS  # the row that every message reads
_WRITTEN, _MEANT = ("standard", "skeletons"), ("concepts",)  # views seen down to the letters, and by the word only
_SHORTEST, _LONGEST = 3, 5  # characters of an n-gram, the word's bounds included
_BETA1, _BETA2, _TINY = 0.9, 0.999, 1e-8  # Adam's usual numbers
_INT8 = 127

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shape:
    """`width`: numbers a row of the table; `hidden`: units of the hidden layer; `epochs`: passes over the examples.

    `drop_grams`: share of the n-grams hidden at each step; `drop_units`: the same for units. `smoothing`: share of the
    certainty given to the other labels. `rate`, `table_rate`: first learning rates, falling to nothing.
    """

    width: int = 192
    hidden: int = 256
    epochs: int = 12
    batch: int = 128
    drop_grams: float = 0.2
    drop_units: float = 0.4
    smoothing: float = 0.05
    rate: float = 2e-3
    table_rate: float = 0.15


@lru_cache(maxsize=32768)
def _of_word(view: str, word: str) -> tuple[int, ...]:
    """The rows of a word and, where it is seen down to the letters, of its n-grams."""
    whole = crc32(f"{view}={word}".encode()) % BUCKETS
    if view not in _WRITTEN:
        return (whole,)
    bounded = f"^{word}$"
    size = len(bounded)
    grams = [bounded[i : i + n] for n in range(_SHORTEST, _LONGEST + 1) for i in range(size - n + 1)]
    return (whole, *(crc32(f"{view} {gram}".encode()) % BUCKETS for gram in grams))


def bag(views: Mapping[str, str]) -> Ints:
    """The rows of the table that a message reads: words, neighbouring words and n-grams of its views; never empty."""
    found: set[int] = {_ANY}
    for view in (*_WRITTEN, *_MEANT):
        words = views[view].split()
        for word in words:
            found.update(_of_word(view, word))
        found.update(
            [
                crc32(f"{view}:{one} {other}".encode()) % BUCKETS
                for one, other in zip(["^", *words], [*words, "$"], strict=True)
            ]
        )
    return np.asarray(sorted(found), dtype=np.int64)


@dataclass(frozen=True)
class Network:
    """`table` (BUCKETS, width) in steps of `steps` (BUCKETS,); `into`, `out`: weights (first to last), with biases."""

    table: NDArray[np.int8]
    steps: Floats
    into: Floats
    into_bias: Floats
    out: Floats
    out_bias: Floats

    def scores(self, views: Mapping[str, str]) -> Floats:
        """One number a label; their softmax are the probabilities."""
        rows = bag(views)
        mean = (self.table[rows] * self.steps[rows, None]).mean(axis=0)
        hidden = np.maximum(mean @ self.into + self.into_bias, 0)
        return np.asarray(hidden @ self.out + self.out_bias, dtype=np.float32)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """What has to be stored, by name; `Network(**arrays)` reads it back."""
        return {
            "table": self.table,
            "steps": self.steps,
            "into": self.into,
            "into_bias": self.into_bias,
            "out": self.out,
            "out_bias": self.out_bias,
        }


class _Adam:
    """The moments of one array's gradient, as Adam keeps them (Kingma and Ba, ICLR 2015)."""

    def __init__(self, values: Floats, rate: float) -> None:
        self.values, self._rate = values, rate
        self._mean, self._square = np.zeros_like(values), np.zeros_like(values)

    def step(self, gradient: Floats, number: int, left: float) -> None:
        """Move against `gradient`. `number` counts from 1; `left` is the share of the learning rate left."""
        self._mean += (gradient - self._mean) * (1 - _BETA1)
        self._square += (gradient * gradient - self._square) * (1 - _BETA2)
        rate = self._rate * left * np.sqrt(1 - _BETA2**number) / (1 - _BETA1**number)
        self.values -= rate * self._mean / (np.sqrt(self._square) + _TINY)


class _Table:
    """The rows of n-grams, moved by Adagrad with one number a row (Duchi et al., JMLR 2011): a step touches few rows,
    and Adam's moments of each of their numbers would cost more time than all the rest of the training."""

    def __init__(self, values: Floats, rate: float) -> None:
        self.values, self._rate = values, rate
        self._square = np.zeros(len(values), np.float32)

    def step(self, rows: Ints, gradient: Floats, left: float) -> None:
        """Move `rows` (each once) against `gradient`."""
        self._square[rows] += np.einsum("ij,ij->i", gradient, gradient) / gradient.shape[1]
        gradient *= (-self._rate * left / (np.sqrt(self._square[rows]) + _TINY))[:, None]
        self.values[rows] += gradient


def train(bags: Sequence[Ints], labels: Ints, weights: Floats, shape: Shape, seed: int) -> Network:
    """Learn `labels` (one number from 0 a bag) by cross-entropy; `weights`: how much each label counts, (labels,)."""
    rng = np.random.default_rng(seed)
    count = len(weights)
    table = _Table(rng.normal(0, 0.3, (BUCKETS, shape.width)).astype(np.float32), shape.table_rate)
    into = _Adam(_uniform(rng, shape.width, shape.hidden), shape.rate)
    into_bias = _Adam(np.zeros(shape.hidden, np.float32), shape.rate)
    out = _Adam(_uniform(rng, shape.hidden, count), shape.rate)
    out_bias = _Adam(np.zeros(count, np.float32), shape.rate)
    wished = np.full((count, count), shape.smoothing / count, np.float32) + np.eye(count, dtype=np.float32) * (
        1 - shape.smoothing
    )
    number, steps = 0, shape.epochs * -(-len(bags) // shape.batch)
    for epoch in range(shape.epochs):
        order = rng.permutation(len(bags))
        for start in range(0, len(order), shape.batch):
            chosen = order[start : start + shape.batch]
            rows, pool = _pooled([bags[i] for i in chosen], shape.drop_grams, rng)
            mask = _mask(rng, (len(chosen), shape.width), shape.drop_units)
            mean = (pool @ table.values[rows]) * mask
            before = mean @ into.values + into_bias.values
            gate = _mask(rng, before.shape, shape.drop_units) * (before > 0)
            hidden = before * gate
            error = _softmax(hidden @ out.values + out_bias.values) - wished[labels[chosen]]
            error *= (weights[labels[chosen]] / weights[labels[chosen]].sum())[:, None]
            back = (error @ out.values.T) * gate
            number, left = number + 1, max(0.02, 1 - number / steps)
            table.step(rows, np.asarray(pool.T @ ((back @ into.values.T) * mask)), left)
            out.step(hidden.T @ error, number, left)
            out_bias.step(error.sum(axis=0), number, left)
            into.step(mean.T @ back, number, left)
            into_bias.step(back.sum(axis=0), number, left)
        log.info("network: epoch %d of %d", epoch + 1, shape.epochs)
    largest = np.abs(table.values).max(axis=1) / _INT8
    stored = np.round(table.values / largest[:, None]).astype(np.int8)
    return Network(stored, largest, into.values, into_bias.values, out.values, out_bias.values)


def _pooled(bags: Sequence[Ints], drop: float, rng: np.random.Generator) -> tuple[Ints, csr_matrix]:
    """The rows that these bags read after some were dropped, and the matrix that takes each bag's mean of them."""
    kept = [one[rng.random(len(one)) >= drop] for one in bags]
    kept = [one if len(one) else whole for one, whole in zip(kept, bags, strict=True)]
    sizes = np.array([len(one) for one in kept])
    rows, columns = np.unique(np.concatenate(kept), return_inverse=True)
    values = np.repeat((1 / sizes).astype(np.float32), sizes)
    return rows, csr_matrix((values, columns, np.concatenate([[0], sizes.cumsum()])), shape=(len(bags), len(rows)))


def _mask(rng: np.random.Generator, shape: tuple[int, ...], drop: float) -> Floats:
    return (rng.random(shape, dtype=np.float32) >= drop).astype(np.float32) / np.float32(1 - drop)


def _uniform(rng: np.random.Generator, rows: int, columns: int) -> Floats:
    bound = rows**-0.5
    return rng.uniform(-bound, bound, (rows, columns)).astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)
