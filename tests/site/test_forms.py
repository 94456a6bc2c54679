"""Forms accept only their own fields: further values, under the name of any column, change nothing.

Every form of every page is sent twice, as it stands and with a column's name for each further field; the database
must hold the same afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, DateTime, Enum, Integer

from enterprises import registration
from models import Application, Enterprise, Experience, db
from tests.site import routes
from tests.site.city import OWNERS, Actor, City
from tests.site.routes import addresses, enters
from tests.site.sending import SENDERS, sendings
from workflow.transitions import open_transitions

SENT_BY_ALL = {"csrf_token"}
WITHOUT_TRACE = {
    "accounts.login": "needs the password of an account",
    "accounts.invitation": "needs the code of an invitation, which no page shows twice",
    "accounts.reset": "needs the 「找回码」, which no page shows",
    "accounts.ask_for_code": "leads to the other way where no code can be sent",
    "accounts.use_code": "needs a code that was sent",
    "accounts.received": "forgets the code in the session",
    "accounts.first_password": "needs a password that was handed over",
    "accounts.code": "forgets the code in the session",
    "second_factor.step": "needs a telephone's code, which no page shows",
    "second_factor.own": "needs a telephone's code",
    "second_factor.codes": "forgets the codes in the session",
    "second_factor.renew": "needs a telephone's code",
    "second_factor.switch_off": "needs a telephone's code",
    "my_files.export_list": "needs the address of a list, which the list's link carries",
    "personal_application.choose": "opens what was selected",
    "personal_application.notice_read": "is sent by the page's script",
    "personal_application.keep_draft": "is sent by the page's script",
    "personal_application.discard_draft": "needs a draft, which the page's script keeps",
    "personal_application.create_upload": "is sent by the page's script",
    "personal_application.finish_upload": "is sent by the page's script",
    "personal_application.discard_upload": "is sent by the page's script",
    "personal_application.overridden_method": "is sent by the page's script",
    "personal_application.type_form_code": "is offered beside a signed form whose code could not be read",
    **dict.fromkeys(
        ("enterprise.open_now", "office.open_now", "city.open_now"),
        "says that the page is open, as reading does",
    ),
    **dict.fromkeys(
        ("enterprise_documents.make_chosen", "office_documents.make_chosen", "city_documents.make_chosen"),
        "shares its form with the bulk decisions, which its other buttons send",
    ),
    "office.assign": "is not offered to the one clerk of a desk",
    "office_deputies.enter": "offers nobody to the one clerk of a desk",
    "city_runs.upload": "takes the bank's table, and a picture is sent",
    "city_runs.confirm_answer": "needs rows that can be recorded",
    "city_runs.reverse": "needs a payment that was made",
    "city_runs.resend": "needs an account that the bank returned and nobody has corrected",
    "stop_grant.confirm": "needs a year that waits for the enterprise, and the first grant has none",
    "stop_grant.reinstate": "needs a grant that was stopped, by somebody else",
    "city_batches.reconsider": "needs a grant that was denied, by somebody else",
    "personal_payments.correct": "needs an account that the bank returned and nobody has corrected",
    "administration_bank_file.preview": "is sent by the page's script",
    "administration_bank_file.save": "says that nothing was changed",
    "city_publicity.make": "follows from the summary of chosen rows",
    "administration_deputies.enter": "names nobody as it stands",
    "administration_recovery.give": "needs somebody's login and name",
    **dict.fromkeys(
        (f"{console}_deputies.cancel" for console in ("enterprise", "office", "city", "administration")),
        "needs a deputy that was named",
    ),
}
"""Routes that take a form and whose form, sent as it stands, changes no row here."""


@pytest.mark.parametrize("begun_city", ["sqlite"], indirect=True)
def test_further_fields_sent_with_a_form_change_nothing(city: City) -> None:
    wrong, effective = [], set()
    for name in SENDERS:
        actor = city.actors[name]
        found = list(sendings(city, actor))
        for sent in found:
            asked = set().union(*(one.form.names for one in found if one.endpoint == sent.endpoint))
            more = sent.by(city, actor, temptations(asked, sent.data))
            if more.outcome != sent.outcome:
                wrong.append(f"{sent.description}: {_difference(sent.outcome, more.outcome)}")
            if sent.outcome:
                effective.add(sent.endpoint)
    assert not wrong, "\n".join(wrong)
    every = {rule.endpoint for rule in routes.rules(city, "POST")}
    without = every - effective
    assert without - WITHOUT_TRACE.keys() == set(), "every other has been sent a form that counts"
    assert WITHOUT_TRACE.keys() - without == set()


def temptations(asked: set[str], sent: Iterable[str]) -> dict[str, Any]:
    """A tempting value for every column that no form of the route has."""
    found: dict[str, Any] = {}
    for table in db.metadata.tables.values():
        for column in table.columns:
            if column.name not in asked | SENT_BY_ALL:
                found.setdefault(column.name, [_tempting(column)])
    rows = {name.rpartition("-")[0] for name in sent if name.startswith("experiences-")}
    for row in rows:
        for column in Experience.__table__.columns:
            if f"{row}-{column.name}" not in asked:
                found[f"{row}-{column.name}"] = [_tempting(column)]
    return found


def _tempting(column: Any) -> str:
    kind = column.type
    if isinstance(kind, Enum):
        preferred = [
            value for value in ("finished", "passed", "approved", "administrator") if value in kind.enums
        ]
        return (preferred or kind.enums)[0]
    if isinstance(kind, Boolean):
        return "y"
    if isinstance(kind, Integer):
        return "1"
    if isinstance(kind, Date | DateTime) or "Instant" in type(kind).__name__:
        return "2031-05-05"
    return "伪造"


def _difference(plain: Any, more: Any) -> str:
    return f"without {[one for one in plain if one not in more]}, with {[one for one in more if one not in plain]}"


# The version that somebody was looking at

OTHER_VERSIONS = ("", "0", "-1", "abc", "1.0", "99999999999999999999", "1 OR 1=1")


@pytest.mark.parametrize("begun_city", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", [*OWNERS, "enterprise", "office", "city"])
def test_a_form_without_the_current_version_changes_nothing(city: City, name: str) -> None:
    """An action needs the current version; with another version or none, nothing changes.

    The first row of a route meets every other version, each further row one of them in turn, and all meet the nearest two.
    """
    actor, wrong = city.actors[name], []
    others: defaultdict[tuple[Any, ...], Iterator[str]] = defaultdict(lambda: cycle(OTHER_VERSIONS))
    for rule in routes.rules(city, "POST"):
        if not enters(city, actor, rule):
            continue
        for address in addresses(city, actor, rule):
            for action in _what_could_be_done(address.subject, actor) if address.seen else ():
                present, first = address.subject.version, (rule.endpoint, action) not in others
                other = others[rule.endpoint, action]
                turns = len(OTHER_VERSIONS) if first else 1
                for version in (*islice(other, turns), str(present - 1), str(present + 1)):
                    posted = {"version": version, "action": action, "reason": "理由", "do": "submit"}
                    answer = city.browser(actor).send(address.path, posted)
                    moved = city.stored.changes().keys() & {"applications", "reviews", "enterprises"}
                    city.stored.put_back()
                    if moved or answer.status_code >= 500:
                        wrong.append(f"{address.path} {posted} -> {answer.status_code}, {moved}")
    assert wrong == []


def _what_could_be_done(subject: Any, actor: Actor) -> list[str]:
    assert actor.role is not None
    if isinstance(subject, Enterprise):
        return [step.action.value for step in registration.steps_for(subject, actor)]  # type: ignore[arg-type]
    if isinstance(subject, Application):
        return [row.action.value for row in open_transitions(subject.state, actor.role)]
    return []
