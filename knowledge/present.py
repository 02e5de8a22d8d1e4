"""One facet of one sheet as short plain text with its source, in the citizen's language.

Only what the sheet says is said. A fact that no source gives is called missing, with the official page to check.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.faq import FaqEntry
from knowledge.freshness import is_old, old_price_year, today
from knowledge.labels import Voice
from knowledge.procedures import ContentLanguage, Facet, Fact, Fee, Procedure, Source, State

_OFFICIAL = ("official", "official_mirror")
_BEST_FIRST = (*_OFFICIAL, "law_text", "press", "ngo", "private_guide", "forum")

_SHORT_ADDRESS = 60  # characters; a deep link of 150 would cost a citizen's phone a second message


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


@dataclass(frozen=True, slots=True)
class _Say(Voice):
    """In which words, and on which day, an answer is given."""

    on: date


def present(procedure: Procedure, facet: Facet, language: ContentLanguage, on: date | None = None) -> Presented:
    """The sheet's answer to one facet, as told on the day `on` (today without it).

    A draft's facts are never shown, only its official page. A question that is no procedure has one answer, whatever
    facet is asked.
    """
    say = _Say(language, procedure.country, on or today())
    if procedure.state is State.DRAFT:
        return Presented(say.of(procedure.title), _draft(procedure, say), "", missing=True)
    facet = Facet.OVERVIEW if isinstance(procedure, FaqEntry) else facet
    title = say.of(procedure.title if facet is Facet.OVERVIEW else procedure.short_title)
    heading = title if facet is Facet.OVERVIEW else f"{title} · {say.facet(facet)}"
    body = _body(procedure, facet, say)
    cautions = tuple(_cautions(procedure, facet, say))
    checked = _checked(procedure, say)
    if body is None:
        lines = (*_missing(procedure, facet, say), *_how_paid(procedure, facet, say))
        return Presented(heading, lines, checked, missing=True, details=cautions, source_short=checked)
    source, short = _source(procedure, body, say)
    details = (*body.details, *cautions)
    return Presented(heading, body.lines, source, missing=False, details=details, source_short=short)


def tells(procedure: Procedure, facet: Facet) -> bool:
    """Whether the sheet may be asked for a facet: it says something about that in particular."""
    if procedure.state is State.DRAFT or isinstance(procedure, FaqEntry):
        return False
    return _body(procedure, facet, _Say("fr", procedure.country, today())) is not None


def covers(general: Procedure, other: Procedure, facet: Facet) -> bool:
    """Whether the general sheet's answer tells what the other's would, so that the citizen need not be asked which.

    Prices: the same first price, and none that the general sheet lacks. Durations: the same figures. Else: same text.
    """
    if State.DRAFT in (general.state, other.state) or isinstance(general, FaqEntry) or isinstance(other, FaqEntry):
        return False
    if facet is Facet.FEES and general.fees.items and other.fees.items:
        prices, others = _prices(general), _prices(other)
        return prices[0] == others[0] and set(others) <= set(prices)
    say = _Say("fr", general.country, today())
    first, second = _body(general, facet, say), _body(other, facet, say)
    if first is None or second is None:
        return False
    if facet in (Facet.VALIDITY, Facet.PROCESSING_TIME) and (figures := _figures(first)):
        return figures == _figures(second)
    return first.lines == second.lines


def _prices(procedure: Procedure) -> list[tuple[Decimal, str]]:
    return [(fee.amount, fee.currency) for fee in procedure.fees.items]


def _figures(body: _Body) -> set[str]:
    return set(re.findall(r"\d+", " ".join(body.lines)))


def _overview(procedure: Procedure, say: _Say) -> _Body:
    lines: list[str] = [say.of(procedure.summary)]
    refs: list[str] = []
    fees = procedure.fees.items
    if fees and (len(fees) == 1 or len({fee.amount for fee in fees}) == 1):
        year = old_price_year(procedure, fees, say.on)
        dated = f" ({year})" if year is not None else ""
        lines.append(f"{say.word('fee')} {say.amount(fees[0].amount, fees[0].currency)}{dated}")
        refs += fees[0].sources
    if procedure.where.office:
        lines.append(f"{say.word('where')} {say.of(procedure.where.office.text)}")
        refs += procedure.where.office.sources
    address = procedure.where.online or procedure.official_link
    if address:
        lines.append(f"{say.word('online' if procedure.where.online else 'check')} {address}")
    return _Body(tuple(lines), tuple(refs or (source.ref for source in procedure.sources)), linked=address is not None)


def _faq(entry: FaqEntry, say: _Say) -> _Body:
    lines = [say.of(fact.text) for fact in entry.answer]
    if entry.official_link:
        lines.append(f"{say.word('check')} {entry.official_link}")
    refs = tuple(ref for fact in entry.answer for ref in fact.sources)
    return _Body(tuple(lines), refs, linked=entry.official_link is not None)


def _documents(procedure: Procedure, say: _Say) -> _Body | None:
    return _numbered(procedure.documents, say)


def _steps(procedure: Procedure, say: _Say) -> _Body | None:
    return _numbered(procedure.steps, say)


def _fees(procedure: Procedure, say: _Say) -> _Body | None:
    fees = procedure.fees
    if not fees.items and not fees.notes:
        return None
    common = _common_date(fees.items)
    lines = [f"{say.word('prices')} {common}"] if common else []
    lines += [_fee(fee, say, dated=common is None) for fee in fees.items]
    notes = [say.of(note.text) for note in fees.notes]
    if (year := old_price_year(procedure, fees.items, say.on)) is not None:
        lines.append(say.word("old_price").format(year=year))
    lines += [*([] if fees.items else notes), *_how_paid(procedure, Facet.FEES, say)]
    used: list[Fact | Fee] = [*fees.items, *fees.notes, *([fees.how_paid] if fees.how_paid else [])]
    refs = tuple(ref for item in used for ref in item.sources)
    return _Body(tuple(lines), refs, details=tuple(notes) if fees.items else ())


def _common_date(fees: tuple[Fee, ...]) -> str | None:
    """The date that several prices share: said once."""
    dates = {fee.as_of for fee in fees}
    return dates.pop() if len(fees) > 1 and len(dates) == 1 else None


def _fee(fee: Fee, say: _Say, *, dated: bool) -> str:
    price = say.amount(fee.amount, fee.currency)
    if dated and fee.as_of:
        price = f"{price} ({fee.as_of})"
    if fee.label is None:
        return price
    colon = " :" if say.written == "fr" else ":"
    return f"{say.of(fee.label)}{colon} {price}"


def _how_paid(procedure: Procedure, facet: Facet, say: _Say) -> list[str]:
    paid = procedure.fees.how_paid
    return [f"{say.word('paid')} {say.of(paid.text)}"] if paid and facet is Facet.FEES else []


def _where(procedure: Procedure, say: _Say) -> _Body | None:
    where = procedure.where
    lines: list[str] = []
    refs = list(where.sources)
    if where.office:
        lines.append(say.of(where.office.text))
        refs = [*where.office.sources, *refs]
    if where.online:
        note = f" ({say.of(where.online_note.text).rstrip('.')})" if where.online_note else ""
        lines.append(f"{say.word('online')} {where.online}{note}")
    elif where.online_note:
        lines.append(say.of(where.online_note.text))
    return _Body(tuple(lines), tuple(refs), linked=where.online is not None) if lines else None


def _processing_time(procedure: Procedure, say: _Say) -> _Body | None:
    return _single(procedure.processing_time, say)


def _eligibility(procedure: Procedure, say: _Say) -> _Body | None:
    return _single(procedure.eligibility, say)


def _validity(procedure: Procedure, say: _Say) -> _Body | None:
    return _single(procedure.validity, say)


_BODIES: dict[Facet, Callable[[Procedure, _Say], _Body | None]] = {
    Facet.OVERVIEW: _overview,
    Facet.DOCUMENTS: _documents,
    Facet.STEPS: _steps,
    Facet.FEES: _fees,
    Facet.PROCESSING_TIME: _processing_time,
    Facet.WHERE: _where,
    Facet.ELIGIBILITY: _eligibility,
    Facet.VALIDITY: _validity,
}


def _body(procedure: Procedure, facet: Facet, say: _Say) -> _Body | None:
    return _faq(procedure, say) if isinstance(procedure, FaqEntry) else _BODIES[facet](procedure, say)


def _single(fact: Fact | None, say: _Say) -> _Body | None:
    return _Body((say.of(fact.text),), fact.sources) if fact else None


def _numbered(facts: tuple[Fact, ...], say: _Say) -> _Body | None:
    if not facts:
        return None
    texts = [say.of(fact.text) for fact in facts]
    lines = texts if len(texts) == 1 else [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
    return _Body(tuple(lines), tuple(ref for fact in facts for ref in fact.sources))


def _missing(procedure: Procedure, facet: Facet, say: _Say) -> tuple[str, ...]:
    sentence = say.missing(facet)
    address = procedure.official_link or procedure.where.online
    return (sentence, f"{say.word('check')} {address}") if address else (sentence,)


def _draft(procedure: Procedure, say: _Say) -> tuple[str, ...]:
    return (say.word("draft"), *([str(procedure.official_link)] if procedure.official_link else []))


def _cautions(procedure: Procedure, facet: Facet, say: _Say) -> list[str]:
    return [f"{say.word('caution')} {say.of(caution.text)}" for caution in procedure.cautions if facet in caution.about]


def _source(procedure: Procedure, body: _Body, say: _Say) -> tuple[str, str]:
    """Names the best source of the facts used, in full and for an SMS.

    "Source : DGSN (2020-10) · fiche vérifiée le 22/11/2026 · https://…" and "Source : DGSN, vérifié le 22/11/2026".
    """
    best = _best_source(procedure, body.refs)
    checked = _checked(procedure, say)
    if best is None:
        return checked, checked
    named = [f"{say.word('source')} {best.publisher}" + (f" ({best.date})" if best.date else "")]
    if best.kind == "official_mirror":
        named.append(say.word("copy"))
    address = _address(best, procedure)
    link = [address] if address and not body.linked else []
    comma = "," if say.written == "fr" else "،"
    short = f"{say.word('source')} {best.publisher}{comma} {_dated('checked_short', procedure, say)}"
    return " · ".join([*named, checked, *link]), short


def _address(source: Source, procedure: Procedure) -> str | None:
    """The source's own page where it is official, secure and short enough for a text message, else the page to check.

    A copy of an official page is named as a copy; its address is given only where we know no official one.
    """
    if procedure.official_link is None:
        return str(source.url) if source.url and source.kind in _OFFICIAL else None
    own = str(source.url) if source.url and source.url.scheme == "https" else ""
    fit = source.kind == "official" and 0 < len(own) <= _SHORT_ADDRESS
    return own if fit else str(procedure.official_link)


def _best_source(procedure: Procedure, refs: Iterable[str]) -> Source | None:
    """The most official of the sources, then the one that carries most of the facts."""
    used = Counter(refs)
    sources = [source for source in procedure.sources if source.ref in used]
    return min(sources, key=lambda s: (_BEST_FIRST.index(s.kind), -used[s.ref]), default=None)


def _checked(procedure: Procedure, say: _Say) -> str:
    return _dated("checked", procedure, say)


def _dated(word: str, procedure: Procedure, say: _Say) -> str:
    """When the sheet was checked, and that this is long ago where it is."""
    old = f" ({say.word('old_sheet')})" if is_old(procedure, say.on) else ""
    return f"{say.word(word)} {procedure.checked_on:%d/%m/%Y}{old}"
