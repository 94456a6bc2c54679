"""Nobody extends their own rights: one role's forms do nothing for another, and only listed routes change rights.

The forms are found on the pages and the addresses in the url_map, so that a new one is tried without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest

from models import Account, Role
from tests.site import routes
from tests.site.city import DEACTIVATED, NEWCOMER, NOBODY, OWNERS, PENDING, REFUSED, Actor, City
from tests.site.forms import forms
from tests.site.routes import addresses, canonical, enters, view_of
from tests.site.sending import Sending, sendings
from tests.site.test_forms import temptations

pytestmark = pytest.mark.parametrize("begun_city", ["sqlite"], indirect=True)

SENDERS = (OWNERS[0], "enterprise", REFUSED, "office", "city", "administrator")
OTHERS = (NEWCOMER, "enterprise", PENDING, REFUSED, "office", "city", "administrator", DEACTIVATED, NOBODY)

RIGHTS = {
    "accounts": {
        "role",
        "office_id",
        "enterprise_id",
        "active",
        "login",
        "login_digest",
        "identity_number",
        "password_hash",
        "recovery_hash",
        "must_change_password",
        "second_factor",
        "may_export_full",
    },
    "enterprises": {"region_id", "registration", "active", "credit_code"},
    "regions": {"kind", "office_id", "active", "merged_into_id"},
    "offices": {"duty"},
    "settings": {"value"},
}
"""What decides who may do what, and what lets somebody in."""

OWN = {
    "accounts.change_password": {"password_hash"},
    "accounts.new_code": {"recovery_hash"},
}
"""What of it a person changes of their own account: what lets them in, never what they may do."""

OF_OTHERS = {
    "registration.index": {"enterprises.region_id", "enterprises.registration", "enterprises.credit_code"},
    "reviewers.invite": {"accounts"},
    "reviewers.remove": {"accounts.active"},
    "office_enterprises.decide": {"enterprises.registration"},
    "administration_offices.create_view": {"offices"},
    "administration_regions.create_view": {"regions"},
    "administration_regions.edit_view": {"regions.kind", "regions.office_id", "regions.active"},
    "administration_regions.merge": {
        "regions.active",
        "regions.merged_into_id",
        "regions.office_id",
        "enterprises.region_id",
        "accounts.office_id",
    },
    "administration_enterprises.edit_view": {"enterprises.region_id", "enterprises.active"},
    "administration_settings.edit_view": {"settings.value"},
    "administration_applications.correct_number": {"accounts.identity_number", "accounts.login_digest"},
    "administration_staff.create_view": {"accounts"},
    "administration_staff.edit_view": {"accounts.office_id", "accounts.may_export_full"},
    "administration_staff.deactivate": {"accounts.active"},
    "administration_staff.reactivate": {"accounts.active"},
    "administration_staff.reset_second_factor": {"accounts.second_factor"},
    "administration_staff.renew_password": {
        "accounts.password_hash",
        "accounts.recovery_hash",
        "accounts.must_change_password",
    },
}
"""And of others, or of what they belong to; a table without a column is a new row. Each of these has its own tests."""


@pytest.fixture(scope="module")
def sent(begun_city: City) -> dict[str, list[Sending]]:
    """What each of them can send, question and answer included, as they would."""
    found = {}
    for name in SENDERS:
        found[name] = list(sendings(begun_city, begun_city.actors[name]))
    administrator = begun_city.actors["administrator"]
    for one in list(found["administrator"]):
        found["administrator"] += _otherwise(begun_city, administrator, one)
    return found


def _otherwise(city: City, actor: Actor, one: Sending) -> Iterator[Sending]:
    """Yield the same with another choice in each field that has some, the question about it answered with yes."""
    for name, options in one.form.choices.items():
        other = copy(one)
        other.data = one.data | {
            name: [next(each for each in (*options, "") if [each] != one.data.get(name))]
        }
        asked = other.by(city, actor, {})
        for form in forms(asked.answer.text):
            other.data |= {key: [value] for key, value in form.buttons if key == "confirmed"}
        other.changed = other.by(city, actor, {}).changed
        yield other


@pytest.mark.guide("D4")
def test_the_forms_of_one_console_do_nothing_in_another(city: City, sent: dict[str, list[Sending]]) -> None:
    """The very bytes that an administrator's browser sends, sent by everybody else; and so for each console."""
    rules = {rule.endpoint: rule for rule in routes.rules(city, "POST")}
    wrong, tried = [], 0
    for name in OTHERS:
        other = city.actors[name]
        browser = city.browser(other)
        missing = canonical(browser.get("/no/such/page"))
        for one in [one for each in sent.values() for one in each]:
            rule = rules[one.endpoint]
            if view_of(city.app, rule) is None or enters(city, other, rule):
                continue
            answer = browser.send(one.path, _as_sent(one))
            redirected_to_login = other.role is None and answer.status_code == 302
            if not redirected_to_login and canonical(answer) != missing:
                wrong.append(f"{name}: {one.description} -> {answer.status_code}")
            if city.stored.changes():
                wrong.append(f"{name}: {one.description} changed {city.stored.changes().keys()}")
                city.stored.put_back()
            tried += 1
    assert wrong == []
    assert tried > len(OTHERS) * 10


