"""0004 closing enterprises, merging regions, enterprises that were imported

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23 17:20:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ACTIONS = ('save', 'submit', 'withdraw', 'pass', 'return', 'refuse', 'move')
REGISTRATIONS = ('pending', 'approved', 'refused')


INTO = "CONSTRAINT fk_regions_merged_into_id FOREIGN KEY(merged_into_id) REFERENCES regions (id)"
OFFICE = "CONSTRAINT fk_regions_office_id FOREIGN KEY(office_id) REFERENCES offices (id)"


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _rewrite(table, old, new):
    """Change a constraint on SQLite as its manual says: remaking the table would lose the rows that point at it."""
    connection = op.get_bind()
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    op.execute('PRAGMA writable_schema = ON')
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table")
    connection.execute(changed, {'old': old, 'new': new, 'table': table})
    op.execute(f'PRAGMA schema_version = {version + 1}')
    op.execute('PRAGMA writable_schema = RESET')


def _allow(table, column, constraint, before, after):
    """Change the words that a column may hold."""
    old, new = (f"{column} IN ({', '.join(repr(word) for word in words)})" for words in (before, after))
    if _is_sqlite():
        _rewrite(table, old, new)
    else:
        op.drop_constraint(constraint, table, type_='check')
        op.create_check_constraint(constraint, table, new)


def upgrade():

    op.add_column('enterprises', sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('regions', sa.Column('merged_into_id', sa.Integer(), nullable=True))
    if _is_sqlite():
        _rewrite('regions', OFFICE, f'{OFFICE}, {INTO}')
    else:
        op.create_foreign_key(op.f('fk_regions_merged_into_id'), 'regions', 'regions', ['merged_into_id'], ['id'])
    _allow('reviews', 'action', op.f('ck_reviews_action'), ACTIONS, (*ACTIONS, 'close'))
    _allow('enterprises', 'registration', op.f('ck_enterprises_registration'), REGISTRATIONS, ('listed', *REGISTRATIONS))


def downgrade():

    op.execute("DELETE FROM enterprises WHERE registration = 'listed'")
    _allow('enterprises', 'registration', op.f('ck_enterprises_registration'), ('listed', *REGISTRATIONS), REGISTRATIONS)
    _allow('reviews', 'action', op.f('ck_reviews_action'), (*ACTIONS, 'close'), ACTIONS)
    if _is_sqlite():
        _rewrite('regions', f'{OFFICE}, {INTO}', OFFICE)
    op.drop_column('regions', 'merged_into_id')
    op.drop_column('enterprises', 'active')
