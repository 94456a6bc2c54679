"""Sample applications with a known history: two have passed and their applicants can log in, others wait where somebody can log in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from accounts import logins
from commands.sample_data import accounts
from commands.sample_data.clock import days_ago
from common.identity import CITIZEN
from models import Account, Action, Application, Enterprise, Role, db, exclusive
from workflow import routing

PASSED = (
    # name, first seventeen digits of the identity number, region of the employer, answers
    ("塔娜", "15272819930218022", "东胜区", {"education": "doctor", "degree": "doctor"}),
    ("周子涵", "15010519950723031", "东胜区", {"education": "master", "degree": "master"}),
)
LATE_IN_THE_YEAR = 9
"""From this month on, enough applications of a year's period have passed for a batch."""

SECOND_CLERK = ("zhuanjia2", "乌兰")


SUBMIT, PASS, RETURN = Action.SUBMIT, Action.PASS, Action.RETURN
EVERY_PASS = (SUBMIT, PASS, PASS, PASS)
WAITING = ((SUBMIT,), (SUBMIT,), (SUBMIT, PASS), (SUBMIT, PASS), (SUBMIT, PASS, RETURN))
"""What has happened to the applications that wait at each enterprise whose reviewer can log in, or at the next desk."""

AT_EACH_DESK = timedelta(days=2, hours=1)
"""How long each of these actions takes."""


@dataclass(frozen=True)
class KnownHistory:
    """An application with what happened to it, up to its end at the most. `account`: None for an applicant who is invented with it."""

    begun: datetime
    employer: Enterprise | None
    actions: Sequence[Action]
    account: Account | None = None
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def application(self) -> Application:
        own = select(Application).where(Application.applicant_id == (self.account and self.account.id))
        return db.session.scalars(own.order_by(Application.id.desc()).limit(1)).one()


def waiting_applications() -> list[KnownHistory]:
    """Return applications that wait now at the desks of the sample accounts."""
    return [
        KnownHistory(days_ago(number + 1) - len(actions) * AT_EACH_DESK, employer, actions)
        for region in accounts.REGIONS_WITH_ACCOUNT
        if (employer := accounts.sample_enterprise(region)) is not None
        for number, actions in enumerate(WAITING)
    ]


def add_passed_people(*days: int) -> list[KnownHistory]:
    """Add the two applicants, each for a batch so many days ago; their applications are added with the others (applications.py)."""
    entries: list[dict[str, str]] = []
    with exclusive():
        people = [
            _passed_person(entries, _begun(days_ago(closed)), *each)
            for closed, each in zip(days, PASSED, strict=True)
        ]
    accounts.add_to_file(entries)
    return people


def colleague_of_the_first(days: int) -> KnownHistory:
    """Return an application for the batch of the first: the reviewer who can log in is asked about that person's second year."""
    _, _, region, answers = PASSED[0]
    begun = _begun(days_ago(days)) + timedelta(days=1)
    return KnownHistory(begun, accounts.sample_enterprise(region), EVERY_PASS, answers=answers)


def _passed_person(
    entries: list[dict[str, str]],
    begun: datetime,
    name: str,
    body: str,
    region: str,
    answers: dict[str, Any],
) -> KnownHistory:
    number, password = accounts.identity_number(body), accounts.new_password()
    account = logins.find("personal", number)
    if account is None:
        account = logins.new_person(CITIZEN, number, name, accounts.sample_telephone(body), password)
        account.created_at = begun - timedelta(days=1)
        db.session.add(account)
    else:  # of an earlier attempt that did not come to its end
        logins.set_password(account, password)
    entries.append(accounts.entry(Role.APPLICANT, number, password, ""))
    return KnownHistory(begun, accounts.sample_enterprise(region), EVERY_PASS, account, answers)


def _begun(closed: datetime) -> datetime:
    """Return when an application of that batch was begun: in a period of which many had passed by then."""
    if closed.month >= LATE_IN_THE_YEAR:
        return closed - timedelta(days=60)
    return closed.replace(year=closed.year - 1, month=10, day=10)


def city_clerks() -> Sequence[Account]:
    """Return two clerks of the city: who approves a payment run has neither made nor frozen it. Adds what is missing."""
    found = _clerks()
    if len(found) < 2:
        login, name = SECOND_CLERK
        password = accounts.new_password()
        with exclusive():
            office = routing.final_office()
            db.session.add(logins.new_account(Role.CITY, login, name, password, office_id=office.id))
        accounts.add_to_file([accounts.entry(Role.CITY, login, password, "")])
        found = _clerks()
    return found


def _clerks() -> Sequence[Account]:
    clerks = select(Account).where(Account.role == Role.CITY, Account.active).order_by(Account.id)
    return db.session.scalars(clerks.limit(2)).all()
