"""Sealed addresses, people who opt out as a whole, priorities, rates, costs, delivery reports that come early"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import context, op

from bot.store.meeting import phone_key
from bot.store.rows import lookup_of, provider_key
from bot.vault import Vault
from connectors.messages import Address

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

OPEN_INBOX = sa.text("state IN ('queued', 'working')")
OPEN_OUTBOX = sa.text("state IN ('queued', 'sending')")


def upgrade() -> None:
    vault: Vault = context.config.attributes["vault"]
    connection = op.get_bind()
    with op.batch_alter_table('people') as batch:
        batch.add_column(sa.Column('opted_out_at', sa.Double()))
        batch.add_column(sa.Column('notice', sa.Integer(), server_default='0', nullable=False))
        batch.add_column(sa.Column('flood', sa.Text(), server_default='{}', nullable=False))
        batch.add_column(sa.Column('forget_at', sa.Double()))
    connection.execute(sa.text(
        "UPDATE people SET opted_out_at = (SELECT max(c.updated_at) FROM conversations c JOIN identities i"
        " ON i.id = c.identity_id WHERE i.person_id = people.id AND c.opted_out)"))
    with op.batch_alter_table('identities') as batch:
        batch.add_column(sa.Column('lookup', sa.String(64)))
        batch.add_column(sa.Column('phone', sa.String(64)))
        batch.drop_constraint('uq_identities_channel_medium_namespace_external_id', type_='unique')
        batch.alter_column('external_id', type_=sa.Text(), existing_type=sa.String(200), existing_nullable=False)
    _seal_addresses(connection, vault)
    with op.batch_alter_table('identities') as batch:
        batch.alter_column('lookup', nullable=False, existing_type=sa.String(64))
        batch.create_unique_constraint('uq_identities_lookup', ['lookup'])
        batch.create_index('ix_identities_phone', ['phone'])
    with op.batch_alter_table('conversations') as batch:
        batch.drop_column('opted_out')
        batch.add_column(sa.Column('heard_at', sa.Double()))
        batch.add_column(sa.Column('pace', sa.Double(), server_default='0', nullable=False))
    with op.batch_alter_table('inbox') as batch:
        batch.add_column(sa.Column('provider_key', sa.String(64)))
        batch.add_column(sa.Column('trace', sa.String(16), server_default='', nullable=False))
    _strip_inbox(connection, vault)
    with op.batch_alter_table('inbox') as batch:
        batch.drop_constraint('uq_inbox_channel_provider_id', type_='unique')
        batch.drop_column('provider_id')
        batch.alter_column('provider_key', nullable=False, existing_type=sa.String(64))
        batch.create_unique_constraint('uq_inbox_provider_key', ['provider_key'])
    with op.batch_alter_table('outbox') as batch:
        batch.drop_index('ix_outbox_provider')
        batch.drop_index('ix_outbox_due', sqlite_where=OPEN_OUTBOX, postgresql_where=OPEN_OUTBOX)
        batch.add_column(sa.Column('trace', sa.String(16), server_default='', nullable=False))
        batch.add_column(sa.Column('priority', sa.Integer(), server_default='0', nullable=False))
        batch.add_column(sa.Column('tried_at', sa.Double()))
        batch.add_column(sa.Column('sender', sa.String(240)))
        batch.add_column(sa.Column('provider_key', sa.String(64)))
        batch.add_column(sa.Column('provider_code', sa.String(64)))
        batch.add_column(sa.Column('segments', sa.Integer()))
        batch.add_column(sa.Column('cost_micros', sa.BigInteger()))
        batch.alter_column('provider_message_id', type_=sa.Text(), existing_type=sa.String(200), existing_nullable=True)
    _strip_outbox(connection, vault)
    with op.batch_alter_table('outbox') as batch:
        batch.alter_column('sender', nullable=False, existing_type=sa.String(240))
        batch.create_index('ix_outbox_provider', ['provider_key'])
        batch.create_index(
            'ix_outbox_held', ['conversation_id'], sqlite_where=sa.text("state = 'held'"),
            postgresql_where=sa.text("state = 'held'"))
        batch.create_index('ix_outbox_due', ['priority', 'id'], sqlite_where=OPEN_OUTBOX, postgresql_where=OPEN_OUTBOX)
    op.create_table(
        'early_reports',
        sa.Column('provider_key', sa.String(64), nullable=False),
        sa.Column('delivery', sa.String(16), nullable=False),
        sa.Column('provider_code', sa.String(64)),
        sa.Column('at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('provider_key', name='pk_early_reports'),
    )
    op.create_table(
        'paces',
        sa.Column('sender', sa.String(240), nullable=False),
        sa.Column('pace', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('sender', name='pk_paces'),
    )
    op.create_table(
        'spending',
        sa.Column('day', sa.String(10), nullable=False),
        sa.Column('country', sa.String(2), nullable=False),
        sa.Column('segments', sa.Integer(), nullable=False),
        sa.Column('cost_micros', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('day', 'country', name='pk_spending'),
    )
    op.create_table(
        'suppressions',
        sa.Column('lookup', sa.String(64), nullable=False),
        sa.Column('at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('lookup', name='pk_suppressions'),
    )


def downgrade() -> None:
    raise RuntimeError("addresses are sealed from here on; restore a backup made before instead")


def _seal_addresses(connection: sa.Connection, vault: Vault) -> None:
    rows = connection.execute(sa.text("SELECT id, channel, medium, namespace, external_id FROM identities")).all()
    for row in rows:
        address = Address(channel=row.channel, medium=row.medium, namespace=row.namespace, external_id=row.external_id)
        connection.execute(
            sa.text("UPDATE identities SET lookup = :lookup, phone = :phone, external_id = :sealed WHERE id = :id"),
            {"lookup": lookup_of(vault, address), "phone": phone_key(vault, (address,)), "id": row.id,
             "sealed": vault.seal(address.external_id)},
        )


def _strip_inbox(connection: sa.Connection, vault: Vault) -> None:
    for row in connection.execute(sa.text("SELECT id, channel, provider_id, body FROM inbox")).all():
        body = json.loads(row.body)
        for name in ("sender", "provider_id"):
            body.pop(name, None)
        connection.execute(
            sa.text("UPDATE inbox SET provider_key = :key, body = :body WHERE id = :id"),
            {"key": provider_key(vault, row.channel, row.provider_id), "id": row.id,
             "body": json.dumps(body, ensure_ascii=False)},
        )


def _strip_outbox(connection: sa.Connection, vault: Vault) -> None:
    for row in connection.execute(sa.text("SELECT id, channel, body, provider_message_id FROM outbox")).all():
        body = json.loads(row.body)
        to = body.pop("to")
        given = row.provider_message_id
        connection.execute(
            sa.text("UPDATE outbox SET sender = :sender, body = :body, provider_key = :key,"
                    " provider_message_id = :sealed WHERE id = :id"),
            {"sender": f"{to['channel']}:{to['medium']}:{to['namespace']}", "body": json.dumps(body, ensure_ascii=False),
             "key": provider_key(vault, row.channel, given) if given else None,
             "sealed": vault.seal(given) if given else None, "id": row.id},
        )
