"""Who a message is from: the conversation of an address, the person behind it, and his other addresses.

One phone number is one person, on SMS and on both WhatsApp providers alike: what he says on one (stop, forget me) holds
on all. Telegram and the web chat give no number, so who uses them is a person of his own there.

Locks, on PostgreSQL: first the advisory ones, in order, for whoever is met for the first time; then conversations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, select, update

from bot.conversation import country_of
from bot.store.identity import forget_identity
from bot.store.opt_out import opted_out
from bot.store.rows import lookup_of, new_id
from bot.store.tables import appointments, attempts, complaints, conversations, identities, people, suppressions
from bot.vault import Vault
from connectors.messages import Address, Medium

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PHONE_MEDIA = frozenset({Medium.SMS, Medium.WHATSAPP})
_RETIRED = "retired:"  # no hash looks like this

_FIND = (
    select(
        conversations.c.id.label("conversation_id"),
        identities.c.id.label("identity_id"),
        identities.c.person_id,
        identities.c.phone,
    )
    .join(identities, identities.c.id == conversations.c.identity_id)
    .where(identities.c.lookup == bindparam("b_lookup"))
    .with_for_update(of=conversations, key_share=True)  # ignored by SQLite, which has one writer
)
_PERSON_WITH = (
    select(people.c.id)
    .join(identities, identities.c.person_id == people.c.id)
    .where(identities.c.phone == bindparam("b_phone"))
    .order_by(identities.c.id)
    .limit(1)
    .with_for_update(of=people, read=True, key_share=True)
)
_STOPPED = (
    delete(suppressions)
    .where(suppressions.c.lookup.in_(bindparam("b_keys", expanding=True)))
    .returning(suppressions.c.at)
)
_NEW_IDENTITY = identities.insert().returning(identities.c.id)


def conversation_id_for(
    connection: Connection, vault: Vault, address: Address, now: float, also: Sequence[Address] = ()
) -> str:
    """The conversation of an address, made if need be, and locked until the transaction ends.

    The lock matters on PostgreSQL: two messages of one person stored at the same instant get ids in the order in which
    they become visible, so that a worker can never claim the second before the first exists.

    `also`: other addresses of the same citizen in the same webhook (WhatsApp's phone number and business-scoped id).
    """
    lookup, phone = lookup_of(vault, address), phone_key(vault, (address, *also))
    if found := _find(connection, lookup):
        if also and phone and found.phone != phone:
            _learn_phone(connection, found, phone, now)
        return str(found.conversation_id)
    others = [lookup_of(vault, known) for known in also]
    waited = _one_at_a_time(connection, lookup, *others, *([phone] if phone else []))
    if waited and (found := _find(connection, lookup)):  # another process met him while we waited
        return str(found.conversation_id)
    for other in others:  # met before under his other address: the conversation goes on under the new one
        if found := _find(connection, other):
            _readdress(connection, vault, found.identity_id, address, phone)
            return str(found.conversation_id)
    person_id = _person_for(connection, [lookup, *others], phone, now)
    identity = {"person_id": person_id, "lookup": lookup, "phone": phone} | _sealed(vault, address)
    identity_id = connection.execute(_NEW_IDENTITY, identity).scalar_one()
    conversation_id = new_id()
    country = next((c for c in map(country_of, (address, *also)) if c), None)
    row = {"id": conversation_id, "identity_id": identity_id, "country": country, "updated_at": now}
    connection.execute(conversations.insert(), row)
    return conversation_id


def moved(connection: Connection, vault: Vault, before: Sequence[Address], after: Address, now: float) -> bool:
    """The citizen at the addresses `before` is now at `after`, and they lead to him no more; False: none is known.

    A number that was given up may soon be somebody else's: his phone is forgotten unless `after` names another.
    """
    lookups, lookup, phone = (
        [lookup_of(vault, one) for one in before],
        lookup_of(vault, after),
        phone_key(vault, (after,)),
    )
    _one_at_a_time(connection, *lookups, lookup, *([phone] if phone else []))
    both = (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.lookup.in_([*lookups, lookup]))
        .order_by(conversations.c.id)
        .with_for_update(of=conversations, key_share=True)
    )
    connection.execute(both).all()  # locked in the order in which everybody locks several
    known = [found for one in lookups if (found := _find(connection, one))]
    there = _find(connection, lookup)
    for found in known:
        forget_identity(connection, found.person_id)
        if there is None:
            _readdress(connection, vault, found.identity_id, after, phone)
            there = found
        elif found.identity_id != there.identity_id:
            _retire(connection, found)
            _merge(connection, found.person_id, there.person_id, there.conversation_id, now)
    return bool(known)


def phone_key(vault: Vault, addresses: Sequence[Address]) -> str | None:
    """The hash of the first phone number among the addresses."""
    for address in addresses:
        if address.medium in _PHONE_MEDIA and _PHONE.fullmatch(address.external_id):
            return vault.lookup("phone", address.external_id)
    return None


def is_retired(lookup: str) -> bool:
    """Whether this stands where the hash of an address was that leads to nobody any more."""
    return lookup.startswith(_RETIRED)


def _person_for(connection: Connection, lookups: Sequence[str], phone: str | None, now: float) -> str:
    """The person with this phone number, or a new one; who said stop and was forgotten has still said stop."""
    if phone is not None and (person := _person_with(connection, phone)) is not None:
        return person
    keys = [*lookups, *([phone] if phone else [])]
    # From here on his row says it: what is left here would hold against him when he has started again.
    stopped = connection.scalars(_STOPPED, {"b_keys": keys}).all()
    person_id = new_id()
    row = {"id": person_id, "created_at": now, "opted_out_at": min(stopped, default=None)}
    connection.execute(people.insert(), row)
    return person_id


def _person_with(connection: Connection, phone: str) -> str | None:
    """The person with this number, who is not deleted or made one with another until the transaction ends."""
    # Who was deleted while we waited may have been made one with another: then that one is found by the second look.
    for _ in range(2):
        if (person := connection.execute(_PERSON_WITH, {"b_phone": phone}).scalar_one_or_none()) is not None:
            return str(person)
    return None


def _learn_phone(connection: Connection, found: Row[*tuple[Any, ...]], phone: str, now: float) -> None:
    """A webhook named the phone number of somebody who was known without it: he may be known by it elsewhere."""
    other = _person_with(connection, phone)
    connection.execute(update(identities).where(identities.c.id == found.identity_id).values(phone=phone))
    if other is not None and other != found.person_id:
        _merge(connection, found.person_id, other, found.conversation_id, now)


def _merge(connection: Connection, person_id: str, into: str, conversation_id: str, now: float) -> None:
    """Two turn out to be one; `conversation_id` is one of `into`'s afterwards. Who said stop once has said stop."""
    if person_id == into:
        return
    himself = select(people.c.opted_out_at).where(people.c.id == person_id).with_for_update()
    stopped = connection.execute(himself).scalar_one_or_none()
    tries = update(attempts).where(attempts.c.person_id == person_id)
    connection.execute(update(identities).where(identities.c.person_id == person_id).values(person_id=into))
    for one in (person_id, into):  # whoever was verified before need not be whoever has the number now
        forget_identity(connection, one)
    connection.execute(tries.values(person_id=into))  # or a second number would be a second chance
    for filed in (complaints, appointments):
        connection.execute(update(filed).where(filed.c.person_id == person_id).values(person_id=into))
    connection.execute(
        delete(people).where(people.c.id == person_id, ~exists().where(identities.c.person_id == person_id))
    )
    if stopped is not None:
        opted_out(connection, conversation_id, now)


def _retire(connection: Connection, found: Row[*tuple[Any, ...]]) -> None:
    """Nobody is found at this identity's address any more."""
    nowhere = f"{_RETIRED}{found.identity_id}"
    connection.execute(
        update(identities).where(identities.c.id == found.identity_id).values(lookup=nowhere, phone=None)
    )
    connection.execute(update(conversations).where(conversations.c.id == found.conversation_id).values(reachable=False))


def _readdress(connection: Connection, vault: Vault, identity_id: int, address: Address, phone: str | None) -> None:
    connection.execute(
        update(identities)
        .where(identities.c.id == identity_id)
        .values(lookup=lookup_of(vault, address), phone=phone, **_sealed(vault, address))
    )


def _sealed(vault: Vault, address: Address) -> dict[str, str]:
    return address.model_dump(mode="json") | {"external_id": vault.seal(address.external_id)}


def _find(connection: Connection, lookup: str) -> Row[*tuple[Any, ...]] | None:
    return connection.execute(_FIND, {"b_lookup": lookup}).one_or_none()


def _one_at_a_time(connection: Connection, *keys: str) -> bool:
    """On PostgreSQL, wait for whoever meets the same address or phone number now: one citizen must not become two.

    False on SQLite, where nobody can have written since our transaction began.
    """
    waited = connection.dialect.name == "postgresql"
    if waited:
        for number in sorted({int(key[:15], 16) for key in keys}):
            connection.execute(select(func.pg_advisory_xact_lock(number)))
    return waited
