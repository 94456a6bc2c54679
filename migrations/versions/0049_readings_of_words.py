"""0049 readings of words: the initials of names with a word or character that has another initial than by itself

Revision ID: 0049
Revises: 0048
Create Date: 2026-11-30 10:10:00.000000

"""
import sqlalchemy as sa
from alembic import op

from common.initials import initials
from common.initials import of_person

# revision identifiers, used by Alembic.
revision = '0049'
down_revision = '0048'
branch_labels = None
depends_on = None

AT_ONCE = 5000
"""Rows that are read, and then written, in one piece."""

INITIALS = {
    'applications': (of_person, ('initials', 'other_initials')),
    'enterprises': (lambda name: (initials(name),), ('initials',)),
}

READ_OTHERWISE = '长晟行重会厦番伺瑜泊畜乐藏给调弹校参朝\uf900-\ufaff'
"""A name with none of these has the initials that it had: one character of each word in common/readings.py, and the compatibility
ideographs, which had none."""
HAS_ONE = {'postgresql': f"name ~ '[{READ_OTHERWISE}]'", 'sqlite': f"name GLOB '*[{READ_OTHERWISE}]*'"}


def upgrade():
    connection = op.get_bind()
    for table, (read, columns) in INITIALS.items():
        rows = sa.text(
            f'SELECT id, name, {", ".join(columns)} FROM {table}'
            f' WHERE id > :last AND {HAS_ONE[connection.dialect.name]} ORDER BY id LIMIT {AT_ONCE}'
        )
        assigned = ', '.join(f'{column} = :{column}' for column in columns)
        last = 0
        while found := connection.execute(rows, {'last': last}).all():
            last = found[-1].id
            wrong = [(row.id, right) for row in found if (right := tuple(read(row.name))) != tuple(row)[2:]]
            if wrong:
                connection.execute(
                    sa.text(f'UPDATE {table} SET {assigned} WHERE id = :id'),
                    [{'id': row, **dict(zip(columns, right, strict=True))} for row, right in wrong],
                )


def downgrade():
    """The initials stay: the code before finds a name by them all the same."""
