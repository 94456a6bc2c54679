"""0048 apostrophes and hyphens: the search keys of names written with another one than ' and -

Revision ID: 0048
Revises: 0047
Create Date: 2026-11-30 06:20:00.000000

"""
import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from common.initials import initials
from common.initials import of_person
from models.spelling import FULL_STOPS
from models.spelling import MIDDLE_DOTS
from models.spelling import WITHOUT_ACCENT
from models.spelling import key_unless_same

# revision identifiers, used by Alembic.
revision = '0048'
down_revision = '0047'
branch_labels = None
depends_on = None

AT_ONCE = 5000
"""Rows that are read, and then written, in one piece."""

KEYS = (
    ('accounts', 'name', 60),
    ('applications', 'name', 60),
    ('changes', 'label', 160),
    ('changes', 'actor_name', 60),
    ('enterprises', 'name', 100),
)
INITIALS = {
    'applications': lambda name: of_person(name)._asdict(),
    'enterprises': lambda name: {'initials': initials(name)},
}

WRITTEN = (
    '`\u02b9\u02bb\u02bd-\u02bf\u02cb\u02d7\u0374\u055a\u058a\u1e9a\u1fef\u2010-\u2015\u201b\u2032-\u2037\u2043\u2057'
    '\u207b\u208b\u2212\ua78b\ua78c\ufe31\ufe32\ufe58\uff40'
)
"""A name with none of these has the key that it had: the characters that the rule has taken in, and those that NFKC makes of them."""
HAS_ONE = {'postgresql': "{column} ~ '[{characters}]'", 'sqlite': "{column} GLOB '*[{characters}]*'"}

FORMERLY_IGNORED = f"[{''.join(map(re.escape, (*MIDDLE_DOTS, *FULL_STOPS)))}\\s'\u2018\u2019\u02bc]"


def _former_key(name, length):
    letters = unicodedata.normalize('NFD', unicodedata.normalize('NFKC', name).casefold())
    plain = ''.join(WITHOUT_ACCENT.get(each, each) for each in letters if unicodedata.category(each) != 'Mn')
    key = re.sub(FORMERLY_IGNORED, '', unicodedata.normalize('NFC', plain))[:length]
    return None if key == name else key


def _renew(key_of, with_initials):
    connection = op.get_bind()
    for table, name, length in KEYS:
        criterion = HAS_ONE[connection.dialect.name].format(column=name, characters=WRITTEN)
        rows = sa.text(
            f'SELECT id, {name} FROM {table} WHERE id > :last AND {criterion} ORDER BY id LIMIT {AT_ONCE}'
        )
        last = 0
        while found := connection.execute(rows, {'last': last}).all():
            last = found[-1].id
            values = [{f'{name}_key': key_of(row[1], length)} for row in found]
            if with_initials and table in INITIALS:
                values = [each | INITIALS[table](row[1]) for each, row in zip(values, found, strict=True)]
            assigned = ', '.join(f'{column} = :{column}' for column in values[0])
            connection.execute(
                sa.text(f'UPDATE {table} SET {assigned} WHERE id = :id'),
                [{'id': row.id, **each} for row, each in zip(found, values, strict=True)],
            )


def upgrade():
    _renew(key_unless_same, with_initials=True)


def downgrade():
    """The initials stay: the code before finds a name by them all the same."""
    _renew(_former_key, with_initials=False)
