"""Locks an applicant's account, alone or with an application. The account comes first everywhere: another order could deadlock."""

from sqlalchemy import select

from common.errors import NotVisible
from models import Account, Application, db
from workflow import locking, scope


def lock_applicant(account_id: int) -> Account:
    """Return an account, reloaded and locked until the transaction ends. Call before an application of it is locked."""
    return db.session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(of=Account, key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_with_applicant(application_number: str, person: Account) -> tuple[Application, Account]:
    """Return an application in the person's scope and its applicant's account, both locked. Raises NotVisible."""
    applicant_id = db.session.scalar(
        select(Application.applicant_id).where(
            Application.number == application_number, scope.visible(person)
        )
    )
    if applicant_id is None:
        raise NotVisible
    applicant = lock_applicant(applicant_id)
    return locking.lock(application_number, person), applicant
