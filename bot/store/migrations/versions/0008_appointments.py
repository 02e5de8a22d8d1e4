"""Appointments that were booked, so that none is booked twice and each can be reminded of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

TO_REMIND = sa.text("remind_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        'appointments',
        sa.Column('turn_id', sa.String(64), nullable=False),
        sa.Column('person_id', sa.String(32), nullable=False),
        sa.Column('conversation_id', sa.String(32), nullable=False),
        sa.Column('state', sa.String(12), nullable=False),
        sa.Column('procedure', sa.String(100), nullable=False),
        sa.Column('slot_id', sa.Text(), nullable=False),
        sa.Column('place', sa.Text(), nullable=False, server_default=''),
        sa.Column('ref', sa.Text(), nullable=False, server_default=''),
        sa.Column('starts_at', sa.Double(), nullable=False),
        sa.Column('ends_at', sa.Double(), nullable=False),
        sa.Column('remind_at', sa.Double()),
        sa.PrimaryKeyConstraint('turn_id', name=op.f('pk_appointments')),
    )
    op.create_index('ix_appointments_starts_at', 'appointments', ['starts_at'])
    op.create_index('ix_appointments_person', 'appointments', ['person_id', 'starts_at'])
    op.create_index('ix_appointments_remind', 'appointments', ['remind_at'],
                    sqlite_where=TO_REMIND, postgresql_where=TO_REMIND)
