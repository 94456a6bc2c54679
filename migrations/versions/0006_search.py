"""0006 search: names by their pieces, and an index for each order of each scope

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-23 17:30:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

INDEXES = (
    ('applications', ['submitted_enterprise_id', 'arrived_at', 'id']),
    ('applications', ['region_id', 'arrived_at', 'id']),
    ('applications', ['arrived_at', 'id']),
    ('applications', ['submitted_at', 'id']),
    ('applications', ['initials', 'id']),
    ('messages', ['application_id']),
)
NAMED = ('applications', 'enterprises')

FUNCTION = """
CREATE OR REPLACE FUNCTION pieces(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
'SELECT array(SELECT DISTINCT substr(name, n, width) FROM generate_series(1, length(name)) n, (VALUES (1), (2)) of(width))'
"""

NUMBERS = f"json_each('[{','.join(str(n) for n in range(1, 101))}]')"
EMPTY = (
    "DELETE FROM {table}_pieces WHERE id = old.id AND piece IN"
    " (SELECT substr(old.name, n.value, w.value) FROM {numbers} n, json_each('[1,2]') w);"
)
FILL = (
    "INSERT OR IGNORE INTO {table}_pieces SELECT substr(new.name, n.value, w.value), new.id"
    " FROM {numbers} n, json_each('[1,2]') w WHERE n.value <= length(new.name);"
)
BESIDE = (
    "CREATE TABLE {table}_pieces (piece TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (piece, id)) WITHOUT ROWID",
    "CREATE TRIGGER {table}_pieces_added AFTER INSERT ON {table} BEGIN {fill} END",
    "CREATE TRIGGER {table}_pieces_changed AFTER UPDATE OF name ON {table} WHEN old.name <> new.name"
    " BEGIN {empty} {fill} END",
    "CREATE TRIGGER {table}_pieces_removed AFTER DELETE ON {table} BEGIN {empty} END",
    "INSERT OR IGNORE INTO {table}_pieces SELECT substr(own.name, n.value, w.value), own.id"
    " FROM {table} own, {numbers} n, json_each('[1,2]') w WHERE n.value <= length(own.name)",
)


def _name(table, columns):
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def upgrade():
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE applications ALTER COLUMN initials TYPE varchar(60) COLLATE "C"')
        op.execute(FUNCTION)
        for table in NAMED:
            op.execute(f'CREATE INDEX ix_{table}_pieces ON {table} USING gin (pieces(name))')
    else:
        for table in NAMED:
            parts = {'table': table, 'numbers': NUMBERS}
            for statement in BESIDE:
                op.execute(
                    statement.format(**parts, fill=FILL.format(**parts), empty=EMPTY.format(**parts))
                )
    for table, columns in INDEXES:
        op.create_index(_name(table, columns), table, columns)
    for table in NAMED:
        op.execute(f'ANALYZE {table}')  # else nobody knows how frequent a piece is


def downgrade():
    for table, columns in INDEXES:
        op.drop_index(_name(table, columns), table_name=table)
    for table in NAMED:
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'DROP INDEX ix_{table}_pieces')
        else:
            for event in ('added', 'changed', 'removed'):
                op.execute(f'DROP TRIGGER {table}_pieces_{event}')
            op.execute(f'DROP TABLE {table}_pieces')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION pieces(text)')
        op.execute('ALTER TABLE applications ALTER COLUMN initials TYPE varchar(60) COLLATE "default"')
