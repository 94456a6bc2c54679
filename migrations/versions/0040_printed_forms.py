"""0040 printed forms: what was printed of an application to be signed, and the code that an uploaded paper shows

Revision ID: 0040
Revises: 0039
Create Date: 2026-11-29 17:20:00.000000

"""
import sqlalchemy as sa
from alembic import op


# revision identifiers, used by Alembic.
revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None

FORM = '引进人才生活补贴申请表'


def upgrade():
    op.create_table(
        'printed_forms',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('application_id', sa.Integer(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('snapshot', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(['application_id'], ['applications.id'], name=op.f('fk_printed_forms_application_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_printed_forms')),
        sa.UniqueConstraint('code', name=op.f('uq_printed_forms_code')),
        sa.UniqueConstraint('application_id', 'digest', name=op.f('uq_printed_forms_application_id_digest')),
    )
    op.add_column('attachments', sa.Column('form_code', sa.String(length=40), nullable=True))
    op.add_column('attachments', sa.Column('form_code_typed', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('materials', sa.Column('printed_form', sa.Boolean(), server_default=sa.false(), nullable=False))
    materials = sa.table('materials', sa.column('name', sa.String), sa.column('printed_form', sa.Boolean))
    op.execute(materials.update().where(materials.c.name == FORM).values(printed_form=True))


def downgrade():
    op.drop_column('materials', 'printed_form')
    op.drop_column('attachments', 'form_code_typed')
    op.drop_column('attachments', 'form_code')
    op.drop_table('printed_forms')
