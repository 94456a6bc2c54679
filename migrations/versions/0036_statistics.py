"""0036 statistics: what is counted, and the changes that are not counted yet

Every history row there is becomes a change: the worker counts them, or `flask --app app recount` does at once. Rows from
before 0022 do not say when the application had arrived, so their working days stay unknown. Where an application was at
the time of an earlier row is not known either: such a row counts for the region and the enterprise that it has now.

Revision ID: 0036
Revises: 0035
Create Date: 2026-11-29 17:40:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

AT_ONCE = 50_000
"""History rows of one statement."""

STATES = sa.Enum(
    'draft', 'enterprise_review', 'preliminary_review', 'city_review', 'returned', 'finished',
    name='step', native_enum=False, create_constraint=True, length=32,
)
FILL = sa.text(
    "INSERT INTO statistic_changes (review_id, application_id, region_id, enterprise_id)"
    " SELECT r.id, r.application_id, coalesce(a.region_id, 0), coalesce(a.submitted_enterprise_id, 0) FROM reviews r"
    " JOIN applications a ON a.id = r.application_id WHERE r.id > :after AND r.id <= :until AND a.round > 0"
    " AND r.action IN ('submit', 'pass', 'return', 'refuse', 'take_back')"
)
TOTALS = ('submitted', 'reached_office', 'reached_city')


def _whole(*names, nullable=False):
    return [sa.Column(name, sa.Integer(), nullable=nullable) for name in names]


def upgrade():
    op.create_table(
        'statistic_changes',
        *_whole('review_id', 'application_id', 'region_id', 'enterprise_id'),
        sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_statistic_changes_review_id')),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_statistic_changes_application_id')),
        sa.PrimaryKeyConstraint('review_id', name=op.f('pk_statistic_changes')),
    )
    op.create_table(
        'statistic_applications',
        *_whole('application_id', 'period_id', 'region_id', 'enterprise_id', 'reached'),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('education', sa.String(length=20), nullable=True),
        sa.Column('industry', sa.String(length=60), nullable=True),
        sa.Column('submitted_on', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ['application_id'], ['applications.id'], name=op.f('fk_statistic_applications_application_id')
        ),
        sa.PrimaryKeyConstraint('application_id', name=op.f('pk_statistic_applications')),
    )
    op.create_table(
        'statistic_decisions',
        *_whole('review_id', 'application_id', 'period_id', 'region_id', 'enterprise_id'),
        sa.Column('step', STATES, nullable=False),
        sa.Column('decided_on', sa.Date(), nullable=False),
        *_whole('days', nullable=True),
        sa.Column('reasons', sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_statistic_decisions_review_id')),
        sa.ForeignKeyConstraint(
            ['application_id'], ['applications.id'], name=op.f('fk_statistic_decisions_application_id')
        ),
        sa.PrimaryKeyConstraint('review_id', name=op.f('pk_statistic_decisions')),
    )
    op.create_table(
        'statistic_counts',
        *_whole('enterprise_id'),
        sa.Column('month', sa.String(length=7), nullable=False),
        *_whole('period_id', 'region_id'),
        sa.Column('numbers', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('enterprise_id', 'month', 'period_id', 'region_id', name=op.f('pk_statistic_counts')),
    )
    op.create_table(
        'statistic_enterprises',
        *_whole('period_id', 'region_id', 'enterprise_id', *TOTALS),
        sa.PrimaryKeyConstraint('period_id', 'region_id', 'enterprise_id', name=op.f('pk_statistic_enterprises')),
    )
    for table, *columns in (
        ('statistic_applications', 'enterprise_id', 'application_id'),
        ('statistic_decisions', 'application_id'),
        ('statistic_decisions', 'enterprise_id', 'review_id'),
        ('statistic_enterprises', 'period_id', 'submitted'),
        ('statistic_enterprises', 'period_id', 'reached_city'),
        *(('statistic_enterprises', 'period_id', 'region_id', total) for total in TOTALS),
    ):
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    connection = op.get_bind()
    last = connection.execute(sa.text('SELECT max(id) FROM reviews')).scalar() or 0
    for after in range(0, last, AT_ONCE):
        connection.execute(FILL, {'after': after, 'until': after + AT_ONCE})


def downgrade():
    for table in ('changes', 'applications', 'decisions', 'counts', 'enterprises'):
        op.drop_table(f'statistic_{table}')
