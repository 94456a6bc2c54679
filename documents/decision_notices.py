"""「审核结果通知书」 (A25): issued once for each decision of an authority, and checked by anybody who has the paper.

The number and the code are given when somebody first asks for the notice, so deciding costs nothing. What is printed is stored
with it: it stays the same when the name, the office or the text of the administrator change later.
"""

import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from sqlalchemy import select, text

from accounts.access import active_account
from common.calendar import local_date
from common.errors import NotPermitted, NotVisible
from common.identity import masked
from common.settings import HELP_LINE, OBJECTION, setting
from common.wording import N_
from models import Account, Application, DecisionNotice, Office, Result, Review, Role, db, exclusive, now
from models.reviews import mark_text
from workflow import locking, progress
from workflow.scope import DECISIONS
from workflow.transitions import BY_STATE_AND_ACTION, RESULT_WORDS

AUTHORITIES = (Role.OFFICE, Role.CITY)
"""Who decides with effect outside. An enterprise's return is a matter between the two, and has no notice."""

READERS = (Role.APPLICANT, *AUTHORITIES, Role.ADMINISTRATOR)

# Digits and letters without I, L, O and U (Crockford's base 32): none can be read as another.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FIRST_LETTERS = {Result.PASSED: "T", Result.RETURNED: "H", Result.REFUSED: "B"}
"""The first letter of a code. The check page explains the letters, so that nobody can print another result above a code."""

CODE_LENGTH, GROUP = 16, 4
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})

_COUNT = text(
    "INSERT INTO notice_counters (year, last) VALUES (:year, 1)"
    " ON CONFLICT (year) DO UPDATE SET last = notice_counters.last + 1 RETURNING last"
)


class NoticeStanding(Enum):
    """Whether the decision of a notice holds."""

    VALID = "valid"
    TAKEN_BACK = "taken back"
    OVERTAKEN = "overtaken"
    """A later decision of an authority has replaced it."""


STANDING_WORDS = {
    NoticeStanding.VALID: N_("通知书有效"),
    NoticeStanding.TAKEN_BACK: N_("无效：这一决定已收回"),
    NoticeStanding.OVERTAKEN: N_("无效：已被新的决定取代"),
}


def offered_notices(reviews: Sequence[Review], actor: Account) -> Iterator[Review]:
    """Yield the decisions of which this account can have the notice, newest first. `reviews` is the history, newest first.

    What was taken back is left out; a notice of it that somebody has already got is no longer valid.
    """
    if actor.role in READERS:
        yield from (row for row in progress.in_force(reviews) if _has_notice(row))


def _has_notice(row: Review) -> bool:
    return row.action in DECISIONS and row.result is not None and row.actor_role in AUTHORITIES


def issue(number: str, sequence: int, actor: Account) -> DecisionNotice:
    """Return the notice of a decision; the first call gives it its number and code.

    `sequence` is that of the history row. Raises NotVisible outside the scope and for a row that has no notice, NotPermitted
    for an enterprise.
    """
    with exclusive():
        person = active_account(actor)
        if person.role not in READERS:
            raise NotPermitted
        application = locking.lock(number, person)
        row = next(
            (
                each
                for each in offered_notices(progress.history(application), person)
                if each.sequence == sequence
            ),
            None,
        )
        if row is None:
            raise NotVisible
        notice = db.session.scalars(
            select(DecisionNotice).where(DecisionNotice.review_id == row.id)
        ).one_or_none()
        if notice is None:
            notice = _new_notice(application, row)
            db.session.add(notice)
            db.session.flush()
        return notice


def _new_notice(application: Application, row: Review) -> DecisionNotice:
    at = now()
    year = local_date(at).year
    ordinal: int = db.session.scalar(_COUNT, {"year": year}) or 0
    number = f"〔{year}〕{ordinal}号"  # stays Chinese
    assert row.result is not None  # noqa: S101 - `_has_notice` has checked it
    return DecisionNotice(
        review_id=row.id,
        application_id=application.id,
        year=year,
        ordinal=ordinal,
        check_code=new_notice_code(row.result),
        content=_content(application, row, number),
        issued_at=at,
    )


def new_notice_code(result: Result) -> str:
    """Return a new random code of 75 bits, without spaces."""
    return FIRST_LETTERS[result] + "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH - 1))


def _content(application: Application, row: Review, number: str) -> dict[str, Any]:
    """Return what the notice prints; in Chinese, as everything that an authority writes."""
    enterprise, telephone = application.submitted_enterprise, _telephone_of_desk(row) or setting(HELP_LINE)
    wording = BY_STATE_AND_ACTION[row.from_state, row.action].wording
    assert row.result is not None  # noqa: S101 - `_has_notice` has checked it
    return {
        "number": number,
        "result": row.result.value,
        "result_word": RESULT_WORDS[row.result],
        "decision": wording,
        "name": application.name,
        "identity": masked(application.identity_number),
        "application": application.number,
        "enterprise": enterprise.name if enterprise else "",
        "period": application.period.name if application.period else "",
        "day": local_date(row.at).isoformat(),
        "office": row.desk,
        "telephone": telephone,
        "reason": row.reason,
        "marks": [mark_text(mark) for mark in row.marks or ()],
        "resubmit_by": row.resubmit_by.isoformat() if row.resubmit_by else "",
        "objection": setting(OBJECTION).replace("{office}", row.desk).replace("{telephone}", telephone),
    }


def _telephone_of_desk(row: Review) -> str:
    """Return the telephone of the office that decided; "" for none.

    Who decided may work for another office by now. What has no office of that name is a deputy's decision, or the office was
    renamed: then it is that of their present one.
    """
    office = db.session.scalars(select(Office).where(Office.name == row.desk)).one_or_none()
    office = office or row.actor.office
    return office.telephone if office else ""


# --- checking


def grouped(code: str) -> str:
    """Return a code as it is printed: T7K2-9QXM-3F0A-ZZ8P."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def canonical(typed: str) -> str:
    """Return a typed code as it is stored: without spaces and strokes, in capitals, O for 0 and I or L for 1 corrected."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(each for each in plain if each.isalnum()).translate(_READ_AS)


def standing_of(typed: str) -> NoticeStanding | None:
    """Return whether the decision of the notice with this code holds; None when no notice has it.

    Says nothing about the person.
    """
    code = canonical(typed)
    if len(code) != CODE_LENGTH or not code.isascii():
        return None
    found = db.session.execute(
        select(DecisionNotice.review_id, DecisionNotice.application_id).where(
            DecisionNotice.check_code == code
        )
    ).one_or_none()
    if found is None:
        return None
    history = db.session.scalars(
        select(Review).where(Review.application_id == found.application_id).order_by(Review.sequence.desc())
    ).all()
    return _standing(found.review_id, history)


def _standing(review_id: int, history: Sequence[Review]) -> NoticeStanding:
    """Return how a decision stands. `history` is the application's, newest first."""
    later = False
    for row in progress.in_force(history):
        if row.id == review_id:
            return NoticeStanding.OVERTAKEN if later else NoticeStanding.VALID
        later = later or (row.action in DECISIONS and row.actor_role in AUTHORITIES)
    return NoticeStanding.TAKEN_BACK
