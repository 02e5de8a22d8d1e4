"""Who a message is from: the conversation of an address, the person behind it, and his other addresses.

One phone number is one person, on SMS and on both WhatsApp providers alike: what he says on one (stop, forget me) holds
on all. Telegram and the web chat give no number, so who uses them is a person of his own there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from bot.conversation import country_of
from bot.store.rows import insert_or_ignore, lookup_of, new_id
from bot.store.tables import conversations, identities, people, suppressions
from bot.vault import Vault
from connectors.messages import Address, Medium

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PHONE_MEDIA = frozenset({Medium.SMS, Medium.WHATSAPP})


def conversation_id_for(
    connection: Connection, vault: Vault, address: Address, now: float, also: Sequence[Address] = ()
) -> str:
    """The conversation of an address, made if need be, and locked until the transaction ends.

    The lock matters on PostgreSQL: two messages of one person stored at the same instant get ids in the order in which
    they become visible, so that a worker can never claim the second before the first exists.

    `also`: other addresses of the same citizen in the same webhook (WhatsApp's phone number and business-scoped id).
    """
    lookup = lookup_of(vault, address)
    if found := _find(connection, lookup):
        return found
    for known in also:  # met before under his other address: the conversation goes on under the new one
        if found := _find(connection, lookup_of(vault, known)):
            _readdress(connection, vault, found, address)
            return found
    person_id = _person_for(connection, vault, (address, *also), now)
    identity_id = connection.execute(
        insert_or_ignore(connection, identities)
        .values(person_id=person_id, lookup=lookup, phone=phone_key(vault, (address, *also)), **_sealed(vault, address))
        .returning(identities.c.id)
    ).scalar_one_or_none()
    if identity_id is None:  # another process met this address a moment ago
        found = _find(connection, lookup)
        if found is None:
            raise RuntimeError("an identity exists without its conversation")
        return found  # a person made above and left alone goes with the next housekeeping
    conversation_id = new_id()
    country = next((c for c in map(country_of, (address, *also)) if c), None)
    connection.execute(
        conversations.insert().values(id=conversation_id, identity_id=identity_id, country=country, updated_at=now)
    )
    return conversation_id


def moved(connection: Connection, vault: Vault, before: Address, after: Address) -> bool:
    """The citizen at `before` is now at `after` (he changed his number); False when nobody is known there."""
    found = _find(connection, lookup_of(vault, before))
    if found is None or _find(connection, lookup_of(vault, after)) is not None:
        return False
    _readdress(connection, vault, found, after)
    return True


def phone_key(vault: Vault, addresses: Sequence[Address]) -> str | None:
    """The hash of the first phone number among the addresses."""
    for address in addresses:
        if address.medium in _PHONE_MEDIA and _PHONE.fullmatch(address.external_id):
            return vault.lookup("phone", address.external_id)
    return None


def _person_for(connection: Connection, vault: Vault, addresses: Sequence[Address], now: float) -> str:
    """The person with this phone number, or a new one; who said stop and was forgotten has still said stop."""
    phone = phone_key(vault, addresses)
    if phone is not None:
        known = select(identities.c.person_id).where(identities.c.phone == phone).limit(1)
        if (person := connection.execute(known).scalar_one_or_none()) is not None:
            return str(person)
    keys = [lookup_of(vault, address) for address in addresses] + ([phone] if phone else [])
    stopped = connection.scalars(select(suppressions.c.at).where(suppressions.c.lookup.in_(keys))).first()
    person_id = new_id()
    connection.execute(people.insert().values(id=person_id, created_at=now, opted_out_at=stopped))
    return person_id


def _readdress(connection: Connection, vault: Vault, conversation_id: str, address: Address) -> None:
    of_conversation = select(conversations.c.identity_id).where(conversations.c.id == conversation_id)
    new_phone = phone_key(vault, (address,))
    connection.execute(
        update(identities)
        .where(identities.c.id == of_conversation.scalar_subquery())
        .values(
            lookup=lookup_of(vault, address), **({"phone": new_phone} if new_phone else {}), **_sealed(vault, address)
        )
    )


def _sealed(vault: Vault, address: Address) -> dict[str, str]:
    return address.model_dump(mode="json") | {"external_id": vault.seal(address.external_id)}


def _find(connection: Connection, lookup: str) -> str | None:
    query = (
        select(conversations.c.id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(identities.c.lookup == lookup)
        .with_for_update(of=conversations)  # ignored by SQLite, which has one writer
    )
    return connection.execute(query).scalar_one_or_none()
