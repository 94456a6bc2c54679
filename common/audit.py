"""Audit entries for changes that are not made by an administrator: of reviewers and of second factors."""

from models import Account, AuditEntry, ChangeKind, db

REVIEWERS = "reviewers"


APPLICANTS = "applicants"


EXPORTS = "exports"
"""Exports of lists (documents/exports.py). The row key is the name of the list."""


DELIVERIES = "deliveries"
"""Mails and SMS that an administrator has sent again (operation/redelivery.py)."""


def note_reviewers(person: Account, act: str, account: Account) -> None:
    """Record what a reviewer did with the account of another reviewer of the enterprise. Call within `exclusive()`."""
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=REVIEWERS,
            row_key=str(person.enterprise_id),
            label=str(person.enterprise),
            kind=ChangeKind.CHANGED,
            before={},
            after={act: f"{account.name}（{account.login}）"},
        )
    )


def note_recovery_code(person: Account, account: Account, reason: str) -> None:
    """Record that an administrator has given somebody a new recovery code. Call within `exclusive()`."""
    of_enterprise = account.enterprise_id is not None
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=REVIEWERS if of_enterprise else APPLICANTS,
            row_key=str(account.enterprise_id if of_enterprise else account.id),
            label=str(account.enterprise) if of_enterprise else account.name,
            kind=ChangeKind.CHANGED,
            before={},
            after={"recovery_code": account.name, "reason": reason},
        )
    )


def note_second_factor(person: Account) -> None:
    """Record that somebody has enabled or disabled their own second factor. Call within `exclusive()`."""
    has_it = person.second_factor
    db.session.add(
        AuditEntry(
            actor_id=person.id,
            actor_name=person.name,
            table_name=Account.__tablename__,
            row_key=str(person.id),
            label=f"{person.name}（{person.login}）",
            kind=ChangeKind.CHANGED,
            before={"second_factor": not has_it},
            after={"second_factor": has_it},
        )
    )
