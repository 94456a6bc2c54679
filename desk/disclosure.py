"""Shows a masked number in full, and records who saw it."""

from sqlalchemy import select

from accounts.access import active_account
from common.errors import NotVisible
from models import Account, Action, Application, Disclosure, Review, db, exclusive
from workflow import scope
from workflow.form import answers, living_allowance


def disclose(application: Application, actor: Account, field: str) -> str:
    """Return a masked number in full, and record who saw it.

    Raises KeyError for a field that is not hidden, NotVisible outside the scope.
    """
    if not living_allowance.FIELDS[field].secret:
        raise KeyError(field)
    with exclusive():
        person = active_account(actor)
        seen = db.session.scalars(
            select(Application).where(Application.id == application.id, scope.visible(person))
        ).one_or_none()
        if seen is None:
            raise NotVisible
        db.session.add(Disclosure(application_id=seen.id, account_id=person.id, field=field))
        own = seen.applicant_id == person.id
        # A fixed field cannot be edited: its value is the submitted one, or a correction of it.
        current = own or (living_allowance.FIELDS[field].fixed and seen.round > 0)
        return str((answers.value(seen, field) if current else _submitted(seen, field)) or "")


def _submitted(application: Application, field: str) -> object:
    """Return the answer of the last submission: only the applicant may see what was typed since."""
    snapshot = db.session.scalar(
        select(Review.snapshot)
        .where(Review.application_id == application.id, Review.action == Action.SUBMIT)
        .order_by(Review.sequence.desc())
        .limit(1)
    )
    return snapshot["fields"].get(field) if snapshot else None
