"""0024 partial uploads: files that arrive in parts

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-29 14:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'partial_uploads',
        sa.Column('token', sa.String(length=32), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('material_id', sa.Integer(), nullable=False),
        sa.Column('display_name', sa.String(length=160), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('received', sa.Integer(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.Column('finished_at', sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_partial_uploads_application_id')),
        sa.ForeignKeyConstraint(['material_id'], ['materials.id'], name=op.f('fk_partial_uploads_material_id')),
        sa.PrimaryKeyConstraint('token', name=op.f('pk_partial_uploads')),
    )
    op.create_index(op.f('ix_partial_uploads_application_id'), 'partial_uploads', ['application_id'])
    op.create_index(op.f('ix_partial_uploads_updated_at'), 'partial_uploads', ['updated_at'])


def downgrade():
    op.drop_table('partial_uploads')
