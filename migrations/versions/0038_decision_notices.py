"""0038 decision notices: the numbered notice of a decision, with the code by which it is checked

Revision ID: 0038
Revises: 0037
Create Date: 2026-11-29 17:10:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'decision_notices',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('review_id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('ordinal', sa.Integer(), nullable=False),
        sa.Column('check_code', sa.String(length=16), nullable=False),
        sa.Column('content', sa.Text(), nullable=False),
        sa.Column('issued_at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_decision_notices_application_id')),
        sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_decision_notices_review_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_notices')),
        sa.UniqueConstraint('check_code', name=op.f('uq_decision_notices_check_code')),
        sa.UniqueConstraint('review_id', name=op.f('uq_decision_notices_review_id')),
        sa.UniqueConstraint('year', 'ordinal', name=op.f('uq_decision_notices_year_ordinal')),
    )
    op.create_index(op.f('ix_decision_notices_application_id'), 'decision_notices', ['application_id'])
    op.create_table(
        'notice_counters',
        sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('year', name=op.f('pk_notice_counters')),
    )


def downgrade():
    op.drop_table('notice_counters')
    op.drop_table('decision_notices')
