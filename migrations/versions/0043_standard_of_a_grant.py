"""0043 standard of a grant: the standard that a grant names is there

Revision ID: 0043
Revises: 0042
Create Date: 2026-11-29 21:10:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0043'
down_revision = '0042'
branch_labels = None
depends_on = None

REGION = "CONSTRAINT fk_grants_region_id FOREIGN KEY(region_id) REFERENCES regions (id)"
STANDARD = "CONSTRAINT fk_grants_standard_id FOREIGN KEY(standard_id) REFERENCES standards (id)"


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _rewrite(old, new):
    """Change a constraint on SQLite as its manual says: remaking the table would lose the rows that point at it."""
    connection = op.get_bind()
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    op.execute('PRAGMA writable_schema = ON')
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'grants'")
    connection.execute(changed, {'old': old, 'new': new})
    op.execute(f'PRAGMA schema_version = {version + 1}')
    op.execute('PRAGMA writable_schema = RESET')


def upgrade():

    if _is_sqlite():
        _rewrite(REGION, f'{REGION}, {STANDARD}')
    else:
        op.create_foreign_key(op.f('fk_grants_standard_id'), 'grants', 'standards', ['standard_id'], ['id'])


def downgrade():

    if _is_sqlite():
        _rewrite(f'{REGION}, {STANDARD}', REGION)
    else:
        op.drop_constraint(op.f('fk_grants_standard_id'), 'grants', type_='foreignkey')
