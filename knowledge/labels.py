"""Dalil's own words around a sheet's facts, from labels.yaml: in the citizen's language, as his country speaks it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.procedures import ContentLanguage, Country, Facet, Localised, Text

_NO_DARIJA = Country.MR  # its sheets have no `ary`: its readers get plain Arabic, Dalil's own words too


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dialect(_Model):
    """`ary` where a country does not say it as Morocco does."""

    facets: dict[Facet, Text]
    missing: dict[Facet, Text]
    words: dict[str, Text]


class Labels(_Model):
    """labels.yaml."""

    facets: dict[Facet, Localised]
    missing: dict[Facet, Localised]
    words: dict[str, Localised]
    currencies: dict[str, Localised]
    dialects: dict[Country, Dialect]


@dataclass(frozen=True, slots=True)
class Voice:
    """One language of one country."""

    language: ContentLanguage
    country: Country

    @property
    def written(self) -> ContentLanguage:
        """The language that is written: plain Arabic where a country's sheets have no Darija."""
        return "ar" if self.language == "ary" and self.country is _NO_DARIJA else self.language

    def of(self, text: Localised) -> str:
        """A sheet's text."""
        return text.get(self.written)

    def facet(self, facet: Facet) -> str:
        """A facet's short name, for headings."""
        dialect = self._dialect()
        return (dialect.facets.get(facet) if dialect else None) or self.of(load_labels().facets[facet])

    def missing(self, facet: Facet) -> str:
        """The sentence that admits that no source states a facet."""
        dialect = self._dialect()
        return (dialect.missing.get(facet) if dialect else None) or self.of(load_labels().missing[facet])

    def word(self, key: str) -> str:
        """One of Dalil's own words."""
        dialect = self._dialect()
        return (dialect.words.get(key) if dialect else None) or self.of(load_labels().words[key])

    def amount(self, value: Decimal, currency: str) -> str:
        """A price in Western digits: "75 DH", "12 000 درهم"; 0 is free."""
        if value == 0:
            return self.word("free")
        digits = f"{value:f}" if value != value.to_integral_value() else f"{int(value)}"
        if value >= 10_000:
            digits = f"{value:,.0f}".replace(",", " ")
        return f"{digits} {self.of(load_labels().currencies[currency])}"

    def _dialect(self) -> Dialect | None:
        return load_labels().dialects.get(self.country) if self.written == "ary" else None


@cache
def load_labels() -> Labels:
    """
    Raises:
        pydantic.ValidationError: a label lacks a language, or a key is unknown.
    """
    return Labels.model_validate(yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text("utf-8")))
