"""What must hold in content beyond its types: inside one sheet, and between sheets.

Every check yields (place, message); the loader turns the place into `file:line`. Messages say what is wrong, then what
to do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from knowledge.content_quality import check_texts, varieties, written
from knowledge.content_yaml import Place
from knowledge.faq import FaqEntry
from knowledge.procedures import Confidence, Country, Fact, Phrases, Procedure, State

SHORT_TITLE_CHARACTERS = 20  # a WhatsApp button's label
Finding = tuple[Place, str]

_SINGLE = ("authority", "processing_time", "validity", "eligibility", "tracking")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def check_sheet(procedure: Procedure, expected_id: str) -> Iterator[Finding]:
    """Mistakes that can be seen in one sheet alone. `expected_id` is what its path says."""
    if procedure.id != expected_id:
        yield ("id",), f"the id '{procedure.id}' does not match the path; write '{expected_id}' or move the file"
    if not isinstance(procedure, FaqEntry) and procedure.country.value != expected_id.partition(".")[0]:
        yield ("country",), f"the country '{procedure.country}' does not match the folder; move the file or change it"
    yield from _short_titles(procedure)
    yield from _state(procedure)
    yield from _sources(procedure)
    yield from _dates(procedure)
    yield from _duplicates(procedure.aliases, "aliases")
    yield from _duplicates(procedure.questions, "questions")
    yield from check_texts(procedure)


def check_catalogue(procedures: Mapping[str, Procedure], existing: Collection[str]) -> Iterator[tuple[str, Finding]]:
    """Mistakes between sheets, each with the id of the sheet to repair. `existing` are the ids that have a file."""
    for procedure in procedures.values():
        for finding in _links(procedure, existing):
            yield procedure.id, finding
    yield from _shared_aliases(procedures)
    yield from _shared_short_titles(procedures)


def facts(procedure: Procedure) -> Iterator[tuple[Place, Fact]]:
    """Every statement of a sheet with its place."""
    lists = ("documents", "steps", "legal_basis", "cautions", *(["answer"] if isinstance(procedure, FaqEntry) else []))
    for name in lists:
        for index, fact in enumerate(getattr(procedure, name)):
            yield (name, index), fact
    for index, fact in enumerate(procedure.fees.notes):
        yield ("fees", "notes", index), fact
    single: tuple[tuple[Place, Fact | None], ...] = (
        *(((name,), getattr(procedure, name)) for name in _SINGLE),
        (("fees", "how_paid"), procedure.fees.how_paid),
        (("where", "office"), procedure.where.office),
        (("where", "online_note"), procedure.where.online_note),
    )
    yield from ((place, fact) for place, fact in single if fact is not None)


def _short_titles(procedure: Procedure) -> Iterator[Finding]:
    for language, text in written(procedure.short_title):
        if len(text) > SHORT_TITLE_CHARACTERS:
            yield (
                ("short_title", language),
                f"short_title has {len(text)} characters; a button takes {SHORT_TITLE_CHARACTERS}: shorten it",
            )


def _state(procedure: Procedure) -> Iterator[Finding]:
    if procedure.state is State.PUBLISHED and procedure.confidence is Confidence.LOW:
        yield ("state",), "a sheet of low confidence cannot be published; set state: draft or find better sources"
    if procedure.state is State.DRAFT and procedure.official_link is None:
        yield ("state",), "a draft is answered with its official link only; add official_link"


def _sources(procedure: Procedure) -> Iterator[Finding]:
    refs: set[str] = set()
    for index, source in enumerate(procedure.sources):
        if source.ref in refs:
            yield ("sources", index, "ref"), f"the source '{source.ref}' stands twice; give each its own ref"
        refs.add(source.ref)
    for place, used in _used_refs(procedure):
        if used not in refs:
            yield place, f"the source '{used}' does not exist; add it under sources or correct the ref"
    if procedure.where.online is not None and not procedure.where.sources:
        yield ("where", "online"), "no source says this address; name one under where.sources"


def _used_refs(procedure: Procedure) -> Iterator[tuple[Place, str]]:
    for place, fact in facts(procedure):
        for index, ref in enumerate(fact.sources):
            yield (*place, "sources", index), ref
    for number, fee in enumerate(procedure.fees.items):
        for index, ref in enumerate(fee.sources):
            yield ("fees", "items", number, "sources", index), ref
    for index, ref in enumerate(procedure.where.sources):
        yield ("where", "sources", index), ref


def _dates(procedure: Procedure) -> Iterator[Finding]:
    dated: list[tuple[Place, str | None]] = [
        (("sources", index, "date"), source.date) for index, source in enumerate(procedure.sources)
    ]
    dated += [(("fees", "items", index, "as_of"), fee.as_of) for index, fee in enumerate(procedure.fees.items)]
    for place, text in dated:
        if text is not None and not _is_date(text):
            yield place, f"'{text}' is not a date; write 2026, 2026-05 or 2026-05-14, or leave it out"


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return False
    return True


def _duplicates(phrases: Phrases, name: str) -> Iterator[Finding]:
    """The same words twice in one variety. Twice in two varieties is how people write."""
    for variety, texts in varieties(phrases):
        seen: set[str] = set()
        for index, text in enumerate(texts):
            key = _key(text)
            if key in seen:
                yield (name, variety, index), f"'{text}' stands twice in {name}; keep one"
            seen.add(key)


def _links(procedure: Procedure, existing: Collection[str]) -> Iterator[Finding]:
    for index, other in enumerate(procedure.related):
        if other == procedure.id:
            yield ("related", index), "a sheet is not related to itself; remove it"
        elif other not in existing:
            yield ("related", index), f"the sheet '{other}' does not exist; write it first or remove it"
    if procedure.minor_variant is not None and procedure.minor_variant not in existing:
        yield ("minor_variant",), f"the sheet '{procedure.minor_variant}' does not exist; write it first or remove it"


def _shared_aliases(procedures: Mapping[str, Procedure]) -> Iterator[tuple[str, Finding]]:
    """One name for two sheets is allowed between neighbours only: there the citizen is asked which one.

    Thousands of sheets have 150,000 aliases: what is kept of each is one string, not an object to collect later.
    """
    owners: dict[Country, dict[str, str]] = defaultdict(dict)
    told: set[tuple[Country, str, str]] = set()  # an alias may stand in several varieties of a sheet
    for procedure in procedures.values():
        for country in countries(procedure):
            for place, text in _aliases(procedure):
                key = _key(text)
                first = owners[country].setdefault(key, procedure.id)
                if first == procedure.id or (country, key, procedure.id) in told:
                    continue
                told.add((country, key, procedure.id))
                if first not in procedure.related and procedure.id not in procedures[first].related:
                    message = (
                        f"'{text}' is also an alias of {first}; make one more precise or list the sheets as related"
                    )
                    yield procedure.id, (place, message)


def _aliases(procedure: Procedure) -> Iterator[Finding]:
    """Every alias with its place."""
    for variety, texts in varieties(procedure.aliases):
        for index, text in enumerate(texts):
            yield ("aliases", variety, index), text


def _shared_short_titles(procedures: Mapping[str, Procedure]) -> Iterator[tuple[str, Finding]]:
    """Two buttons of one country with the same words cannot be told apart."""
    owners: dict[tuple[Country, str, str], str] = {}
    for procedure in procedures.values():
        for language, text in written(procedure.short_title):
            for country in countries(procedure):
                owner = owners.setdefault((country, language, _key(text)), procedure.id)
                if owner != procedure.id:
                    yield (
                        procedure.id,
                        (("short_title", language), f"'{text}' is also {owner}'s; make one more precise"),
                    )


def countries(procedure: Procedure) -> tuple[Country, ...]:
    """Whose citizens a sheet serves."""
    return procedure.countries if isinstance(procedure, FaqEntry) else (procedure.country,)


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
