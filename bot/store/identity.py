"""One-time links and verified identities. Implements `bot.identity_links.IdentityStore` on the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, select, update

from bot.identity_links import (
    CODE_S,
    CODE_TRIES,
    HOUR_S,
    LINK_S,
    LINKS_AN_HOUR,
    Binding,
    Confirmed,
    Link,
    LinkState,
    NewLink,
)
from bot.store.database import Database
from bot.store.rows import ADDRESS_COLUMNS, address_of, insert
from bot.store.tables import conversations, identities, identity_bindings, identity_links, people
from bot.vault import SealedElsewhere, Vault

_LINK = identity_links.c
_NOT_DONE = _LINK.state.in_([LinkState.OPEN.value, LinkState.STARTED.value, LinkState.RETURNED.value])
_FOUND = (
    select(identity_links, *ADDRESS_COLUMNS)
    .join(conversations, conversations.c.id == _LINK.conversation_id)
    .join(identities, identities.c.id == conversations.c.identity_id)
)
_SPENT: dict[str, object] = {"secret": "", "code": "", "waiting": "", "state_key": None, "code_key": None}


class SqlIdentity:
    """On SQLite or PostgreSQL."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    # ---- the link --------------------------------------------------------------------------------------------------

    def add(self, link: NewLink, now: float) -> bool:
        with self._db.write() as connection:
            _lock(connection, link.person_id)
            lately = select(func.count()).where(
                _LINK.person_id == link.person_id, _LINK.created_at > now - HOUR_S, _LINK.turn_id != link.turn_id
            )
            if connection.execute(lately).scalar_one() >= LINKS_AN_HOUR:
                return False
            connection.execute(delete(identity_links).where(_LINK.turn_id == link.turn_id))
            _void(connection, _LINK.conversation_id == link.conversation_id)
            connection.execute(
                identity_links.insert().values(
                    token_key=link.token_key,
                    person_id=link.person_id,
                    conversation_id=link.conversation_id,
                    turn_id=link.turn_id,
                    waiting=link.waiting,
                    language=link.language,
                    created_at=now,
                    expires_at=now + LINK_S,
                )
            )
        return True

    def find(self, token_key: str, now: float) -> Link | None:
        usable = _LINK.state.in_([LinkState.OPEN.value, LinkState.STARTED.value])
        with self._db.read() as connection:
            return self._one(connection, _FOUND.where(_LINK.token_key == token_key, usable, _LINK.expires_at > now))

    def start(self, link_id: int, browser_key: str, state_key: str, secret: str, now: float) -> bool:
        mine = (_LINK.state == LinkState.OPEN.value) | (
            (_LINK.state == LinkState.STARTED.value) & (_LINK.browser_key == browser_key)
        )
        with self._db.write() as connection:
            started = connection.execute(
                update(identity_links)
                .where(_LINK.id == link_id, _LINK.expires_at > now, mine)
                .values(state=LinkState.STARTED.value, browser_key=browser_key, state_key=state_key, secret=secret)
            )
            return started.rowcount == 1

    def come_back(self, state_key: str, browser_key: str, now: float) -> Link | None:
        whose = (
            _LINK.state_key == state_key,
            _LINK.browser_key == browser_key,
            _LINK.state == LinkState.STARTED.value,
            _LINK.expires_at > now,
        )
        with self._db.write() as connection:
            link = self._one(connection, _FOUND.where(*whose).with_for_update(of=identity_links))
            if link is not None:
                connection.execute(update(identity_links).where(_LINK.id == link.id).values(state_key=None, secret=""))
            return link

    def identified(self, link_id: int, issuer: str, subject_key: str, code_key: str, code: str, now: float) -> bool:
        with self._db.write() as connection:
            if connection.execute(select(exists().where(_LINK.code_key == code_key))).scalar_one():
                return False
            kept = connection.execute(
                update(identity_links)
                .where(_LINK.id == link_id, _LINK.state == LinkState.STARTED.value, _LINK.expires_at > now)
                .values(
                    state=LinkState.RETURNED.value,
                    issuer=issuer,
                    subject_key=subject_key,
                    code_key=code_key,
                    code=code,
                    expires_at=now + CODE_S,
                )
            )
            return kept.rowcount == 1

    def refuse(self, link_id: int) -> None:
        with self._db.write() as connection:
            _void(connection, _LINK.id == link_id)

    def returned(self, browser_key: str, now: float) -> Link | None:
        whose = (_LINK.browser_key == browser_key, _LINK.state == LinkState.RETURNED.value, _LINK.expires_at > now)
        with self._db.read() as connection:
            return self._one(connection, _FOUND.where(*whose).order_by(_LINK.id.desc()).limit(1))

    # ---- the code --------------------------------------------------------------------------------------------------

    def confirm(
        self, code_key: str, person_id: str, turn_id: str, kept_s: float, now: float, *, counts: bool
    ) -> tuple[Confirmed, str]:
        with self._db.write() as connection:
            _lock(connection, person_id)
            before = connection.execute(select(identity_links).where(_LINK.confirmed_by == turn_id)).one_or_none()
            if before is not None:
                return Confirmed.BOUND, before.waiting
            found = connection.execute(
                select(identity_links)
                .where(_LINK.code_key == code_key, _LINK.state == LinkState.RETURNED.value)
                .with_for_update()
            ).one_or_none()
            if found is None:
                return (_wrong(connection, person_id, now) if counts else Confirmed.NOTHING), ""
            if found.person_id != person_id:
                _void(connection, _LINK.id == found.id)
                return Confirmed.ELSEWHERE, ""
            if found.expires_at <= now:
                _void(connection, _LINK.id == found.id)
                return Confirmed.LATE, ""
            _bind(connection, found, now + kept_s)
            done = {"state": LinkState.DONE.value, "confirmed_by": turn_id} | _SPENT | {"waiting": found.waiting}
            connection.execute(update(identity_links).where(_LINK.id == found.id).values(done))
            return Confirmed.BOUND, found.waiting

    def binding(self, person_id: str, issuer: str, now: float) -> Binding | None:
        his = (
            identity_bindings.c.person_id == person_id,
            identity_bindings.c.issuer == issuer,
            identity_bindings.c.until > now,
        )
        with self._db.read() as connection:
            row = connection.execute(select(identity_bindings).where(*his)).one_or_none()
        return None if row is None else Binding(row.issuer, row.subject_key, row.until)

    def _one(self, connection: Connection, query: Select[*tuple[Any, ...]]) -> Link | None:
        row = connection.execute(query).one_or_none()
        try:
            return None if row is None else _link(row, self._vault)
        except SealedElsewhere:
            return None  # the address is sealed under a key that is gone: nobody can be told which chat it is


