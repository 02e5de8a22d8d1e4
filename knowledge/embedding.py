"""Sentence embeddings behind one small port.

`load_embedder("knowledge/model")` reads the shipped model with numpy alone, so that the app starts in milliseconds and
stays small. Any other sentence-transformers model works by its hub name or its folder; PyTorch is imported only then.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

_WEIGHTS = "embedding.weight"  # as sentence_transformers.StaticEmbedding saves it


class EmbedderError(RuntimeError):
    """The model cannot be loaded; the message says which one, why, and what to do."""


class Embedder(Protocol):
    """Texts to vectors whose dot product is their cosine similarity."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: list[str]) -> Vectors:
        """One L2-normalised row per text, shape [len(texts), dimensions]. A text without known tokens is all zeros."""
        ...


class StaticEmbedder:
    """A saved StaticEmbedding: the mean of its tokens' vectors. Needs neither PyTorch nor the network."""

    def __init__(self, folder: Path, name: str | None = None) -> None:
        """
        Raises:
            EmbedderError: the folder is not one saved StaticEmbedding (with or without Normalize).
        """
        module = _static_module(folder)
        if module is None:
            raise EmbedderError(f"{folder} is not a saved StaticEmbedding; give another folder or a hub name")
        self._name = name or str(folder)
        try:
            tokenizer = json.loads((module / "tokenizer.json").read_text("utf-8"))
            with safe_open(module / "model.safetensors", framework="numpy") as tensors:
                self._weights: Vectors = tensors.get_tensor(_WEIGHTS).astype(np.float32)
        except (OSError, ValueError, SafetensorError) as error:
            raise EmbedderError(f"the model in {folder} is damaged ({error}); run `make train`") from error
        self._tokenizer = Tokenizer.from_str(json.dumps(tokenizer))
        self._tokenizer.no_padding()

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return int(self._weights.shape[1])

    def encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(texts, add_special_tokens=False)):
            if encoding.ids:
                vectors[row] = self._weights[encoding.ids].mean(axis=0)
        return _normalised(vectors)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by hub name or folder. Loading takes seconds and hundreds of megabytes."""

    def __init__(self, name_or_path: str) -> None:
        """
        Raises:
            EmbedderError: the model cannot be read or fetched.
        """
        from sentence_transformers import SentenceTransformer  # slow: only for those who chose such a model

        try:
            self._model = SentenceTransformer(name_or_path, device="cpu")
        except (OSError, ValueError, RuntimeError) as error:
            raise EmbedderError(
                f"cannot load the embedding model '{name_or_path}' ({type(error).__name__}: {str(error)[:200]}); "
                "check the name and the connection, or give the folder of a downloaded model"
            ) from error
        self._name = name_or_path
        self._dimensions = int(self._model.encode("-", show_progress_bar=False).shape[-1])

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def encode(self, texts: list[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def load_embedder(name_or_path: str) -> Embedder:
    """The embedder for a folder or a hub name.

    Raises:
        EmbedderError: the path does not exist, the model is damaged, or the hub cannot be reached.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        if _static_module(folder) is not None:
            return StaticEmbedder(folder, name_or_path)
        return SentenceTransformerEmbedder(str(folder))
    if _looks_like_a_path(name_or_path):
        raise EmbedderError(f"no embedding model at {name_or_path}; check the path, or run `make train`")
    return SentenceTransformerEmbedder(name_or_path)


def _looks_like_a_path(name: str) -> bool:
    """Hub names are `owner/model` or `model`; everything else was meant as a path."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or name.endswith("/")


def _static_module(folder: Path) -> Path | None:
    """The folder of the only StaticEmbedding module (a Normalize may follow), or None for any other model."""
    file = folder / "modules.json"
    if not file.is_file():
        return None
    modules = json.loads(file.read_text("utf-8"))
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if kinds not in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
        return None
    module = folder / str(modules[0]["path"])
    weights = module / "model.safetensors"
    if weights.is_file():
        with safe_open(weights, framework="numpy") as tensors:
            if _WEIGHTS not in tensors.keys():  # noqa: SIM118 - not a dict: it has keys() but no `in`
                return None  # a model2vec file: sentence-transformers knows how to fold it
    return module


def _normalised(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
