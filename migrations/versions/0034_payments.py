"""0034 payments: the payments of grants, payment runs, the bank's files and answers, corrected bank accounts

Revision ID: 0034
Revises: 0033
Create Date: 2026-11-29 17:20:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None

RUN_STATES = ('made', 'frozen', 'approved', 'exported', 'answered', 'discarded')
PAYMENT_STATES = ('open', 'in_run', 'paid', 'refused', 'suspended', 'stopped', 'reversed')
OUTCOMES = ('paid', 'refused', 'unknown')
NOT_REVERSED = sa.text("state <> 'reversed'")
PROPOSED = sa.text("state = 'proposed'")


def _words(words, name):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade():
    op.create_table(
        'bank_layouts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('made_by_id', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['made_by_id'], ['accounts.id'], name=op.f('fk_bank_layouts_made_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_layouts')),
    )
    op.create_table(
        'payment_runs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=12), nullable=False),
        sa.Column('period_id', sa.Integer(), nullable=True),
        sa.Column('due_until', sa.Date(), nullable=False),
        sa.Column('state', _words(RUN_STATES, 'runstate'), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('total_fen', sa.BigInteger(), nullable=False),
        sa.Column('left_out', sa.Integer(), nullable=False),
        sa.Column('made_by_id', sa.Integer(), nullable=False),
        sa.Column('made_at', sa.DateTime(), nullable=False),
        sa.Column('frozen_by_id', sa.Integer(), nullable=True),
        sa.Column('approved_by_id', sa.Integer(), nullable=True),
        sa.Column('layout_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['approved_by_id'], ['accounts.id'], name=op.f('fk_payment_runs_approved_by_id')),
        sa.ForeignKeyConstraint(['frozen_by_id'], ['accounts.id'], name=op.f('fk_payment_runs_frozen_by_id')),
        sa.ForeignKeyConstraint(['layout_id'], ['bank_layouts.id'], name=op.f('fk_payment_runs_layout_id')),
        sa.ForeignKeyConstraint(['made_by_id'], ['accounts.id'], name=op.f('fk_payment_runs_made_by_id')),
        sa.ForeignKeyConstraint(['period_id'], ['periods.id'], name=op.f('fk_payment_runs_period_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_runs')),
        sa.UniqueConstraint('number', name=op.f('uq_payment_runs_number')),
    )
    op.create_table(
        'account_corrections',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=False),
        sa.Column('bank', sa.String(length=100), nullable=False),
        sa.Column('account', sa.Text(), nullable=False),
        sa.Column('state', _words(('proposed', 'confirmed', 'refused'), 'correctionstate'), nullable=False),
        sa.Column('proposed_at', sa.DateTime(), nullable=False),
        sa.Column('decided_by_id', sa.Integer(), nullable=True),
        sa.Column('decided_at', sa.DateTime(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['decided_by_id'], ['accounts.id'], name=op.f('fk_account_corrections_decided_by_id')),
        sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_account_corrections_enterprise_id')),
        sa.ForeignKeyConstraint(['grant_id'], ['grants.id'], name=op.f('fk_account_corrections_grant_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_account_corrections')),
    )
    op.create_index(op.f('ix_account_corrections_enterprise_id_state_id'), 'account_corrections', ['enterprise_id', 'state', 'id'])
    op.create_index(op.f('ix_account_corrections_grant_id_state_id'), 'account_corrections', ['grant_id', 'state', 'id'])
    op.create_index('uq_account_corrections_undecided', 'account_corrections', ['grant_id'], unique=True, sqlite_where=PROPOSED, postgresql_where=PROPOSED)
    op.create_table(
        'bank_answers',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=False),
        sa.Column('confirmed_by_id', sa.Integer(), nullable=True),
        sa.Column('file_name', sa.String(length=160), nullable=False),
        sa.Column('extension', sa.String(length=8), nullable=False),
        sa.Column('storage_name', sa.String(length=80), nullable=True),
        sa.Column('state', _words(('reading', 'preview', 'importing', 'done', 'failed', 'discarded'), 'importstate'), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('accepted', sa.Integer(), nullable=False),
        sa.Column('refused', sa.Integer(), nullable=False),
        sa.Column('unchanged', sa.Integer(), nullable=False),
        sa.Column('notes', sa.JSON(), nullable=False),
        sa.Column('error', sa.JSON(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_try', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_bank_answers_actor_id')),
        sa.ForeignKeyConstraint(['confirmed_by_id'], ['accounts.id'], name=op.f('fk_bank_answers_confirmed_by_id')),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_bank_answers_run_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_answers')),
    )
    op.create_index(op.f('ix_bank_answers_run_id_id'), 'bank_answers', ['run_id', 'id'])
    op.create_index(op.f('ix_bank_answers_state_next_try'), 'bank_answers', ['state', 'next_try'])
    op.create_index(op.f('ix_bank_answers_storage_name'), 'bank_answers', ['storage_name'])
    op.create_table(
        'payments',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        sa.Column('period_id', sa.Integer(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('ordinal', sa.Integer(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('amount_fen', sa.BigInteger(), nullable=False),
        sa.Column('state', _words(PAYMENT_STATES, 'paymentstate'), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=True),
        sa.Column('bank_reason', sa.Text(), nullable=False),
        sa.Column('paid_on', sa.Date(), nullable=True),
        sa.Column('replaces_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['grant_id'], ['grants.id'], name=op.f('fk_payments_grant_id')),
        sa.ForeignKeyConstraint(['period_id'], ['periods.id'], name=op.f('fk_payments_period_id')),
        sa.ForeignKeyConstraint(['replaces_id'], ['payments.id'], name=op.f('fk_payments_replaces_id')),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_payments_run_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_payments')),
        sa.UniqueConstraint('replaces_id', name=op.f('uq_payments_replaces_id')),
    )
    op.create_index(op.f('ix_payments_period_id_state'), 'payments', ['period_id', 'state'])
    op.create_index(op.f('ix_payments_run_id'), 'payments', ['run_id'])
    op.create_index(op.f('ix_payments_state_due_on_id'), 'payments', ['state', 'due_on', 'id'])
    op.create_index(op.f('ix_payments_state_period_id_due_on_id'), 'payments', ['state', 'period_id', 'due_on', 'id'])
    op.create_index('uq_payments_one_of_each', 'payments', ['grant_id', 'year', 'ordinal'], unique=True, sqlite_where=NOT_REVERSED, postgresql_where=NOT_REVERSED)
    op.create_table(
        'run_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('action', _words(('make', 'freeze', 'approve', 'export', 'answer', 'complete', 'discard'), 'runaction'), nullable=False),
        sa.Column('from_state', _words(RUN_STATES, 'run_from_state'), nullable=True),
        sa.Column('to_state', _words(RUN_STATES, 'run_to_state'), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=False),
        sa.Column('actor_name', sa.String(length=60), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_run_events_actor_id')),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_run_events_run_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_run_events')),
    )
    op.create_index(op.f('ix_run_events_run_id_id'), 'run_events', ['run_id', 'id'])
    op.create_table(
        'run_files',
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('display_name', sa.String(length=160), nullable=False),
        sa.Column('storage_name', sa.String(length=80), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('total_fen', sa.BigInteger(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_run_files_run_id')),
        sa.PrimaryKeyConstraint('run_id', 'kind', name=op.f('pk_run_files')),
    )
    op.create_index(op.f('ix_run_files_storage_name'), 'run_files', ['storage_name'])
    op.create_table(
        'bank_answer_rows',
        sa.Column('answer_id', sa.Integer(), nullable=False),
        sa.Column('line', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('number', sa.Text(), nullable=False),
        sa.Column('account', sa.Text(), nullable=False),
        sa.Column('amount', sa.Text(), nullable=False),
        sa.Column('said', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=True),
        sa.Column('outcome', _words(OUTCOMES, 'bankoutcome'), nullable=True),
        sa.Column('unchanged', sa.Boolean(), nullable=False),
        sa.Column('refused', sa.Boolean(), nullable=False),
        sa.Column('faults', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['answer_id'], ['bank_answers.id'], name=op.f('fk_bank_answer_rows_answer_id')),
        sa.PrimaryKeyConstraint('answer_id', 'line', name=op.f('pk_bank_answer_rows')),
    )
    op.create_index(op.f('ix_bank_answer_rows_answer_id_refused_line'), 'bank_answer_rows', ['answer_id', 'refused', 'line'])
    op.create_table(
        'deductions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('payment_id', sa.Integer(), nullable=False),
        sa.Column('grant_id', sa.Integer(), nullable=False),
        sa.Column('period_id', sa.Integer(), nullable=False),
        sa.Column('amount_fen', sa.BigInteger(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['grant_id'], ['grants.id'], name=op.f('fk_deductions_grant_id')),
        sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_deductions_payment_id')),
        sa.ForeignKeyConstraint(['period_id'], ['periods.id'], name=op.f('fk_deductions_period_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deductions')),
        sa.UniqueConstraint('payment_id', name=op.f('uq_deductions_payment_id')),
    )
    op.create_index(op.f('ix_deductions_grant_id'), 'deductions', ['grant_id'])
    op.create_index(op.f('ix_deductions_period_id'), 'deductions', ['period_id'])
    op.create_table(
        'payment_events',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('payment_id', sa.Integer(), nullable=False),
        sa.Column('action', _words(('include', 'release', 'pay', 'refuse', 'reopen', 'suspend', 'resume', 'stop', 'reverse'), 'paymentaction'), nullable=False),
        sa.Column('from_state', _words(PAYMENT_STATES, 'payment_from_state'), nullable=False),
        sa.Column('to_state', _words(PAYMENT_STATES, 'payment_to_state'), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=True),
        sa.Column('actor_name', sa.String(length=60), nullable=False),
        sa.Column('run_id', sa.Integer(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_payment_events_actor_id')),
        sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_payment_events_payment_id')),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_payment_events_run_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_events')),
    )
    op.create_index(op.f('ix_payment_events_payment_id_id'), 'payment_events', ['payment_id', 'id'])
    op.create_table(
        'run_rows',
        sa.Column('run_id', sa.Integer(), nullable=False),
        sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('payment_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.String(length=20), nullable=True),
        sa.Column('amount_fen', sa.BigInteger(), nullable=False),
        sa.Column('left_out', sa.JSON(), nullable=True),
        sa.Column('holder', sa.String(length=60), nullable=True),
        sa.Column('bank', sa.String(length=100), nullable=True),
        sa.Column('account', sa.Text(), nullable=True),
        sa.Column('outcome', _words(OUTCOMES, 'bankoutcome'), nullable=True),
        sa.Column('bank_reason', sa.Text(), nullable=False),
        sa.Column('answered_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_run_rows_payment_id')),
        sa.ForeignKeyConstraint(['run_id'], ['payment_runs.id'], name=op.f('fk_run_rows_run_id')),
        sa.PrimaryKeyConstraint('run_id', 'position', name=op.f('pk_run_rows')),
        sa.UniqueConstraint('number', name=op.f('uq_run_rows_number')),
        sa.UniqueConstraint('run_id', 'payment_id', name=op.f('uq_run_rows_run_id_payment_id')),
    )
    op.create_index(op.f('ix_run_rows_payment_id'), 'run_rows', ['payment_id'])
    op.create_index(op.f('ix_run_rows_run_id_outcome_position'), 'run_rows', ['run_id', 'outcome', 'position'])


KINDS = ('payment_refused', 'payment_reversed', 'account_to_confirm', 'account_confirmed', 'account_not_confirmed')


def downgrade():
    written = 'kind IN ({})'.format(', '.join(f"'{kind}'" for kind in KINDS))
    for table in ('message_readings', 'deliveries'):
        op.execute(f'DELETE FROM {table} WHERE message_id IN (SELECT id FROM messages WHERE {written})')
    op.execute(f'DELETE FROM messages WHERE {written}')
    op.drop_table('run_rows')
    op.drop_table('payment_events')
    op.drop_table('deductions')
    op.drop_table('bank_answer_rows')
    op.drop_table('run_files')
    op.drop_table('run_events')
    op.drop_table('payments')
    op.drop_table('bank_answers')
    op.drop_table('account_corrections')
    op.drop_table('payment_runs')
    op.drop_table('bank_layouts')
