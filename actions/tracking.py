"""The official page where a citizen sees himself where his request is, for when no register can be asked or answers.

Which page: the words of the message say it, else the sheet that was spoken of. The cards: connectors/gov/trackers.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from actions.birth_date import read_birth_date
from actions.replies import Wording
from actions.turn_input import Understood
from connectors.gov.identifiers import Form
from connectors.gov.served import Served
from connectors.gov.trackers import Tracker, Trackers
from knowledge.countries import Countries
from knowledge.language.normalise import tokens

_JOINED = re.compile(r"^(?:و?[فبلك]?ال|و?لل|[وفبل](?=[ء-ي]{4})|(?:f|b|w)?(?:l|el|al)(?=[a-z]{4}))")


class Tracking:
    """Finds the card for a message and writes it. `served`: the procedures whose files a connected system knows."""

    def __init__(self, wording: Wording, trackers: Trackers, countries: Countries, served: Served) -> None:
        self._wording = wording
        self._served = served
        self._trackers = trackers
        self._countries = countries
        self._phrases = {
            card.id: [tuple(map(_readings, tokens(words))) for words in card.words] for card in trackers.cards
        }

    def elsewhere(self, message: Understood, by_words: bool = False) -> Tracker | None:
        """The page for what is followed, where no connected system has files of that kind; else None.

        `by_words`: only what the message itself names counts, not what was spoken of before.
        A tapped "follow my file" never leads there: who taps it under a card has the number of a system that we know.
        """
        if message.forced:
            return None
        card = self._named(message, message.text) if by_words else self.card(message)
        return card if card is not None and not self._served.any_of(card.procedures) else None

    def complaints_page(self, message: Understood) -> Tracker | None:
        """The page for complaints, where the message speaks of one and does not name that page."""
        page = self.elsewhere(message, by_words=True)
        if page is None or not page.complaints:
            return None
        site = (page.link.host or "").removeprefix("www.").split(".")[0]
        return None if site in message.text.casefold() else page

    def card(self, message: Understood, earlier: Sequence[str] = ()) -> Tracker | None:
        """The page for what is followed; None where none is known. `earlier`: what he wrote before, latest first."""
        texts = [] if message.forced else [message.text]
        named = (self._named(message, text) for text in [*texts, *earlier])
        card = next((card for card in named if card is not None), None)
        return card or self._trackers.of(message.turn.context.procedure or "")

    def _named(self, message: Understood, text: str) -> Tracker | None:
        """The page whose words stand in `text`; of several, the one that is named with the most words."""
        country = named.country.value if (named := self._countries.named(text)) else message.turn.country
        said = [_readings(word) for word in tokens(text)]
        best: tuple[int, Tracker] | None = None
        for card in self._trackers.in_country(country):
            length = max((len(phrase) for phrase in self._phrases[card.id] if _holds(said, phrase)), default=0)
            if length > (best[0] if best else 0):
                best = (length, card)
        return best[1] if best is not None else None

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
