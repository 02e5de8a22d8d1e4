"""What a citizen is told about the service itself: who runs it, what is kept and how long, how to stop and to delete.

Once with the first answer, in short, and whole whenever he asks. The law is that of his country.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from actions.contract import CountryCode
from actions.replies import Variety, Wording, variety
from bot.conversation import Conversation
from bot.ports import Kept, Said
from connectors.channels.webchat import TERMINAL
from connectors.messages import Medium, ReplyLanguage
from connectors.text import truncate, utf16_units

VERSION = 1  # raise it when the notice says something new: everybody is told once more
EXPORTED = 12  # messages that an export shows at most, and
EXPORTED_CHARS = 160  # of each
_SPARE = 400  # characters of a message left free for the first notice and for marks of direction


class Notices:
    """Writes the notices. `operator`: its name in each language, short enough for an SMS (bot/settings.py)."""

    def __init__(self, wording: Wording, operator: Mapping[ReplyLanguage, str], retention_days: int) -> None:
        self._wording = wording
        self._operator = operator
        self._days = retention_days

    def due(self, conversation: Conversation) -> bool:
        """Whether this person has not been told yet. Who tries Dalil in a terminal runs it himself."""
        address = conversation.address
        in_terminal = address.medium is Medium.CONSOLE or address.namespace == TERMINAL
        return conversation.notice < VERSION and not in_terminal

    def first(self, language: ReplyLanguage, country: CountryCode, *, sms: bool) -> str:
        """The notice that goes with the first answer; on an SMS it is one segment, its line break included."""
        words = variety(language, country)
        return self._wording.text(
            words,
            "notice_sms" if sms else "notice",
            operator=self._operator[language],
            days=self._days_in(words),
            law=self._wording.text(words, f"law_{country}"),
        )

    def kept(self, language: ReplyLanguage, country: CountryCode, kept: Kept) -> tuple[str, ...]:
        """The paragraphs that answer "what do you keep about me?"."""
        text, words = self._wording.text, variety(language, country)
        law = text(words, f"law_{country}")
        return (
            text(
                words,
                "kept_counts",
                day=_day(kept.since),
                messages=str(kept.messages),
                replies=str(kept.replies),
            ),
            *self._also(words, kept),
            text(words, "kept_how_long", operator=self._operator[language], days=self._days_in(words)),
            text(words, "kept_words"),
            text(words, "kept_law", law=law, authority=text(words, f"authority_{country}")),
        )

    def export(
        self, language: ReplyLanguage, country: CountryCode, kept: Kept, said: Sequence[Said], room: int
    ) -> tuple[str, ...]:
        """The paragraphs that answer "give me my data": what is kept, the last of `said`, and how to get all of it.

        As many messages as fit beside the rest into one message of `room` characters; with 0, an SMS, none: what is
        left fits into three segments.
        """
        text, words = self._wording.text, variety(language, country)
        counts = text(
            words,
            "export_counts",
            day=_day(kept.since),
            messages=str(kept.messages),
            replies=str(kept.replies),
            requests=str(kept.requests),
        )
        counts = " ".join([counts, *self._also(words, kept)])
        law = text(words, f"law_{country}")
        rest = text(words, "export_rest", operator=self._operator[language], days=self._days_in(words), law=law)
        lines = [self._line(words, one) for one in said]
        left = room - _SPARE - utf16_units(counts) - utf16_units(rest)
        while lines and sum(utf16_units(line) + 1 for line in lines) > left:
            lines.pop(0)
        if not lines:
            return (counts, rest)
        return (counts, "\n".join([text(words, "export_last"), *lines]), rest)

    def _also(self, words: Variety, kept: Kept) -> tuple[str, ...]:
        """What is kept of some only: files that are followed, what was filed or booked, an identity that was proven."""
        followed = (self._wording.text(words, "kept_follows", count=str(kept.follows)),) if kept.follows else ()
        return (*followed, *self._filed(words, kept), *self._identity(words, kept.identity_until))

    def _line(self, words: Variety, said: Said) -> str:
        shown = truncate(" ".join(said.text.split()) or "…", EXPORTED_CHARS)
        key = "export_mine" if said.ours else "export_yours"
        return self._wording.text(words, key, day=_day(said.at), text=shown)

    def _filed(self, words: Variety, kept: Kept) -> tuple[str, ...]:
        if not kept.complaints and not kept.appointments:
            return ()
        counts = {"complaints": str(kept.complaints), "appointments": str(kept.appointments)}
        return (self._wording.text(words, "kept_filed", **counts),)

    def _identity(self, words: Variety, until: float | None) -> tuple[str, ...]:
        if until is None:
            return ()
        written = datetime.fromtimestamp(until, UTC).strftime("%d/%m/%Y %H:%M")
        return (self._wording.text(words, "kept_identity", until=written),)

    def _days_in(self, words: Variety) -> str:
        return days_in(self._wording, words, self._days)


def days_in(wording: Wording, words: Variety, days: int) -> str:
    """So many days, in words that fit the number."""
    return wording.text(words, f"day_{_plural(days)}", count=str(days))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%Y")


def _plural(count: int) -> str:
    """The form that Arabic counts with, by the names of Unicode's CLDR: 2 يومان, 3 أيام, 11 يوما, 100 يوم."""
    if count <= 2:
        return "one" if count == 1 else "two"
    if 3 <= count % 100 <= 10:
        return "few"
    return "many" if count % 100 > 10 else "other"
