"""One-time links to an identity provider, and the identities that were verified"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

RowId = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'identity_links',
        sa.Column('id', RowId, autoincrement=True, nullable=False),
        sa.Column('token_key', sa.String(64), nullable=False),
        sa.Column('person_id', sa.String(32), nullable=False),
        sa.Column('conversation_id', sa.String(32), nullable=False),
        sa.Column('turn_id', sa.String(64), nullable=False),
        sa.Column('waiting', sa.Text, nullable=False),
        sa.Column('language', sa.String(3), nullable=False),
        sa.Column('state', sa.String(8), nullable=False, server_default='open'),
        sa.Column('created_at', sa.Double, nullable=False),
        sa.Column('expires_at', sa.Double, nullable=False),
        sa.Column('browser_key', sa.String(64)),
        sa.Column('state_key', sa.String(64)),
        sa.Column('secret', sa.Text, nullable=False, server_default=''),
        sa.Column('issuer', sa.String(255)),
        sa.Column('subject_key', sa.String(64)),
        sa.Column('code_key', sa.String(64)),
        sa.Column('code', sa.Text, nullable=False, server_default=''),
        sa.Column('tries', sa.Integer, nullable=False, server_default='0'),
        sa.Column('confirmed_by', sa.String(64)),
        sa.PrimaryKeyConstraint('id', name='pk_identity_links'),
        sa.UniqueConstraint('token_key', name='uq_identity_links_token_key'),
        sa.UniqueConstraint('turn_id', name='uq_identity_links_turn_id'),
        sa.UniqueConstraint('state_key', name='uq_identity_links_state_key'),
        sa.UniqueConstraint('code_key', name='uq_identity_links_code_key'),
    )
    op.create_index('ix_identity_links_person', 'identity_links', ['person_id', 'created_at'])
    for column in ('conversation_id', 'expires_at', 'browser_key'):
        op.create_index(f'ix_identity_links_{column}', 'identity_links', [column])
    op.create_table(
        'identity_bindings',
        sa.Column('person_id', sa.String(32), nullable=False),
        sa.Column('issuer', sa.String(255), nullable=False),
        sa.Column('subject_key', sa.String(64), nullable=False),
        sa.Column('until', sa.Double, nullable=False),
        sa.PrimaryKeyConstraint('person_id', 'issuer', name='pk_identity_bindings'),
    )
    op.create_index('ix_identity_bindings_until', 'identity_bindings', ['until'])
