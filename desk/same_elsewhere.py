"""Where the numbers and files of a submission stand in somebody else's application (W3), by indexes alone. desk/page_context.py reads
them.

What an applicant typed since the last submission is seen by nobody, so an application that is with its applicant is not
compared by its numbers. Its submitted files still are.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, String, bindparam, case, cast, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from accounts.actor_shape import ActorShape
from models import Application, Attachment
from models.search import digits_of
from models.secrets import vault
from models.statements import constant
from workflow import scope

MOST_COMPARED = 20
"""Other applications with the same number that are looked at, and other places of one file: enough to point one out."""

NOTHING = "-"
"""Bound where the submission has no such number: no digest and no telephone without hyphens is equal to it."""

SAME, FILE = "same", "file"
NUMBERS: Mapping[str, Any] = {
    "identity_number": Application.identity_digest,
    "bank_account": Application.bank_digest,
    "phone": digits_of(Application.phone),
}
"""The indexed column that is compared, by the key of the field."""


class Same(NamedTuple):
    """What is the same with somebody else. `key`: a field, or FILE with `file_id`. `numbers`: the applications within the
    scope of who looks; none of them when it is the same with somebody outside of it."""

    key: str
    file_id: int
    numbers: tuple[str, ...]


def compared_values(application: Application, submitted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the queries. `submitted`: the fields of the last submission; nothing for what was never submitted."""
    bank_account, phone = submitted.get("bank_account"), submitted.get("phone") or ""
    return {
        "round": application.round,
        "identity_number": application.identity_digest if submitted else NOTHING,
        "bank_account": vault.digest(bank_account) if bank_account else NOTHING,
        "phone": phone.replace(" ", "").replace("-", "") or NOTHING,
    }


def same_queries(actor: ActorShape) -> list[Select[Any]]:
    """Return the queries for what an application shares with other people's: key, id of the file, and number of the other, in
    the columns of desk/page_context.py. Their values are `compared_values` and the application's."""
    return [*(_numbers(actor, key) for key in NUMBERS), _files(actor)]


def same_of(rows: Iterable[tuple[str, int, str | None]]) -> list[Same]:
    """Return what the queries have found."""
    found: dict[tuple[str, int], set[str]] = {}
    for key, file_id, number in rows:
        if number is not None:
            found.setdefault((key, file_id), set()).add(number)
    return [
        Same(key, file_id, tuple(sorted(numbers - {""}))) for (key, file_id), numbers in sorted(found.items())
    ]


def _numbers(actor: ActorShape, key: str) -> Select[Any]:
    return (
        select(
            *_columns(key, constant(0), _number_in_scope(actor)),
        )
        .where(
            NUMBERS[key] == bindparam(key, type_=String),
            Application.applicant_id != bindparam("applicant_id", type_=Integer),
            ~scope.IS_WITH_APPLICANT,
        )
        .limit(constant(MOST_COMPARED))
    )


def _files(actor: ActorShape) -> Select[Any]:
    """Return the files of the last submission, each with the newest number that has the same, "" outside of the scope."""
    own, other = aliased(Attachment), aliased(Attachment)
    # Limited before it is joined: half a city may have uploaded the same page of its employer.
    same = (
        select(other.application_id, other.removed_after)
        .where(
            other.sha256 == own.sha256,
            other.application_id != bindparam("application_id", type_=Integer),
            other.submitted_round.is_not(None),
        )
        .limit(constant(MOST_COMPARED))
        .correlate(own)
        .subquery()
    )
    number = (
        select(func.max(_number_in_scope(actor)))
        .join(same, same.c.application_id == Application.id)
        .where(
            Application.applicant_id != bindparam("applicant_id", type_=Integer),
            or_(same.c.removed_after.is_(None), same.c.removed_after == Application.round),
        )
        .correlate(own)
        .scalar_subquery()
    )
    return select(*_columns(FILE, own.id, number)).where(
        own.application_id == bindparam("application_id", type_=Integer),
        own.submitted_round.is_not(None),
        or_(own.removed_after.is_(None), own.removed_after == bindparam("round", type_=Integer)),
    )


def _number_in_scope(actor: ActorShape) -> Any:
    return case((scope.visible(actor), Application.number), else_=text_column(""))


def _columns(key: str, file_id: Any, number: Any) -> list[Any]:
    """Return the columns of desk/page_context.py: kind, id, name, and three texts."""
    texts = [number.label("first"), text_column("").label("second"), text_column("").label("third")]
    return [text_column(SAME).label("kind"), file_id.label("id"), text_column(key).label("name"), *texts]


def text_column(word: str) -> Any:
    """Return a text as a column, typed so that all parts of a union agree."""
    return cast(literal_column(f"'{word}'"), String)
