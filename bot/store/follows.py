"""Files that are followed, on a database: offered, agreed to, looked at by lease, told once.

Rows hang on the conversation in which they were agreed to, and so on its person, whoever he turns out to be. Locks, on
PostgreSQL: systems, then conversations, then rows of `follows`, then of the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, exists, select, update

from actions.contract import FollowFile
from actions.following import FollowOffer
from bot.follow_ports import AsSms, FollowClaim, Followed
from bot.pace import CLOCKS_S, advanced, believable
from bot.ports import Priority
from bot.store.database import Database
from bot.store.forgetting import conversations_of
from bot.store.opt_out import person_of
from bot.store.outbox import queue
from bot.store.rows import (
    CONVERSATION_COLUMNS,
    address_of,
    conversation_of,
    insert_or_ignore,
    outgoing,
)
from bot.store.tables import (
    ACTIVE,
    OFFERED,
    UNDELIVERED,
    conversations,
    follow_systems,
    follows,
    identities,
    outbox,
    people,
)
from bot.store.wakeup import OUTBOX, notify
from bot.vault import SealedElsewhere, Vault
from connectors.messages import Medium, OutgoingMessage

OFFER_S = 3600.0  # for so long a citizen may say yes, and the file is kept without it
UNREADABLE_S = 86_400.0  # sealed under a key that is gone: it may come back
LEFT_OVER_S = 7 * 86_400.0  # after its end a follow is deleted, told or not
REST_S, LONGEST_REST_S = 60.0, 6 * 3600.0  # of a system that fails

_WITH_PERSON = (
    select(*CONVERSATION_COLUMNS, conversations.c.heard_at)
    .join(identities, identities.c.id == conversations.c.identity_id)
    .join(people, people.c.id == identities.c.person_id)
)


class SqlFollows:
    """`bot.ports.Follows` and `actions.following.FollowOffers` on SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    # ---- the citizen's side ----------------------------------------------------------------------------------------

    def offer(self, person_id: str, conversation_id: str, offer: FollowOffer, now: datetime) -> bool:
        key, at = file_key(self._vault, offer.number), now.timestamp()
        row = {
            "conversation_id": conversation_id,
            "file_key": key,
            "sealed": self._vault.seal(f"{offer.born.isoformat()} {offer.number}"),
            "system": offer.system,
            "told": offer.told,
            "expires_at": at + OFFER_S,
            "due_at": at,
        }
        same = and_(follows.c.conversation_id.in_(conversations_of(person_id)), follows.c.file_key == key, ACTIVE)
        with self._db.write() as connection:
            connection.execute(delete(follows).where(follows.c.conversation_id == conversation_id, OFFERED))
            if connection.execute(update(follows).where(same).values(told=offer.told, missing=0)).rowcount:
                return False
            if offer.final:
                return False
            connection.execute(insert_or_ignore(connection, follows).values(row))
        return True

    def is_offered(self, conversation_id: str, now: float) -> bool:
        waits = exists().where(follows.c.conversation_id == conversation_id, OFFERED, follows.c.expires_at > now)
        with self._db.read() as connection:
            return connection.execute(select(waits)).scalar_one()

    def followed(self, person_id: str) -> Sequence[Followed]:
        mine = follows.c.conversation_id.in_(conversations_of(person_id))
        with self._db.read() as connection:
            rows = connection.execute(select(follows).where(mine, ACTIVE).order_by(follows.c.id)).all()
        return [Followed(row.id, self._number(row.sealed), row.expires_at) for row in rows]

    def _number(self, sealed: str) -> str | None:
        try:
            return opened(self._vault, sealed)[0]
        except SealedElsewhere:
            return None

    # ---- looking ---------------------------------------------------------------------------------------------------

    def claim(self, limit: int, lease_s: float, now: float, interval_s: float) -> Sequence[FollowClaim]:
        with self._db.read() as connection:  # a write lock is taken only where there is something to do
            if connection.execute(_due(now).limit(1)).first() is None:
                return []
        with self._db.write() as connection:
            paces = {
                row.system: believable(row.pace, now, interval_s, 1)
                for row in connection.execute(
                    select(follow_systems).order_by(follow_systems.c.system).with_for_update()
                )
            }
            # One after the other, so that each system is asked at its own pace, and a full one hides no other.
            query = _due(now).with_for_update(skip_locked=True, of=follows)
            claims: list[FollowClaim] = []
            while len(claims) < limit and (row := connection.execute(query.limit(1)).first()) is not None:
                claim = self._lease(connection, row, lease_s, now)
                if claim is None:
                    continue
                claims.append(claim)
                pace = advanced(paces.get(row.system, now), now, interval_s)
                connection.execute(_system(row.system).values(pace=pace))
        return claims

    def _lease(
        self, connection: Connection, row: Row[*tuple[Any, ...]], lease_s: float, now: float
    ) -> FollowClaim | None:
        """The row, leased; None, and put off, when it cannot be read."""
        this = update(follows).where(follows.c.id == row.id)
        try:
            number, born = opened(self._vault, row.sealed)
            conversation, heard_at = self._where_to_tell(connection, row.conversation_id)
        except (SealedElsewhere, ValueError):
            connection.execute(this.values(due_at=now + UNREADABLE_S))
            return None
        connection.execute(this.values(attempt=row.attempt + 1, due_at=now + lease_s))
        return FollowClaim(
            follow_id=row.id,
            attempt=row.attempt + 1,
            number=number,
            born=born,
            system=row.system,
            told=row.told,
            quiet=row.quiet,
            missing=row.missing,
            expires_at=row.expires_at,
            conversation=conversation,
            heard_at=heard_at,
        )

    def _where_to_tell(self, connection: Connection, conversation_id: str) -> tuple[Any, float | None]:
        """Where he agreed; where that address leads to him no more, by SMS, or where he wrote last."""
        reachable = [identities.c.person_id == person_of(conversation_id), conversations.c.reachable.is_(True)]
        rows = connection.execute(
            _WITH_PERSON.where(*reachable, people.c.opted_out_at.is_(None)).order_by(
                case((conversations.c.id == conversation_id, 0), (identities.c.medium == "sms", 1), else_=2),
                conversations.c.heard_at.desc(),
            )
        ).all()
        return (conversation_of(rows[0], self._vault), rows[0].heard_at) if rows else (None, None)

    def look_again(self, claim: FollowClaim, due_at: float, *, found: bool | None) -> bool:
        values: dict[str, object] = {"due_at": due_at}
        if found is not None:
            values |= {"quiet": claim.quiet + 1, "missing": 0 if found else claim.missing + 1}
        with self._db.write() as connection:
            if found is not None:
                _answered(connection, claim.system)
            return connection.execute(update(follows).where(_held(claim)).values(values)).rowcount > 0

    def tell(
        self, claim: FollowClaim, told: str, messages: Sequence[OutgoingMessage], due_at: float | None, now: float
    ) -> bool:
        with self._db.write() as connection:
            _answered(connection, claim.system)
            if claim.conversation is not None and not _lock(connection, claim.conversation.id):
                return False
            if due_at is None:
                held = connection.execute(delete(follows).where(_held(claim))).rowcount
            else:
                values = {"told": told, "quiet": 0, "missing": 0, "due_at": due_at}
                held = connection.execute(update(follows).where(_held(claim)).values(values)).rowcount
            if not held:
                return False
            if claim.conversation is not None and messages:
                for message in messages:
                    whatsapp = message.to.medium is Medium.WHATSAPP
                    queue(
                        connection,
                        claim.conversation.id,
                        message,
                        now,
                        priority=Priority.NOTIFICATION,
                        instead="sms" if whatsapp else None,
                    )
                notify(connection, OUTBOX)
        return True

    def system_failed(self, claim: FollowClaim, now: float) -> float:
        this = follow_systems.c.system == claim.system
        with self._db.write() as connection:
            row = connection.execute(select(follow_systems).where(this).with_for_update()).one_or_none()
            failures = row.failures if row is not None else 0
            rests_until = float(now + min(LONGEST_REST_S, REST_S * 2 ** min(failures, 20)))
            connection.execute(_system(claim.system).values(failures=failures + 1, rests_until=rests_until))
            connection.execute(update(follows).where(_held(claim)).values(due_at=rests_until))
        return rests_until

    def news_of(self, number: str, now: float) -> int:
        mine = (ACTIVE, follows.c.file_key == file_key(self._vault, number))
        with self._db.write() as connection:
            return connection.execute(update(follows).where(*mine).values(due_at=now)).rowcount

    # ---- what WhatsApp could not deliver ---------------------------------------------------------------------------

    def send_instead(self, as_sms: AsSms, limit: int, now: float) -> int:
        with self._db.read() as connection:
            rows = connection.execute(
                select(outbox.c.id, outbox.c.conversation_id).where(UNDELIVERED).order_by(outbox.c.id).limit(limit)
            ).all()
        return sum(self._send_instead(row.id, row.conversation_id, as_sms, now) for row in rows)

    def _send_instead(
        self,
        outbox_id: int,
        conversation_id: str,
        as_sms: AsSms,
        now: float,
    ) -> int:
        his_sms = _WITH_PERSON.where(
            identities.c.person_id == person_of(conversation_id),
            identities.c.medium == Medium.SMS.value,
            conversations.c.reachable.is_(True),
            people.c.opted_out_at.is_(None),
        ).order_by(conversations.c.heard_at.desc())
        this = (outbox.c.id == outbox_id, UNDELIVERED)
        with self._db.write() as connection:
            found = connection.execute(his_sms.limit(1)).first()
            if found is not None and not _lock(connection, found.conversation_id):
                return 0
            row = connection.execute(
                update(outbox).where(*this).values(instead=None).returning(outbox.c.body)
            ).one_or_none()
            if row is None or found is None:
                return 0
            try:
                address = address_of(found, self._vault)
                message = as_sms(outgoing(row.body, address), address)
            except (SealedElsewhere, ValueError):
                return 0
            queue(connection, found.conversation_id, message, now, priority=Priority.NOTIFICATION)
            notify(connection, OUTBOX)
        return 1


