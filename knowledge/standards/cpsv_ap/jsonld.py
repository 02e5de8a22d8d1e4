"""JSON-LD 1.1 as far as CPSV-AP files use it, read into nodes without the network and without an RDF library.

Read: contexts (ours and CPSV-AP 3.2.0's official one by their addresses, any other inline), prefixes, typed and
language terms, sets, lists, language maps, nested nodes, graphs. What else the standard allows is refused by name and
place rather than read wrongly. A test compares the outcome with rdflib's, triple by triple.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TypeAlias

from knowledge.standards.cpsv_ap.words import CONTEXT_FILE, CONTEXT_PATH, OFFICIAL_CONTEXT_FILE, XSD
from knowledge.standards.draft import ImportProblem

_OFFICIAL = ("CPSV-AP/releases/3.2.0/context/cpsv-ap.jsonld", "CPSV-AP/releases/3.2.0/context/cpsv-ap_en.jsonld")
_EXPAND = "expand the file with a JSON-LD tool first"
_IGNORED = {"@version", "@protected"}
_CONTAINERS = {"@set", "@list", "@language"}


@dataclass(frozen=True, slots=True)
class Text:
    """A literal: its words, and its language or datatype IRI."""

    value: str
    language: str | None = None
    datatype: str | None = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A link to a node."""

    id: str


Value: TypeAlias = Text | Ref


@dataclass(slots=True)
class Node:
    """One thing. `place` is where the file first describes it, such as `$['@graph'][2]`."""

    id: str
    place: str
    types: list[str] = field(default_factory=list)
    properties: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class _Term:
    iri: str
    type: str | None = None
    container: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class _Context:
    terms: Mapping[str, _Term] = field(default_factory=dict)
    vocabulary: str | None = None
    language: str | None = None

    def expand(self, name: str) -> str:
        """An IRI for a term or compact IRI; the name itself where neither fits."""
        if name in self.terms:
            return self.terms[name].iri
        prefix, colon, rest = name.partition(":")
        if colon and not rest.startswith("//") and prefix in self.terms:
            return self.terms[prefix].iri + rest
        return name

    def term(self, key: str) -> _Term:
        return self.terms.get(key) or _Term(self._in_vocabulary(key))

    def _in_vocabulary(self, key: str) -> str:
        expanded = self.expand(key)
        known = expanded != key or ":" in key or key.startswith("@")
        return expanded if known or self.vocabulary is None else self.vocabulary + key


class Graph:
    """The nodes of one document, by id."""

    def __init__(self, document: object) -> None:
        self.nodes: dict[str, Node] = {}
        self.ignored: dict[str, str] = {}  # keys that no context explains, with the first place of each
        self._unnamed = 0
        self._node_or_list(document, _Context(), "$")

    def of_type(self, iri: str) -> list[Node]:
        return [node for node in self.nodes.values() if iri in node.types]

    def get(self, value: Value) -> Node | None:
        return self.nodes.get(value.id) if isinstance(value, Ref) else None

    # ---- nodes -----------------------------------------------------------------------------------------------------

    def _node_or_list(self, value: object, context: _Context, place: str) -> None:
        if isinstance(value, list):
            for number, item in enumerate(value):
                self._node_or_list(item, context, f"{place}[{number}]")
        elif isinstance(value, dict):
            self._node(value, context, place)
        else:
            raise ImportProblem(place, f"an object was expected here, not {json.dumps(value, default=str)}")

    def _node(self, value: Mapping[str, object], context: _Context, place: str) -> Ref:
        if "@context" in value:
            context = _context(value["@context"], context, f"{place}['@context']")
        entries = [(key, _keyword(key, context), item) for key, item in value.items() if key != "@context"]
        names = [item for _, name, item in entries if name == "@id"]
        if names and not isinstance(names[0], str):
            raise ImportProblem(place, "@id must be text")
        graph_only = not names and {name for _, name, _ in entries} <= {"@graph"}
        node = Node("", place) if graph_only else self._named(names, context, place)
        for key, name, item in entries:
            self._entry(node, key, name, item, context, f"{place}[{key!r}]")
        return Ref(node.id)

    def _named(self, names: list[object], context: _Context, place: str) -> Node:
        if names:
            name = context.expand(str(names[0]))
        else:
            self._unnamed += 1
            name = f"_:unnamed{self._unnamed}"
        return self.nodes.setdefault(name, Node(name, place))

    def _entry(self, node: Node, key: str, name: str, item: object, context: _Context, place: str) -> None:
        if name == "@id":
            return
        if name == "@type":
            for kind in item if isinstance(item, list) else [item]:
                node.types.append(context.term(str(kind)).iri)
        elif name == "@graph":
            self._node_or_list(item, context, place)
        elif name.startswith("@"):
            raise ImportProblem(place, f"{name} is not read here; {_EXPAND}")
        elif ":" not in name:
            self.ignored.setdefault(key, place)  # as the standard does, but the editor is told
        else:
            values = [value for value in self._values(item, context.term(key), context, place) if value is not None]
            node.properties[name] += values

    # ---- values ----------------------------------------------------------------------------------------------------

    def _values(self, item: object, term: _Term, context: _Context, place: str) -> Iterator[Value | None]:
        if isinstance(item, list):
            for number, one in enumerate(item):
                yield from self._values(one, term, context, f"{place}[{number}]")
        elif isinstance(item, dict) and term.container == "@language":
            for tag, said in item.items():
                for words in said if isinstance(said, list) else [said]:
                    if words is not None:
                        yield Text(_string(words, f"{place}[{tag!r}]"), None if tag == "@none" else tag)
        elif isinstance(item, dict):
            yield from self._object(item, term, context, place)
        elif item is not None:
            yield self._scalar(item, term, context)

    def _object(self, item: Mapping[str, object], term: _Term, context: _Context, place: str) -> Iterator[Value | None]:
        keys = {_keyword(key, context): key for key in item}
        inner = next((keys[name] for name in ("@list", "@set") if name in keys), None)
        if inner is not None:
            yield from self._values(item[inner], replace(term, container=None), context, place)
        elif "@value" in keys:
            yield _literal({name: item[key] for name, key in keys.items()}, context, place)
        else:
            yield self._node(item, context, place)

    def _scalar(self, item: object, term: _Term, context: _Context) -> Value:
        if isinstance(item, str) and term.type in {"@id", "@vocab"}:
            return Ref(context.expand(item) if term.type == "@id" else context.term(item).iri)
        if isinstance(item, str) and term.type is None:
            return Text(item, term.language or context.language)
        return Text(*_lexical(item), datatype=term.type or _native(item))


