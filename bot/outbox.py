"""⑧ Send what turns decided to say. The one place that acts on a `SendError`."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping

from bot import ports
from bot.metrics import METRICS
from connectors.channel import Channel
from connectors.errors import OptedOut, SendError, Throttled, Uncertain

log = logging.getLogger(__name__)

LEASE_S = 30.0  # longer than any channel's own timeout, so that a live send never loses its lease
MAX_ATTEMPTS = 12  # with the back-off below: about two hours of a provider's outage
BACKOFF_S = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800)


class Sender:
    """Claims outgoing messages and hands them to their channel."""

    def __init__(
        self, outbox: ports.Outbox, channels: Mapping[str, Channel], clock: Callable[[], float] = time.time
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._clock = clock

    async def claim(self, limit: int) -> list[ports.OutboxClaim]:
        return list(await asyncio.to_thread(self._outbox.claim_messages, limit, LEASE_S, self._clock()))

    async def send(self, claim: ports.OutboxClaim) -> None:
        """Send one message and record what became of it. Raises only `StoreUnavailable`."""
        name = claim.message.to.channel
        channel = self._channels.get(name)
        if channel is None:
            await self._give_up(claim, "no_such_channel", opted_out=False)
            return
        started = time.perf_counter()
        try:
            sent = await channel.send(claim.message)
        except SendError as error:
            await self._failed(claim, error)
            return
        except Exception:
            # A mistake in the adapter, after which nobody knows whether the provider has the message.
            log.exception("send crashed", extra={"outbox": claim.outbox_id, "channel": name})
            await self._failed(claim, Uncertain("adapter crashed"))
            return
        METRICS.step.labels("send").observe(time.perf_counter() - started)
        METRICS.sent.labels(name, "accepted").inc()
        await asyncio.to_thread(self._outbox.sent, claim, sent.provider_message_id, self._clock())

    async def _failed(self, claim: ports.OutboxClaim, error: SendError) -> None:
        name = claim.message.to.channel
        METRICS.sent.labels(name, error.code).inc()
        log.log(
            logging.ERROR if error.alert else logging.WARNING,
            "send failed",
            extra={"outbox": claim.outbox_id, "channel": name, "code": error.code, "attempt": claim.attempt},
        )
        if not error.retryable or claim.attempt >= MAX_ATTEMPTS:
            await self._give_up(claim, error.code, opted_out=isinstance(error, OptedOut))
            return
        await asyncio.to_thread(
            self._outbox.retry, claim, self._clock() + _delay(claim, error), error.code, isinstance(error, Uncertain)
        )

    async def _give_up(self, claim: ports.OutboxClaim, code: str, *, opted_out: bool) -> None:
        await asyncio.to_thread(self._outbox.failed, claim, code, opted_out, self._clock())


def _delay(claim: ports.OutboxClaim, error: SendError) -> float:
    """Seconds until the next try: what the provider asks for, else a rising delay with jitter."""
    if isinstance(error, Throttled) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.2)  # noqa: S311 - jitter, not a secret
    base = BACKOFF_S[min(claim.attempt - 1, len(BACKOFF_S) - 1)]
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
