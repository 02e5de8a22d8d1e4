"""The public services of a CPSV-AP JSON-LD file as draft sheets: the mapping of `export.py`, read backwards.

A file of somebody else's says less, and says it in other places; what a sheet has no place for becomes a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

from knowledge.procedures import Country, Facet, Source
from knowledge.standards.cpsv_ap import words
from knowledge.standards.cpsv_ap.jsonld import Graph, Node, Ref, Text
from knowledge.standards.cpsv_ap.words import CPSV, CV, DCAT, DCT, FOAF, SKOS
from knowledge.standards.draft import FILE_REF, Draft, ImportProblem, Json, Options, slug
from knowledge.standards.files import read_json

_CURRENCIES = {Country.MA: "MAD", Country.DZ: "DZD", Country.MR: "MRU"}
_DIALECT_TAGS = set(words.DIALECTS.values())
_HANDLED = {
    *(
        DCT + name
        for name in ("identifier", "title", "alternative", "description", "spatial", "relation", "source", "modified")
    ),
    *(CV + name for name in ("hasCompetentAuthority", "hasCost", "hasChannel", "holdsRequirement", "hasInputType")),
    CV + "hasLegalResource",
    CPSV + "hasInput",
    CPSV + "follows",
    DCAT + "keyword",
    FOAF + "page",
}
_SOURCE_KINDS = frozenset(get_args(Source.model_fields["kind"].annotation))
_UNKNOWN_SOURCE = "private_guide"
_SINGLE_RULES = (Facet.PROCESSING_TIME, Facet.VALIDITY, words.TRACKING)


def drafts_of(file: Path, options: Options) -> list[Draft]:
    """One draft for each public service of the file. Raises `ImportProblem` with the place in the file."""
    graph = Graph(read_json(file))
    services = graph.of_type(CPSV + "PublicService")
    if not services:
        raise ImportProblem("$", f"no public service ({CPSV}PublicService) is in this file; is it CPSV-AP JSON-LD?")
    if len(services) > 1 and (options.sheet_id or options.title):
        raise ImportProblem("--id, --title", f"the file has {len(services)} services; give these for a file with one")
    return [_Service(graph, node, options).draft() for node in services]


class _Service:
    def __init__(self, graph: Graph, node: Node, options: Options) -> None:
        self._graph = graph
        self._node = node
        self._options = options
        self._draft = Draft(options)
        self._refs: dict[str, str] = {}  # IRI of a source document → its ref in the sheet

    def draft(self) -> Draft:
        node, draft = self._node, self._draft
        self._check_country()
        sources = self._sources()
        title = self._texts(node, DCT + "title")
        summary, short = self._texts(node, DCT + "description"), self._texts(node, DCT + "alternative")
        draft.begin(self._name(title), title, summary, f"{node.place} dct:title", short)
        self._aliases()
        draft.put("authority", self._authority())
        inputs = [*self._linked(node, CPSV + "hasInput"), *self._linked(node, CV + "hasInputType")]
        draft.facts("documents", [self._entry(one) for one in inputs])
        self._rules()
        draft.put("fees", self._fees())
        draft.put("where", self._where())
        self._joined("eligibility", self._linked(node, CV + "holdsRequirement"))
        draft.facts("legal_basis", [self._entry(one) for one in self._linked(node, CV + "hasLegalResource")])
        draft.put("related", self._related())
        self._leftovers()
        pages = [link.id for link in node.properties.get(FOAF + "page", ()) if isinstance(link, Ref)]
        own = [node.id] if node.id.startswith("https://") else []
        draft.finish([*pages, *own], sources, f"{node.place} foaf:page")
        return draft

    def _check_country(self) -> None:
        """A file that names its country must be imported for that one."""
        table, country = words.AUTHORITY_TABLES + "country/", self._options.country
        links = [link.id for link in self._node.properties.get(DCT + "spatial", ()) if isinstance(link, Ref)]
        codes = [link.removeprefix(table) for link in links if link.startswith(table)]
        if codes and words.PLACES[country] not in codes:
            place = f"{self._node.place} dct:spatial"
            raise ImportProblem(place, f"this service is for {codes[0]}, not for '{country}'; give its own --country")

    # ---- head ------------------------------------------------------------------------------------------------------

    def _name(self, title: Mapping[str, str]) -> str:
        """What the id is made of: the identifier where it is one of ours, else the title, else the identifier."""
        identifier, country = self._word(self._node, DCT + "identifier"), self._options.country
        if re.fullmatch(rf"{country.value}\.[a-z0-9_]+", identifier):
            return identifier.partition(".")[2]
        names = [title.get("fr", ""), *title.values(), identifier]
        name = next((name for name in names if slug(name)), None)
        if name is None and self._options.sheet_id is None:
            raise ImportProblem(
                f"{self._node.place} dct:identifier", "nothing here makes an id (a-z, 0-9, _); add --id"
            )
        return name or ""

    def _aliases(self) -> None:
        found: dict[str, Json] = {}
        for value in self._node.properties.get(DCAT + "keyword", ()):
            if isinstance(value, Text) and (variety := self._variety(value.language)):
                listed = found.setdefault(variety, [])
                words_said = " ".join(value.value.split())
                if isinstance(listed, list) and words_said and words_said not in listed:
                    listed.append(words_said)
        self._draft.put("aliases", found)

    def _authority(self) -> Json:
        for organisation in self._linked(self._node, CV + "hasCompetentAuthority"):
            kind = words.kind_of(organisation.id) or ""
            texts = self._texts(organisation, SKOS + "prefLabel") or self._texts(organisation, DCT + "title")
            if texts and not kind.startswith(words.NOT_STATED):
                return self._draft.fact("authority", texts, self._cited(organisation))
        return None

    # ---- facts -----------------------------------------------------------------------------------------------------

    def _entry(self, node: Node) -> tuple[Mapping[str, str], Sequence[str]]:
        """A named thing as a fact; its description stands in where it has no title."""
        return self._texts(node, DCT + "title") or self._texts(node, DCT + "description"), self._cited(node)

    def _rules(self) -> None:
        """Our own kinds of rule go where they came from; of any other rule the editor is told."""
        steps: list[tuple[Mapping[str, str], Sequence[str]]] = []
        cautions: list[Json] = []
        for rule in self._linked(self._node, CPSV + "follows"):
            kind, said = self._kind(rule), (self._texts(rule, DCT + "description"), self._cited(rule))
            if kind == Facet.STEPS:
                steps.append(said)
            elif kind in _SINGLE_RULES:
                self._draft.put(kind, self._draft.fact(kind, *said))
            elif kind == words.CAUTION and (fact := self._draft.fact(f"cautions {len(cautions) + 1}", *said)):
                about = [facet for link in rule.properties[DCT + "subject"] if (facet := self._facet(link))]
                cautions.append({**fact, "about": [*about] or [Facet.OVERVIEW.value]})
            elif kind is None:
                self._draft.notes += [f"Rule in the file: {text}" for text in self._entry(rule)[0].values()]
        self._draft.facts("steps", steps)
        self._draft.put("cautions", cautions)

    def _fees(self) -> Json:
        items: list[Json] = []
        notes: list[Json] = []
        for cost in self._linked(self._node, CV + "hasCost"):
            place = f"fees {len(items) + len(notes) + 1}"
            said = self._texts(cost, DCT + "description")
            fee, cited = self._price(cost), self._cited(cost)
            if fee is not None:
                label = {"label": self._draft.label(place, said)} if said else {}
                items.append({**fee, **label, "sources": [*cited]})
            elif fact := self._draft.fact(place, said, cited):
                notes.append(fact)
        paid = [rule for rule in self._linked(self._node, CPSV + "follows") if self._kind(rule) == words.PAYMENT]
        fees: dict[str, Json] = {"items": items, "notes": notes}
        for rule in paid[:1]:
            fees["how_paid"] = self._draft.fact("how_paid", self._texts(rule, DCT + "description"), self._cited(rule))
        return {key: value for key, value in fees.items() if value}

    def _price(self, cost: Node) -> dict[str, Json] | None:
        """An amount in the country's money. Any other price becomes a note: a sheet holds no foreign currency."""
        value = self._word(cost, CV + "hasValue")
        if not value:
            return None
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise ImportProblem(f"{cost.place} cv:hasValue", f"'{value}' is no amount; correct it in the file")
        links = [link.id for link in cost.properties.get(CV + "currency", ()) if isinstance(link, Ref)]
        code = re.split(r"[/#:]", links[0])[-1] if links else "no currency"
        if code != _CURRENCIES[self._options.country]:
            self._draft.notes.append(f"A price that is not in {_CURRENCIES[self._options.country]}: {value} {code}")
            return None
        plain = f"{int(amount)}" if amount == amount.to_integral_value() else f"{amount.normalize():f}"
        date = self._word(cost, DCT + "issued")
        return {"amount": plain, "currency": code} | ({"as_of": date} if date else {})

    def _where(self) -> Json:
        """The first office and the first address online; a channel with a page is online."""
        where: dict[str, Json] = {}
        for channel in self._linked(self._node, CV + "hasChannel"):
            pages = [link.id for link in channel.properties.get(FOAF + "page", ()) if isinstance(link, Ref)]
            said, cited = self._texts(channel, DCT + "description"), self._cited(channel)
            if pages or self._kind(channel) == words.ONLINE:
                if pages:
                    where |= {"online": pages[0], "sources": [*cited]} if "online" not in where else {}
                name = "online_note"
            else:
                name = "office"
            if said and name not in where:
                where[name] = self._draft.fact(f"where.{name}", said, cited)
            elif said:
                self._draft.notes += [f"Another channel in the file: {text}" for text in said.values()]
        return {key: value for key, value in where.items() if value}

    def _joined(self, name: str, nodes: Sequence[Node]) -> None:
        """Several nodes in the one fact that a sheet has for them."""
        entries = [self._entry(node) for node in nodes]
        languages = dict.fromkeys(language for texts, _ in entries for language in texts)
        joined = {language: " ; ".join(t[language] for t, _ in entries if language in t) for language in languages}
        cited = dict.fromkeys(ref for _, refs in entries for ref in refs)
        self._draft.put(name, self._draft.fact(name, joined, [*cited]) if joined else None)

    def _related(self) -> list[Json]:
        """Neighbours that are ours; the writer leaves out those that have no sheet beside this one."""
        links = [link.id for link in self._node.properties.get(DCT + "relation", ()) if isinstance(link, Ref)]
        names = dict.fromkeys(link.rpartition("/")[2] for link in links)
        return [name for name in names if re.fullmatch(r"(ma|dz|mr)\.[a-z0-9_]+", name)]

    # ---- sources and leftovers -------------------------------------------------------------------------------------

    def _sources(self) -> list[dict[str, Json]]:
        """The file itself, then the documents that it names as its own sources."""
        node, options = self._node, self._options
        publisher = options.publisher or urlsplit(node.id).hostname or options.name
        own: dict[str, Json] = {"ref": FILE_REF, "publisher": publisher, "kind": _UNKNOWN_SOURCE}
        own |= {"url": node.id} if urlsplit(node.id).scheme in {"http", "https"} else {}
        found: list[dict[str, Json]] = [
            own | {"date": self._word(node, DCT + "modified") or options.fetched_on.isoformat()}
        ]
        for number, document in enumerate(self._linked(node, DCT + "source"), start=1):
            ref = slug(self._word(document, DCT + "identifier")) or f"source_{number}"
            self._refs[document.id] = ref
            found.append({"ref": ref, **self._document(document)})
        return found

    def _document(self, node: Node) -> dict[str, Json]:
        agents = self._linked(node, DCT + "publisher")
        names = [name for agent in agents if (name := self._word(agent, FOAF + "name"))]
        pages = [link.id for link in node.properties.get(FOAF + "page", ()) if isinstance(link, Ref)]
        about: dict[str, Json] = {"publisher": names[0] if names else node.id, "kind": self._source_kind(node)}
        date = self._word(node, DCT + "issued")
        return about | ({"url": pages[0]} if pages else {}) | ({"date": date} if date else {})

    def _source_kind(self, node: Node) -> str:
        """As our own export says it. Anybody may write CPSV-AP: an unknown source counts as a private guide."""
        kind = (self._kind(node) or "").removeprefix(words.SOURCE_KIND)
        return kind if kind in _SOURCE_KINDS else _UNKNOWN_SOURCE

    def _cited(self, node: Node) -> list[str]:
        links = [link.id for link in node.properties.get(DCT + "source", ()) if isinstance(link, Ref)]
        return [FILE_REF, *dict.fromkeys(self._refs[link] for link in links if link in self._refs)]

    def _leftovers(self) -> None:
        unread = sorted(iri for iri in self._node.properties if iri not in _HANDLED)
        if unread:
            self._draft.notes.append(f"Not imported, a sheet has no place for it: {', '.join(unread)}")
        if self._graph.ignored:
            self._draft.notes.append(f"Keys that no context of the file explains: {', '.join(self._graph.ignored)}")
        self._draft.notes.append(
            f"A source of unknown kind counts as {_UNKNOWN_SOURCE}: correct it where it is official."
        )

    # ---- reading ---------------------------------------------------------------------------------------------------

    def _linked(self, node: Node, name: str) -> list[Node]:
        return [found for value in node.properties.get(name, ()) if (found := self._graph.get(value))]

    def _texts(self, node: Node, name: str) -> dict[str, str]:
        """The texts of a property by sheet language; the first of each. Other languages keep their tag."""
        found: dict[str, str] = {}
        for value in node.properties.get(name, ()):
            if isinstance(value, Text):
                found.setdefault(self._variety(value.language) or str(value.language), value.value)
        return found

    def _variety(self, tag: str | None) -> str | None:
        """A language tag as a sheet names it: "fr-MA" → fr, "arq-Latn" → ary-Latn; None for a language of no sheet."""
        if tag is None:
            return self._options.language
        base, _, rest = tag.lower().partition("-")
        if base in _DIALECT_TAGS:
            return "ary-Latn" if rest == "latn" else "ary"
        return base if base in {"ar", "fr"} else None

    def _word(self, node: Node, name: str) -> str:
        return next((value.value for value in node.properties.get(name, ()) if isinstance(value, Text)), "")

    def _kind(self, node: Node) -> str | None:
        links: Iterator[Ref] = (link for link in node.properties.get(DCT + "type", ()) if isinstance(link, Ref))
        return next(filter(None, (words.kind_of(link.id) for link in links)), None)

    def _facet(self, link: object) -> str | None:
        kind = words.kind_of(link.id) if isinstance(link, Ref) else None
        return kind if kind in set(Facet) else None
