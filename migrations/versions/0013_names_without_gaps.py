"""0013 names without gaps: a space between Chinese characters hid a name from whoever looked for it

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-25 22:50:00.000000

"""
import re

from alembic import op
from sqlalchemy import text


# revision identifiers, used by Alembic.
revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

HAN = '\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff'
GAP = re.compile(f'(?<=[{HAN}]) (?=[{HAN}])')
WITH_INITIALS = {'accounts': False, 'applications': True, 'enterprises': True}


def upgrade():
    for table, has_initials in WITH_INITIALS.items():
        initials = 'initials' if has_initials else "''"
        found = op.get_bind().execute(text(f"SELECT id, name, {initials} FROM {table} WHERE name LIKE '% %'"))
        for key, name, letters in found.all():
            gaps = [gap.start() for gap in GAP.finditer(name)]
            if not gaps:
                continue
            closed = {'key': key, 'name': _without(name, gaps)}
            op.get_bind().execute(text(f'UPDATE {table} SET name = :name WHERE id = :key'), closed)
            if has_initials and len(letters) == len(name):  # one letter for each character
                closed = {'key': key, 'initials': _without(letters, gaps)}
                op.get_bind().execute(text(f'UPDATE {table} SET initials = :initials WHERE id = :key'), closed)


def _without(text_, places):
    return ''.join(letter for place, letter in enumerate(text_) if place not in places)


def downgrade():
    """Nobody needs the spaces back."""
