"""A system's YAML file, read with the line of every key (knowledge/line_yaml.py), so that a mistake can be pointed at.

Scalars stay text, because codes of other systems are texts; the schema converts what is a number. Only below
`request.body` a plain 7 is a number and a plain true a boolean, as in JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from knowledge.line_yaml import Document, Mistake, Place, composed, convert, decoded, plain

__all__ = ["DeclaredError", "Document", "Mistake", "Place", "mistake_at", "read_yaml"]

_TYPED = ("request", "body")
_MAX_BYTES = 64 * 1024


class DeclaredError(ValueError):
    """A system's file cannot be used. `mistakes`: everything that is wrong with it, by line."""

    def __init__(self, mistakes: Iterator[Mistake] | list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def mistake_at(document: Document, place: Place, message: str) -> Mistake:
    """`message` at the line of `place`; parts that the file lacks are skipped."""
    here: Place = ()
    for part in place:
        if (*here, part) in document.lines:
            here = (*here, part)
    return Mistake(document.path, document.lines.get(here, 1), message)


def read_yaml(file: Path) -> Document:
    """The file's content. Raises `DeclaredError` when it is no readable YAML mapping."""
    document = Document(file.name)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise DeclaredError([Mistake(file.name, 1, f"cannot be read ({error.strerror})")]) from None
    text = decoded(raw, document)
    root = composed(text, document) if text is not None and len(raw) <= _MAX_BYTES else None
    if isinstance(root, yaml.MappingNode):
        convert(root, document, _scalar)
    elif not document.mistakes:
        document.report(1, f"write `key: value` lines, at most {_MAX_BYTES // 1024} KiB")
    if document.mistakes:
        raise DeclaredError(document.mistakes)
    return document


def _scalar(node: yaml.ScalarNode, place: Place, document: Document) -> object:
    if place[: len(_TYPED)] != _TYPED or node.style:
        return plain(node, place, document)
    value: object = yaml.SafeLoader("").construct_object(node)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    line = node.start_mark.line + 1
    document.report(line, "a request body holds texts, numbers and true or false; put quotes around a date")
    return None
