"""0039 continuations: whether somebody whose grant is paid for several years still works there, asked each year

Revision ID: 0039
Revises: 0038
Create Date: 2026-11-29 17:40:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None

POINTS_AT = {'grant_id': 'grants', 'enterprise_id': 'enterprises', 'decided_by_id': 'accounts'}
WITHIN_TERM = sa.text("overdue_on IS NULL AND state IN ('asked', 'answered')")


def _words(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade():
    op.create_table(
        'continuations',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=False),
        sa.Column('state', _words('continuationstate', 'asked', 'answered', 'confirmed', 'ended'), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('asked_at', sa.DateTime(), nullable=False),
        sa.Column('due_by', sa.Date(), nullable=False),
        sa.Column('overdue_on', sa.Date(), nullable=True),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.Column('last_day', sa.Date(), nullable=True),
        sa.Column('end', _words('employmentend', 'left', 'moved'), nullable=True),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_continuations_{name}'))
            for name, table in POINTS_AT.items()
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_continuations')),
        sa.UniqueConstraint('grant_id', 'year', name=op.f('uq_continuations_grant_id_year')),
    )
    op.create_index(
        op.f('ix_continuations_enterprise_id_state_id'), 'continuations', ['enterprise_id', 'state', 'id']
    )
    op.create_index(
        'ix_continuations_within_term',
        'continuations',
        ['due_by'],
        sqlite_where=WITHIN_TERM,
        postgresql_where=WITHIN_TERM,
    )


KINDS = ('continuation_asked', 'continuation_to_confirm', 'continuation_confirmed', 'grant_held')


def downgrade():
    written = 'kind IN ({})'.format(', '.join(f"'{kind}'" for kind in KINDS))
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.drop_table('continuations')
