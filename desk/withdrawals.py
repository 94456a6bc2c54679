"""How often an applicant can withdraw. Each submission tells everybody at the employer, by mail and SMS too, and keeps its files
for good, so submitting and withdrawing in turn must have an end."""

from datetime import timedelta

from sqlalchemy import func, select

from common.errors import ActionRefused
from models import Account, Action, Application, Review, db, now

MOST_WITHDRAWALS = 10
"""Of one application within WITHIN: more than anybody needs who has noticed a mistake after submitting."""

WITHIN = timedelta(days=1)


class TooManyWithdrawals(ActionRefused):
    """The application was withdrawn as often as it can be for now."""


def require_few(application: Application, _person: Account) -> None:
    """Raise TooManyWithdrawals at the limit. A `check` for workflow.review.perform, asked with the row locked."""
    recent = select(func.count(Review.id)).where(
        Review.application_id == application.id,
        Review.action == Action.WITHDRAW,
        Review.at > now() - WITHIN,
    )
    if (db.session.scalar(recent) or 0) >= MOST_WITHDRAWALS:
        raise TooManyWithdrawals
