"""0046 sums of all periods: a row of all periods for each region, and lists instead of one number for each day

A page that is narrowed to no period read a row of every period, and its rows had a key for each number of working days and
each day of submission. Both grew with the applications.

Revision ID: 0046
Revises: 0045
Create Date: 2026-11-29 23:50:00.000000

"""
from collections import Counter

import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None

EVERY_PERIOD = -1
AT_ONCE = 2_000
"""Rows of one statement."""
KEYS = ('enterprise_id', 'month', 'period_id', 'region_id')
COUNTS = sa.table(
    'statistic_counts',
    *(sa.column(name, sa.String() if name == 'month' else sa.Integer()) for name in KEYS),
    sa.column('numbers', sa.JSON()),
)
KEY = sa.tuple_(*(COUNTS.c[name] for name in KEYS))
OF_REGIONS = sa.and_(COUNTS.c.enterprise_id == 0, COUNTS.c.month == '')


SEPARATORS = {'days': '=', 'month': '-', 'day': '-'}


def packed(numbers):
    """Return "days:STEP=N:REACHED", "month:YYYY-MM:REACHED" and "day:YYYY-MM-DD:REACHED" as lists, at place N, MM or DD."""
    found = {}
    for key, number in numbers.items():
        dimension, _, rest = key.partition(':')
        if dimension not in SEPARATORS:
            found[key] = number
            continue
        value, _, reached = rest.rpartition(':')
        stem, _, place = value.rpartition(SEPARATORS[dimension])
        listed = found.setdefault(f'{dimension}:{stem}:{reached}', [])
        listed += [0] * (int(place) + 1 - len(listed))
        listed[int(place)] = number
    return found


def unpacked(numbers):
    found = {}
    for key, number in numbers.items():
        if isinstance(number, list):
            stem, _, reached = key.rpartition(':')
            each = '{}={}:{}' if key.startswith('days:') else '{}-{:02d}:{}'
            found.update({each.format(stem, place, reached): n for place, n in enumerate(number) if n})
        else:
            found[key] = number
    return found


def rewrite(change):
    connection = op.get_bind()
    update = (
        sa.update(COUNTS)
        .where(*(COUNTS.c[name] == sa.bindparam(f'of_{name}') for name in KEYS))
        .values(numbers=sa.bindparam('changed', type_=sa.JSON()))
    )
    rows = sa.select(COUNTS).order_by(*(COUNTS.c[name] for name in KEYS)).limit(AT_ONCE)
    some = connection.execute(rows).all()
    while some:
        connection.execute(
            update, [{**{f'of_{name}': row[name] for name in KEYS}, 'changed': change(row['numbers'])} for row in (one._mapping for one in some)]
        )
        some = connection.execute(rows.where(KEY > tuple(some[-1][:4]))).all()


def upgrade():
    connection = op.get_bind()
    regions = {}
    for region, numbers in connection.execute(sa.select(COUNTS.c.region_id, COUNTS.c.numbers).where(OF_REGIONS)):
        regions.setdefault(region, Counter()).update(numbers)
    place = {'enterprise_id': 0, 'period_id': EVERY_PERIOD, 'month': ''}
    rows = [{**place, 'region_id': region, 'numbers': dict(sums)} for region, sums in sorted(regions.items())]
    if rows:
        connection.execute(sa.insert(COUNTS), rows)
    rewrite(packed)


def downgrade():
    op.get_bind().execute(sa.delete(COUNTS).where(OF_REGIONS, COUNTS.c.period_id == EVERY_PERIOD))
    rewrite(unpacked)