def file_key(vault: Vault, number: str) -> str:
    """The hash by which the followers of a file are found."""
    return vault.lookup("follow", number)


def opened(vault: Vault, sealed: str) -> tuple[str, date]:
    """File number and birth date. Raises `SealedElsewhere`."""
    born, _, number = vault.open(sealed).partition(" ")
    return number, date.fromisoformat(born)


def start_following(connection: Connection, conversation_id: str, effect: FollowFile, now: float) -> None:
    """The citizen said yes to what this conversation was offered; nothing where the offer is over."""
    offered = (follows.c.conversation_id == conversation_id, OFFERED, follows.c.expires_at > now)
    values = {
        "status": "active",
        "wording": effect.wording,
        "consented_at": now,
        "expires_at": now + effect.days * 86_400.0,
        "due_at": now + effect.look_after_s,
    }
    for system in connection.scalars(update(follows).where(*offered).values(values).returning(follows.c.system)).all():
        connection.execute(insert_or_ignore(connection, follow_systems).values(system=system))


def stop_following(connection: Connection, conversation_id: str, follow_id: int | None) -> None:
    """Delete one follow of the person behind a conversation, or all."""
    his = (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.person_id == person_of(conversation_id))
    )
    mine = [follows.c.conversation_id.in_(his)]
    connection.execute(delete(follows).where(*mine, *([] if follow_id is None else [follows.c.id == follow_id])))


