"""0044 failed deliveries: an index for those that nobody received

Revision ID: 0044
Revises: 0043
Create Date: 2026-11-29 21:20:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None

FAILED = sa.text("state = 'failed'")


def upgrade():
    op.create_index('ix_deliveries_failed', 'deliveries', ['id'], sqlite_where=FAILED, postgresql_where=FAILED)


def downgrade():
    op.drop_index('ix_deliveries_failed', table_name='deliveries')
