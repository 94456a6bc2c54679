"""0016 every spelling: search keys, the other reading of a surname, telephones and the end of an identity number

Names get the dot of the standard, and initials the reading of the surname. The tables of dots and surnames are the present ones:
a key is worth something only while it is what the code looks for.

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-29 02:40:00.000000

"""
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from cryptography.exceptions import InvalidTag

from models.applications import tail_digest
from models.secrets import vault
from models.spelling import key_unless_same
from common.initials import initials
from common.initials import of_person
from common.surnames import SURNAMES
from common.surnames import TRANSLITERATED
from common.text import as_name

# revision identifiers, used by Alembic.
revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

AT_ONCE = 5000
"""Rows that are read, and then written, in one piece: a million do not lie in memory."""

KEYS = (
    ('accounts', 'name', 60),
    ('applications', 'name', 60),
    ('changes', 'label', 160),
    ('changes', 'actor_name', 60),
    ('enterprises', 'name', 100),
)
PIECES = [each for each in KEYS if each[0] != 'accounts']
TELEPHONES = (('applications', 'phone'), ('enterprises', 'contact_phone'))

UNUSUAL = {'postgresql': "{column} !~ '^[\u4e00-\u9fff]*$'", 'sqlite': "{column} GLOB '*[^\u4e00-\u9fff]*'"}
"""All but the usual Chinese characters: a name of these alone is its own key."""

TRIGGERS = (
    "CREATE TRIGGER {pieces}_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {pieces}_changed AFTER UPDATE OF {columns} ON {table} WHEN {old} <> {new}"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {pieces}_removed AFTER DELETE ON {table} BEGIN {empty} END",
)
EMPTY = (
    "DELETE FROM {pieces} WHERE id = old.id AND piece IN"
    " (SELECT substr({old}, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {pieces} SELECT substr({new}, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length({new});"
)
INDEXES = (
    "SELECT quote_ident(indexname), indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = :table"
    " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
)
TAILS = {
    'postgresql': "UPDATE applications SET identity_tail = given.tail"
    " FROM unnest(CAST(:ids AS integer[]), CAST(:tails AS text[])) AS given(id, tail) WHERE applications.id = given.id",
    'sqlite': "UPDATE applications SET identity_tail = :tail WHERE id = :id",
}


def _pieces_of(table, name):
    return f'{table}_pieces' if name == 'name' else f'{table}_{name}_pieces'


def _searched_by(key):
    """Let the pieces be those of the search key, or of the name alone; on SQLite those that are there stay."""
    for table, name, length in PIECES:
        pieces = _pieces_of(table, name)
        if op.get_bind().dialect.name == 'postgresql':
            expression = f'coalesce({name}_key, {name})' if key else name
            op.execute(f'DROP INDEX IF EXISTS ix_{pieces}')
            op.execute(f'CREATE INDEX ix_{pieces} ON {table} USING gin (pieces({expression}))')
            continue
        for event in ('added', 'changed', 'removed'):
            op.execute(f'DROP TRIGGER {pieces}_{event}')
        parts = {
            'table': table,
            'columns': f'{name}_key, {name}' if key else name,
            'old': f'coalesce(old.{name}_key, old.{name})' if key else f'old.{name}',
            'new': f'coalesce(new.{name}_key, new.{name})' if key else f'new.{name}',
            'pieces': pieces,
            'numbers': f"json_each('[{','.join(str(n) for n in range(1, length + 1))}]')",
        }
        for statement in TRIGGERS:
            op.execute(statement.format(**parts, fill=FILL.format(**parts), empty=EMPTY.format(**parts)))


def _rows(columns, table, criterion='1 = 1', **values):
    """Yield the rows in pieces, by their ids."""
    statement = sa.text(
        f'SELECT id, {columns} FROM {table} WHERE id > :last AND ({criterion}) ORDER BY id LIMIT {AT_ONCE}'
    )
    last = 0
    while rows := op.get_bind().execute(statement, {'last': last, **values}).all():
        yield rows
        last = rows[-1].id


def _write(table, columns, rows):
    if rows:
        assigned = ', '.join(f'{column} = :{column}' for column in columns)
        op.get_bind().execute(sa.text(f'UPDATE {table} SET {assigned} WHERE id = :id'), rows)


@contextmanager
def _without_indexes(table):
    """Drop a table's indexes on PostgreSQL and create them again: each row that changes would be written into every one of them."""
    dropped = []
    if op.get_bind().dialect.name == 'postgresql':
        dropped = op.get_bind().execute(sa.text(INDEXES), {'table': table}).all()
    for name, _ in dropped:
        op.execute(f'DROP INDEX {name}')
    yield
    for name, definition in dropped:
        if not name.endswith('_pieces'):  # those are created by what the rows are searched by from now on
            op.execute(definition)


