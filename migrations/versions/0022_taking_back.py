"""0022 taking back: who has an application has opened it, and what a decision changed

The columns of earlier rows stay empty: those decisions cannot be taken back.

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-29 14:00:00.000000

"""
import re

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _actions(change):
    """Change the words that reviews.action may hold: `change` takes those that it holds now.

    On SQLite as its manual says: remaking the table would lose the rows that point at it.
    """
    connection = op.get_bind()
    if _is_sqlite():
        made = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'reviews'")).scalar()
        old = re.search(r"action IN \([^)]*\)", made)[0]
    else:
        definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_reviews_action'"
        old = connection.execute(sa.text(definition)).scalar()
    words = change(re.findall(r"'(\w+)'", old))
    new = f"action IN ({', '.join(repr(word) for word in words)})"
    if not _is_sqlite():
        op.drop_constraint(op.f('ck_reviews_action'), 'reviews', type_='check')
        op.execute(f'ALTER TABLE reviews ADD CONSTRAINT ck_reviews_action CHECK ({new}) NOT VALID')
        op.execute('ALTER TABLE reviews VALIDATE CONSTRAINT ck_reviews_action')
        return
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    op.execute('PRAGMA writable_schema = ON')
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = 'reviews'")
    connection.execute(changed, {'old': old, 'new': new})
    op.execute(f'PRAGMA schema_version = {version + 1}')
    op.execute('PRAGMA writable_schema = RESET')


def upgrade():
    op.add_column('applications', sa.Column('opened_at', sa.DateTime(), nullable=True))
    op.add_column('reviews', sa.Column('waited_since', sa.DateTime(), nullable=True))
    op.add_column('reviews', sa.Column('reached_before', sa.Integer(), nullable=True))
    _actions(lambda words: [*words, 'take_back'])


def downgrade():
    written = "review_id IN (SELECT id FROM reviews WHERE action = 'take_back')"
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.execute("DELETE FROM reviews WHERE action = 'take_back'")
    _actions(lambda words: [word for word in words if word != 'take_back'])
    op.drop_column('reviews', 'reached_before')
    op.drop_column('reviews', 'waited_since')
    op.drop_column('applications', 'opened_at')
