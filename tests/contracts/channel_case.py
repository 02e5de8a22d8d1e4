"""What a case is."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.channel import Parsed, WebhookRequest
from connectors.errors import ConnectorError
from connectors.messages import InboundEvent
from tests.contracts.channel_subjects import Subject


@dataclass(frozen=True)
class Case:
    """`expected`: what verify and parse together give, or the error that either raises."""

    subject: Subject
    sentence: str
    request: WebhookRequest
    expected: Parsed | type[ConnectorError]

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"


def event(subject: Subject, sentence: str, request: WebhookRequest, *expected: InboundEvent) -> Case:
    return Case(subject, sentence, request, Parsed(events=expected))
