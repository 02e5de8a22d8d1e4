"""YAML as editors write it, read with the line of every key and value, so that a mistake can be pointed at.

Every scalar stays text exactly as written ("2026-05", "no", "0610"): the typed model converts it. An empty value, `~`
or `null` is None. Anchors, tabs and a key given twice are mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

Value = None | str | list["Value"] | dict[str, "Value"]
Place = tuple[str | int, ...]  # the path to a value inside a file: ("documents", 0, "text", "fr")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster; same nodes, same marks


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """One thing an editor must repair. `line` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(slots=True)
class Document:
    """One file's value, where each part of it stands, and the mistakes found on the way."""

    path: str
    value: Value = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest enclosing value that exists."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)

    def report(self, line: int, message: str) -> None:
        self.mistakes.append(Mistake(self.path, line, message))


def read_yaml(file: Path, shown_as: str) -> Document:
    """Read one file. Mistakes are collected in the result; `value` is None when nothing could be read."""
    document = Document(shown_as)
    text = _text(file.read_bytes(), document)
    if text is None or document.mistakes:
        return document
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.report(mark.line + 1 if mark else 1, f"not valid YAML ({error.problem}); check indentation and quotes")
        return document
    except yaml.YAMLError as error:
        document.report(1, f"not readable as YAML ({error}); remove control characters")
        return document
    if node is None:
        document.report(1, "the file is empty; write the sheet or delete the file")
        return document
    document.value = _convert(node, (), document, set())
    return document


def _text(raw: bytes, document: Document) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        document.report(raw.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8")
        return None
    for number, line in enumerate(text.splitlines(), start=1):
        if "\t" in line:
            document.report(number, "tab character; use spaces")
    return text


def _convert(node: yaml.Node, place: Place, document: Document, seen: set[int]) -> Value:
    line = node.start_mark.line + 1
    document.lines.setdefault(place, line)
    if id(node) in seen:
        document.report(line, "anchors and aliases (&, *) are not used here; write the text again")
        return None
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        empty = not node.style and node.value in {"", "~", "null"}
        return None if empty else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(child, (*place, index), document, seen) for index, child in enumerate(node.value)]
    return _mapping(node, place, document, seen)


def _mapping(node: yaml.Node, place: Place, document: Document, seen: set[int]) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if not isinstance(key, str):
            document.report(line, "a key must be a single word; check the indentation")
            continue
        if key in result:
            document.report(line, f"the key '{key}' stands twice; keep one")
            continue
        document.lines[(*place, key)] = line
        result[key] = _convert(value_node, (*place, key), document, seen)
    return result
