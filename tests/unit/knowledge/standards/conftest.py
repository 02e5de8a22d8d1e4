"""The shipped sheets as JSON-LD files, and the importers' settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue
from knowledge.procedures import Country, Procedure
from knowledge.standards.draft import Options

BASE = "https://dalil.example"
FIXTURES = Path(__file__).parents[3] / "fixtures"

Save = Callable[[object], Path]


@pytest.fixture(scope="session")
def published(catalogue: Catalogue) -> tuple[Procedure, ...]:
    """Every published procedure; questions (FAQ) are no public services."""
    return tuple(sheet for sheet in catalogue.published if not isinstance(sheet, FaqEntry))


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a value as a JSON file; text is written as it is."""

    def write(value: object) -> Path:
        file = tmp_path / "file.jsonld"
        file.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
        return file

    return write


def options(country: str = "mr", **given: object) -> Options:
    return Options(country=Country(country), name="file.jsonld", fetched_on=date(2026, 11, 20), **given)  # type: ignore[arg-type] # given by name in each test
