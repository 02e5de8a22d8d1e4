"""One facet of one sheet as short plain text with its source, in the citizen's language.

Only what the sheet says is said. A fact that no source gives is called missing, with the official page to check.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.procedures import ContentLanguage, Facet, Fact, Fee, Localised, Procedure, Source, State

_OFFICIAL = ("official", "official_mirror")
_BEST_FIRST = (*_OFFICIAL, "law_text", "press", "ngo", "private_guide", "forum")

_SHORT_ADDRESS = 60  # characters; a deep link of 150 would cost a citizen's phone a second message


class Labels(BaseModel):
    """labels.yaml: Dalil's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facets: dict[Facet, Localised]
    missing: dict[Facet, Localised]
    words: dict[str, Localised]
    currencies: dict[str, Localised]


@dataclass(frozen=True, slots=True)
class Presented:
    """What to show. `lines` answer, most important first; `details` are good to know besides (cautions, notes).

    At most one address stands in `lines` and `source` together. `source_short` is the source for an SMS. `missing`: the
    sheet does not say it, and `lines` admit that.
    """

    heading: str
    lines: tuple[str, ...]
    source: str
    missing: bool
    details: tuple[str, ...] = ()
    source_short: str = ""


@dataclass(frozen=True, slots=True)
class _Body:
    """A facet's text before its source line. `refs`: of the statements used; `linked`: an address stands in `lines`."""

    lines: tuple[str, ...]
    refs: tuple[str, ...]
    linked: bool = False
    details: tuple[str, ...] = ()


def present(procedure: Procedure, facet: Facet, language: ContentLanguage) -> Presented:
    """The sheet's answer to one facet. A draft's facts are never shown, only its official page."""
    title = (procedure.title if facet is Facet.OVERVIEW else procedure.short_title).get(language)
    heading = title if facet is Facet.OVERVIEW else f"{title} · {facet_label(facet, language)}"
    if procedure.state is State.DRAFT:
        return Presented(procedure.title.get(language), _draft(procedure, language), "", missing=True)
    body = _BODIES[facet](procedure, language)
    cautions = tuple(_cautions(procedure, facet, language))
    checked = _checked(procedure, language)
    if body is None:
        lines = (*_missing(procedure, facet, language), *_how_paid(procedure, facet, language))
        return Presented(heading, lines, checked, missing=True, details=cautions, source_short=checked)
    source, short = _source(procedure, body, language)
    details = (*body.details, *cautions)
    return Presented(heading, body.lines, source, missing=False, details=details, source_short=short)


def facet_label(facet: Facet, language: ContentLanguage) -> str:
    """The facet's short name, for headings and follow-ups."""
    return _labels().facets[facet].get(language)


def amount(value: Decimal, currency: str, language: ContentLanguage) -> str:
    """A price in Western digits: "75 DH", "12 000 درهم"; 0 is free."""
    if value == 0:
        return _word("free", language)
    digits = f"{value:f}" if value != value.to_integral_value() else f"{int(value)}"
    if value >= 10_000:
        digits = f"{value:,.0f}".replace(",", " ")
    return f"{digits} {_labels().currencies[currency].get(language)}"


def covers(general: Procedure, other: Procedure, facet: Facet) -> bool:
    """Whether the general sheet's answer tells what the other's would, so that the citizen need not be asked which.

    Prices: the same first price, and none that the general sheet lacks. Durations: the same figures. Else: same text.
    """
    if State.DRAFT in (general.state, other.state):
        return False
    if facet is Facet.FEES and general.fees.items and other.fees.items:
        prices, others = _prices(general), _prices(other)
        return prices[0] == others[0] and set(others) <= set(prices)
    first, second = _BODIES[facet](general, "fr"), _BODIES[facet](other, "fr")
    if first is None or second is None:
        return False
    if facet in (Facet.VALIDITY, Facet.PROCESSING_TIME) and (figures := _figures(first)):
        return figures == _figures(second)
    return first.lines == second.lines


def _prices(procedure: Procedure) -> list[tuple[Decimal, str]]:
    return [(fee.amount, fee.currency) for fee in procedure.fees.items]


def _figures(body: _Body) -> set[str]:
    return set(re.findall(r"\d+", " ".join(body.lines)))


def _overview(procedure: Procedure, language: ContentLanguage) -> _Body:
    lines: list[str] = [procedure.summary.get(language)]
    refs: list[str] = []
    fees = procedure.fees.items
    if fees and (len(fees) == 1 or len({fee.amount for fee in fees}) == 1):
        lines.append(f"{_word('fee', language)} {amount(fees[0].amount, fees[0].currency, language)}")
        refs += fees[0].sources
    if procedure.where.office:
        lines.append(f"{_word('where', language)} {procedure.where.office.text.get(language)}")
        refs += procedure.where.office.sources
    address = procedure.where.online or procedure.official_link
    if address:
        lines.append(f"{_word('online' if procedure.where.online else 'check', language)} {address}")
    return _Body(tuple(lines), tuple(refs or (source.ref for source in procedure.sources)), linked=address is not None)


