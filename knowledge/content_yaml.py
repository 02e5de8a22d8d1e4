"""A sheet's YAML file with the line of every key and value (knowledge/line_yaml.py). Tabs are mistakes, too."""

from __future__ import annotations

from pathlib import Path

from knowledge.line_yaml import Document, Mistake, Place, composed, convert, decoded

__all__ = ["Document", "Mistake", "Place", "read_yaml"]


def read_yaml(file: Path, shown_as: str) -> Document:
    """Read one file. Mistakes are collected in the result; `value` is None when nothing could be read."""
    document = Document(shown_as)
    text = _text(file.read_bytes(), document)
    if text is None or document.mistakes:
        return document
    root = composed(text, document)
    if root is not None:
        convert(root, document)
    elif not document.mistakes:
        document.report(1, "the file is empty; write the sheet or delete the file")
    return document


def _text(raw: bytes, document: Document) -> str | None:
    text = decoded(raw, document)
    for number, line in enumerate((text or "").splitlines(), start=1):
        if "\t" in line:
            document.report(number, "tab character; use spaces")
    return text
