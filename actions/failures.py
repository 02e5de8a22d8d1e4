"""Which sentence says that a government system could not be asked, and the log line of it."""

from __future__ import annotations

import logging

from actions.turn_input import Understood
from connectors.errors import ConnectorError, GovError


def failure_key(subject: str, error: GovError) -> str:
    """The key of its sentence in actions/wording: of a busy register "case_busy". `subject`: case, complaint …"""
    return f"{subject}_{error.code.removeprefix('gov_')}"


def log_failure(logger: logging.Logger, what: str, message: Understood, error: ConnectorError) -> None:
    """`what` failed; as an error where a person has to look."""
    log = logger.error if error.alert else logger.warning
    log("turn %s: %s: %s", message.turn.turn_id, what, error, extra={"trace": message.turn.trace})
