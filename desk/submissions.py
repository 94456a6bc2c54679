"""What was submitted last, with what was corrected since in its place. Pages and files show it the same way."""

from typing import Any, NamedTuple

from sqlalchemy import select

from common.text import as_name
from desk.comparison import Snapshot
from models import Action, Application, Review, db
from workflow.form import answers, versions


class Corrected(NamedTuple):
    """A submission with corrections. `former` holds, by field, the text that was submitted (untranslated)."""

    snapshot: Snapshot
    former: dict[str, str]


def newest_snapshot(application: Application) -> Snapshot | None:
    """Return the snapshot of the last submission; None for an application that was never submitted."""
    return db.session.scalar(
        select(Review.snapshot)
        .where(Review.application_id == application.id, Review.action == Action.SUBMIT)
        .order_by(Review.sequence.desc())
        .limit(1)
    )


def corrected(application: Application, submitted: Snapshot) -> Corrected:
    """Return a submission with what was corrected since in its place.

    Only what the account fixes is ever corrected (desk/corrections.py); an applicant types none of it. A name that only got
    its present spelling (migration 0016) was not corrected.
    """
    fields: dict[str, Any] = dict(submitted["fields"])
    former = {}
    for asked in versions.form_of(application).fields.values():
        if not asked.fixed:
            continue
        present, submitted_value = answers.value(application, asked.key), fields.get(asked.key)
        if present not in (submitted_value, as_name(submitted_value or "")):
            former[asked.key] = answers.answer_text(asked, submitted_value)
        fields[asked.key] = present
    return Corrected({**submitted, "fields": fields}, former)
