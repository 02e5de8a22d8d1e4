"""Any sentence-transformers model serves; the shipped one is read without PyTorch and gives the same vectors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from knowledge.embedding import (
    EmbedderError,
    SentenceTransformerEmbedder,
    StaticEmbedder,
    load_embedder,
)

SHIPPED = Path(__file__).parents[3] / "knowledge" / "model"
TEXTS = ["تجديد لاكارط", "renouveler la carte nationale", "شحال passeport", "zzz 🙂", "", "ch7al f casier judiciaire"]


def _run(code: str, **environment: str) -> str:
    """The output of Python code in a fresh process."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=Path(__file__).parents[3],
        env={"PATH": "", "PYTHONPATH": ".", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real two-layer BERT with mean pooling, random weights, saved to disk."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = tmp_path_factory.mktemp("bert")
    (base / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij", "##a"]))
    config = BertConfig(vocab_size=16, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
    BertModel(config).save_pretrained(base)
    BertTokenizerFast(vocab_file=str(base / "vocab.txt")).save_pretrained(base)
    folder = tmp_path_factory.mktemp("tiny")
    SentenceTransformer(modules=[Transformer(str(base)), Pooling(16)], device="cpu").save(str(folder))
    return folder


def test_the_shipped_model_gives_the_vectors_of_sentence_transformers() -> None:
    ours, theirs = StaticEmbedder(SHIPPED), SentenceTransformerEmbedder(str(SHIPPED))

    assert ours.dimensions == theirs.dimensions
    np.testing.assert_allclose(ours.encode(TEXTS), theirs.encode(TEXTS), atol=1e-5)


def test_vectors_are_float32_rows_of_length_one_and_zero_for_no_words() -> None:
    vectors = load_embedder(str(SHIPPED)).encode(TEXTS)

    assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 128))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1)[[0, 1, 2, 5]], 1, atol=1e-5)
    assert not vectors[TEXTS.index("")].any()


@pytest.mark.parametrize("which", ["shipped", "transformer"])
def test_no_texts_give_no_rows(which: str, tiny_transformer: Path) -> None:
    embedder = load_embedder(str(SHIPPED if which == "shipped" else tiny_transformer))

    assert embedder.encode([]).shape == (0, embedder.dimensions)


def test_a_transformer_is_loaded_by_its_path(tiny_transformer: Path) -> None:
    embedder = load_embedder(str(tiny_transformer))

    vectors = embedder.encode(["a b c", "d e"])
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert (embedder.name, embedder.dimensions, vectors.dtype) == (str(tiny_transformer), 16, np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_static_model_followed_by_normalize_is_read_without_pytorch(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "model"))
    modules = json.loads((folder / "modules.json").read_text())
    normalize = {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}
    (folder / "modules.json").write_text(json.dumps([*modules, normalize]))

    assert isinstance(load_embedder(str(folder)), StaticEmbedder)


@pytest.mark.parametrize("name", ["./no/such/model", "/no/such/model", "~/no-such-model", "a/b/c", "nowhere/"])
def test_a_path_that_does_not_exist_is_named(name: str) -> None:
    with pytest.raises(EmbedderError, match=f"no embedding model at {name}; check the path, or run `make train`"):
        load_embedder(name)


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "model"))
    (folder / "tokenizer.json").unlink()

    with pytest.raises(EmbedderError, match="is damaged"):
        load_embedder(str(folder))


def test_a_folder_with_another_model_is_not_static(tiny_transformer: Path) -> None:
    with pytest.raises(EmbedderError, match="is not a saved StaticEmbedding"):
        StaticEmbedder(tiny_transformer)


def test_a_hub_that_cannot_be_reached_is_one_clear_error(tmp_path: Path) -> None:
    said = _run(
        """
        from knowledge.embedding import EmbedderError, load_embedder
        try:
            load_embedder("dalil/no-such-model")
        except EmbedderError as error:
            print(error)
        """,
        HF_HUB_OFFLINE="1",
        HF_HOME=str(tmp_path),
    )

    assert said.startswith("cannot load the embedding model 'dalil/no-such-model'")
    assert said.endswith("check the name and the connection, or give the folder of a downloaded model")


def test_the_app_answers_without_importing_pytorch() -> None:
    said = _run(
        """
        import sys
        from pathlib import Path
        from knowledge.answer import Knowledge, Question
        from knowledge.embedding import load_embedder
        from knowledge.loader import load_content
        from knowledge.procedures import Country
        from knowledge.settings import load_settings, load_words
        knowledge = Knowledge(
            load_content(Path("knowledge/content")), load_embedder("knowledge/model"), load_settings(), load_words()
        )
        print(knowledge.answer(Question("casier judiciaire", Country.MA, "fr")).outcome)
        print({"torch", "sentence_transformers", "transformers"} & set(sys.modules))
        """
    )

    assert said.split("\n") == ["answered", "set()"]
