"""What became of a message: its provider's answer to the send, and the reports that come before or after it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from bot.ports import Report
from bot.store.opt_out import unreachable
from bot.store.rows import insert, provider_key
from bot.store.tables import among, conversations, early_reports, outbox
from bot.store.wakeup import OUTBOX, notify
from bot.vault import Vault
from connectors.errors import OptedOut, WindowClosed
from connectors.messages import DeliveryReport, DeliveryStatus

log = logging.getLogger(__name__)

_RANK = {status.value: rank for rank, status in enumerate(DeliveryStatus)}
_FAILURES = frozenset({OptedOut.code, WindowClosed.code})


@dataclass(frozen=True, slots=True)
class Told:
    """What a provider says of a message: its state, the provider's own code, and ours for a failure we act on."""

    delivery: str
    code: str | None = None
    failure: str | None = None


_ACCEPTED = Told(DeliveryStatus.ACCEPTED.value)


_TAKE_EARLY = (
    delete(early_reports).where(early_reports.c.provider_key == bindparam("b_key")).returning(*early_reports.c)
)
_TOLD = ("sent_at", "provider_message_id", "provider_key", "delivery", "provider_code")


@cache
def _sent(costs: tuple[str, ...]) -> ReturningUpdate[tuple[Any, ...]]:
    """The update of a row that was sent; `costs` are columns that it fills, too."""
    values: dict[str, object] = {name: bindparam(f"b_{name}") for name in (*_TOLD, *costs)}
    return (
        update(outbox)
        .where(outbox.c.id == bindparam("b_id"), outbox.c.state != "sent")
        .values(values | {"state": "sent", "error_code": None})
        .returning(outbox.c.id, outbox.c.conversation_id, outbox.c.body, outbox.c.sent_at, outbox.c.trace)
    )


def reference_of(vault: Vault, outbox_id: int) -> str:
    """The row's name for a provider. Marked, so that a report on another installation's message fits none here."""
    return f"{outbox_id}.{vault.lookup('reference', str(outbox_id))[:12]}"


def mark_sent(
    connection: Connection,
    vault: Vault,
    outbox_id: int,
    channel: str,
    provider_message_id: str,
    now: float,
    told: Told = _ACCEPTED,
    costs: Mapping[str, int | None] | None = None,
) -> bool:
    """The provider took it. Whoever holds the lease now: it *was* sent. The first id that is known of it stays.

    `told`: what a report says of it; `costs`: columns of an SMS. False where it was known to be sent. The row is
    written once: when a transaction writes a row twice, PostgreSQL looks at its conversation again, and may wait there.
    """
    key = provider_key(vault, channel, provider_message_id)
    early = connection.execute(_TAKE_EARLY, {"b_key": key}).one_or_none()
    overtaken = early is not None and _RANK[told.delivery] < _RANK[early.delivery]
    if early is not None and overtaken:
        told = Told(early.delivery, early.provider_code, early.failure)
    if told.failure == OptedOut.code:
        _unreachable(connection, outbox.c.id == outbox_id, outbox.c.state != "sent", now=now)
    values = {
        "b_id": outbox_id,
        "b_sent_at": now,
        "b_provider_message_id": vault.seal(provider_message_id),
        "b_provider_key": key,
        "b_delivery": told.delivery,
        "b_provider_code": told.code,
    }
    given = {f"b_{name}": value for name, value in (costs or {}).items()}
    row = connection.execute(_sent(tuple(costs or ())), values | given).one_or_none()
    if row is not None and overtaken:
        _log_early(row, told)
    if row is not None and told.failure == WindowClosed.code:
        _once_more(connection, row, now)
    return row is not None


def take_report(connection: Connection, vault: Vault, report: DeliveryReport, now: float) -> Report | None:
    """Raise the delivery state of the message that this is about; keep the report when the message is not known yet."""
    told = Told(report.status.value, report.error_code, report.failure if report.failure in _FAILURES else None)
    lost = _lost(connection, vault, report)
    given = report.provider_message_id
    if lost is not None and mark_sent(connection, vault, lost.id, report.channel, given, now, told):
        return Report(lost.id, lost.trace, found=True)
    key = provider_key(vault, report.channel, given)
    if (raised := _apply(connection, key, told, now)) is not None:
        return Report(raised.id, raised.trace)
    if connection.execute(select(outbox.c.id).where(outbox.c.provider_key == key)).first() is None:
        _keep(connection, key, told, now)
    return None


