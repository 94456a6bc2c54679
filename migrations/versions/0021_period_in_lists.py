"""0021 period in lists: the indexes of whole lists hold the period, by which reviewers narrow them

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-29 12:00:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

FORMER = {
    'ix_applications_arrived_at_id_education_result': ['arrived_at', 'id', 'education', 'result'],
    'ix_applications_region_id_arrived_at_id_education': ['region_id', 'arrived_at', 'id', 'education'],
    **{
        f'ix_applications_{column}_id_education_region_id_result': [column, 'id', 'education', 'region_id', 'result']
        for column in ('number', 'initials', 'submitted_at')
    },
}
PRESENT = {
    'ix_applications_by_arrived_at': ['arrived_at', 'id', 'education', 'result', 'period_id'],
    'ix_applications_by_region_and_arrived_at': ['region_id', 'arrived_at', 'id', 'education', 'period_id'],
    **{
        f'ix_applications_by_{column}': [column, 'id', 'education', 'region_id', 'result', 'period_id']
        for column in ('number', 'initials', 'submitted_at')
    },
}


def _replace(former, present):
    for name in former:
        op.drop_index(op.f(name), table_name='applications')
    for name, columns in present.items():
        op.create_index(op.f(name), 'applications', columns)


def upgrade():
    _replace(FORMER, PRESENT)


def downgrade():
    _replace(PRESENT, FORMER)
