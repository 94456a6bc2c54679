"""0030 deputies: who decides for whom during a period, and for whom a row of the history was decided

Revision ID: 0030
Revises: 0029
Create Date: 2026-11-29 15:00:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None

POINTS_AT = {
    'account_id': 'accounts', 'deputy_id': 'accounts', 'office_id': 'offices', 'deputy_office_id': 'offices',
    'created_by_id': 'accounts',
}
INDEXED = ('account_id', 'deputy_id', 'office_id', 'deputy_office_id')


def upgrade():
    op.create_table(
        'deputies',
        sa.Column('id', sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in INDEXED),
        sa.Column('first_day', sa.Date(), nullable=False),
        sa.Column('last_day', sa.Date(), nullable=False),
        sa.Column('created_by_id', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(), nullable=False),
        sa.Column('cancelled_at', sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            '(account_id IS NULL) = (deputy_id IS NULL) AND (office_id IS NULL) = (deputy_office_id IS NULL)'
            ' AND (account_id IS NULL) <> (office_id IS NULL)',
            name=op.f('ck_deputies_one_kind'),
        ),
        *(
            sa.ForeignKeyConstraint([name], [f'{table}.id'], name=op.f(f'fk_deputies_{name}'))
            for name, table in POINTS_AT.items()
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_deputies')),
    )
    for name in INDEXED:
        op.create_index(op.f(f'ix_deputies_{name}'), 'deputies', [name])
    op.add_column('reviews', sa.Column('on_behalf_of', sa.String(length=60), nullable=True))


def downgrade():
    op.drop_column('reviews', 'on_behalf_of')
    op.drop_table('deputies')