def forget_identity(connection: Connection, person_id: str) -> None:
    """Nothing of who he is remains, and no link leads back to him."""
    connection.execute(delete(identity_links).where(_LINK.person_id == person_id))
    connection.execute(delete(identity_bindings).where(identity_bindings.c.person_id == person_id))


def delete_old_identity(connection: Connection, now: float) -> None:
    """Bindings whose time is over, and links of which nothing depends any more (an hour's are counted)."""
    connection.execute(delete(identity_bindings).where(identity_bindings.c.until <= now))
    over = (_LINK.expires_at <= now - HOUR_S,)
    connection.execute(delete(identity_links).where(*over))
    _void(connection, _LINK.expires_at <= now)


def _wrong(connection: Connection, person_id: str, now: float) -> Confirmed:
    """A code that nobody has: a wrong try, where this person has one to write."""
    waiting = connection.execute(
        select(identity_links)
        .where(_LINK.person_id == person_id, _LINK.state == LinkState.RETURNED.value, _LINK.expires_at > now)
        .order_by(_LINK.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if waiting is None:
        return Confirmed.NOTHING
    if waiting.tries + 1 >= CODE_TRIES:
        _void(connection, _LINK.id == waiting.id)
        return Confirmed.SPENT
    connection.execute(update(identity_links).where(_LINK.id == waiting.id).values(tries=_LINK.tries + 1))
    return Confirmed.WRONG


def _void(connection: Connection, which: ColumnElement[bool]) -> None:
    """End these links where they are not done, and empty them."""
    ended = {"state": LinkState.VOID.value, "subject_key": None, "issuer": None} | _SPENT
    connection.execute(update(identity_links).where(which, _NOT_DONE).values(ended))


def _bind(connection: Connection, link: Row[*tuple[Any, ...]], until: float) -> None:
    fresh = insert(connection, identity_bindings).values(
        person_id=link.person_id, issuer=link.issuer, subject_key=link.subject_key, until=until
    )
    keys = ["person_id", "issuer"]
    changed = {name: fresh.excluded[name] for name in ("subject_key", "until")}
    connection.execute(fresh.on_conflict_do_update(index_elements=keys, set_=changed))


def _lock(connection: Connection, person_id: str) -> None:
    """One at a time for each person (PostgreSQL; SQLite has one writer)."""
    connection.execute(select(people.c.id).where(people.c.id == person_id).with_for_update(key_share=True)).all()


def _link(row: Row[*tuple[Any, ...]], vault: Vault) -> Link:
    return Link(
        id=row.id,
        state=LinkState(row.state),
        language=row.language,
        address=address_of(row, vault),
        expires_at=row.expires_at,
        browser_key=row.browser_key,
        secret=row.secret,
        code=row.code,
    )
