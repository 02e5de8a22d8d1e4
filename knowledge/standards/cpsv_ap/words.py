"""What export and import agree on: IRIs, language tags, the kinds of a rule or channel, and their names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.procedures import Country, Localised

CONTEXT_FILE = Path(__file__).parent / "context.jsonld"
CONTEXT_PATH = "/api/standards/cpsv-ap/context.jsonld"  # stable: documents out there name it
OFFICIAL_CONTEXT_FILE = Path(__file__).parent / "official-context-3.2.0.jsonld"

CPSV = "http://purl.org/vocab/cpsv#"
CV = "http://data.europa.eu/m8g/"
DCT = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
ELI = "http://data.europa.eu/eli/ontology#"
FOAF = "http://xmlns.com/foaf/0.1/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
AUTHORITY_TABLES = "http://publications.europa.eu/resource/authority/"  # the EU's lists of countries and currencies

PLACES: Mapping[Country, str] = MappingProxyType({Country.MA: "MAR", Country.DZ: "DZA", Country.MR: "MRT"})

# What a sheet calls `ary` is the dialect of its country. BCP 47 has a tag for each.
DIALECTS: Mapping[Country, str] = MappingProxyType({Country.MA: "ary", Country.DZ: "arq", Country.MR: "mey"})

OFFICE, ONLINE, PAYMENT, TRACKING, CAUTION = "office", "online", "payment", "tracking", "caution"
NOT_STATED = "authority-not-stated"
SOURCE_KIND = "source-"  # before a source's kind: "source-press"


class _Labels(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: dict[str, Localised]
    authority_not_stated: dict[Country, Localised]


@cache
def _labels() -> _Labels:
    return _Labels.model_validate(yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text("utf-8")))


def kind_label(kind: str) -> Localised:
    """The name of a kind of rule or channel."""
    return _labels().kinds[kind]


def authority_not_stated(country: Country) -> Localised:
    """What stands for the competent authority where no source names one."""
    return _labels().authority_not_stated[country]


def kind_of(iri: str) -> str | None:
    """The kind that one of our own concept IRIs names, on whatever host it was written; None for any other IRI."""
    address, _, fragment = iri.partition("#")
    return fragment if fragment and address.endswith(CONTEXT_PATH) else None
