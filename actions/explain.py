""" "Explain more": what the citizen has not been told yet about the procedure, nearest to what he asked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from knowledge.present import tells
from knowledge.procedures import Facet, Procedure

AT_ONCE = 2  # facets told by one "explain more": a telephone's screen

# What makes an answer about a facet fuller, most telling first. What is not named here follows in this order.
_ORDER = (
    Facet.DOCUMENTS,
    Facet.STEPS,
    Facet.FEES,
    Facet.WHERE,
    Facet.PROCESSING_TIME,
    Facet.ELIGIBILITY,
    Facet.VALIDITY,
)
_FULLER: Mapping[Facet, tuple[Facet, ...]] = MappingProxyType(
    {
        Facet.OVERVIEW: (Facet.DOCUMENTS, Facet.STEPS),
        Facet.DOCUMENTS: (Facet.STEPS, Facet.ELIGIBILITY),
        Facet.STEPS: (Facet.DOCUMENTS, Facet.WHERE),
        Facet.FEES: (Facet.PROCESSING_TIME, Facet.STEPS),
        Facet.WHERE: (Facet.STEPS, Facet.DOCUMENTS),
        Facet.PROCESSING_TIME: (Facet.STEPS, Facet.WHERE),
        Facet.ELIGIBILITY: (Facet.DOCUMENTS, Facet.STEPS),
        Facet.VALIDITY: (Facet.ELIGIBILITY, Facet.DOCUMENTS),
    }
)


def fuller(procedure: Procedure, facets: Sequence[Facet], told: Sequence[Facet]) -> tuple[Facet, ...]:
    """The next facets to tell, at most `AT_ONCE`; none when everything has been told.

    `facets`: asked last. `told`: read by the citizen since this procedure is spoken of.
    """
    wanted = [*(near for facet in facets for near in _FULLER[facet]), *_ORDER]
    new = [facet for facet in dict.fromkeys(wanted) if facet not in told and tells(procedure, facet)]
    return tuple(new[:AT_ONCE])
