"""0031 city periods: the index of what waits in the city holds the period too, so that narrowing by it reads no other rows

Revision ID: 0031
Revises: 0030
Create Date: 2026-11-29 16:05:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

CITY = 'ix_applications_counted_in_the_city'
ROWS = sa.text("reached & 4 <> 0 AND state <> 'finished'")


def _city_index(*columns):
    op.drop_index(CITY, table_name='applications')
    op.create_index(CITY, 'applications', columns, sqlite_where=ROWS, postgresql_where=ROWS)


def upgrade():
    _city_index('state', 'arrived_at', 'period_id')


def downgrade():
    _city_index('state', 'arrived_at')