def _unusual(column):
    return UNUSUAL[op.get_bind().dialect.name].format(column=column)


def _fill_keys():
    for table, name, length in KEYS:
        if table in ('applications', 'enterprises'):
            continue
        stays = table == 'changes'  # the trail says what it said
        for rows in _rows(name, table, _unusual(name)):
            found = []
            for row in rows:
                spelled = row[1] if stays else as_name(row[1])
                found.append({'id': row.id, name: spelled, f'{name}_key': key_unless_same(spelled, length)})
            _write(table, (name, f'{name}_key'), found)


def _fill_enterprises():
    for rows in _rows('name, contact_name', 'enterprises', f"{_unusual('name')} OR {_unusual('contact_name')}"):
        found = []
        for key, name, contact in rows:
            name = as_name(name)
            found.append({
                'id': key, 'name': name, 'name_key': key_unless_same(name, 100), 'initials': initials(name),
                'contact_name': as_name(contact),
            })
        _write('enterprises', ('name', 'name_key', 'initials', 'contact_name'), found)


def _fill_applications():
    beginnings = ', '.join(f"'{each}'" for each in sorted({each[0] for each in (*SURNAMES, *TRANSLITERATED)}))
    for rows in _rows('name', 'applications', f"{_unusual('name')} OR substr(name, 1, 1) IN ({beginnings})"):
        found = []
        for key, name in rows:
            name = as_name(name)
            found.append({'id': key, 'name': name, 'name_key': key_unless_same(name, 60), **of_person(name)._asdict()})
        _write('applications', ('name', 'name_key', 'initials', 'other_initials'), found)


def _fill_tails():
    """A number that no key opens any more is left out: the site still starts, and tools.restored names it."""
    dialect = op.get_bind().dialect.name
    for rows in _rows('identity_number', 'applications'):
        found = []
        for key, sealed in rows:
            try:
                found.append((key, tail_digest(vault.open(sealed, 'applications.identity_number'))))
            except (KeyError, InvalidTag):
                continue
        if not found:
            continue
        ids, tails = zip(*found)
        values = {'ids': list(ids), 'tails': list(tails)}
        if dialect == 'sqlite':
            values = [{'id': key, 'tail': tail} for key, tail in found]
        op.get_bind().execute(sa.text(TAILS[dialect]), values)


def upgrade():
    for table, name, length in KEYS:
        op.add_column(table, sa.Column(f'{name}_key', sa.String(length=length), nullable=True))
    by_code_point = sa.String(60).with_variant(sa.String(60, collation='C'), 'postgresql')
    op.add_column('applications', sa.Column('other_initials', by_code_point, nullable=True))
    op.add_column('applications', sa.Column('identity_tail', sa.String(length=16), nullable=True))
    if op.get_bind().dialect.name == 'sqlite':
        _searched_by(key=True)  # the triggers put in order what the rows change
    _fill_keys()
    _fill_enterprises()
    with _without_indexes('applications'):
        _fill_applications()
        _fill_tails()
    if op.get_bind().dialect.name == 'postgresql':
        _searched_by(key=True)
    op.create_index(op.f('ix_applications_identity_tail'), 'applications', ['identity_tail'])
    named = sa.text('other_initials IS NOT NULL')
    op.create_index(
        'ix_applications_other_initials', 'applications', ['other_initials'], sqlite_where=named, postgresql_where=named
    )
    for table, column in TELEPHONES:
        digits = sa.text(f"replace(replace({column}, '-', ''), ' ', '')")
        op.create_index(f'ix_{table}_telephone', table, [digits])
    for table in ('accounts', 'applications', 'changes', 'enterprises'):
        op.execute(f'ANALYZE {table}')  # else nobody knows how frequent a piece is


def downgrade():
    """The names keep their dot."""
    for table, _ in TELEPHONES:
        op.drop_index(f'ix_{table}_telephone', table_name=table)
    op.drop_index('ix_applications_other_initials', table_name='applications')
    op.drop_index(op.f('ix_applications_identity_tail'), table_name='applications')
    for table, name, _ in PIECES:
        op.execute(f'UPDATE {table} SET {name}_key = NULL WHERE {name}_key IS NOT NULL')
    _searched_by(key=False)
    for table, name, _ in KEYS:
        op.drop_column(table, f'{name}_key')
    op.drop_column('applications', 'other_initials')
    op.drop_column('applications', 'identity_tail')
