"""0041 system events: how backups and other parts of the operation ended

Revision ID: 0041
Revises: 0040
Create Date: 2026-11-29 20:30:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'system_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=40), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('outcome', sa.Enum('succeeded', 'failed', name='eventoutcome', native_enum=False, length=32, create_constraint=True), nullable=False),
        sa.Column('detail', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_system_events')),
    )
    op.create_index(op.f('ix_system_events_name_at'), 'system_events', ['name', 'at'])


def downgrade():
    op.drop_table('system_events')