def test_rights_change_only_through_the_listed_routes(city: City, sent: dict[str, list[Sending]]) -> None:
    found: dict[str, set[str]] = {}
    for name, all_sent in sent.items():
        own = _id_of(city, city.actors[name])
        for one in all_sent:
            for table, column, key in _rights(one):
                if table == "accounts" and key == own:
                    assert column in OWN.get(one.endpoint, ()), (
                        f"{name}: {one.description} changed their own {column}"
                    )
                else:
                    found.setdefault(one.endpoint, set()).add(f"{table}.{column}" if column else table)
    unexpected = {
        endpoint: columns - OF_OTHERS.get(endpoint, set())
        for endpoint, columns in found.items()
        if columns - OF_OTHERS.get(endpoint, set())
    }
    assert unexpected == {}
    assert found.keys() == OF_OTHERS.keys(), "each of them has been seen to work"


@pytest.mark.guide("D1")
def test_administrators_cannot_change_their_own_rights(city: City) -> None:
    """The only administrator, against every address that takes their own row, with every column of every table."""
    actor = city.actors["administrator"]
    own = _id_of(city, actor)
    everything = temptations(set(), ())
    roles = [{"role": [role.value], "active": [value]} for role in Role for value in ("", "y")]
    tried = set()
    for rule in routes.rules(city, "POST"):
        view = view_of(city.app, rule)
        if not enters(city, actor, rule) or view is None or getattr(view, "model", None) is not Account:
            continue
        for address in addresses(city, actor, rule):
            if not rule.arguments or not address.seen or address.values["key"] != own:
                continue
            for more in ({}, *roles):
                city.browser(actor).send(address.path, {**everything, **more, "confirmed": "yes"})
                for table, pairs in city.stored.changes().items():
                    for was, now in pairs:
                        if table == "accounts" and was and was["id"] == own:
                            assert now is not None
                            differing = {name for name in was if was[name] != now[name]}
                            assert differing <= {"name", "phone", "email"}, f"{address.path}: {differing}"
                city.stored.put_back()
            tried.add(rule.endpoint)
    assert len(tried) >= 4
    assert actor.client.get("/administration/").status_code == 200


def _as_sent(one: Sending) -> dict[str, Any]:
    """Everything but the token, which is each browser's own, and files, which have been read."""
    return {
        name: values
        for name, values in one.data.items()
        if name != "csrf_token" and not any(isinstance(each, tuple) for each in (values, *values))
    }


def _id_of(city: City, actor: Actor) -> int | None:
    with actor.client.session_transaction() as session:
        return int(session["_user_id"].partition(".")[0]) if "_user_id" in session else None


def _rights(one: Sending) -> Iterator[tuple[str, str, int]]:
    """Yield each right that a form has changed: table, column ("" for a new row) and whose."""
    for table, pairs in one.changed.items():
        for was, now in pairs if table in RIGHTS else ():
            assert now is not None, f"{one.description}: a row of {table} is gone"
            key = next(iter(now.values()))
            if was is None:
                yield table, "", key
                continue
            for column in RIGHTS[table] & was.keys():
                if was[column] != now[column]:
                    yield table, column, key
