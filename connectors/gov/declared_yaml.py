"""A system's YAML file, read with the line of every key, so that a mistake can be pointed at.

Every scalar stays text exactly as written ("on", "007", "2026-05-01"), because codes of other systems are texts; the
schema converts what is a number. Only below `request.body` a plain 7 is a number and a plain true a boolean, as in
JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import JsonValue

Place = tuple[str | int, ...]  # the path to a value inside the file: ("answer", "code")

_TYPED = ("request", "body")
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, order=True, slots=True)
class Mistake:
    """One thing to repair. `line` counts from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class DeclaredError(ValueError):
    """A system's file cannot be used. `mistakes`: everything that is wrong with it, by line."""

    def __init__(self, mistakes: Iterator[Mistake] | list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


@dataclass(slots=True)
class Document:
    """One file's value and where each part of it stands."""

    path: str
    value: JsonValue = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, place: Place, message: str) -> Mistake:
        """`message` at the line of `place`; parts that the file lacks are skipped."""
        here: Place = ()
        for part in place:
            if (*here, part) in self.lines:
                here = (*here, part)
        return Mistake(self.path, self.lines.get(here, 1), message)

    def report(self, line: int, message: str) -> None:
        self.mistakes.append(Mistake(self.path, line, message))


def read_yaml(file: Path) -> Document:
    """The file's content. Raises `DeclaredError` when it is no readable YAML mapping."""
    document = Document(file.name)
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader) if len(raw) <= _MAX_BYTES else None
    except OSError as error:
        document.report(1, f"cannot be read ({error.strerror})")
    except UnicodeDecodeError as error:
        document.report(raw.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.report(mark.line + 1 if mark else 1, f"not valid YAML ({error.problem}); check indentation and quotes")
    except (yaml.YAMLError, RecursionError):
        document.report(1, "not readable as YAML")
    else:
        if isinstance(root, yaml.MappingNode):
            document.value = _convert(root, (), document, set())
        else:
            document.report(1, f"write `key: value` lines, at most {_MAX_BYTES // 1024} KiB")
    if document.mistakes:
        raise DeclaredError(document.mistakes)
    return document


def _convert(node: yaml.Node, place: Place, document: Document, seen: set[int]) -> JsonValue:
    line = node.start_mark.line + 1
    document.lines.setdefault(place, line)
    if id(node) in seen:
        document.report(line, "anchors and aliases (&, *) are not used here; write it again")
        return None
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_convert(child, (*place, index), document, seen) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document, seen)
    if not isinstance(node, yaml.ScalarNode):  # YAML has no other kind
        return None
    if place[: len(_TYPED)] == _TYPED and not node.style:
        return _typed(node, line, document)
    return None if not node.style and node.value in {"", "~", "null"} else str(node.value)


def _typed(node: yaml.ScalarNode, line: int, document: Document) -> JsonValue:
    value: JsonValue = yaml.SafeLoader("").construct_object(node)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    document.report(line, "a request body holds texts, numbers and true or false; put quotes around a date")
    return None


def _mapping(node: yaml.MappingNode, place: Place, document: Document, seen: set[int]) -> dict[str, JsonValue]:
    result: dict[str, JsonValue] = {}
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if not isinstance(key, str):
            document.report(line, "a key must be a single word; check the indentation")
        elif key in result:
            document.report(line, f"the key '{key}' stands twice; keep one")
        else:
            document.lines[(*place, key)] = line
            result[key] = _convert(value_node, (*place, key), document, seen)
    return result
