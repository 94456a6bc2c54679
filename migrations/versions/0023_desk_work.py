"""0023 desk work: who of a desk took an application, who has it open, internal notes

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-29 13:40:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'assignments',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=True),
        sa.Column('office_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_assignments_account_id')),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_assignments_application_id')),
        sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_assignments_enterprise_id')),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_assignments_office_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_assignments')),
        sa.UniqueConstraint('application_id', 'enterprise_id', name=op.f('uq_assignments_application_id_enterprise_id')),
        sa.UniqueConstraint('application_id', 'office_id', name=op.f('uq_assignments_application_id_office_id')),
    )
    op.create_index(op.f('ix_assignments_account_id_application_id'), 'assignments', ['account_id', 'application_id'])
    op.create_table(
        'open_pages',
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('seen_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_open_pages_account_id')),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_open_pages_application_id')),
        sa.PrimaryKeyConstraint('application_id', 'account_id', name=op.f('pk_open_pages')),
    )
    op.create_index(op.f('ix_open_pages_seen_at'), 'open_pages', ['seen_at'])
    op.create_table(
        'notes',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('author_id', sa.Integer(), nullable=False),
        sa.Column('author_name', sa.String(length=60), nullable=False),
        sa.Column('desk_name', sa.String(length=100), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('enterprise_id', sa.Integer(), nullable=True),
        sa.Column('office_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_notes_application_id')),
        sa.ForeignKeyConstraint(['author_id'], ['accounts.id'], name=op.f('fk_notes_author_id')),
        sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_notes_enterprise_id')),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_notes_office_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notes')),
    )
    op.create_index(op.f('ix_notes_application_id_id'), 'notes', ['application_id', 'id'])


def downgrade():
    for name in ('notes', 'open_pages', 'assignments'):
        op.drop_table(name)
