"""0017 former names of materials: what was uploaded under a name keeps it

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-29 03:05:00.000000

"""
from datetime import UTC

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

CHANGES = sa.table(
    'changes',
    sa.column('id', sa.Integer),
    sa.column('at', sa.DateTime),
    sa.column('table_name', sa.String),
    sa.column('row_key', sa.String),
    sa.column('kind', sa.String),
    sa.column('before', sa.JSON),
)
MATERIALS = sa.table('materials', sa.column('id', sa.Integer), sa.column('former_names', sa.JSON))


def upgrade():
    op.add_column('materials', sa.Column('former_names', sa.JSON(), server_default='[]', nullable=False))
    # The audit trail knows each renaming and when it was.
    names = {}
    renamed = sa.select(CHANGES.c.row_key, CHANGES.c.at, CHANGES.c.before).where(
        CHANGES.c.table_name == 'materials', CHANGES.c.kind == 'changed'
    )
    for key, at, before in op.get_bind().execute(renamed.order_by(CHANGES.c.id)):
        if before.get('name'):
            until = at.replace(tzinfo=UTC).isoformat()
            names.setdefault(int(key), []).append({'name': before['name'], 'until': until})
    for key, former in names.items():
        op.get_bind().execute(MATERIALS.update().where(MATERIALS.c.id == key).values(former_names=former))


def downgrade():
    op.drop_column('materials', 'former_names')
