"""An eRegulations procedure as a draft sheet. What goes where: docs/howto/import-procedures.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from knowledge.procedures import Country
from knowledge.standards.draft import FILE_REF, Draft, ImportProblem, Json, Options, slug
from knowledge.standards.eregulations.model import Cost, Entity, EProcedure, Paper, Range, Step, read

# The units that name a country's money beyond doubt. "UM" is not one: until 2018 it was worth a tenth.
_CURRENCIES = {
    Country.MA: ("MAD", {"mad", "dh", "dhs", "dirham", "dirhams", "درهم"}),
    Country.DZ: ("DZD", {"dzd", "da", "دج"}),
    Country.MR: ("MRU", {"mru"}),
}
_SIMPLE_OPERATORS = {"", "fixed"}  # "percentage" and the like are no price
_WORDS = {
    "fr": {"original": "original", "copy": "copies", "authenticated": "copies certifiées", "optional": "facultatif"},
    "ar": {"original": "الأصل", "copy": "النسخ", "authenticated": "نسخ مصادق عليها", "optional": "اختياري"},
}
_DAYS = {"fr": "{} jours", "ar": "{} يوم"}


def draft_of(file: Path, options: Options) -> Draft:
    """The draft that an eRegulations file makes. Raises `ImportProblem`."""
    procedure = read(file)
    return _Import(procedure, options).draft()


class _Import:
    def __init__(self, procedure: EProcedure, options: Options) -> None:
        self._procedure = procedure
        self._steps = procedure.steps
        self._options = options
        self._draft = Draft(options)

    def draft(self) -> Draft:
        procedure, draft = self._procedure, self._draft
        name = procedure.name if slug(procedure.name) else f"eregulations {procedure.id}"
        draft.begin(name, self._said(procedure.name), self._said(procedure.description), "$.name")
        self._authority()
        draft.facts("documents", [(self._said(text), ()) for text in self._documents()])
        draft.facts("steps", [(self._said(self._step(step)), ()) for step in self._steps])
        draft.put("fees", self._fees())
        draft.put("processing_time", self._time())
        draft.put("where", self._where())
        laws = dict.fromkeys(law.name for step in self._steps for law in step.laws if law.name)
        draft.facts("legal_basis", [(self._said(law), ()) for law in laws])
        self._leftovers()
        self._finish()
        return draft

    def _said(self, text: str | None) -> dict[str, str]:
        return {self._options.language: plain(text)} if text and plain(text) else {}

    def _authority(self) -> None:
        """The authority, where one office alone has charge of every step that names any."""
        names = {entity.name for entity in self._entities() if entity.name}
        if len(names) == 1:
            self._draft.put("authority", self._draft.fact("authority", self._said(names.pop())))

    # ---- documents and steps ---------------------------------------------------------------------------------------

    def _documents(self) -> Iterator[str]:
        """Papers to bring, each once. What an earlier step hands out is not brought: a note says so."""
        made: set[str] = set()
        seen: set[str] = set()
        for step in self._steps:
            for paper in step.requirements:
                text = self._paper(paper)
                if paper.name in made:
                    self._draft.notes.append(f"Not among the documents, an earlier step gives it: {plain(text)}")
                elif text and text not in seen:
                    seen.add(text)
                    yield text
                if paper.aggregate_operator:
                    self._draft.notes.append(f"Joined with '{paper.aggregate_operator}' in the file: {plain(text)}")
            made |= {result.name for result in step.results if result.name and not result.is_final_result}

    def _paper(self, paper: Paper) -> str:
        words = _WORDS[self._options.language]
        counts = (("original", paper.nb_original), ("copy", paper.nb_copy), ("authenticated", paper.nb_authenticated))
        counted = [f"{words[key]}{self._colon} {number}" for key, number in counts if number]
        said = _joined(" : " if self._options.language == "fr" else ": ", (paper.name, paper.comments))
        return f"{said} ({', '.join(counted)})" if said and counted else said

    def _step(self, step: Step) -> str:
        entity = step.contact.entity_in_charge if step.contact else None
        text = _joined(" – ", (step.name, entity.name if entity else None))
        return f"{text} ({_WORDS[self._options.language]['optional']})" if text and step.is_optional else text

    @property
    def _colon(self) -> str:
        return " :" if self._options.language == "fr" else ":"

    # ---- fees, time, place -----------------------------------------------------------------------------------------

    def _fees(self) -> Json:
        items: list[Json] = []
        notes: list[Json] = []
        for step in self._steps:
            for cost in step.costs:
                if cost.is_separator or not (cost.value or plain(cost.comments)):
                    continue
                if cost.value == 0:
                    self._draft.notes.append(f"Free, or not filled in? The file says 0: {plain(cost.comments)}")
                    continue
                place = f"fees {len(items) + len(notes) + 1}"
                label = self._said(cost.comments or step.name)
                if (currency := self._currency(cost)) and cost.value:
                    fee: dict[str, Json] = {"amount": _digits(cost.value), "currency": currency}
                    items.append(_filled(fee | {"label": self._draft.label(place, label), "sources": [FILE_REF]}))
                elif fact := self._draft.fact(place, self._said(_unpriced(cost))):
                    notes.append(fact)
        return _filled({"items": items, "notes": notes})

    def _currency(self, cost: Cost) -> str | None:
        """The country's own currency, where the value is an amount of it and not a rate."""
        code, units = _CURRENCIES[self._options.country]
        simple = (cost.operator or "").strip().lower() in _SIMPLE_OPERATORS and not plain(cost.parameter)
        return code if simple and (cost.unit or "").strip().lower().rstrip(".") in units else None

    def _time(self) -> Json:
        """The days that the file gives for each step. They are not added up: steps may run side by side."""
        said = []
        for step in self._steps:
            waiting = step.timeframe.waiting_time_until_next_step if step.timeframe else None
            days = _range(waiting.days) if waiting and waiting.days else ""
            text = _DAYS[self._options.language].format(days) if days else ""
            if text:
                comments = plain(step.timeframe.comments) if step.timeframe else ""
                said.append(f"{plain(step.name)}{self._colon} {text}" + (f" ({comments})" if comments else ""))
        return self._draft.fact("processing_time", self._said(" ; ".join(said)))

    def _where(self) -> Json:
        offices = dict.fromkeys(filter(None, map(_office, self._entities())))
        where: dict[str, Json] = {"office": self._draft.fact("where.office", self._said(" ; ".join(offices)))}
        links = [link for step in self._steps if step.online and (link := (step.online.url or "").strip())]
        secure = [link for link in links if link.startswith("https://")]
        if secure:
            where |= {"online": secure[0], "sources": [FILE_REF]}
        others = [link for link in dict.fromkeys(links) if link not in secure[:1]]
        self._draft.notes += [f"Another online address: {link}" for link in others]
        return _filled(where)

    def _entities(self) -> Iterator[Entity]:
        for step in self._steps:
            if step.contact and step.contact.entity_in_charge:
                yield step.contact.entity_in_charge

    # ---- the rest --------------------------------------------------------------------------------------------------

    def _leftovers(self) -> None:
        """What a sheet has no place for, kept for the editor."""
        notes = self._draft.notes
        if self._procedure.additional_info:
            notes.append(f"Additional information in the file: {plain(self._procedure.additional_info)}")
        for step in self._steps:
            if step.additional_info and plain(step.additional_info.text):
                notes.append(f"Additional information, {plain(step.name)}: {plain(step.additional_info.text)}")
            for result in step.results:
                if result.is_final_result and result.name:
                    notes.append(f"The file calls this the final result: {plain(result.name)}")

    def _finish(self) -> None:
        options, own = self._options, (self._procedure.url or "").strip()
        address = options.link or own
        publisher = options.publisher or urlsplit(address).hostname
        if not publisher:
            raise ImportProblem("$.url", "nothing says who published this; add --publisher and --link")
        source: dict[str, Json] = {"ref": FILE_REF, "publisher": publisher, "kind": "official_mirror"}
        url = own if own.startswith("https://") else options.link
        source |= {"url": url} if url else {}
        source |= {"date": options.fetched_on.isoformat()}
        self._draft.notes.append(f"This is procedure {self._procedure.id} of that eRegulations system.")
        self._draft.finish([own] if own else [], [source], "$.url")


