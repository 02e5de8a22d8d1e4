"""Reminds citizens of the appointments that they booked here: a notification, at a decent hour, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Protocol

from actions.contract import CountryCode
from actions.local_time import ZONES, day_of, hour_of
from actions.reply_language import DEFAULT_LANGUAGE
from bot.outbox import WINDOW_S
from bot.quiet import QuietHours
from bot.store.appointments import Reminder
from connectors.messages import Medium, OutgoingMessage, Template
from connectors.templates import StoredTemplate

log = logging.getLogger(__name__)

TEMPLATE = "appointment_reminder"


class Due(Protocol):
    def remind(self, now: float, write: Callable[[Reminder], OutgoingMessage | None]) -> int: ...


class Reminders:
    """Call it with the time, every few minutes. `quiet`: when nobody is reminded, and who has no country of his own."""

    def __init__(self, due: Due, templates: Mapping[str, StoredTemplate], quiet: QuietHours) -> None:
        self._due = due
        self._template = templates[TEMPLATE]
        self._quiet = quiet

    def __call__(self, now: float) -> int:
        """How many were queued. Raises `StoreUnavailable`."""
        queued = self._due.remind(now, lambda reminder: self._written(reminder, now))
        if queued:
            log.info("reminders queued", extra={"count": queued})
        return queued

    def _written(self, reminder: Reminder, now: float) -> OutgoingMessage | None:
        """The message, by template where WhatsApp's window is closed; None while people sleep."""
        country: CountryCode = next((code for code in ZONES if code == reminder.country), self._quiet.country)
        if self._quiet.end(country, now) is not None:
            return None
        language = reminder.language or DEFAULT_LANGUAGE
        values = (day_of(reminder.start, country), hour_of(reminder.start, country), reminder.place or "-")
        closed = reminder.heard_at is None or now - reminder.heard_at > WINDOW_S
        return OutgoingMessage(
            to=reminder.to,
            text=self._template.fill(language, values),
            language=language,
            template=Template(name=TEMPLATE, variables=values)
            if closed and reminder.to.medium is Medium.WHATSAPP
            else None,
        )
