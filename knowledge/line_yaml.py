"""YAML as people write it, read with the line of every key and value, so that a mistake can be pointed at.

Every scalar stays text exactly as written ("2026-05", "no", "007"): who reads the file converts it. An empty value, `~`
or `null` is None. Anchors and a key given twice are mistakes. For sheets (knowledge/content_yaml.py) and for the files
of government systems (connectors/gov/declared_yaml.py, the only module of connectors that may import from here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

Place = tuple[str | int, ...]  # the path to a value inside the file: ("documents", 0, "text", "fr")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster; same nodes, same marks


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """One thing to repair. `line` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(slots=True)
class Document:
    """One file's value (texts, None, lists and mappings of them), where each part stands, and the mistakes found."""

    path: str
    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest enclosing value that exists."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)

    def report(self, line: int, message: str) -> None:
        self.mistakes.append(Mistake(self.path, line, message))


Scalar = Callable[[yaml.ScalarNode, Place, Document], object]  # what a scalar is; it may report a mistake


def plain(node: yaml.ScalarNode, _place: Place, _document: Document) -> str | None:
    """The text as written; None where nothing stands."""
    empty = not node.style and node.value in {"", "~", "null"}
    return None if empty else str(node.value)


def decoded(raw: bytes, document: Document) -> str | None:
    """The file's text; None, and a mistake, where it is not UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        document.report(raw.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8")
        return None


def composed(text: str, document: Document) -> yaml.Node | None:
    """The file's nodes; None where it is empty, or no YAML, which is then a mistake."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.report(mark.line + 1 if mark else 1, f"not valid YAML ({error.problem}); check indentation and quotes")
    except (yaml.YAMLError, RecursionError) as error:
        document.report(1, f"not readable as YAML ({error}); remove control characters")
    return None


def convert(root: yaml.Node, document: Document, scalar: Scalar = plain) -> None:
    """Fill `document` from the nodes of its file."""
    document.value = _convert(root, (), document, set(), scalar)


def _convert(node: yaml.Node, place: Place, document: Document, seen: set[int], scalar: Scalar) -> Any:  # noqa: ANN401 - as `Document.value`
    line = node.start_mark.line + 1
    document.lines.setdefault(place, line)
    if id(node) in seen:
        document.report(line, "anchors and aliases (&, *) are not used here; write it again")
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return scalar(node, place, document)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(child, (*place, index), document, seen, scalar) for index, child in enumerate(node.value)]
    return _mapping(node, place, document, seen, scalar)


def _mapping(node: yaml.Node, place: Place, document: Document, seen: set[int], scalar: Scalar) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if not isinstance(key, str):
            document.report(line, "a key must be a single word; check the indentation")
        elif key in result:
            document.report(line, f"the key '{key}' stands twice; keep one")
        else:
            document.lines[(*place, key)] = line
            result[key] = _convert(value_node, (*place, key), document, seen, scalar)
    return result
