"""0050 no suspend action: no payment was ever suspended by an action. Those of later years are suspended from the beginning.

Revision ID: 0050
Revises: 0049
Create Date: 2026-11-30 10:40:00.000000

"""
import re

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = '0050'
down_revision = '0049'
branch_labels = None
depends_on = None

TABLE, CHECK = 'payment_events', 'ck_payment_events_paymentaction'
FORMER = ('include', 'release', 'pay', 'refuse', 'reopen', 'suspend', 'resume', 'stop', 'reverse', 'reinstate')
PRESENT = tuple(word for word in FORMER if word != 'suspend')


def _allow(words):
    """Let the column action hold these words. On SQLite as its manual says: remaking the table would copy every row."""
    new = f"action IN ({', '.join(repr(word) for word in words)})"
    connection = op.get_bind()
    if connection.dialect.name != 'sqlite':
        op.drop_constraint(op.f(CHECK), TABLE, type_='check')
        op.execute(f'ALTER TABLE {TABLE} ADD CONSTRAINT {CHECK} CHECK ({new}) NOT VALID')
        op.execute(f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {CHECK}')
        return
    made = connection.execute(sa.text('SELECT sql FROM sqlite_master WHERE name = :table'), {'table': TABLE}).scalar()
    old = re.search(r'action IN \([^)]*\)', made)[0]
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    op.execute('PRAGMA writable_schema = ON')
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table")
    connection.execute(changed, {'old': old, 'new': new, 'table': TABLE})
    op.execute(f'PRAGMA schema_version = {version + 1}')
    op.execute('PRAGMA writable_schema = RESET')


def upgrade():
    _allow(PRESENT)


def downgrade():
    _allow(FORMER)
