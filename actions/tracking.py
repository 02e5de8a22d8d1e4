"""The official page where a citizen sees himself where his request is, for when no register can be asked.

Which page: the words of the message say it, else the sheet that was spoken of. The cards: connectors/gov/trackers.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from actions.birth_date import read_birth_date
from actions.replies import Wording
from actions.turn_input import Understood
from connectors.gov.identifiers import Form
from connectors.gov.trackers import Tracker, Trackers
from knowledge.countries import Countries
from knowledge.language.normalise import tokens

_JOINED = re.compile(r"^(?:و?[فبلك]?ال|و?لل|[وفبل](?=[ء-ي]{4})|(?:f|b|w)?(?:l|el|al)(?=[a-z]{4}))")


class Tracking:
    """Finds the card for a message and writes it."""

    def __init__(self, wording: Wording, trackers: Trackers, countries: Countries) -> None:
        self._wording = wording
        self._trackers = trackers
        self._countries = countries
        self._phrases = {
            card.id: [tuple(map(_readings, tokens(words))) for words in card.words] for card in trackers.cards
        }

    def card(self, message: Understood) -> Tracker | None:
        """The page for what is followed; None where none is known."""
        named = None if message.forced else self._countries.named(message.text)
        country = named.country.value if named else message.turn.country
        said = [] if message.forced else [_readings(word) for word in tokens(message.text)]
        best: tuple[int, Tracker] | None = None
        for card in self._trackers.in_country(country):
            length = max((len(phrase) for phrase in self._phrases[card.id] if _holds(said, phrase)), default=0)
            if length > (best[0] if best else 0):
                best = (length, card)
        if best is not None:
            return best[1]
        return self._trackers.of(message.turn.context.procedure or "")

    def paragraphs(self, message: Understood, card: Tracker) -> list[str]:
        """What the page wants and shows, its link, and a word on a number that was written and looks wrong."""
        language = message.content_in
        lines = [card.name.get(language), card.needs.get(language), card.expect.get(language), str(card.link)]
        return ["\n".join(lines), *self._doubt(message, card), self._wording.text(message.worded_in, "tracker_note")]

    def source(self, message: Understood, card: Tracker) -> str:
        sources = "; ".join(str(source) for source in card.sources)
        return self._wording.text(
            message.worded_in, "tracker_source", sources=sources, day=f"{card.checked_on:%d/%m/%Y}"
        )

    def _doubt(self, message: Understood, card: Tracker) -> Iterator[str]:
        identifier = card.identifier
        if identifier is None or read_birth_date(message.text, message.turn.now.date()).value is not None:
            return
        if identifier.check(message.text) is Form.DOES_NOT_FIT:
            yield self._wording.text(message.worded_in, "tracker_number", example=identifier.rule.example)


def _readings(word: str) -> frozenset[str]:
    """A word as it stands, and without the article and the short prepositions that may be joined to it."""
    return frozenset((word, _JOINED.sub("", word)))


def _holds(said: Sequence[frozenset[str]], phrase: Sequence[frozenset[str]]) -> bool:
    """Whether the words of `phrase` stand in `said`, one after the other."""
    starts = range(len(said) - len(phrase) + 1)
    return any(all(said[start + i] & wanted for i, wanted in enumerate(phrase)) for start in starts)
