"""Tuning is data: every value has a type and a range, and the shipped files keep to them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from knowledge.settings import load_settings, load_words

SHIPPED = Path(__file__).parents[3] / "knowledge"


def test_the_shipped_settings_are_valid_and_name_the_variants_of_the_words() -> None:
    assert set(load_settings().variants) == set(load_words().variants)


def test_no_word_is_both_empty_and_a_variant() -> None:
    words = load_words()
    empty = {word for text in (*words.empty, *words.facets) for word in text.split()}

    single = {text for texts in words.variants.values() for text in texts if " " not in text}
    assert not empty & single


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (("thresholds", "answer"), 1.5, "less than or equal to 1"),
        (("thresholds", "ask"), 0.9, "thresholds must rise"),
        (("thresholds", "choices"), 4, "less than or equal to 3"),
        (("fusion", "dense"), 0.9, "must add up to 1"),
        (("dense", "zero"), 0.95, "must be below"),
        (("lexical", "saturation"), 0, "greater than 0"),
        (("lexical", "unknown_word"), "much", "valid number"),
        (("lexical", "surprise"), 1, "Extra inputs"),
        (("variants", "minor"), 2, "less than or equal to 1"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_wrong_setting_is_refused(place: tuple[str, str], value: object, complaint: str, tmp_path: Path) -> None:
    data = yaml.safe_load((SHIPPED / "settings.yaml").read_text("utf-8"))
    data[place[0]][place[1]] = value
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(data))

    with pytest.raises(ValidationError, match=complaint):
        load_settings(tmp_path / "settings.yaml")


def test_a_missing_setting_is_refused(tmp_path: Path) -> None:
    data = yaml.safe_load((SHIPPED / "settings.yaml").read_text("utf-8"))
    del data["thresholds"]["margin"]
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(data))

    with pytest.raises(ValidationError, match="margin"):
        load_settings(tmp_path / "settings.yaml")


def test_a_misnamed_word_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("empty: []\nfacets: []\nsoft: []\nvariant: {}\n")

    with pytest.raises(ValidationError, match="variant"):
        load_words(tmp_path / "words.yaml")


@pytest.mark.parametrize(
    "services", ["permis: [permis de chasse]", "permis: [[]]", "permis: [['']]", "[permis de chasse]"]
)
def test_services_that_are_not_listed_by_domain_and_name_are_refused(services: str, tmp_path: Path) -> None:
    (tmp_path / "not_covered.yaml").write_text(services)

    with pytest.raises(ValidationError, match="not_covered"):
        load_words(not_covered=tmp_path / "not_covered.yaml")
