"""0027 bulk decisions: one decision on many applications, and what became of each

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-29 14:20:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

ROLES = ('applicant', 'enterprise', 'office', 'city', 'administrator')
STATES = ('chosen', 'working', 'done', 'cancelled', 'stopped')


def upgrade():
    op.create_table(
        'bulk_jobs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('actor_id', sa.Integer(), nullable=False),
        sa.Column('actor_role', sa.Enum(*ROLES, name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column('action', sa.String(length=20), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('state', sa.Enum(*STATES, name='bulkstate', native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('decided', sa.Integer(), nullable=False),
        sa.Column('error', sa.JSON(), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_try', sa.DateTime(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=True),
        sa.Column('office_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['actor_id'], ['accounts.id'], name=op.f('fk_bulk_jobs_actor_id')),
        sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_bulk_jobs_enterprise_id')),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_bulk_jobs_office_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bulk_jobs')),
    )
    op.create_index(op.f('ix_bulk_jobs_actor_id_id'), 'bulk_jobs', ['actor_id', 'id'])
    op.create_index(op.f('ix_bulk_jobs_state_next_try'), 'bulk_jobs', ['state', 'next_try'])
    op.create_table(
        'bulk_rows',
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('seen_version', sa.Integer(), nullable=False),
        sa.Column('decided', sa.Boolean(), nullable=True),
        sa.Column('fault', sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_bulk_rows_application_id')),
        sa.ForeignKeyConstraint(['job_id'], ['bulk_jobs.id'], name=op.f('fk_bulk_rows_job_id')),
        sa.PrimaryKeyConstraint('job_id', 'application_id', name=op.f('pk_bulk_rows')),
    )
    op.create_index(op.f('ix_bulk_rows_job_id_decided_application_id'), 'bulk_rows', ['job_id', 'decided', 'application_id'])


def downgrade():
    op.drop_table('bulk_rows')
    op.drop_table('bulk_jobs')
