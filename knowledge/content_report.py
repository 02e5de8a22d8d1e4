"""What an editor should look at next: old, conflicting, incomplete, unwritten, unverified and weakly sourced sheets.

`dalil content report` shows it as a table; `as_html` as one page that needs nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from knowledge.content_checks import countries, facts
from knowledge.content_quality import check_complete, dotted
from knowledge.content_yaml import Mistake
from knowledge.faq import FaqEntry
from knowledge.freshness import is_old, old_price_year
from knowledge.loader import Catalogue
from knowledge.present import tells
from knowledge.procedures import Country, Facet, Procedure, State

_SEVERAL = "several"  # the row of questions that serve more than one country


class Kind(StrEnum):
    """Why a sheet is listed; closed, most urgent first. The value is what the report calls it."""

    STALE = "checked long ago"
    OLD_PRICE = "old price"
    CONFLICT = "caution"
    INCOMPLETE = "facet without a fact"
    UNWRITTEN = "language or examples missing"
    DRAFT = "draft"
    WEAK = "fact without an address"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to look at in one sheet."""

    sheet: str
    kind: Kind
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """The counts of one country ("several" for questions that serve more than one): sheets, then notes by kind."""

    country: str
    procedures: int
    questions: int
    notes: dict[Kind, int]


@dataclass(frozen=True, slots=True)
class Report:
    """`mistakes` are what the loader refuses; the sheets that hold them may be missing from the rest."""

    on: date
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    mistakes: tuple[Mistake, ...]

    def of(self, kind: Kind) -> tuple[Note, ...]:
        """The notes of one kind, by sheet."""
        return tuple(note for note in self.notes if note.kind is kind)


def report(catalogue: Catalogue, on: date, mistakes: tuple[Mistake, ...] = ()) -> Report:
    """What there is to do on the day `on`."""
    notes = {procedure.id: tuple(_notes(procedure, on)) for procedure in catalogue}
    rows = []
    for name in (*(country.value for country in Country), _SEVERAL):
        sheets = [procedure for procedure in catalogue if _row(procedure) == name]
        if sheets:
            questions = sum(isinstance(sheet, FaqEntry) for sheet in sheets)
            counted = Counter(note.kind for sheet in sheets for note in notes[sheet.id])
            rows.append(Row(name, len(sheets) - questions, questions, {kind: counted[kind] for kind in Kind}))
    return Report(on, tuple(rows), tuple(note for found in notes.values() for note in found), mistakes)


def as_html(found: Report) -> str:
    """The report as one self-contained page."""
    return _template().render(report=found, kinds=list(Kind))


def _row(procedure: Procedure) -> str:
    served = countries(procedure)
    return served[0].value if len(served) == 1 else _SEVERAL


def _notes(procedure: Procedure, on: date) -> Iterator[Note]:
    for kind, what in (*_dated(procedure, on), *_written(procedure), *_sourced(procedure)):
        yield Note(procedure.id, kind, what)


def _dated(procedure: Procedure, on: date) -> Iterator[tuple[Kind, str]]:
    if is_old(procedure, on):
        yield Kind.STALE, f"{(on - procedure.checked_on).days} days ago, on {procedure.checked_on:%Y-%m-%d}"
    if (year := old_price_year(procedure, procedure.fees.items, on)) is not None:
        yield Kind.OLD_PRICE, f"newest price of {year}"


def _written(procedure: Procedure) -> Iterator[tuple[Kind, str]]:
    for caution in procedure.cautions:
        yield Kind.CONFLICT, caution.text.fr
    if procedure.state is State.DRAFT:
        yield Kind.DRAFT, f"confidence {procedure.confidence}; citizens get {procedure.official_link}"
    elif not isinstance(procedure, FaqEntry):
        empty = [facet.value for facet in Facet if not tells(procedure, facet)]
        if empty:
            yield Kind.INCOMPLETE, ", ".join(empty)
    for _, message in check_complete(procedure):
        yield Kind.UNWRITTEN, message


def _sourced(procedure: Procedure) -> Iterator[tuple[Kind, str]]:
    """Statements that nothing with an address and no law carries, by the source they rest on."""
    good = {source.ref for source in procedure.sources if source.url or source.kind == "law_text"}
    names = {source.ref: source.publisher for source in procedure.sources}
    used = [(place, fact.sources) for place, fact in facts(procedure)]
    used += [(("fees", "items", index), fee.sources) for index, fee in enumerate(procedure.fees.items)]
    for place, refs in used:
        if not good.intersection(refs):
            yield Kind.WEAK, f"{dotted(place)}: {', '.join(names[ref] for ref in refs)}"


@cache
def _template() -> Template:
    folder = Path(__file__).parent
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("content_report.html")
