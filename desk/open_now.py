"""Who has the page of an application open now (W4): a row per account and application, renewed by the page itself.

Only the colleagues of the same desk read it (desk/page_context.py).
"""

from datetime import timedelta

from sqlalchemy import delete, select

from desk.desks import colleagues
from models import Account, OpenPage, db, exclusive, now
from models.database import insert_unless_there
from models.transactions import optional_write

COUNTS_FOR = timedelta(seconds=60)
"""After this time without a sign the page counts as closed. It gives a sign every 20 seconds (static/js/open-now.js)."""


def mark_open(application_id: int, actor: Account) -> None:
    """Record that this account has the page open, if the database takes writes. The caller has checked that it may see the application."""
    key, at = {"application_id": application_id, "account_id": actor.id}, now()
    insert = insert_unless_there(OpenPage).values(**key, seen_at=at)
    with optional_write(), exclusive():
        db.session.execute(insert.on_conflict_do_update(index_elements=list(key), set_={"seen_at": at}))


def mark_closed(application_id: int, actor: Account) -> None:
    """Record that this account has left the page."""
    own = (OpenPage.application_id == application_id, OpenPage.account_id == actor.id)
    with exclusive():
        db.session.execute(delete(OpenPage).where(*own).execution_options(synchronize_session=False))


def names_of_others(application_id: int, actor: Account) -> list[str]:
    """Return the colleagues of the same desk who have the page open, by name."""
    others = (
        select(Account.name)
        .join(OpenPage, OpenPage.account_id == Account.id)
        .where(
            OpenPage.application_id == application_id,
            OpenPage.seen_at > now() - COUNTS_FOR,
            Account.id != actor.id,
            colleagues(actor),
        )
        .order_by(Account.name, Account.id)
    )
    return list(db.session.scalars(others))


def delete_expired() -> None:
    """Delete what no longer counts."""
    with exclusive():
        db.session.execute(
            delete(OpenPage)
            .where(OpenPage.seen_at < now() - COUNTS_FOR)
            .execution_options(synchronize_session=False)
        )
