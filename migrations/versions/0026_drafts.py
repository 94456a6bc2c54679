"""0026 drafts: what an applicant has typed and not saved yet

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-29 14:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'drafts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=True),
        sa.Column('device', sa.String(length=64), nullable=False),
        sa.Column('fields', sa.Text(), nullable=False),
        sa.Column('updated_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_drafts_account_id')),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_drafts_application_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_drafts')),
    )
    op.create_index(op.f('ix_drafts_account_id_application_id_device'), 'drafts', ['account_id', 'application_id', 'device'])
    op.create_index(op.f('ix_drafts_application_id'), 'drafts', ['application_id'])
    op.create_index(op.f('ix_drafts_updated_at'), 'drafts', ['updated_at'])


def downgrade():
    op.drop_index(op.f('ix_drafts_updated_at'), table_name='drafts')
    op.drop_index(op.f('ix_drafts_application_id'), table_name='drafts')
    op.drop_index(op.f('ix_drafts_account_id_application_id_device'), table_name='drafts')
    op.drop_table('drafts')
