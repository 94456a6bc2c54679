"""What the database holds, as it is stored: for saying that nothing at all has changed."""

from typing import Any

from sqlalchemy import select, text

from models import Account, Application, Review, db
from workflow import scope

ABOUT_AN_APPLICATION = {
    "applications": "id",
    "experiences": "application_id",
    "attachments": "application_id",
    "reviews": "application_id",
    "messages": "application_id",
}


def stored_rows(application: Application) -> dict[str, list[tuple[Any, ...]]]:
    """Every row about an application, ciphertext as ciphertext."""
    db.session.commit()
    return {
        table: [
            tuple(row)
            for row in db.session.execute(
                text(f"SELECT * FROM {table} WHERE {column} = :id ORDER BY id"), {"id": application.id}
            )
        ]
        for table, column in ABOUT_AN_APPLICATION.items()
    }


def history(application: Application) -> list[Review]:
    """The lines of its history, oldest first."""
    return list(
        db.session.scalars(
            select(Review).where(Review.application_id == application.id).order_by(Review.sequence)
        )
    )


def sees(actor: Account, application: Application) -> bool:
    criterion = scope.visible(actor), Application.id == application.id
    return db.session.scalar(select(Application.id).where(*criterion)) is not None


def waits_for(actor: Account, application: Application) -> bool:
    criterion = scope.waiting(actor), Application.id == application.id
    return db.session.scalar(select(Application.id).where(*criterion)) is not None
