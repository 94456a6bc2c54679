"""0012 in every order: whichever way a list is sorted, its page is read from an index and no further

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-25 15:10:00.000000

"""
from alembic import op
from sqlalchemy import text


# revision identifiers, used by Alembic.
revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

COUNTED = {'postgresql_include': ['reached']}
QUEUED = {'postgresql_where': text("state <> 'finished'")}
IN_THE_CITY = text("reached & 4 <> 0")
CITY = {'postgresql_where': IN_THE_CITY, 'sqlite_where': IN_THE_CITY}
ON_ITS_WAY = text("reached & 4 <> 0 AND state <> 'finished'")
ORDERS = ('number', 'initials', 'submitted_at')

FORMER = (
    (['submitted_enterprise_id', 'state', 'arrived_at', 'id'], {}),
    (['submitted_enterprise_id', 'arrived_at', 'id'], {}),
    (['region_id', 'state', 'arrived_at', 'id'], COUNTED),
    (['region_id', 'arrived_at', 'id'], {}),
    (['state', 'arrived_at', 'id'], COUNTED),
    (['arrived_at', 'id'], {}),
    (['submitted_at', 'id'], {}),
    (['initials', 'id'], {}),
)
PRESENT = (
    (['arrived_at', 'id', 'education', 'result'], {}),
    *(([column, 'id', 'education', 'region_id', 'result'], {}) for column in ORDERS),
    (['region_id', 'arrived_at', 'id', 'education'], {}),
    (['submitted_enterprise_id', 'arrived_at', 'id', 'education'], {}),
    *((['submitted_enterprise_id', column, 'id'], {}) for column in ORDERS),
    (['state', 'arrived_at', 'id', 'education'], QUEUED),
    (['region_id', 'state', 'arrived_at', 'id', 'education'], QUEUED | COUNTED),
    (['submitted_enterprise_id', 'state', 'arrived_at', 'id'], QUEUED),
    *((['state', column, 'id', 'education'], QUEUED) for column in ORDERS),
    *((['region_id', 'state', column, 'id'], QUEUED) for column in ORDERS),
    *(([column, 'id', 'education'], CITY) for column in ('number', 'submitted_at')),
)
OF_REVIEWS = (['actor_id', 'id'], ['actor_id', 'application_id', 'sequence'])


def _replaced(former, present):
    for columns, _ in former:
        op.drop_index(_name(columns), table_name='applications')
    for columns, options in present:
        op.create_index(_name(columns), 'applications', columns, **options)
    op.execute('ANALYZE applications')


def _name(columns):
    return op.f(f"ix_applications_{'_'.join(columns)}")


def upgrade():
    _replaced(FORMER, PRESENT)
    where = {'postgresql_where': ON_ITS_WAY, 'sqlite_where': ON_ITS_WAY}
    op.create_index('ix_applications_counted_in_the_city', 'applications', ['state'], **where)
    for columns in OF_REVIEWS:
        op.create_index(op.f(f"ix_reviews_{'_'.join(columns)}"), 'reviews', columns)
    op.drop_index(op.f('ix_reviews_actor_id_application_id'), table_name='reviews')


def downgrade():
    op.create_index(op.f('ix_reviews_actor_id_application_id'), 'reviews', ['actor_id', 'application_id'])
    for columns in OF_REVIEWS:
        op.drop_index(op.f(f"ix_reviews_{'_'.join(columns)}"), table_name='reviews')
    op.drop_index('ix_applications_counted_in_the_city', table_name='applications')
    _replaced(PRESENT, FORMER)
