"""Whether an employer can confirm for itself. While it can, the city does not confirm in its place (P4, P6)."""

from sqlalchemy import exists, select

from models import Account, Enterprise, Registration, Role, db


def can_confirm(enterprise_id: int) -> bool:
    """Say whether the enterprise is open and has a reviewer who can log in.

    The city's confirmation makes money payable to a typed account, or a whole year payable, so a second party has to give it as
    long as there is one. Read anew; ask with the grant locked before something is written.
    """
    reviewer = exists().where(
        Account.enterprise_id == Enterprise.id, Account.role == Role.ENTERPRISE, Account.active
    )
    found = select(Enterprise.id).where(
        Enterprise.id == enterprise_id,
        Enterprise.active,
        Enterprise.registration == Registration.APPROVED,
        reviewer.correlate(Enterprise),
    )
    return db.session.scalar(found) is not None
