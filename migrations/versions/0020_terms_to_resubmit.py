"""0020 terms to resubmit: the period of an application, and until when a returned one can be submitted again

An application that is back with its applicant gets a term from the day of the migration, 15 days from Monday to Friday:
until now nothing was said to its applicant, and nothing could be submitted once the period had closed.

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-29 11:10:00.000000

"""
import re
from datetime import date, datetime, timedelta, timezone

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

ORDOS = timezone(timedelta(hours=8))
WORKING_DAYS = 15
AT_ONCE = 20_000
"""Rows of one statement: a million would hold one transaction log entry as long as all of them take."""

REGION = "CONSTRAINT fk_applications_region_id FOREIGN KEY(region_id) REFERENCES regions (id)"
PERIOD = "CONSTRAINT fk_applications_period_id FOREIGN KEY(period_id) REFERENCES periods (id)"
LOCAL_DAY = {
    'sqlite': "date(min(r.at), '+8 hours')",
    'postgresql': "CAST(min(r.at) + interval '8 hours' AS date)",
}
BACK = "(state = 'returned' OR (state = 'draft' AND round > 0))"


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


def _actions(change):
    """Change the words that reviews.action may hold: `change` takes those that it holds now."""
    connection = op.get_bind()
    if _is_sqlite():
        made = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'reviews'")).scalar()
        old = re.search(r"action IN \([^)]*\)", made)[0]
    else:
        definition = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_reviews_action'"
        old = connection.execute(sa.text(definition)).scalar()
    words = change(re.findall(r"'(\w+)'", old))
    new = f"action IN ({', '.join(repr(word) for word in words)})"
    if _is_sqlite():
        _rewrite('reviews', old, new)
    else:
        op.drop_constraint(op.f('ck_reviews_action'), 'reviews', type_='check')
        op.execute(f'ALTER TABLE reviews ADD CONSTRAINT ck_reviews_action CHECK ({new}) NOT VALID')
        op.execute('ALTER TABLE reviews VALIDATE CONSTRAINT ck_reviews_action')


def upgrade():
    op.add_column('periods', sa.Column('resubmit_days', sa.Integer(), server_default='15', nullable=False))
    op.add_column('reviews', sa.Column('resubmit_by', sa.Date(), nullable=True))
    op.add_column('applications', sa.Column('resubmit_by', sa.Date(), nullable=True))
    op.add_column('applications', sa.Column('period_id', sa.Integer(), nullable=True))
    if _is_sqlite():
        _rewrite('applications', REGION, f'{REGION}, {PERIOD}')
    else:
        op.create_foreign_key(op.f('fk_applications_period_id'), 'applications', 'periods', ['period_id'], ['id'])
    _actions(lambda words: [*words, 'extend'])
    _fill_periods()
    _fill_terms()


def _fill_periods():
    """The period that the day of the first submission belongs to, where there is one and no other, in pieces."""
    connection = op.get_bind()
    last = connection.execute(sa.text('SELECT max(id) FROM applications')).scalar() or 0
    if connection.execute(sa.text('SELECT 1 FROM periods LIMIT 1')).scalar() is None:
        return
    first_day = (
        f"SELECT {LOCAL_DAY[connection.dialect.name]} FROM reviews r"
        " WHERE r.application_id = applications.id AND r.action = 'submit'"
    )
    update = sa.text(
        f"UPDATE applications SET period_id = (SELECT max(p.id) FROM periods p"
        f" WHERE ({first_day}) BETWEEN p.opens AND p.closes HAVING count(*) = 1) WHERE id > :after AND id <= :until AND round > 0"
    )
    for after in range(0, last, AT_ONCE):
        connection.execute(update, {'after': after, 'until': after + AT_ONCE})


def _fill_terms():
    connection = op.get_bind()
    today = day = datetime.now(ORDOS).date()
    left = WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    open_until = connection.execute(
        sa.text('SELECT max(closes) FROM periods WHERE opens <= :today AND closes >= :today'),
        {'today': today.isoformat() if _is_sqlite() else today},
    ).scalar()
    term = max(day, date.fromisoformat(str(open_until))) if open_until else day  # SQLite keeps days as text
    connection.execute(
        sa.text(f'UPDATE applications SET resubmit_by = :term WHERE {BACK}'),
        {'term': term.isoformat() if _is_sqlite() else term},
    )


def downgrade():
    written = "review_id IN (SELECT id FROM reviews WHERE action = 'extend')"
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.execute("DELETE FROM reviews WHERE action = 'extend'")
    op.execute("UPDATE messages SET kind = 'returned' WHERE kind = 'returned_until'")
    _actions(lambda words: [word for word in words if word != 'extend'])
    if _is_sqlite():
        _rewrite('applications', f'{REGION}, {PERIOD}', REGION)
    op.drop_column('applications', 'period_id')
    op.drop_column('applications', 'resubmit_by')
    op.drop_column('reviews', 'resubmit_by')
    op.drop_column('periods', 'resubmit_days')
