"""Every published sheet is valid CPSV-AP 3.2.0 by the official shapes; our JSON-LD reader reads what rdflib reads."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyshacl
import pytest
import rdflib
from rdflib.compare import isomorphic

from knowledge.procedures import Procedure
from knowledge.standards.cpsv_ap import export, words
from knowledge.standards.cpsv_ap.jsonld import Graph, Ref
from tests.unit.knowledge.standards.conftest import BASE, FIXTURES

# rdflib's own JSON-LD parser still uses a class that rdflib itself has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SERVICE = rdflib.URIRef(words.CPSV + "PublicService")


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(FIXTURES / "cpsv_ap" / "cpsv-ap-SHACL.ttl")


@pytest.fixture(scope="module")
def catalogue_document(published: tuple[Procedure, ...]) -> dict[str, Any]:
    return export.document(published, BASE)


def inlined(document: dict[str, Any]) -> str:
    """A document with the contexts that it names written into it, because a test fetches nothing."""
    known = {BASE + words.CONTEXT_PATH: words.CONTEXT_FILE}
    given = document["@context"] if isinstance(document["@context"], list) else [document["@context"]]
    contexts = [
        json.loads(known.get(one, words.OFFICIAL_CONTEXT_FILE).read_text("utf-8"))["@context"]
        if isinstance(one, str)
        else one
        for one in given
    ]
    return json.dumps({**document, "@context": contexts})


def by_rdflib(document: dict[str, Any]) -> rdflib.Graph:
    return rdflib.Graph().parse(data=inlined(document), format="json-ld")


def test_every_published_sheet_conforms_to_the_official_shapes(
    published: tuple[Procedure, ...], catalogue_document: dict[str, Any], shapes: rdflib.Graph
) -> None:
    graph = by_rdflib(catalogue_document)
    services = {str(node) for node in graph.subjects(rdflib.RDF.type, SERVICE)}
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes)

    assert {f"{BASE}/api/procedures/{sheet.id}" for sheet in published} == services
    assert conforms, report


@pytest.mark.parametrize("procedure", ["ma.casier_judiciaire", "dz.cnibe", "mr.acte_naissance_enrolement"])
def test_one_sheet_conforms_on_its_own(published: tuple[Procedure, ...], shapes: rdflib.Graph, procedure: str) -> None:
    sheet = next(sheet for sheet in published if sheet.id == procedure)
    conforms, _, report = pyshacl.validate(by_rdflib(export.service(sheet, BASE)), shacl_graph=shapes)

    assert conforms, report


@pytest.mark.parametrize("part", ["title", "description", "identifier", "hasCompetentAuthority"])
def test_the_shapes_refuse_a_service_without_a_mandatory_part(
    published: tuple[Procedure, ...], shapes: rdflib.Graph, part: str
) -> None:
    document = export.service(published[0], BASE)
    del document[part]
    conforms, _, _ = pyshacl.validate(by_rdflib(document), shacl_graph=shapes)

    assert not conforms


def test_our_context_explains_every_key_of_the_export(catalogue_document: dict[str, Any]) -> None:
    assert {} == Graph(catalogue_document).ignored


def by_our_reader(document: dict[str, Any]) -> rdflib.Graph:
    graph = rdflib.Graph()
    for node in Graph(json.loads(json.dumps(document), parse_float=Decimal)).nodes.values():
        for kind in node.types:
            graph.add((named(node.id), rdflib.RDF.type, named(kind)))
        for name, values in node.properties.items():
            for value in values:
                graph.add((named(node.id), named(name), named(value.id) if isinstance(value, Ref) else literal(value)))
    return graph


def named(iri: str) -> rdflib.URIRef | rdflib.BNode:
    return rdflib.BNode(iri[2:]) if iri.startswith("_:") else rdflib.URIRef(iri)


def literal(text: Any) -> rdflib.Literal:
    datatype = None if text.language else text.datatype
    return rdflib.Literal(text.value, lang=text.language, datatype=datatype, normalize=False)


def test_our_reader_reads_an_export_as_rdflib_does(published: tuple[Procedure, ...]) -> None:
    for sheet in published[::5]:  # each fifth: rdflib is slow
        document = export.service(sheet, BASE)
        assert isomorphic(by_rdflib(document), by_our_reader(document)), sheet.id


def test_our_reader_reads_the_official_example_as_rdflib_does() -> None:
    example = json.loads((FIXTURES / "cpsv_ap" / "example-rdf_public_service.jsonld").read_text("utf-8"))

    assert isomorphic(by_rdflib(example), by_our_reader(example))


FORMS = {
    "the official context's own terms": {
        "@context": "https://example.eu/CPSV-AP/releases/3.2.0/context/cpsv-ap.jsonld",
        "@id": "https://a.example/1",
        "@type": "PublicService",
        "PublicService.identifier": "1",
        "PublicService.hasCost": {"@type": "Cost", "Cost.hasValue": "12.5"},
        "PublicService.hasChannel": ["https://a.example/2"],
    },
    "a vocabulary, a language and aliases of keywords": {
        "@context": {"@vocab": words.DCT, "@language": "fr", "id": "@id", "kind": "@type", "n": {"@id": "title"}},
        "id": "https://a.example/1",
        "kind": "Thing",
        "title": "Passeport",
        "n": {"@value": "Passport", "@language": "en"},
        "unnamed": {"title": ["a", "b"], "extent": [1, True, 2.5]},
    },
    "expanded form": [
        {
            "@id": "https://a.example/1",
            "@type": [words.CPSV + "PublicService"],
            words.DCT + "title": [{"@value": "Passeport", "@language": "fr-MA"}],
            words.CPSV + "hasInput": [{"@id": "_:b"}],
        },
        {"@id": "_:b", words.DCT + "issued": [{"@value": "2024", "@type": words.XSD + "gYear"}]},
    ],
    "prefixes that build on each other, and a context inside": {
        "@context": {"dct": words.DCT, "t": "dct:title", "said": {"@id": "t", "@container": "@language"}},
        "@id": "https://a.example/1",
        "said": {"ar": ["جواز", "سفر"], "@none": "x", "fr": None},
        "dct:relation": {"@context": {"t": "dct:description"}, "@id": "https://a.example/2", "t": "inside"},
    },
}  # fmt: skip


@pytest.mark.parametrize("document", FORMS.values(), ids=FORMS)
def test_our_reader_reads_this_form_as_rdflib_does(document: Any) -> None:
    text = inlined(document) if isinstance(document, dict) else json.dumps(document)

    assert isomorphic(rdflib.Graph().parse(data=text, format="json-ld"), by_our_reader(document))
