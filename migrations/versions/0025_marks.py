"""0025 marks: what a desk marks while it reads, and what went out of it with a return

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-29 13:50:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('marks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('application_id', sa.Integer(), nullable=False),
    sa.Column('target', sa.String(length=60), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('author_name', sa.String(length=60), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('enterprise_id', sa.Integer(), nullable=True),
    sa.Column('office_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_marks_application_id')),
    sa.ForeignKeyConstraint(['author_id'], ['accounts.id'], name=op.f('fk_marks_author_id')),
    sa.ForeignKeyConstraint(['enterprise_id'], ['enterprises.id'], name=op.f('fk_marks_enterprise_id')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_marks_office_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_marks')),
    sa.UniqueConstraint('application_id', 'enterprise_id', 'target', name=op.f('uq_marks_application_id_enterprise_id_target')),
    sa.UniqueConstraint('application_id', 'office_id', 'target', name=op.f('uq_marks_application_id_office_id_target')),
    )
    op.add_column('applications', sa.Column('marked', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('reviews', sa.Column('marks', sa.Text(), nullable=True))


def downgrade():
    op.drop_column('reviews', 'marks')
    op.drop_column('applications', 'marked')
    op.drop_table('marks')