def settle_early(connection: Connection, limit: int, now: float) -> int:
    """Apply reports that came while their message's answer was being stored; how many."""
    rows = connection.execute(
        select(early_reports)
        .join(outbox, outbox.c.provider_key == early_reports.c.provider_key)
        .order_by(early_reports.c.provider_key)
        .limit(limit)
    ).all()
    for row in rows:
        _apply_early(connection, row, now)
        connection.execute(delete(early_reports).where(early_reports.c.provider_key == row.provider_key))
    return len(rows)


def _apply_early(connection: Connection, early: Row[*tuple[Any, ...]], now: float) -> None:
    told = Told(early.delivery, early.provider_code, early.failure)
    row = _apply(connection, early.provider_key, told, now)
    if row is not None:
        _log_early(row, told)


def _log_early(row: Row[*tuple[Any, ...]], told: Told) -> None:
    """When it came, nobody knew whose it was."""
    extra = {"outbox": row.id, "trace": row.trace, "state": told.delivery, "code": told.code}
    log.info("delivery report", extra=extra)


def _lost(connection: Connection, vault: Vault, report: DeliveryReport) -> Row[int, str] | None:
    """Our message that the report names, where nobody has stored that it was sent.

    Its worker may be dead or only slower than the report, or the answer to an earlier try was lost. A row that was
    given up in uncertainty counts, too. Who holds the lease finds the row sent, and cannot change it.
    """
    number, _, _ = (report.reference or "").partition(".")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    if reference_of(vault, int(number)) != report.reference:
        return None
    unsure = and_(among(outbox.c.state, "queued", "failed"), outbox.c.uncertain.is_(True))
    return connection.execute(
        select(outbox.c.id, outbox.c.trace).where(
            outbox.c.id == int(number),
            outbox.c.channel == report.channel,
            or_(among(outbox.c.state, "sending"), unsure),
        )
    ).one_or_none()


def _apply(connection: Connection, key: str, told: Told, now: float) -> Row[*tuple[Any, ...]] | None:
    """The row whose state rose, if any did. The conversation is locked before the row: as everywhere."""
    mine = [outbox.c.provider_key == key, _rank_of(outbox.c.delivery) < _RANK[told.delivery]]
    if told.failure == OptedOut.code:
        _unreachable(connection, *mine, now=now)
    elif told.failure == WindowClosed.code:
        row = connection.execute(select(outbox).where(*mine)).first()
        if row is not None and _once_more(connection, row, now):
            return row
    return connection.execute(
        update(outbox)
        .where(*mine)
        .values(delivery=told.delivery, provider_code=told.code)
        .returning(outbox.c.id, outbox.c.trace)
    ).first()


def _unreachable(connection: Connection, *mine: ColumnElement[bool], now: float) -> None:
    """The recipient of this message wants nothing more."""
    of = connection.execute(select(outbox.c.conversation_id).where(*mine)).scalars().first()
    if of is not None:
        unreachable(connection, of, now)


def _once_more(connection: Connection, row: Row[*tuple[Any, ...]], now: float) -> bool:
    """WhatsApp took a message and then found its window closed: it goes through the outbox again, which will hold it.

    We thought the window open. It counts as closed from now on, unless the citizen has written since. False for an
    approved template, which needs no window: that one has failed.
    """
    if "template" in json.loads(row.body):
        return False
    wrong = or_(conversations.c.heard_at.is_(None), conversations.c.heard_at <= row.sent_at)
    connection.execute(
        update(conversations).where(conversations.c.id == row.conversation_id, wrong).values(heard_at=0.0)
    )
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.state == "sent")
        .values(
            state="queued",
            due_at=now,
            sent_at=None,
            uncertain=False,
            delivery=None,
            provider_message_id=None,
            provider_key=None,
            error_code=WindowClosed.code,
        )
    )
    notify(connection, OUTBOX)
    return True


def _keep(connection: Connection, key: str, told: Told, now: float) -> None:
    values = {"delivery": told.delivery, "provider_code": told.code, "failure": told.failure}
    connection.execute(
        insert(connection, early_reports)
        .values(provider_key=key, at=now, **values)
        .on_conflict_do_update(
            index_elements=["provider_key"],
            set_=values,
            where=_rank_of(early_reports.c.delivery) < _RANK[told.delivery],
        )
    )


def _rank_of(column: ColumnElement[Any]) -> ColumnElement[int]:
    return case(_RANK, value=column, else_=-1)
