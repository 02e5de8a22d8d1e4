"""SMS whose price is not known; what is stuck is counted by small indexes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

DEAD = sa.text("state = 'dead'")
MISCONFIGURED = sa.text("state = 'queued' AND error_code = 'misconfigured'")


def upgrade() -> None:
    op.add_column('spending', sa.Column('unpriced', sa.Integer(), server_default='0', nullable=False))
    op.create_index('ix_inbox_dead', 'inbox', ['id'], sqlite_where=DEAD, postgresql_where=DEAD)
    op.create_index('ix_outbox_misconfigured', 'outbox', ['channel'],
                    sqlite_where=MISCONFIGURED, postgresql_where=MISCONFIGURED)
