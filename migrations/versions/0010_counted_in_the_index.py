"""0010 counted in the index: the number on a tab reads no row of the table

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-23 19:20:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

COLUMNS = (['region_id', 'state', 'arrived_at', 'id'], ['state', 'arrived_at', 'id'])


def _made_anew(**options):
    if op.get_bind().dialect.name != 'postgresql':
        return
    for columns in COLUMNS:
        name = op.f(f"ix_applications_{'_'.join(columns)}")
        op.drop_index(name, table_name='applications')
        op.create_index(name, 'applications', columns, **options)


def upgrade():
    _made_anew(postgresql_include=['reached'])


def downgrade():
    _made_anew()
