"""0047 lists of statistics: why applications were returned, one row for each reason, and indexes for what the numbers lead to

Revision ID: 0047
Revises: 0046
Create Date: 2026-11-30 00:40:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0047'
down_revision = '0046'
branch_labels = None
depends_on = None

AT_ONCE = 50_000
"""Decisions of one statement."""
INDUSTRY = 'ix_statistic_applications_industry_application_id'
EACH = {'postgresql': 'json_array_elements_text(reasons)', 'sqlite': 'json_each(reasons)'}
PLACES = ('period_id', 'region_id', 'enterprise_id')
LISTS = {'': (), '_of_region': ('region_id',), '_of_enterprise': ('enterprise_id',)}
TIMED = sa.text('days IS NOT NULL')


def upgrade():
    connection = op.get_bind()
    dialect = connection.dialect.name
    op.create_table(
        'statistic_reasons',
        sa.Column('review_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=100), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in PLACES),
        sa.Column('decided_on', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ['review_id'], ['statistic_decisions.review_id'], name=op.f('fk_statistic_reasons_review_id')
        ),
        sa.PrimaryKeyConstraint('review_id', 'reason', name=op.f('pk_statistic_reasons')),
    )
    columns = f"review_id, {', '.join(PLACES)}, decided_on"
    fill = sa.text(
        f"INSERT INTO statistic_reasons ({columns}, reason) SELECT {columns}, 'return' FROM statistic_decisions"
        " WHERE reasons IS NOT NULL AND review_id > :after AND review_id <= :until"
        f" UNION SELECT {columns}, each.value FROM statistic_decisions, {EACH[dialect]} AS each"
        f"{'(value)' if dialect == 'postgresql' else ''}"
        " WHERE reasons IS NOT NULL AND review_id > :after AND review_id <= :until"
    )
    last = connection.execute(sa.text('SELECT max(review_id) FROM statistic_decisions')).scalar() or 0
    for after in range(0, last, AT_ONCE):
        connection.execute(fill, {'after': after, 'until': after + AT_ONCE})
    for name, leading in LISTS.items():
        op.create_index(
            f'ix_statistic_decisions_timed{name}',
            'statistic_decisions',
            [*leading, 'step', 'decided_on', 'review_id', 'days', 'period_id'],
            sqlite_where=TIMED,
            postgresql_where=TIMED,
        )
        op.create_index(
            f"ix_statistic_reasons{name or '_all'}",
            'statistic_reasons',
            [*leading, 'reason', 'decided_on', 'review_id', 'period_id'],
        )
    op.create_index(INDUSTRY, 'statistic_applications', ['industry', 'application_id'])
    if dialect == 'postgresql':  # else nobody knows how frequent a value is
        for table in ('statistic_applications', 'statistic_decisions', 'statistic_reasons'):
            op.execute(f'ANALYZE {table}')


def downgrade():
    op.drop_index(INDUSTRY, 'statistic_applications')
    for name in LISTS:
        op.drop_index(f'ix_statistic_decisions_timed{name}', 'statistic_decisions')
    op.drop_table('statistic_reasons')
