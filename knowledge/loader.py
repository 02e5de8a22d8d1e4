"""Read `content/<country>/<id>.yaml` and `content/faq/<id>.yaml` into an immutable catalogue, or say every mistake.

`python -m knowledge.loader knowledge/content` prints the mistakes as `file:line: what is wrong, what to do`.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from knowledge.content_checks import check_catalogue, check_sheet
from knowledge.content_yaml import Document, Mistake, Place, read_yaml
from knowledge.faq import Faq
from knowledge.procedures import Country, Procedure, State

_FAQ = "faq"  # the folder of questions that are no procedure

Stamp = tuple[int, int, int]  # time of the last change (ns), size, inode: another one means that a file changed
Remembered = dict[Path, tuple[Stamp, Procedure]]  # sheets without mistakes, by file
_Read = tuple[Procedure | None, tuple[Mistake, ...]]  # one file's sheet and its mistakes


class ContentError(ValueError):
    """Content cannot be used as it is. `mistakes` are all of them, in file order."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All sheets by id. Drafts are recognised by name and answered with their official link only."""

    by_id: Mapping[str, Procedure]

    @classmethod
    def of(cls, procedures: tuple[Procedure, ...]) -> Catalogue:
        return cls(MappingProxyType({p.id: p for p in sorted(procedures, key=lambda p: p.id)}))

    def get(self, procedure_id: str) -> Procedure | None:
        return self.by_id.get(procedure_id)

    def __iter__(self) -> Iterator[Procedure]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def published(self) -> tuple[Procedure, ...]:
        return tuple(p for p in self if p.state is State.PUBLISHED)

    @property
    def drafts(self) -> tuple[Procedure, ...]:
        return tuple(p for p in self if p.state is State.DRAFT)


def load_content(path: Path, remembered: Remembered | None = None) -> Catalogue:
    """The catalogue in the folder `path`. `remembered`: see `check_content`.

    Raises:
        ContentError: one or more sheets are wrong; it lists every mistake.
        FileNotFoundError: there is no such folder.
    """
    catalogue, mistakes = check_content(path, remembered)
    if mistakes:
        raise ContentError(mistakes)
    return catalogue


def check_content(path: Path, remembered: Remembered | None = None) -> tuple[Catalogue, tuple[Mistake, ...]]:
    """The sheets that could be read, and all mistakes in file order.

    With `remembered`, which is brought up to date, files that have not changed since are not read again.
    """
    procedures: dict[str, Procedure] = {}
    files: dict[str, Path] = {}
    mistakes: list[Mistake] = []
    before = remembered or {}
    after: Remembered = {}
    stamps = stamps_of(path)
    for file, stamp in stamps.items():
        procedure, found = _recalled(before, file, stamp) or _read(file, path)
        mistakes += found
        if procedure is not None:
            if not found:  # a file with mistakes is read again, so that they are told again
                after[file] = (stamp, procedure)
            if procedure.id not in procedures:
                procedures[procedure.id], files[procedure.id] = procedure, file
    # Also of sheets that cannot be read: their neighbours are right to name them.
    existing = frozenset(f"{file.parent.name}.{file.stem}" for file in stamps)
    for procedure_id, (place, message) in check_catalogue(procedures, existing):
        document = _document(files[procedure_id], path)
        mistakes.append(Mistake(document.path, document.line(place), message))
    if remembered is not None:
        remembered.clear()
        remembered.update(after)
    return Catalogue.of(tuple(procedures.values())), tuple(sorted(mistakes))


