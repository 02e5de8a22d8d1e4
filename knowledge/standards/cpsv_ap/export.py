"""A published sheet as CPSV-AP 3.2.0 JSON-LD, with the project's own context. The mapping: docs/adr/0019.

`tests/unit/knowledge/standards/test_cpsv_shapes.py` validates every published sheet against the official SHACL shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeVar

from knowledge.procedures import Facet, Fact, Fee, Localised, Procedure, Source
from knowledge.standards.cpsv_ap import words

Node = dict[str, object]
_Item = TypeVar("_Item")


def document(procedures: Iterable[Procedure], base: str) -> Node:
    """All given sheets as one JSON-LD document. `base` is Dalil's public address, without a slash at the end."""
    return {"@context": base + words.CONTEXT_PATH, "@graph": [_Service(sheet, base).node() for sheet in procedures]}


def service(procedure: Procedure, base: str) -> Node:
    """One sheet as one JSON-LD document."""
    return {"@context": base + words.CONTEXT_PATH, **_Service(procedure, base).node()}


class _Service:
    """One sheet on its way out: every part gets an IRI below the sheet's own."""

    def __init__(self, procedure: Procedure, base: str) -> None:
        self._procedure = procedure
        self._base = base
        self._iri = f"{base}/api/procedures/{procedure.id}"

    def node(self) -> Node:
        sheet = self._procedure
        near = (*sheet.related, *((sheet.minor_variant,) if sheet.minor_variant else ()))
        neighbours = [other for other in dict.fromkeys(near) if not other.startswith("faq.")]  # no public service
        return _filled(
            {
                "id": self._iri,
                "type": "PublicService",
                "identifier": sheet.id,
                "title": self._text(sheet.title),
                "shortTitle": self._text(sheet.short_title),
                "description": self._text(sheet.summary),
                "keyword": self._keywords(),
                "hasCompetentAuthority": self._authority(),
                "spatial": self._place(),
                "hasInput": [self._named("Evidence", "document", n, fact) for n, fact in _counted(sheet.documents)],
                "hasCost": [*self._costs()],
                "hasChannel": [*self._channels()],
                "holdsRequirement": self._named("Requirement", "eligibility", 1, sheet.eligibility),
                "follows": [*self._rules()],
                "hasLegalResource": [self._named("LegalResource", "law", n, f) for n, f in _counted(sheet.legal_basis)],
                "relation": [f"{self._base}/api/procedures/{other}" for other in neighbours],
                "page": _page(sheet.official_link),
                "modified": sheet.checked_on.isoformat(),
                "source": [self._source(source) for source in sheet.sources],
            }
        )

    # ---- parts -----------------------------------------------------------------------------------------------------

    def _authority(self) -> Node:
        fact = self._procedure.authority
        name = fact.text if fact else words.authority_not_stated(self._procedure.country)
        iri = f"{self._iri}#authority" if fact else self._concept_iri(f"{words.NOT_STATED}-{self._procedure.country}")
        node = {"id": iri, "type": "PublicOrganisation", "label": self._text(name), "spatial": self._place()}
        return node | (self._sourced(fact.sources) if fact else {})

    def _costs(self) -> Iterator[Node]:
        for number, fee in _counted(self._procedure.fees.items):
            yield self._part("Cost", "fee", number) | self._price(fee) | self._sourced(fee.sources)
        for number, note in _counted(self._procedure.fees.notes):  # a price that is not known, or what else to know
            described = {"description": self._text(note.text)}
            yield self._part("Cost", "fee-note", number) | described | self._sourced(note.sources)

    def _price(self, fee: Fee) -> Node:
        return _filled(
            {
                "hasValue": _number(fee.amount),
                "currency": {"id": f"{words.AUTHORITY_TABLES}currency/{fee.currency}", "type": "Concept"},
                "description": self._text(fee.label) if fee.label else None,
                "issued": _date(fee.as_of),
            }
        )

    def _channels(self) -> Iterator[Node]:
        where = self._procedure.where
        if where.office:
            said = {"description": self._text(where.office.text), "kind": self._kind(words.OFFICE)}
            yield self._part("Channel", words.OFFICE, 1) | said | self._sourced(where.office.sources)
        if where.online or where.online_note:
            note = where.online_note
            refs = dict.fromkeys((*where.sources, *(note.sources if note else ())))
            said = _filled(
                {
                    "description": self._text(note.text) if note else None,
                    "kind": self._kind(words.ONLINE),
                    "page": _page(where.online),
                }
            )
            yield self._part("Channel", words.ONLINE, 1) | said | self._sourced(refs)

    def _rules(self) -> Iterator[Node]:
        sheet = self._procedure
        for number, step in _counted(sheet.steps):
            yield self._rule(Facet.STEPS, number, step)
        singles = {
            Facet.PROCESSING_TIME: sheet.processing_time,
            Facet.VALIDITY: sheet.validity,
            words.PAYMENT: sheet.fees.how_paid,
            words.TRACKING: sheet.tracking,
        }
        for kind, fact in singles.items():
            if fact is not None:
                yield self._rule(kind, 1, fact)
        for number, caution in _counted(sheet.cautions):
            about = {"subject": [self._concept_iri(facet) for facet in caution.about]}
            yield self._rule(words.CAUTION, number, caution) | about

    def _rule(self, kind: str, number: int, fact: Fact) -> Node:
        said = {
            "title": self._text(words.kind_label(kind)),
            "description": self._text(fact.text),
            "kind": self._kind(kind),
        }
        return self._part("Rule", kind, number) | said | self._sourced(fact.sources)

    def _source(self, source: Source) -> Node:
        return _filled(
            {
                "id": f"{self._iri}#source-{source.ref}",
                "type": "Document",
                "identifier": source.ref,
                "publisher": {"name": source.publisher},
                "kind": self._concept_iri(words.SOURCE_KIND + source.kind),
                "issued": _date(source.date),
                "page": _page(source.url),
            }
        )

    # ---- small pieces ----------------------------------------------------------------------------------------------

    def _part(self, kind: str, name: str, number: int) -> Node:
        fragment = f"{name}-{number}"
        return {"id": f"{self._iri}#{fragment}", "type": kind, "identifier": f"{self._procedure.id}#{fragment}"}

    def _named(self, kind: str, name: str, number: int, fact: Fact | None) -> Node | None:
        if fact is None:
            return None
        return self._part(kind, name, number) | {"title": self._text(fact.text)} | self._sourced(fact.sources)

    def _sourced(self, refs: Iterable[str]) -> Node:
        found = [f"{self._iri}#source-{ref}" for ref in refs]
        return {"source": found} if found else {}

    def _kind(self, kind: str) -> Node:
        return {"id": self._concept_iri(kind), "type": "Concept", "label": self._text(words.kind_label(kind))}

    def _concept_iri(self, name: str) -> str:
        return f"{self._base}{words.CONTEXT_PATH}#{name}"

    def _place(self) -> Node:
        code = words.PLACES[self._procedure.country]
        return {"id": f"{words.AUTHORITY_TABLES}country/{code}", "type": "Location"}

    def _text(self, text: Localised) -> dict[str, str]:
        said = {"ar": text.ar, "fr": text.fr}
        return said if text.ary is None else said | {words.DIALECTS[self._procedure.country]: text.ary}

    def _keywords(self) -> dict[str, list[str]]:
        dialect, aliases = words.DIALECTS[self._procedure.country], self._procedure.aliases
        by_tag = {"ar": aliases.ar, "fr": aliases.fr, dialect: aliases.ary, f"{dialect}-Latn": aliases.ary_latn}
        return {tag: list(texts) for tag, texts in by_tag.items() if texts}


def _counted(items: Iterable[_Item]) -> Iterator[tuple[int, _Item]]:
    return enumerate(items, start=1)


def _filled(node: Node) -> Node:
    """Without what is empty: in JSON-LD, absent is unknown."""
    return {key: value for key, value in node.items() if value is not None and value not in ([], {})}


def _page(url: object) -> Node | None:
    return {"id": str(url), "type": "Document"} if url is not None else None


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _date(text: str | None) -> Node | None:
    """A date as precise as the sheet gives it: a year, a month or a day."""
    if text is None:
        return None
    precision = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]
    return {"@value": text, "@type": f"xsd:{precision}"}
