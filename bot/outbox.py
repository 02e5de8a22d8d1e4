"""⑧ Send what turns decided to say. The one place that acts on a `SendError`.

Exactly once is what a citizen sees, as far as a provider lets us: a send whose answer was lost is looked for at the
provider before it is repeated (Twilio), or waits for the report that names it (Meta). Telegram offers neither, and
there a lost answer is sent again: rather twice than never.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot import ports
from bot.budget import Budget, day_of, next_day
from bot.metrics import METRICS
from bot.quiet import QuietHours
from connectors.channel import Channel, Recovery
from connectors.errors import OptedOut, SendError, Throttled, Uncertain, WindowClosed
from connectors.messages import Medium, OutgoingMessage, Template

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12  # with the back-off below: about two hours of a provider's outage
BACKOFF_S = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 1800)
LOOK_UP_AFTER_S = 3.0  # a provider lists a message a moment after it took it
REPORT_WITHIN_S = 30.0  # a report that names our message comes well before that
KNOWN_AFTER_S = {Recovery.LOOK_UP: LOOK_UP_AFTER_S, Recovery.REPORT: REPORT_WITHIN_S}
CLOCKS_S = 5.0  # a provider's clock and ours differ, and its dates are whole seconds
WINDOW_S = 24 * 3600.0  # https://developers.facebook.com/docs/whatsapp: free text within a day of the citizen's message
REOPEN = (
    "reply_waiting"  # the template that asks him to write, so that the answer may follow (connectors/templates.yaml)
)

PriceOf = Callable[[OutgoingMessage], ports.Price | None]


class Sender:
    """Claims outgoing messages and hands them to their channel.

    `price_of`: what an SMS costs, in `currency`. `budget`: what a day's SMS may cost before notifications wait.
    `quiet`: when they wait for the morning.
    """

    def __init__(
        self,
        outbox: ports.Outbox,
        channels: Mapping[str, Channel],
        clock: Callable[[], float] = time.time,
        lease_s: float = 15.0,
        price_of: PriceOf = lambda _message: None,
        currency: str = "",
        budget: Budget = Budget(),
        quiet: QuietHours | None = None,
        in_thread: ports.InThread = asyncio.to_thread,
    ) -> None:
        self._in_thread = in_thread
        self._outbox = outbox
        self._channels = channels
        self._clock = clock
        self._lease_s = lease_s
        self._price_of = price_of
        self._currency = currency
        self._budget = budget
        self._quiet = quiet
        self._until: dict[tuple[int, int], float] = {}  # when our lease of a row ends, by its id and attempt
        self._paces = {(name, medium): pace for name, c in channels.items() for medium, pace in c.pace.items()}

    async def claim(self, limit: int) -> list[ports.OutboxClaim]:
        now = self._clock()
        claims = list(await self._in_thread(self._outbox.claim_messages, limit, self._lease_s, now, self._paces))
        self._until |= {(claim.outbox_id, claim.attempt): now + self._lease_s for claim in claims}
        if lost := sum(claim.taken_over for claim in claims):
            METRICS.leases_lost.labels("outbox").inc(lost)
        return claims

    async def renew(self, claims: list[ports.OutboxClaim]) -> None:
        """Keep the leases of messages that are being sent."""
        until = self._clock() + self._lease_s
        held = await asyncio.to_thread(self._outbox.renew, claims, until)
        self._until |= {key: until for key in held if key in self._until}

    async def send(self, claim: ports.OutboxClaim) -> None:
        """Send one message and record what became of it. Raises only `StoreUnavailable`."""
        try:
            await self._send(claim)
        finally:
            self._until.pop((claim.outbox_id, claim.attempt), None)

    async def _send(self, claim: ports.OutboxClaim) -> None:
        name = claim.message.to.channel
        channel = self._channels.get(name)
        if channel is None:
            await self._give_up(claim, "no_such_channel", detail="")
            return
        if await self._must_wait(claim):
            return
        if self._outside_window(claim):
            await self._reopen(claim)
            return
        if claim.taken_over and (wait := KNOWN_AFTER_S.get(channel.recovery)):
            # Its worker may be sending it at this moment, and the provider not tell of it yet.
            log.info("taken over", extra=self._ids(claim))
            await asyncio.to_thread(self._outbox.retry, claim, self._clock() + wait, Uncertain.code, True)
            return
        started = time.perf_counter()
        try:
            provider_id = await self._sent_before(channel, claim) if claim.uncertain else None
            if provider_id is None:
                if self._clock() >= self._until.get((claim.outbox_id, claim.attempt), math.inf):
                    # We stood still (a stopped machine, a slow database): whoever took it over sends it.
                    log.warning("lease lost before sending", extra=self._ids(claim))
                    return
                provider_id = (await channel.send(claim.message, claim.reference)).provider_message_id
        except SendError as error:
            await self._failed(channel, claim, error)
            return
        except Exception:
            # A mistake in the adapter, after which nobody knows whether the provider has the message.
            log.exception("send crashed", extra=self._ids(claim))
            await self._failed(channel, claim, Uncertain("adapter crashed"))
            return
        METRICS.step.labels("send").observe(time.perf_counter() - started)
        METRICS.sent.labels(name, "accepted").inc()
        if claim.received_at is not None:
            METRICS.answered.labels(name).observe(max(0.0, self._clock() - claim.received_at))
        log.info("sent", extra=self._ids(claim))
        await self._record(claim, provider_id)

    async def _record(self, claim: ports.OutboxClaim, provider_id: str) -> None:
        """Store that it was sent and, of an SMS, what it cost."""
        price = self._price_of(claim.message) if claim.message.to.medium is Medium.SMS else None
        budgeted = bool(self._budget)
        spent = await self._in_thread(self._outbox.sent, claim, provider_id, self._clock(), price, budgeted)
        if price is None:
            return
        country = price.country or "other"
        METRICS.sms_segments.labels(country).inc(price.segments)
        if price.micros is None:
            METRICS.sms_unpriced.labels(country).inc(price.segments)
        else:
            METRICS.sms_cost.labels(country, self._currency).inc(price.micros / 1e6)
        if spent is not None:
            self._budget.alarm(spent, price)

    async def _must_wait(self, claim: ports.OutboxClaim) -> bool:
        """Whether this is a notification at night, which waits for the morning; or one by SMS while the day's budget is
        used up, which waits for the next day.
        """
        if claim.priority is not ports.Priority.NOTIFICATION:
            return False
        now = self._clock()
        if self._quiet is not None and (morning := self._quiet.end(claim.country, now)) is not None:
            log.info("notification put off, these are quiet hours", extra=self._ids(claim))
            await asyncio.to_thread(self._outbox.postpone, claim, morning, "quiet_hours")
            return True
        if claim.message.to.medium is not Medium.SMS:
            return False
        if not self._budget or not self._budget.exhausted(await asyncio.to_thread(self._outbox.spent, day_of(now))):
            return False
        METRICS.postponed.labels(claim.message.to.channel).inc()
        log.info("notification put off, the SMS budget is used up", extra=self._ids(claim))
        await asyncio.to_thread(self._outbox.postpone, claim, next_day(now), "budget")
        return True

    async def _sent_before(self, channel: Channel, claim: ports.OutboxClaim) -> str | None:
        """The provider's id of this message, where an earlier try turns out to have reached it."""
        if channel.recovery is not Recovery.LOOK_UP:
            return None
        since = datetime.fromtimestamp(claim.tried_at - CLOCKS_S, UTC)
        found = await channel.find(claim.message, since)
        unknown = await asyncio.to_thread(self._outbox.unknown_of, claim, found)
        METRICS.sent.labels(channel.name, "found" if unknown else "not_found").inc()
        return unknown[0] if unknown else None

    async def _failed(self, channel: Channel, claim: ports.OutboxClaim, error: SendError) -> None:
        METRICS.sent.labels(channel.name, error.code).inc()
        level = logging.ERROR if error.alert else logging.WARNING
        log.log(level, "send failed", extra=self._ids(claim) | {"code": error.code, "attempt": claim.attempt})
        if isinstance(error, WindowClosed) and claim.message.template is None:
            await self._reopen(claim)
        elif not error.retryable or claim.attempt >= MAX_ATTEMPTS:
            await self._give_up(claim, error.code, opted_out=isinstance(error, OptedOut), detail=error.detail)
        else:
            at = self._clock() + _delay(claim, error, channel.recovery)
            uncertain = isinstance(error, Uncertain)
            METRICS.retried.labels(channel.name, error.code).inc()
            await asyncio.to_thread(self._outbox.retry, claim, at, error.code, uncertain)

    async def _give_up(self, claim: ports.OutboxClaim, code: str, *, opted_out: bool = False, detail: str = "") -> None:
        channel = claim.message.to.channel
        METRICS.given_up.labels(channel, code).inc()
        if opted_out:
            METRICS.opted_out.labels(channel, "provider").inc()
        log.warning("dead letter", extra=self._ids(claim) | {"code": code, "attempt": claim.attempt})
        await asyncio.to_thread(self._outbox.failed, claim, code, opted_out, self._clock(), detail)

    def _outside_window(self, claim: ports.OutboxClaim) -> bool:
        """Whether WhatsApp would refuse this text: the citizen last wrote more than a day ago."""
        message = claim.message
        if message.to.medium is not Medium.WHATSAPP or message.template is not None or claim.heard_at is None:
            return False
        return self._clock() - claim.heard_at > WINDOW_S

    async def _reopen(self, claim: ports.OutboxClaim) -> None:
        """Hold the message until the citizen writes, and ask him to, by an approved template."""
        message = claim.message
        asking = message.model_copy(update={"text": "", "buttons": (), "menu": None, "template": Template(name=REOPEN)})
        METRICS.held_back.labels(message.to.channel).inc()
        log.info("window closed, message held", extra=self._ids(claim))
        await asyncio.to_thread(self._outbox.hold, claim, asking, self._clock())

    @staticmethod
    def _ids(claim: ports.OutboxClaim) -> dict[str, object]:
        return {"outbox": claim.outbox_id, "trace": claim.trace, "channel": claim.message.to.channel}


def _delay(claim: ports.OutboxClaim, error: SendError, recovery: Recovery) -> float:
    """Seconds until the next try: what the provider asks for, else a rising delay with jitter."""
    if isinstance(error, Throttled) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, 0.2)  # noqa: S311 - jitter, not a secret
    base = BACKOFF_S[min(claim.attempt - 1, len(BACKOFF_S) - 1)]
    if isinstance(error, Uncertain):
        base = max(base, KNOWN_AFTER_S.get(recovery, 0.0))
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
