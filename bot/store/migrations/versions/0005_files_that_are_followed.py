"""Files whose owners want to be told when they change; notifications that go by SMS where WhatsApp fails"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
ACTIVE = sa.text("status = 'active'")
OFFERED = sa.text("status = 'offered'")
UNDELIVERED = sa.text("instead = 'sms' AND delivery = 'failed'")


def upgrade() -> None:
    op.create_table(
        'follows',
        sa.Column('id', ROW_ID, autoincrement=True, nullable=False),
        sa.Column('conversation_id', sa.String(32), nullable=False),
        sa.Column('file_key', sa.String(64), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        sa.Column('system', sa.String(16), nullable=False),
        sa.Column('told', sa.String(32), nullable=False),
        sa.Column('status', sa.String(8), server_default='offered', nullable=False),
        sa.Column('wording', sa.Integer()),
        sa.Column('consented_at', sa.Double()),
        sa.Column('expires_at', sa.Double(), nullable=False),
        sa.Column('quiet', sa.Integer(), server_default='0', nullable=False),
        sa.Column('missing', sa.Integer(), server_default='0', nullable=False),
        sa.Column('attempt', sa.Integer(), server_default='0', nullable=False),
        sa.Column('due_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'], name='fk_follows_conversation_id'),
        sa.PrimaryKeyConstraint('id', name='pk_follows'),
        sa.UniqueConstraint('conversation_id', 'file_key', name='uq_follows_conversation_id_file_key'),
    )
    op.create_index('ix_follows_file_key', 'follows', ['file_key'])
    op.create_index('ix_follows_due', 'follows', ['due_at', 'id'], sqlite_where=ACTIVE, postgresql_where=ACTIVE)
    op.create_index('ix_follows_offered', 'follows', ['expires_at'], sqlite_where=OFFERED, postgresql_where=OFFERED)
    op.create_table(
        'follow_systems',
        sa.Column('system', sa.String(16), nullable=False),
        sa.Column('pace', sa.Double(), server_default='0', nullable=False),
        sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
        sa.Column('rests_until', sa.Double(), server_default='0', nullable=False),
        sa.PrimaryKeyConstraint('system', name='pk_follow_systems'),
    )
    op.add_column('outbox', sa.Column('instead', sa.String(8)))
    op.create_index('ix_outbox_undelivered', 'outbox', ['id'], sqlite_where=UNDELIVERED, postgresql_where=UNDELIVERED)
