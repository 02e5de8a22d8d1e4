"""words.yaml and not_covered.yaml ready for look-up.

Which words name nothing, which name a variant (renewal, child, loss), and which name a service that no sheet is about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from knowledge import forms
from knowledge.language import normalise
from knowledge.settings import Words

Keys = frozenset[str]  # under which one word is recognised
Phrase = tuple[Keys, ...]

_REMEMBERED = 64  # texts: an answer asks half a dozen times; being citizens' words, few are kept
_CONSONANTS = 4
_LETTERS_AFTER_AND = 3  # shorter words may begin with this letter themselves


class Vocabulary:
    """Look-ups over normalised words in any spelling of theirs."""

    def __init__(self, words: Words) -> None:
        self._empty = _normalised([*words.empty, *words.facets])
        self._soft = _normalised(words.soft)
        self._links = _normalised(words.links)
        self._means = _normalised(words.means)
        self._variants = _Phrases((name, _phrase(text)) for name, texts in words.variants.items() for text in texts)
        self._spoken_variants = lru_cache(_REMEMBERED)(self._find_variants)
        services = (name for domain in words.not_covered.values() for service in domain for name in service)
        self._not_covered = _Phrases(("", self._name(text)) for text in services)

    def any_empty(self, readings: tuple[str, ...]) -> bool:
        """Whether a word, as typed or in Arabic script, names no procedure: a function word or a facet's word."""
        return any(word in self._empty or self._is_and_empty(word) for word in readings)

    def _is_and_empty(self, word: str) -> bool:
        """وفين: "and where"."""
        return word.startswith("و") and len(word) > _LETTERS_AFTER_AND and word[1:] in self._empty

    def any_soft(self, readings: tuple[str, ...]) -> bool:
        """Whether a word names something only where a sheet is called so."""
        return any(word in self._soft for word in readings)

    def variants(self, text: str) -> frozenset[str]:
        """The variants that `text` speaks of: {"renewal"}, {"minor"} …"""
        return self._spoken_variants(text)[0]

    def variant_words(self, text: str) -> frozenset[int]:
        """The words of `text`, by position, that speak of a variant."""
        return self._spoken_variants(text)[1]

    def _find_variants(self, text: str) -> tuple[frozenset[str], frozenset[int]]:
        """The variants that `text` speaks of, and where."""
        spoken = list(self._variants.spoken(_spoken(text)))
        return frozenset(name for name, _ in spoken), frozenset(at for _, span in spoken for at in span)

    def without_uncovered(self, text: str) -> str | None:
        """`text` without the names of services that no sheet is about; None where it names none of those."""
        words = [readings[0] for readings in forms.words(text)]
        named = {at for span in self._uncovered(text) if not self._is_means(words, span.start) for at in span}
        if not named:
            return None
        return " ".join(word for position, word in enumerate(words) if position not in named)

    def _uncovered(self, text: str) -> Iterator[range]:
        """Where `text` names a service that no sheet is about, whatever links the words of the name."""
        places = [at for at, readings in enumerate(forms.words(text)) if self._links.isdisjoint(readings)]
        spoken = _spoken(text)
        for _, span in self._not_covered.spoken([spoken[at] for at in places]):
            yield range(places[span.start], places[span.stop - 1] + 1)

    def _is_means(self, words: list[str], at: int) -> bool:
        """Whether a name pays or proves something ("avec ma carte bancaire", بالبطاقة البنكية): it is not asked for."""
        before = next((word for word in reversed(words[:at]) if word not in self._links), None)
        return words[at].startswith("بال") or before in self._means

    def _name(self, text: str) -> Phrase:
        """A service's name without its links: "permis de chasse" is also "permis pour la chasse"."""
        words = [readings for readings in forms.words(text) if self._links.isdisjoint(readings)]
        if len(words) == 1:  # one word alone names a service only as it is written: too many sound like it
            return (frozenset(words[0]),)
        return tuple(_sounding(readings) | _ended(readings) for readings in words)


class _Phrases:
    """Named phrases, found wherever they stand in a text.

    Each is kept under its rarest word: hundreds of names begin with "carte" or رخصة, and a text that has one of these
    words must not be compared with all of them.
    """

    def __init__(self, named: Iterable[tuple[str, Phrase]]) -> None:
        phrases = list(dict.fromkeys(named))  # two spellings of one phrase may have the same keys
        often = Counter(key for _, phrase in phrases for word in phrase for key in word)
        self._kept: dict[str, list[tuple[str, Phrase, int]]] = defaultdict(list)
        for name, phrase in phrases:
            rarest = min(range(len(phrase)), key=lambda at: max(often[key] for key in phrase[at]))
            for key in phrase[rarest]:
                self._kept[key].append((name, phrase, rarest))

    def spoken(self, words: Sequence[Keys]) -> Iterator[tuple[str, range]]:
        """Each phrase that `words` have, by its name, and where; one may be found more than once."""
        for position, word in enumerate(words):
            for name, phrase, at in (kept for key in word for kept in self._kept.get(key, ())):
                start = position - at
                if len(phrase) == 1:  # one word, and it is the one that was found
                    yield name, range(position, position + 1)
                    continue
                span = words[start : start + len(phrase)] if start >= 0 else ()
                if len(span) == len(phrase) and not any(map(frozenset.isdisjoint, span, phrase)):
                    yield name, range(start, start + len(phrase))


def _spoken(text: str) -> list[Keys]:
    """The words of `text`, each with all keys by which a phrase may have it."""
    return [_heard(readings) for readings in forms.words(text)]


@lru_cache(maxsize=4096)  # words come again, and each is asked for with the variants and with the services
def _heard(readings: tuple[str, ...]) -> Keys:
    return _loose(readings) | _stems(readings)


def _normalised(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in normalise.tokens(text))


def _loose(readings: tuple[str, ...]) -> Keys:
    """A word as typed, and by its consonants where those are many enough (ولادة and ولدي share three, not four)."""
    return frozenset(
        key
        for word in readings
        for key, quality in forms.keys(word)
        if quality == "exact" or (quality == "sound" and len(_without_article(key)) > _CONSONANTS)
    )


def _without_article(sound: str) -> str:
    """الدري and الدار share only two consonants of their own."""
    return "~" + sound[3:] if sound.startswith("~ال") else sound


def _sounding(readings: tuple[str, ...]) -> Keys:
    """A word in other spellings, but not by its beginning alone, which "international" shares with "internet"."""
    return frozenset(key for key in _loose(readings) if not key.endswith("…"))


def _stems(readings: tuple[str, ...]) -> Keys:
    """A word without its clitics: لولدي is ولدي."""
    return frozenset(key for word in readings for key, quality in forms.keys(word) if quality == "stem")


def _ended(readings: tuple[str, ...]) -> Keys:
    """A word without its ending alone: رخصتي is رخصة, but the بطاقة of a name is not طاقة with a clitic."""
    keys = ((word, key) for word in readings for key, quality in forms.keys(word) if quality == "stem")
    return frozenset(key for word, key in keys if key.endswith("-") and word.startswith(key[:-1]))


def _phrase(text: str) -> Phrase:
    return tuple(_loose(readings) for readings in forms.words(text))
