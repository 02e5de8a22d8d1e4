"""A small catalogue of invented sheets, and the shipped one with its model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.answer import Knowledge
from knowledge.embedding import load_embedder
from knowledge.loader import Catalogue, load_content
from knowledge.settings import load_settings, load_words

HERE = Path(__file__).parent
SHIPPED = HERE.parents[2] / "knowledge"

Write = Callable[[str, str], Path]


@pytest.fixture
def exemple() -> str:
    """A complete sheet of an invented procedure, as YAML."""
    return (HERE / "data" / "exemple.yaml").read_text("utf-8")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes one file below a content folder; gives back that folder."""

    def write_sheet(name: str, text: str) -> Path:
        file = tmp_path / "content" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return tmp_path / "content"

    return write_sheet


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_content(SHIPPED / "content")


@pytest.fixture(scope="session")
def knowledge(catalogue: Catalogue) -> Knowledge:
    return Knowledge(catalogue, load_embedder(str(SHIPPED / "model")), load_settings(), load_words())
