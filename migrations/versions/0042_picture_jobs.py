"""0042 picture jobs: uploaded files of which the worker has to draw the first pictures

Revision ID: 0042
Revises: 0041
Create Date: 2026-11-29 20:40:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'picture_jobs',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('stored_file', sa.String(length=80), nullable=False),
        sa.Column('extension', sa.String(length=8), nullable=False),
        sa.Column(
            'state', sa.Enum('waiting', name='drawingstate', native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_try', sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_picture_jobs')),
    )
    op.create_index(op.f('ix_picture_jobs_next_try_id'), 'picture_jobs', ['next_try', 'id'])


def downgrade():
    op.drop_index(op.f('ix_picture_jobs_next_try_id'), table_name='picture_jobs')
    op.drop_table('picture_jobs')
