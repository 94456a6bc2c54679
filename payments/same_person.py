"""Who counts as one person where a period grants once (P3): who has the same account, number or document.

The number of an account may have been corrected since its grant (desk/corrections.py). The permits of Hong Kong, Macao and Taiwan
have a number for life and two digits that count the renewals: by both, one person can have two accounts.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from sqlalchemy import or_, select

from common.identity import RENEWED, lifelong
from models import Application, Batch, Grant, GrantState, db

Keys = frozenset[str]
"""What names one person; two that share a key are the same person."""


class GrantedAs(NamedTuple):
    """Where a person has a grant."""

    batch: str
    position: int


class OneOf(Protocol):
    """What is known of the person of an application or a grant."""

    applicant_id: int
    identity_digest: str


def keys_of(people: Mapping[int, OneOf]) -> dict[int, Keys]:
    """Return the keys of the person of each application, by the application's id."""
    numbers = select(Application.id, Application.paper, Application.identity_number).where(
        Application.id.in_(list(people)), Application.paper.in_(RENEWED)
    )
    permits = {row.id: _permit(row.paper, row.identity_number) for row in db.session.execute(numbers)}
    return {
        key: frozenset((_account(one.applicant_id), one.identity_digest, *permits.get(key, ())))
        for key, one in people.items()
    }


def granted_in(period_id: int, keys: Iterable[Keys], but: int | None = None) -> dict[str, GrantedAs]:
    """Return which of these keys have a grant in the period that was not denied; `but`: the id of a grant that does not count."""
    wanted = frozenset[str]().union(*keys)
    accounts = [int(key.partition(" ")[2]) for key in wanted if key.startswith(ACCOUNT)]
    with_permits = any(key.startswith(PERMIT) for key in wanted)
    columns = (Grant.applicant_id, Grant.identity_digest, Batch.number, Grant.position)
    query = (
        select(*columns)
        .join(Batch, Batch.id == Grant.batch_id)
        .where(Grant.period_id == period_id, Grant.state != GrantState.DENIED)
    )
    if but is not None:
        query = query.where(Grant.id != but)
    found: dict[str, GrantedAs] = {}
    same = or_(Grant.applicant_id.in_(accounts), Grant.identity_digest.in_(wanted))
    for row in db.session.execute(query.where(same)):
        as_granted = GrantedAs(row.number, row.position)
        found |= {_account(row.applicant_id): as_granted, row.identity_digest: as_granted}
    if with_permits:
        numbers = query.add_columns(Application.paper, Application.identity_number).join(
            Application, Application.id == Grant.application_id
        )
        for row in db.session.execute(numbers.where(Application.paper.in_(RENEWED))):
            for key in _permit(row.paper, row.identity_number):
                found[key] = GrantedAs(row.number, row.position)
    return found


def known_grant(keys: Keys, granted: Mapping[str, GrantedAs]) -> GrantedAs | None:
    """Return the grant of a person; None for none."""
    return next((granted[key] for key in sorted(keys) if key in granted), None)


ACCOUNT, PERMIT = "account ", "permit "


def _account(number: int) -> str:
    return f"{ACCOUNT}{number}"


def _permit(paper: str, number: str) -> tuple[str, ...]:
    return (f"{PERMIT}{paper} {lifelong(paper, number)}",)