def plain(text: str | None) -> str:
    """Text without HTML tags and with single spaces: the API's texts come from a rich-text editor."""
    if not text:
        return ""
    reader = _TextOnly()
    reader.feed(text)
    reader.close()
    return re.sub(r"\s+([.,])", r"\1", " ".join("".join(reader.parts).split()))


class _TextOnly(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 HTMLParser's own
        if tag in {"br", "p", "li", "div", "ul", "ol", "tr", "td"}:
            self.parts.append(" ")


def _unpriced(cost: Cost) -> str:
    """A cost that is no plain amount, in the file's own figures: "Taxe : 2 % CIF value"."""
    unit = "%" if (cost.operator or "").strip().lower() == "percentage" else cost.unit
    value = (_digits(cost.value), unit) if cost.value else ()
    figure = " ".join(filter(None, (*value, cost.parameter)))
    return _joined(" : ", (cost.comments, figure))


def _office(entity: Entity) -> str:
    town = " ".join(filter(None, (entity.zip_code, entity.city)))
    parts = (entity.name, entity.address, town, entity.first_phone, entity.second_phone, entity.schedule_comments)
    return _joined(", ", parts)


def _joined(separator: str, parts: Iterable[str | None]) -> str:
    return separator.join(text for part in parts if (text := plain(part)))


def _range(days: Range) -> str:
    ends = [_digits(end) for end in dict.fromkeys((days.min, days.max)) if end]
    return "–".join(ends)


def _digits(number: Decimal) -> str:
    return f"{int(number)}" if number == number.to_integral_value() else f"{number.normalize():f}"


def _filled(values: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in values.items() if value not in (None, [], {})}
