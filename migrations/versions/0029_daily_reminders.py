"""0029 daily reminders: who was told what on which day, and the index by which the city counts what is overdue

Revision ID: 0029
Revises: 0028
Create Date: 2026-11-29 14:50:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

CITY = 'ix_applications_counted_in_the_city'
ROWS = sa.text("reached & 4 <> 0 AND state <> 'finished'")


def _city_index(*columns):
    op.drop_index(CITY, table_name='applications')
    op.create_index(CITY, 'applications', columns, sqlite_where=ROWS, postgresql_where=ROWS)


def upgrade():
    op.create_table(
        'digests',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('message_id', sa.Integer(), nullable=False),
        sa.Column('waiting', sa.Integer(), nullable=False),
        sa.Column('due_today', sa.Integer(), nullable=False),
        sa.Column('overdue', sa.Integer(), nullable=False),
        sa.Column('longest', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_digests_account_id')),
        sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_digests_message_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_digests')),
        sa.UniqueConstraint('account_id', 'day', name=op.f('uq_digests_account_id_day')),
        sa.UniqueConstraint('message_id', name=op.f('uq_digests_message_id')),
    )
    op.add_column('accounts', sa.Column('wants_digest', sa.Boolean(), server_default=sa.true(), nullable=False))
    _city_index('state', 'arrived_at')


def downgrade():
    _city_index('state')
    op.drop_column('accounts', 'wants_digest')
    op.drop_table('digests')
