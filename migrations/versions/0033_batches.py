"""0033 batches: passed applications that are made public, the grants that come of them, and objections

Revision ID: 0033
Revises: 0032
Create Date: 2026-11-29 17:05:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

STATES = ('publicized', 'suspended', 'granted', 'denied', 'stopped', 'completed')
ACTIONS = ('publicize', 'object', 'dismiss', 'uphold', 'grant', 'stop', 'complete', 'reopen', 'hold', 'leave')
GRANT_POINTS_AT = {
    'batch_id': 'batches', 'application_id': 'applications', 'period_id': 'periods', 'applicant_id': 'accounts',
    'submitted_enterprise_id': 'enterprises', 'region_id': 'regions',
}
NOT_DENIED = sa.text("state <> 'denied'")
UNDECIDED = sa.text('decision IS NULL')


def _words(words, name):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _points_at(table, **columns):
    return [
        sa.ForeignKeyConstraint([name], [f'{other}.id'], name=op.f(f'fk_{table}_{name}'))
        for name, other in columns.items()
    ]


def upgrade():
    op.create_table(
        'batches',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=16), nullable=False),
        sa.Column('period_id', sa.Integer(), nullable=False),
        sa.Column('state', _words(('public', 'ended'), 'batchstate'), nullable=False),
        sa.Column('opens', sa.Date(), nullable=False),
        sa.Column('closes', sa.Date(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('made_by_id', sa.Integer(), nullable=False),
        sa.Column('made_by_name', sa.String(length=60), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('ended_at', sa.DateTime(), nullable=True),
        *_points_at('batches', period_id='periods', made_by_id='accounts'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_batches')),
        sa.UniqueConstraint('number', name=op.f('uq_batches_number')),
    )
    op.create_index(op.f('ix_batches_state_closes'), 'batches', ['state', 'closes'])
    op.create_index(op.f('ix_batches_period_id'), 'batches', ['period_id'])
    op.create_table(
        'grants',
        sa.Column('id', sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in GRANT_POINTS_AT),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('identity_digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('enterprise_name', sa.String(length=100), nullable=False),
        sa.Column('state', _words(STATES, 'grantstate'), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('standard_id', sa.Integer(), nullable=False),
        sa.Column('rule_text', sa.Text(), nullable=False),
        sa.Column('amount_fen', sa.BigInteger(), nullable=False),
        sa.Column('years', sa.Integer(), nullable=False),
        sa.Column('granted_at', sa.DateTime(), nullable=True),
        sa.Column('stopped_on', sa.Date(), nullable=True),
        sa.Column('stop_reason', sa.Text(), nullable=True),
        *_points_at('grants', **GRANT_POINTS_AT),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_grants')),
        sa.UniqueConstraint('application_id', name=op.f('uq_grants_application_id')),
        sa.UniqueConstraint('batch_id', 'position', name=op.f('uq_grants_batch_id_position')),
    )
    op.create_index(
        'uq_grants_once_per_person_and_period', 'grants', ['period_id', 'identity_digest'], unique=True,
        sqlite_where=NOT_DENIED, postgresql_where=NOT_DENIED,
    )
    op.create_index(op.f('ix_grants_batch_id_state_position'), 'grants', ['batch_id', 'state', 'position'])
    op.create_index(op.f('ix_grants_applicant_id'), 'grants', ['applicant_id'])
    op.create_index(op.f('ix_grants_submitted_enterprise_id_state'), 'grants', ['submitted_enterprise_id', 'state'])
    op.create_table(
        'grant_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        sa.Column('action', _words(ACTIONS, 'grantaction'), nullable=False),
        sa.Column('from_state', _words(STATES, 'from_state'), nullable=True),
        sa.Column('to_state', _words(STATES, 'to_state'), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=60), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        *_points_at('grant_events', grant_id='grants', actor_id='accounts'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_grant_events')),
    )
    op.create_index(op.f('ix_grant_events_grant_id_id'), 'grant_events', ['grant_id', 'id'])
    op.create_table(
        'objections',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ('name', 'contact', 'text')),
        sa.Column('entered_by_id', sa.Integer(), nullable=False),
        sa.Column('entered_by_name', sa.String(length=60), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('decision', _words(('upheld', 'dismissed'), 'objectiondecision'), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_by_name', sa.String(length=60), nullable=False),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        *_points_at('objections', grant_id='grants', entered_by_id='accounts', decided_by_id='accounts'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_objections')),
    )
    op.create_index(op.f('ix_objections_grant_id_id'), 'objections', ['grant_id', 'id'])
    op.create_index('ix_objections_undecided', 'objections', ['id'], sqlite_where=UNDECIDED, postgresql_where=UNDECIDED)
    op.create_table(
        'objection_files',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('objection_id', sa.Integer(), nullable=False),
        sa.Column('display_name', sa.String(length=160), nullable=False),
        sa.Column('extension', sa.String(length=8), nullable=False),
        sa.Column('content_type', sa.String(length=100), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('pages', sa.Integer(), nullable=True),
        sa.Column('notes', sa.JSON(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('storage_name', sa.String(length=80), nullable=False),
        sa.Column('uploaded_at', sa.DateTime(), nullable=False),
        *_points_at('objection_files', objection_id='objections'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_objection_files')),
        sa.UniqueConstraint('storage_name', name=op.f('uq_objection_files_storage_name')),
    )
    op.create_index(op.f('ix_objection_files_objection_id'), 'objection_files', ['objection_id'])
    op.add_column('messages', sa.Column('words', sa.JSON(), nullable=True))
    op.add_column('applications', sa.Column('in_batch', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        'ix_applications_without_batch', 'applications', ['period_id', 'arrived_at', 'id', 'education', 'region_id'],
        sqlite_where=sa.text("result = 'passed' AND in_batch = 0"),
        postgresql_where=sa.text("result = 'passed' AND NOT in_batch"),
    )


def downgrade():
    op.drop_index('ix_applications_without_batch', table_name='applications')
    op.drop_column('applications', 'in_batch')
    written = 'words IS NOT NULL'
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.drop_column('messages', 'words')
    for table in ('objection_files', 'objections', 'grant_events', 'grants', 'batches'):
        op.drop_table(table)
