"""0007 access

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-23 17:10:00

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():

    op.create_table('login_sessions',
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('begun_at', sa.DateTime(), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_login_sessions_account_id')),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_login_sessions'))
    )
    op.create_index(op.f('ix_login_sessions_account_id'), 'login_sessions', ['account_id'], unique=False)
    op.create_index(op.f('ix_login_sessions_seen_at'), 'login_sessions', ['seen_at'], unique=False)

    op.create_table('attempts',
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=64), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.Column('locked_until', sa.DateTime(), nullable=True),
    sa.Column('opened_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('purpose', 'subject', 'address', name=op.f('pk_attempts'))
    )
    op.create_index(op.f('ix_attempts_subject'), 'attempts', ['subject'], unique=False)
    op.create_index(op.f('ix_attempts_last_at'), 'attempts', ['last_at'], unique=False)

    op.create_table('reset_codes',
    sa.Column('token', sa.String(length=32), nullable=False),
    sa.Column('login_digest', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('code_digest', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_reset_codes_account_id')),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_reset_codes'))
    )
    op.create_index(op.f('ix_reset_codes_account_id'), 'reset_codes', ['account_id'], unique=False)
    op.create_index(op.f('ix_reset_codes_asked_at'), 'reset_codes', ['asked_at'], unique=False)

    # One by one: SQLite can add and drop a column where the table is; a batch would drop and remake it.
    op.add_column('accounts', sa.Column('must_change_password', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('deliveries', sa.Column('address', sa.Text(), nullable=True))


def downgrade():

    op.drop_column('deliveries', 'address')
    op.drop_column('accounts', 'must_change_password')
    for table in ('reset_codes', 'attempts', 'login_sessions'):
        op.drop_table(table)
