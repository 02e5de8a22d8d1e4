"""Indexes for a million rows, senders that are known before they are asked, why an early report failed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

OPEN_INBOX = sa.text("state IN ('queued', 'working')")
OPEN_OUTBOX = sa.text("state IN ('queued', 'sending')")
DEAD_OUTBOX = sa.text("state = 'failed' AND error_code != 'opted_out'")
ASKED = sa.text("forget_at IS NOT NULL")


def upgrade() -> None:
    op.add_column('early_reports', sa.Column('failure', sa.String(32)))
    op.create_index('ix_early_reports_at', 'early_reports', ['at'])
    op.create_index('ix_people_asked', 'people', ['id'], sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_index('ix_requests_conversation_id', 'requests', ['conversation_id'])
    op.drop_index('ix_inbox_due', 'inbox')
    op.create_index('ix_inbox_due', 'inbox', ['due_at', 'id'], sqlite_where=OPEN_INBOX, postgresql_where=OPEN_INBOX)
    op.create_index('ix_inbox_history', 'inbox', ['conversation_id', 'id'])
    op.drop_index('ix_outbox_due', 'outbox')
    op.create_index('ix_outbox_due', 'outbox', ['sender', 'priority', 'due_at', 'id'],
                    sqlite_where=OPEN_OUTBOX, postgresql_where=OPEN_OUTBOX)
    op.create_index('ix_outbox_dead', 'outbox', ['id'], sqlite_where=DEAD_OUTBOX, postgresql_where=DEAD_OUTBOX)
    op.create_index('ix_outbox_inbox', 'outbox', ['inbox_id'])
    op.execute("INSERT INTO paces (sender, pace) SELECT DISTINCT sender, 0 FROM outbox WHERE true ON CONFLICT DO NOTHING")
