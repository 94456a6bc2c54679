"""0028 same file: the same file in another application is found by an index

Revision ID: 0028
Revises: 0027
Create Date: 2026-11-29 14:40:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(op.f('ix_attachments_sha256'), 'attachments', ['sha256'])


def downgrade():
    op.drop_index(op.f('ix_attachments_sha256'), table_name='attachments')
