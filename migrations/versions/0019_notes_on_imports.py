"""0019 notes on imports: what is said of a file above its preview, and which of its rows the file hides

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-29 03:04:00.000000

"""
import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('imports', sa.Column('notes', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('import_rows', sa.Column('hidden', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column('import_rows', 'hidden')
    op.drop_column('imports', 'notes')
