"""0035 files made: exports, dossiers and archives that the worker makes for one person

Revision ID: 0035
Revises: 0034
Create Date: 2026-11-29 17:00:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

ROLES = ('applicant', 'enterprise', 'office', 'city', 'administrator')
STATES = ('making', 'ready', 'failed', 'cancelled', 'expired')


def upgrade():
    op.create_table(
        'file_jobs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('title', sa.JSON(), nullable=False),
        sa.Column('parameters', sa.Text(), nullable=False),
        sa.Column('asked_by_id', sa.Integer(), nullable=False),
        sa.Column('role', sa.Enum(*ROLES, name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('state', sa.Enum(*STATES, name='filestate', native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('error', sa.JSON(), nullable=True),
        sa.Column('notes', sa.JSON(), nullable=False),
        sa.Column('storage_name', sa.String(length=80), nullable=True),
        sa.Column('file_name', sa.String(length=160), nullable=True),
        sa.Column('content_type', sa.String(length=100), nullable=True),
        sa.Column('size', sa.BigInteger(), nullable=True),
        sa.Column('sha256', sa.String(length=64), nullable=True),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.Column('expires_at', sa.DateTime(), nullable=True),
        sa.Column('downloaded_at', sa.DateTime(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_try', sa.DateTime(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=True),
        sa.Column('office_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['asked_by_id'], ['accounts.id'], name=op.f('fk_file_jobs_asked_by_id')),
        sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_file_jobs_enterprise_id')),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_file_jobs_office_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_file_jobs')),
    )
    op.create_index(op.f('ix_file_jobs_asked_by_id_id'), 'file_jobs', ['asked_by_id', 'id'])
    op.create_index(op.f('ix_file_jobs_state_expires_at'), 'file_jobs', ['state', 'expires_at'])
    op.create_index(op.f('ix_file_jobs_state_next_try'), 'file_jobs', ['state', 'next_try'])
    op.create_index(op.f('ix_file_jobs_storage_name'), 'file_jobs', ['storage_name'])


def downgrade():
    op.drop_table('file_jobs')
