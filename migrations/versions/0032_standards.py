"""0032 standards: who gets how much of the allowance, in how many payments, with validity and versions

Revision ID: 0032
Revises: 0031
Create Date: 2026-11-29 17:10:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

STATES = sa.Enum('draft', 'in_force', 'discarded', name='standardstate', native_enum=False, create_constraint=True, length=32)
NOT_DISCARDED = sa.text("state <> 'discarded'")


def upgrade():
    op.create_table(
        'standards',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('period_id', sa.Integer(), nullable=True),
        sa.Column('conditions', sa.JSON(), nullable=False),
        sa.Column('priority', sa.Integer(), nullable=False),
        sa.Column('amount_fen', sa.BigInteger(), nullable=False),
        sa.Column('instalments', sa.Integer(), nullable=False),
        sa.Column('interval_months', sa.Integer(), nullable=False),
        sa.Column('years', sa.Integer(), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('replaces_id', sa.Integer(), nullable=True),
        sa.Column('state', STATES, nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.CheckConstraint('amount_fen >= instalments', name=op.f('ck_standards_amount')),
        sa.CheckConstraint(
            'instalments >= 1 AND interval_months >= 0 AND (instalments - 1) * interval_months < 12',
            name=op.f('ck_standards_instalments'),
        ),
        sa.CheckConstraint('years >= 1', name=op.f('ck_standards_years')),
        sa.ForeignKeyConstraint(['period_id'], ['periods.id'], name=op.f('fk_standards_period_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['standards.id'], name=op.f('fk_standards_replaces_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_standards')),
    )
    op.create_index(op.f('ix_standards_state_priority_id'), 'standards', ['state', 'priority', 'id'])
    op.create_index(op.f('ix_standards_period_id'), 'standards', ['period_id'])
    op.create_index(
        'uq_standards_one_successor',
        'standards',
        ['replaces_id'],
        unique=True,
        sqlite_where=NOT_DISCARDED,
        postgresql_where=NOT_DISCARDED,
    )


def downgrade():
    op.drop_table('standards')
