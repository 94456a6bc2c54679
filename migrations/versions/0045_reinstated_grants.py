"""0045 reinstated grants: what takes back a stop or a denial, and deductions that are taken back by a row of their own

Revision ID: 0045
Revises: 0044
Create Date: 2026-11-29 23:40:00.000000

"""
import re

import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0045'
down_revision = '0044'
branch_labels = None
depends_on = None

NEW = {'grant_events': ('reinstate', 'reconsider'), 'payment_events': ('reinstate',)}
KINDS = ('grant_reinstated', 'grant_reconsidered')


def _is_sqlite():
    return op.get_bind().dialect.name == 'sqlite'


def _actions(table, change):
    """Change the words that the column action may hold: `change` takes those that it holds now.

    On SQLite as its manual says: remaking the table would copy a row for each action ever done.
    """
    connection = op.get_bind()
    name = {'grant_events': 'ck_grant_events_grantaction', 'payment_events': 'ck_payment_events_paymentaction'}[table]
    if _is_sqlite():
        made = connection.execute(sa.text('SELECT sql FROM sqlite_master WHERE name = :table'), {'table': table}).scalar()
        old = re.search(r"action IN \([^)]*\)", made)[0]
    else:
        definition = sa.text('SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name')
        old = connection.execute(definition, {'name': name}).scalar()
    words = change(re.findall(r"'(\w+)'", old))
    new = f"action IN ({', '.join(repr(word) for word in words)})"
    if not _is_sqlite():
        op.drop_constraint(op.f(name), table, type_='check')
        op.execute(f'ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({new}) NOT VALID')
        op.execute(f'ALTER TABLE {table} VALIDATE CONSTRAINT {name}')
        return
    version = connection.execute(sa.text('PRAGMA schema_version')).scalar()
    op.execute('PRAGMA writable_schema = ON')
    changed = sa.text("UPDATE sqlite_master SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table")
    connection.execute(changed, {'old': old, 'new': new, 'table': table})
    op.execute(f'PRAGMA schema_version = {version + 1}')
    op.execute('PRAGMA writable_schema = RESET')


def upgrade():
    for table, added in NEW.items():
        _actions(table, lambda words, added=added: [*words, *added])
    with op.batch_alter_table('deductions', reflect_kwargs={'resolve_fks': False}) as batch_op:
        batch_op.drop_constraint(op.f('uq_deductions_payment_id'), type_='unique')
    op.create_index(op.f('ix_deductions_payment_id'), 'deductions', ['payment_id'])


def downgrade():
    """Drop what was taken back together with what it took back: the older program knows one deduction of a payment."""
    op.drop_index(op.f('ix_deductions_payment_id'), table_name='deductions')
    op.execute(
        'DELETE FROM deductions WHERE amount_fen < 0 OR EXISTS ('
        'SELECT 1 FROM deductions later WHERE later.payment_id = deductions.payment_id AND later.id > deductions.id)'
    )
    with op.batch_alter_table('deductions', reflect_kwargs={'resolve_fks': False}) as batch_op:
        batch_op.create_unique_constraint(op.f('uq_deductions_payment_id'), ['payment_id'])
    written = 'kind IN ({})'.format(', '.join(f"'{kind}'" for kind in KINDS))
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    for table, added in NEW.items():
        op.execute('DELETE FROM {} WHERE action IN ({})'.format(table, ', '.join(repr(word) for word in added)))
        _actions(table, lambda words, added=added: [word for word in words if word not in added])
