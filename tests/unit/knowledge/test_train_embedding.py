"""The shipped model can be made again from the content alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import StaticEmbedder
from knowledge.loader import Catalogue
from knowledge.train_embedding import Parameters, train

FAST = Parameters(rounds=20, vocabulary=500, dimensions=16)
FILLERS = ("combien", "شحال")
SHIPPED = Path(__file__).parents[3] / "knowledge" / "model"


@pytest.fixture(scope="module")
def trained(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    assert train(catalogue, FILLERS, folder, FAST)
    return folder


def test_training_twice_gives_the_same_model(catalogue: Catalogue, trained: Path, tmp_path: Path) -> None:
    train(catalogue, FILLERS, tmp_path, FAST)

    texts = ["renouveler le passeport", "لاكارط"]
    np.testing.assert_array_equal(StaticEmbedder(trained).encode(texts), StaticEmbedder(tmp_path).encode(texts))


def test_nothing_is_trained_when_nothing_changed(catalogue: Catalogue, trained: Path) -> None:
    before = (trained / "model.safetensors").stat().st_mtime_ns

    assert not train(catalogue, FILLERS, trained, FAST)
    assert (trained / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("change", ["content", "fillers", "parameters"])
def test_a_change_of_what_goes_in_trains_anew(change: str, catalogue: Catalogue, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "fingerprint.json").write_bytes((trained / "fingerprint.json").read_bytes())
    smaller = Catalogue.of(catalogue.published[:-1])
    fillers = ("combien",) if change == "fillers" else FILLERS
    parameters = replace(FAST, seed=8) if change == "parameters" else FAST

    assert train(smaller if change == "content" else catalogue, fillers, tmp_path, parameters)


def test_training_brings_the_languages_of_one_procedure_together(catalogue: Catalogue, tmp_path: Path) -> None:
    train(catalogue, FILLERS, tmp_path, replace(FAST, rounds=300, vocabulary=3000, dimensions=64))

    french, darija, other = StaticEmbedder(tmp_path).encode(["casier judiciaire", "السجل العدلي", "رخصة السياقة"])
    assert french @ darija > 0.5 > french @ other


def test_the_shipped_model_is_small_and_says_what_it_was_made_from() -> None:
    fingerprint = json.loads((SHIPPED / "fingerprint.json").read_text("utf-8"))

    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 6_000_000
    assert fingerprint["sheets"] >= 91
    assert len(fingerprint["inputs"]) == 64
