"""0037 full exports: the right to export numbers in full

Revision ID: 0037
Revises: 0036
Create Date: 2026-11-29 17:50:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade():
    op.add_column('accounts', sa.Column('may_export_full', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column('accounts', 'may_export_full')
