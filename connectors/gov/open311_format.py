"""GeoReport's two formats as one: JSON as it is, and XML by the Spark convention, which maps it to that JSON.

XML is read by expat itself. A document type declaration is refused: without it nobody can declare entities, so there
are neither expanding ("billion laughs") nor external ones. The depth is limited here, the size in exchange.py.
Specification: https://wiki.open311.org/GeoReport_v2 and /JSON_and_XML_Conversion.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from xml.parsers import expat

from connectors.errors import SystemGarbled

Json = Any

MAX_DEPTH = 12  # services, attributes and values nest six deep
_LISTS = frozenset({"services", "attributes", "values", "service_requests", "errors"})


class Format(StrEnum):
    XML = "xml"  # every server speaks it
    JSON = "json"  # a server may


def decode(body: bytes, form: Format) -> Json:
    """The answer as JSON values; texts of XML stay texts. Raises `SystemGarbled`."""
    try:
        return json.loads(body) if form is Format.JSON else _spark(_parse(body))
    except expat.ExpatError as error:
        raise SystemGarbled(f"not XML: {expat.errors.messages.get(error.code, 'refused')}") from None
    except (ValueError, RecursionError) as error:
        raise SystemGarbled("not JSON") from error


@dataclass(slots=True)
class _Element:
    tag: str
    children: list[_Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def _parse(body: bytes) -> _Element:
    """The root element. Attributes are left out: GeoReport has none but a namespace."""
    document = _Element("")
    open_elements = [document]

    def start(tag: str, _: dict[str, str]) -> None:
        if len(open_elements) > MAX_DEPTH:
            raise SystemGarbled("XML nested too deep")
        element = _Element(tag.rpartition(":")[2])
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def end(_: str) -> None:
        open_elements.pop()

    def text(characters: str) -> None:
        open_elements[-1].text.append(characters)

    def refuse(*_: object) -> None:
        raise SystemGarbled("XML with a document type")

    parser = expat.ParserCreate("utf-8")  # the specification requires it, whatever the declaration says
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(body, True)
    return document.children[0]


def _spark(element: _Element) -> Json:
    """Named lists become lists, elements with children objects, the rest texts; an empty element is None."""
    if element.tag in _LISTS:
        return [_spark(child) for child in element.children]
    if element.children:
        return {child.tag: _spark(child) for child in element.children}
    return "".join(element.text).strip() or None
