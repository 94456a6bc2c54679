"""0002 outbox

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-23 14:50:50.067610

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():

    op.create_table('heartbeats',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_heartbeats'))
    )
    op.create_table('deliveries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('way', sa.Enum('mail', 'sms', name='way', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sending', 'sent', 'failed', name='deliverystate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try', sa.DateTime(), nullable=False),
    sa.Column('error', sa.String(length=120), nullable=False),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_deliveries_account_id')),
    sa.ForeignKeyConstraint(['message_id'], ['messages.id'], name=op.f('fk_deliveries_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('message_id', 'account_id', 'way', name=op.f('uq_deliveries_message_id_account_id_way'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deliveries_account_id'), ['account_id'], unique=False)
        batch_op.create_index('ix_deliveries_unsettled', ['next_try'], unique=False, sqlite_where=sa.text("state IN ('waiting', 'sending')"), postgresql_where=sa.text("state IN ('waiting', 'sending')"))

    # Columns are added and dropped one by one: SQLite can do that where the table is; a batch would drop and remake it.
    op.add_column('accounts', sa.Column('email', sa.String(length=120), nullable=True))
    op.add_column('accounts', sa.Column('wants_sms', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('accounts', sa.Column('wants_mail', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('messages', sa.Column('secret_words', sa.Text(), nullable=True))
    op.add_column('messages', sa.Column('urgent', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('messages', sa.Column('expanded_at', sa.DateTime(), nullable=True))
    # What was told before there were deliveries is no news any more: none of it is sent now.
    op.execute('UPDATE messages SET expanded_at = created_at')
    op.create_index('ix_messages_unexpanded', 'messages', ['id'], unique=False, sqlite_where=sa.text('expanded_at IS NULL'), postgresql_where=sa.text('expanded_at IS NULL'))




def downgrade():

    op.drop_index('ix_messages_unexpanded', table_name='messages')
    for column in ('expanded_at', 'urgent', 'secret_words'):
        op.drop_column('messages', column)
    for column in ('wants_mail', 'wants_sms', 'email'):
        op.drop_column('accounts', column)
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index('ix_deliveries_unsettled', sqlite_where=sa.text("state IN ('waiting', 'sending')"), postgresql_where=sa.text("state IN ('waiting', 'sending')"))
        batch_op.drop_index(batch_op.f('ix_deliveries_account_id'))

    op.drop_table('deliveries')
    op.drop_table('heartbeats')

