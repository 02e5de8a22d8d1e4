"""What a client would like best, from its `Accept` and `Accept-Language` headers (RFC 9110, 12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from knowledge.procedures import ContentLanguage

JSON = "application/json"
JSON_LD = "application/ld+json"

_LANGUAGES: dict[str, ContentLanguage] = {"ar": "ar", "fr": "fr", "ary": "ary", "arq": "ary", "mey": "ary"}


def media_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """The best of `offered`, or None where the client takes none of them. No header, or a tie: the first offered.

    A type that is named goes before one that only a wildcard covers, as in "application/ld+json, */*".
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [*_weighted(accept)]
    best, best_rank = None, (0.0, -1)
    for candidate in offered:
        specificity, weight = max(
            ((named, weight) for name, weight in ranges if (named := _covers(name, candidate)) is not None),
            default=(-1, 0.0),
        )
        if weight > 0 and (weight, specificity) > best_rank:
            best, best_rank = candidate, (weight, specificity)
    return best


def language(accept: str | None, default: ContentLanguage = "ar") -> ContentLanguage:
    """The language that Dalil writes and the client wants most. The dialects of the three countries are `ary`."""
    for name, weight in sorted(_weighted(accept or ""), key=lambda wanted: -wanted[1]):
        found = _LANGUAGES.get(name.partition("-")[0])
        if weight > 0 and found is not None:
            return found
    return default


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    """Each entry of a header with its q; an unreadable q counts as 0."""
    for entry in header.split(","):
        name, *parameters = (part.strip().lower() for part in entry.split(";"))
        given = [value for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "q"]
        if name:
            yield name, _weight(given[0].strip()) if given else 1.0


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _covers(wanted: str, candidate: str) -> int | None:
    """How precisely a range names a type: 2 the type itself, 1 `application/*`, 0 `*/*`; None: not at all."""
    if wanted == candidate:
        return 2
    if wanted == candidate.partition("/")[0] + "/*":
        return 1
    return 0 if wanted == "*/*" else None
