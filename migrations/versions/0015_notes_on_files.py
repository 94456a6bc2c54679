"""0015 notes on files: what its owner and its reviewers are told about a file

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-29 02:50:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('attachments', sa.Column('notes', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('enterprises', sa.Column('licence_notes', sa.JSON(), server_default='[]', nullable=False))


def downgrade():
    op.drop_column('enterprises', 'licence_notes')
    op.drop_column('attachments', 'notes')
