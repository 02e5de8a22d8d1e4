"""What a citizen is told about the service itself: who runs it, what is kept and how long, how to stop and to delete.

Once with the first answer, in short, and whole whenever he asks. The law is that of his country.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from actions.contract import CountryCode
from actions.replies import Wording
from bot.conversation import Conversation
from bot.ports import Kept
from connectors.channels.webchat import TERMINAL
from connectors.messages import Medium, ReplyLanguage

VERSION = 1  # raise it when the notice says something new: everybody is told once more


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
        return self._wording.text(
            language,
            "notice_sms" if sms else "notice",
            operator=self._operator[language],
            days=self._days_in(language),
            law=self._wording.text(language, f"law_{country}"),
        )

    def kept(self, language: ReplyLanguage, country: CountryCode, kept: Kept) -> tuple[str, ...]:
        """The paragraphs that answer "what do you keep about me?"."""
        text, law = self._wording.text, self._wording.text(language, f"law_{country}")
        return (
            text(
                language,
                "kept_counts",
                day=datetime.fromtimestamp(kept.since, UTC).strftime("%d/%m/%Y"),
                messages=str(kept.messages),
                replies=str(kept.replies),
            ),
            *self._identity(language, kept.identity_until),
            text(language, "kept_how_long", operator=self._operator[language], days=self._days_in(language)),
            text(language, "kept_words"),
            text(language, "kept_law", law=law, authority=text(language, f"authority_{country}")),
        )

    def _identity(self, language: ReplyLanguage, until: float | None) -> tuple[str, ...]:
        if until is None:
            return ()
        written = datetime.fromtimestamp(until, UTC).strftime("%d/%m/%Y %H:%M")
        return (self._wording.text(language, "kept_identity", until=written),)

    def _days_in(self, language: ReplyLanguage) -> str:
        return self._wording.text(language, f"day_{_plural(self._days)}", count=str(self._days))


def _plural(count: int) -> str:
    """The form that Arabic counts with, by the names of Unicode's CLDR: 2 يومان, 3 أيام, 11 يوما, 100 يوم."""
    if count <= 2:
        return "one" if count == 1 else "two"
    if 3 <= count % 100 <= 10:
        return "few"
    return "many" if count % 100 > 10 else "other"