def delete_old_follows(connection: Connection, now: float) -> None:
    """Offers that nobody took up, and what could not be ended in time because its system or its key was away."""
    connection.execute(delete(follows).where(OFFERED, follows.c.expires_at <= now))
    connection.execute(delete(follows).where(ACTIVE, follows.c.expires_at <= now - LEFT_OVER_S))


def _due(now: float) -> Any:  # noqa: ANN401 - SQLAlchemy's type for a join of two tables does not fit a line
    """Files to look at now, of systems that may be asked: a stored pace too far ahead is a clock that was set back."""
    return (
        select(follows)
        .join(follow_systems, follow_systems.c.system == follows.c.system)
        .where(
            ACTIVE,
            follows.c.due_at <= now,
            follow_systems.c.rests_until <= now,
            (follow_systems.c.pace <= now) | (follow_systems.c.pace > now + 3600 + CLOCKS_S),
        )
        .order_by(follows.c.due_at, follows.c.id)
    )


def _held(claim: FollowClaim) -> ColumnElement[bool]:
    return and_(follows.c.id == claim.follow_id, follows.c.attempt == claim.attempt, ACTIVE)


def _system(system: str) -> Any:  # noqa: ANN401 - as above
    return update(follow_systems).where(follow_systems.c.system == system)


def _answered(connection: Connection, system: str) -> None:
    """The system is there again."""
    connection.execute(_system(system).where(follow_systems.c.failures > 0).values(failures=0, rests_until=0.0))


def _lock(connection: Connection, conversation_id: str) -> bool:
    """Keep this conversation from being forgotten until the transaction ends; False where it is gone."""
    known = select(conversations.c.id).where(conversations.c.id == conversation_id)
    locked = known.with_for_update(read=True, key_share=True)
    return connection.execute(locked).scalar_one_or_none() is not None
