"""0009 second factor

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-23 17:26:58.501066

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():

    op.create_table('second_factors',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('last_step', sa.Integer(), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_second_factors_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_second_factors'))
    )
    op.create_table('spare_codes',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_spare_codes_account_id')),
    sa.PrimaryKeyConstraint('account_id', 'digest', name=op.f('pk_spare_codes'))
    )
    op.add_column('accounts', sa.Column('second_factor', sa.Boolean(), server_default=sa.false(), nullable=False))




def downgrade():

    op.drop_column('accounts', 'second_factor')

    op.drop_table('spare_codes')
    op.drop_table('second_factors')