def _documents(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    return _numbered(procedure.documents, language)


def _steps(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    return _numbered(procedure.steps, language)


def _fees(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    fees = procedure.fees
    if not fees.items and not fees.notes:
        return None
    common = _common_date(fees.items)
    lines = [f"{_word('prices', language)} {common}"] if common else []
    lines += [_fee(fee, language, dated=common is None) for fee in fees.items]
    notes = [note.text.get(language) for note in fees.notes]
    lines += [*([] if fees.items else notes), *_how_paid(procedure, Facet.FEES, language)]
    used: list[Fact | Fee] = [*fees.items, *fees.notes, *([fees.how_paid] if fees.how_paid else [])]
    refs = tuple(ref for item in used for ref in item.sources)
    return _Body(tuple(lines), refs, details=tuple(notes) if fees.items else ())


def _common_date(fees: tuple[Fee, ...]) -> str | None:
    """The date that several prices share: said once."""
    dates = {fee.as_of for fee in fees}
    return dates.pop() if len(fees) > 1 and len(dates) == 1 else None


def _fee(fee: Fee, language: ContentLanguage, *, dated: bool) -> str:
    price = amount(fee.amount, fee.currency, language)
    if dated and fee.as_of:
        price = f"{price} ({fee.as_of})"
    if fee.label is None:
        return price
    colon = " :" if language == "fr" else ":"
    return f"{fee.label.get(language)}{colon} {price}"


def _how_paid(procedure: Procedure, facet: Facet, language: ContentLanguage) -> list[str]:
    paid = procedure.fees.how_paid
    return [f"{_word('paid', language)} {paid.text.get(language)}"] if paid and facet is Facet.FEES else []


def _where(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    where = procedure.where
    lines: list[str] = []
    refs = list(where.sources)
    if where.office:
        lines.append(where.office.text.get(language))
        refs = [*where.office.sources, *refs]
    if where.online:
        note = f" ({where.online_note.text.get(language).rstrip('.')})" if where.online_note else ""
        lines.append(f"{_word('online', language)} {where.online}{note}")
    elif where.online_note:
        lines.append(where.online_note.text.get(language))
    return _Body(tuple(lines), tuple(refs), linked=where.online is not None) if lines else None


def _processing_time(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    return _single(procedure.processing_time, language)


def _eligibility(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    return _single(procedure.eligibility, language)


def _validity(procedure: Procedure, language: ContentLanguage) -> _Body | None:
    return _single(procedure.validity, language)


_BODIES: dict[Facet, Callable[[Procedure, ContentLanguage], _Body | None]] = {
    Facet.OVERVIEW: _overview,
    Facet.DOCUMENTS: _documents,
    Facet.STEPS: _steps,
    Facet.FEES: _fees,
    Facet.PROCESSING_TIME: _processing_time,
    Facet.WHERE: _where,
    Facet.ELIGIBILITY: _eligibility,
    Facet.VALIDITY: _validity,
}


def _single(fact: Fact | None, language: ContentLanguage) -> _Body | None:
    return _Body((fact.text.get(language),), fact.sources) if fact else None


def _numbered(facts: tuple[Fact, ...], language: ContentLanguage) -> _Body | None:
    if not facts:
        return None
    texts = [fact.text.get(language) for fact in facts]
    lines = texts if len(texts) == 1 else [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
    return _Body(tuple(lines), tuple(ref for fact in facts for ref in fact.sources))


def _missing(procedure: Procedure, facet: Facet, language: ContentLanguage) -> tuple[str, ...]:
    sentence = _labels().missing[facet].get(language)
    address = procedure.official_link or procedure.where.online
    return (sentence, f"{_word('check', language)} {address}") if address else (sentence,)


def _draft(procedure: Procedure, language: ContentLanguage) -> tuple[str, ...]:
    return (_word("draft", language), *([str(procedure.official_link)] if procedure.official_link else []))


def _cautions(procedure: Procedure, facet: Facet, language: ContentLanguage) -> list[str]:
    return [
        f"{_word('caution', language)} {caution.text.get(language)}"
        for caution in procedure.cautions
        if facet in caution.about
    ]


def _source(procedure: Procedure, body: _Body, language: ContentLanguage) -> tuple[str, str]:
    """Names the best source of the facts used, in full and for an SMS.

    "Source : DGSN (2020-10) · fiche vérifiée le 22/11/2026 · https://…" and "Source : DGSN, vérifié 22/11/2026".
    """
    best = _best_source(procedure, body.refs)
    checked = _checked(procedure, language)
    if best is None:
        return checked, checked
    named = f"{best.publisher} ({best.date})" if best.date else best.publisher
    address = _address(best, procedure)
    link = [address] if address and not body.linked else []
    source = _word("source", language)
    comma = "," if language == "fr" else "،"
    short = f"{source} {best.publisher}{comma} {_word('checked_short', language)} {procedure.checked_on:%d/%m/%Y}"
    return " · ".join([f"{source} {named}", checked, *link]), short


def _address(source: Source, procedure: Procedure) -> str | None:
    """The source's own page where it is official and short enough for a text message, else the page to check."""
    own = str(source.url) if source.url and source.kind in _OFFICIAL else None
    if own is not None and (len(own) <= _SHORT_ADDRESS or procedure.official_link is None):
        return own
    return str(procedure.official_link) if procedure.official_link else None


def _best_source(procedure: Procedure, refs: Iterable[str]) -> Source | None:
    """The most official of the sources, then the one that carries most of the facts."""
    used = Counter(refs)
    sources = [source for source in procedure.sources if source.ref in used]
    return min(sources, key=lambda s: (_BEST_FIRST.index(s.kind), -used[s.ref]), default=None)


def _checked(procedure: Procedure, language: ContentLanguage) -> str:
    return f"{_word('checked', language)} {procedure.checked_on:%d/%m/%Y}"


def _word(key: str, language: ContentLanguage) -> str:
    return _labels().words[key].get(language)


@cache
def _labels() -> Labels:
    return Labels.model_validate(yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text("utf-8")))