def stamps_of(path: Path) -> dict[Path, Stamp]:
    """The files of the folder `path` in order, each with the stamp by which a change is seen.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    if not path.is_dir():
        raise FileNotFoundError(f"no content folder at {path}")
    stamps: dict[Path, Stamp] = {}
    for folder, folders, names in os.walk(path):  # faster than Path.rglob, and done several times a second
        folders.sort()
        parent = Path(folder)
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):  # hidden: an editor's lock or copy
                file = parent / name
                status = file.stat()
                stamps[file] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return stamps


def _recalled(remembered: Remembered, file: Path, stamp: Stamp) -> _Read | None:
    known, procedure = remembered.get(file, (None, None))
    return (procedure, ()) if known == stamp else None


def _read(file: Path, root: Path) -> _Read:
    document = _document(file, root)
    procedure = _sheet(document, file, root)
    return procedure, tuple(document.mistakes)


def _document(file: Path, root: Path) -> Document:
    return read_yaml(file, f"{root.name}/{file.relative_to(root).as_posix()}")


def _sheet(document: Document, file: Path, root: Path) -> Procedure | None:
    parts = file.relative_to(root).parts
    if len(parts) != 2 or parts[0] not in {*Country, _FAQ} or file.suffix != ".yaml":
        document.report(1, "a sheet lives in content/<ma|dz|mr|faq>/<id>.yaml; move the file")
        return None
    if document.value is None:
        return None
    model = Faq if parts[0] == _FAQ else Procedure
    try:
        sheet = model.model_validate(document.value)
    except ValidationError as error:
        for details in error.errors():
            document.report(*_explain(details, document, model))
        return None
    procedure = sheet.entry if isinstance(sheet, Faq) else sheet
    for place, message in check_sheet(procedure, f"{parts[0]}.{file.stem}"):
        document.report(document.line(place), message)
    return procedure


def _explain(error: ErrorDetails, document: Document, model: type[BaseModel]) -> tuple[int, str]:
    """A validation error as (line, what is wrong and what to do)."""
    place: Place = error["loc"]
    line, where = document.line(place), ".".join(str(part) for part in place)
    kind = error["type"]
    if kind == "extra_forbidden":
        return line, f"unknown key '{where}'; {_instead(place, model)}"
    if kind == "missing" or (error["input"] is None and kind != "literal_error"):
        return line, f"'{where}' is missing; add it"
    if kind == "too_short":
        return line, f"'{where}' is empty; {_what_is_needed(place)}"
    if kind == "model_type" or (kind == "string_type" and isinstance(error["input"], dict | list)):
        return line, f"'{where}' has the wrong shape; compare with a complete sheet"
    return line, f"'{where}': {error['msg']} (found {str(error['input'])[:60]!r}); correct it"


def _what_is_needed(place: Place) -> str:
    return "name the source of this fact" if place[-1] == "sources" and len(place) > 1 else "add at least one entry"


def _instead(place: Place, model: type[BaseModel]) -> str:
    """The nearest known key, or the list of known keys, at the place of an unknown one."""
    inner: type[BaseModel] | None = model
    for part in place[:-1]:
        if isinstance(part, str):
            inner = _model_of(inner, part)
    if inner is None:
        return "remove it"
    known = [f.alias or name for name, f in inner.model_fields.items()]
    near = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known keys: {', '.join(known)}"


def _model_of(model: type[BaseModel] | None, name: str) -> type[BaseModel] | None:
    field = model.model_fields.get(name) if model else None
    return _inner_model(field.annotation) if field else None


def _inner_model(annotation: object) -> type[BaseModel] | None:
    """The content model inside `Fact | None`, `tuple[Fact, ...]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner_model, get_args(annotation))), None)


def main(arguments: list[str]) -> int:
    """Check a content folder; 0 when it is sound."""
    catalogue, mistakes = check_content(Path(arguments[0] if arguments else "knowledge/content"))
    for mistake in mistakes:
        sys.stdout.write(f"{mistake}\n")
    if mistakes:
        sys.stdout.write(f"{len(mistakes)} mistakes; {len(catalogue)} sheets could be read\n")
        return 1
    sys.stdout.write(f"OK: {len(catalogue.published)} published, {len(catalogue.drafts)} drafts\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
