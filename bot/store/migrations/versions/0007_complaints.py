"""Complaints that were filed at a desk, so that none is filed twice and each can be followed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'complaints',
        sa.Column('turn_id', sa.String(64), nullable=False),
        sa.Column('person_id', sa.String(32), nullable=False),
        sa.Column('state', sa.String(12), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('ref', sa.Text(), nullable=False, server_default=''),
        sa.Column('token', sa.Text(), nullable=False, server_default=''),
        sa.Column('notice', sa.Text(), nullable=False, server_default=''),
        sa.Column('at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('turn_id', name=op.f('pk_complaints')),
    )
    op.create_index('ix_complaints_at', 'complaints', ['at'])
    op.create_index('ix_complaints_person', 'complaints', ['person_id', 'at'])
