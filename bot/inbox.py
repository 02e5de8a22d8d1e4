"""② Store what arrived, once, before the provider gets its 200; then wake the worker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from secrets import token_hex

from bot import ports
from bot.metrics import METRICS
from connectors.messages import (
    DeliveryReport,
    DeliveryStatus,
    IdentityChange,
    Ignored,
    InboundEvent,
    IncomingMessage,
    SubscriptionChange,
)

log = logging.getLogger(__name__)


class InboxService:
    """Takes a channel's events. `wake` is called after something was stored for the worker to do."""

    def __init__(
        self,
        inbox: ports.Inbox,
        outbox: ports.Outbox,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.time,
        in_thread: ports.InThread = asyncio.to_thread,
    ) -> None:
        self._in_thread = in_thread
        self._inbox = inbox
        self._outbox = outbox
        self._wake = wake
        self._clock = clock

    async def take(self, channel: str, events: tuple[InboundEvent, ...]) -> None:
        """Store all events of one webhook. Raises `StoreUnavailable`: then the provider must be told 503.

        A webhook whose first event was stored and whose second failed is redelivered whole: the first is then a
        duplicate, so nothing is lost and nothing is answered twice.
        """
        for event in events:
            await self._take_one(channel, event)

    async def _take_one(self, channel: str, event: InboundEvent) -> None:
        match event:
            case IncomingMessage():
                trace = token_hex(6)
                accepted = await self._in_thread(self._inbox.accept, event, self._clock(), trace)
                METRICS.received.labels(channel, accepted.value).inc()
                log.info("accepted", extra={"channel": channel, "trace": trace, "result": accepted.value})
                if accepted is ports.Accepted.STORED:
                    self._wake()
            case DeliveryReport():
                await self._report(channel, event)
            case SubscriptionChange():
                await asyncio.to_thread(self._inbox.subscription_changed, event, self._clock())
                METRICS.received.labels(channel, "subscription").inc()
                if not event.reachable:
                    METRICS.opted_out.labels(channel, "blocked").inc()
            case IdentityChange():
                await asyncio.to_thread(self._inbox.identity_changed, event, self._clock())
                METRICS.received.labels(channel, "identity").inc()
            case Ignored():
                METRICS.received.labels(channel, "ignored").inc()

    async def _report(self, channel: str, event: DeliveryReport) -> None:
        raised = await self._in_thread(self._outbox.delivered, event, self._clock())
        METRICS.deliveries.labels(channel, event.status.value if raised else "stale").inc()
        if raised is None:
            return
        if raised.found:
            METRICS.sent.labels(channel, "found").inc()
        ids = {"channel": channel, "outbox": raised.outbox_id, "trace": raised.trace}
        level = logging.WARNING if event.status is DeliveryStatus.FAILED else logging.INFO
        log.log(level, "delivery report", extra=ids | {"state": event.status.value, "code": event.error_code})
