"""0018 corrections of names and identity numbers

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-29 02:40:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

BEFORE = ('save', 'submit', 'withdraw', 'pass', 'return', 'refuse', 'move', 'close')
AFTER = (*BEFORE, 'correct_name', 'correct_number')


def _actions(before, after):
    """Change the words that reviews.action may hold. SQLite: as its manual says, for remaking the table would lose the rows that point at it."""
    old, new = (f"action IN ({', '.join(repr(word) for word in words)})" for words in (before, after))
    connection = op.get_bind()
    if connection.dialect.name == 'sqlite':
        version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
        op.execute('PRAGMA writable_schema = ON')
        changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'reviews'")
        connection.execute(changed, {'old': old, 'new': new})
        op.execute(f'PRAGMA schema_version = {version + 1}')
        op.execute('PRAGMA writable_schema = RESET')
    else:
        op.drop_constraint(op.f('ck_reviews_action'), 'reviews', type_='check')
        op.execute(f'ALTER TABLE reviews ADD CONSTRAINT ck_reviews_action CHECK ({new}) NOT VALID')
        op.execute('ALTER TABLE reviews VALIDATE CONSTRAINT ck_reviews_action')


def upgrade():
    _actions(BEFORE, AFTER)
    op.add_column('accounts', sa.Column('number_corrected_at', sa.DateTime(), nullable=True))


def downgrade():
    op.drop_column('accounts', 'number_corrected_at')
    written = "review_id IN (SELECT id FROM reviews WHERE action LIKE 'correct%') OR kind = 'own_name_corrected'"
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.execute("DELETE FROM reviews WHERE action LIKE 'correct%'")
    _actions(AFTER, BEFORE)
