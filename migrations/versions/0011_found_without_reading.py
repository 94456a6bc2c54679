"""0011 found without reading: the administrator's lists and every search for an enterprise go by an index

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-23 20:40:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

INDEXES = (
    ('accounts', ['role']),
    ('changes', ['table_name', 'id']),
    ('enterprises', ['region_id', 'waiting_since', 'id']),
)
SEARCHED = (('enterprises', 'initials', 100), ('changes', 'label', 160), ('changes', 'actor_name', 60))

EMPTY = (
    "DELETE FROM {pieces} WHERE id = old.id AND piece IN"
    " (SELECT substr(old.{name}, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {pieces} SELECT substr(new.{name}, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length(new.{name});"
)
BESIDE = (
    "CREATE TABLE {pieces} (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {pieces}_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {pieces}_changed AFTER UPDATE OF {name} ON {table} WHEN old.{name} <> new.{name}"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {pieces}_removed AFTER DELETE ON {table} BEGIN {empty} END",
    "INSERT OR IGNORE INTO {pieces} SELECT substr(own.{name}, n.value, w.value), own.id"
    " FROM {table} own, {numbers} n, json_each('[1,2]') w WHERE n.value <= length(own.{name})",
)


def _name(table, columns):
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def upgrade():
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, columns)
    for table, name, length in SEARCHED:
        pieces = f'{table}_{name}_pieces'
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'CREATE INDEX ix_{pieces} ON {table} USING gin (pieces({name}))')
            continue
        numbers = ','.join(str(n) for n in range(1, length + 1))
        parts = {'table': table, 'name': name, 'pieces': pieces, 'numbers': f"json_each('[{numbers}]')"}
        for statement in BESIDE:
            op.execute(statement.format(**parts, fill=FILL.format(**parts), empty=EMPTY.format(**parts)))
    for table in ('changes', 'enterprises'):
        op.execute(f'ANALYZE {table}')  # else nobody knows how frequent a piece is


def downgrade():
    for table, name, _ in SEARCHED:
        pieces = f'{table}_{name}_pieces'
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'DROP INDEX ix_{pieces}')
            continue
        for event in ('added', 'changed', 'removed'):
            op.execute(f'DROP TRIGGER {pieces}_{event}')
        op.execute(f'DROP TABLE {pieces}')
    for table, columns in INDEXES:
        op.drop_index(_name(table, columns), table_name=table)