def _literal(value: Mapping[str, object], context: _Context, place: str) -> Text | None:
    item, language, kind = value["@value"], value.get("@language"), value.get("@type")
    if item is None:
        return None
    if unknown := set(value) - {"@value", "@language", "@type"}:
        raise ImportProblem(place, f"{min(unknown)} is not read beside @value; remove it")
    datatype = context.term(str(kind)).iri if kind else None if isinstance(item, str) else _native(item)
    return Text(*_lexical(item), language=str(language) if language else None, datatype=datatype)


def _lexical(item: object) -> tuple[str]:
    if isinstance(item, bool):
        return ("true" if item else "false",)
    return (f"{item:f}" if isinstance(item, Decimal) else str(item),)


def _native(item: object) -> str | None:
    """The datatype of a bare JSON value."""
    if isinstance(item, bool):
        return XSD + "boolean"
    if isinstance(item, int):
        return XSD + "integer"
    return XSD + "double" if isinstance(item, Decimal | float) else None


def _string(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise ImportProblem(place, "text was expected here")
    return value


# ---- contexts ------------------------------------------------------------------------------------------------------


def _keyword(key: str, context: _Context) -> str:
    return context.term(key).iri


def _context(value: object, outer: _Context, place: str) -> _Context:
    if isinstance(value, list):
        for number, one in enumerate(value):
            outer = _context(one, outer, f"{place}[{number}]")
        return outer
    if value is None:
        return _Context()
    if isinstance(value, str):
        return _context(_known(value, place), outer, place)
    if not isinstance(value, dict):
        raise ImportProblem(place, "a context is an address, an object, or a list of these")
    return _merged(value, outer, place)


def _known(address: str, place: str) -> object:
    """A context that ships with Dalil: an import fetches nothing."""
    if address.endswith(CONTEXT_PATH):
        return _stored(CONTEXT_FILE)
    if address.endswith(_OFFICIAL):
        return _stored(OFFICIAL_CONTEXT_FILE)
    raise ImportProblem(place, f"the context {address} is not known, and nothing is fetched; write it into the file")


@cache
def _stored(file: Path) -> object:
    return json.loads(file.read_text("utf-8"))["@context"]


def _merged(value: Mapping[str, object], outer: _Context, place: str) -> _Context:
    for key in value:
        if key.startswith("@") and key not in {"@vocab", "@language", *_IGNORED}:
            raise ImportProblem(f"{place}[{key!r}]", f"{key} is not read here; {_EXPAND}")
    vocabulary, language = value.get("@vocab", outer.vocabulary), value.get("@language", outer.language)
    own = {key: item for key, item in value.items() if not key.startswith("@")}
    raw = {key: item if isinstance(item, dict) else {"@id": item} for key, item in own.items() if item is not None}
    result = _Context(
        {key: term for key, term in outer.terms.items() if key not in own},
        str(vocabulary) if vocabulary is not None else None,
        str(language) if language is not None else None,
    )
    for key in raw:
        result = _defined(key, raw, result, place)
    return result


def _defined(key: str, raw: Mapping[str, dict[str, object]], context: _Context, place: str) -> _Context:
    """`context` with one term more, and before it the prefix that it is written with."""
    if key in context.terms:
        return context
    definition, here = raw[key], f"{place}[{key!r}]"
    if unknown := set(definition) - {"@id", "@type", "@container", "@language", "@prefix", "@protected"}:
        raise ImportProblem(here, f"{min(unknown)} is not read in a term; {_EXPAND}")
    names = [_string(definition.get("@id", key), here), str(definition.get("@type") or "")]
    for name in names:
        prefix = name.partition(":")[0]
        if prefix in raw and prefix != key:
            context = _defined(prefix, raw, context, place)
    container, language = definition.get("@container"), definition.get("@language")
    if container not in {None, *_CONTAINERS}:
        raise ImportProblem(here, f"the container {container} is not read here; {_EXPAND}")
    iri, kind = (name if name.startswith("@") else context.term(name).iri for name in names)
    term = _Term(iri, kind or None, str(container) if container else None, str(language) if language else None)
    return replace(context, terms={**context.terms, key: term})
