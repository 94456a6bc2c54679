"""Every route, for every role and row, against the transition table and the scopes. An unclassified route fails.

Nothing here lists the routes of a console: they come from the url_map, who may enter from workflow.scope,
what an action may do from workflow.transitions.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from admin_views.site.base import login_kind_of
from enterprises import registration
from models import Action, Application, Enterprise, RegistrationAction, Role, State
from tests.site import routes
from tests.site.city import ACTORS, NOBODY, Actor, City
from tests.site.routes import Address, addresses, canonical, enters, leaked, view_of
from tests.site.stored import Changes
from workflow import routing
from workflow.transitions import BY_STATE_AND_ACTION, TAKE_BACK_BY, is_editable, open_transitions

FORGED = {"csrf_token": "IjEi.forged"}
ID = re.compile(r'\sid="([^"]+)"')
"""Labels and descriptions refer to ids: of two equal ones a screen reader reads the first."""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
OK, SEE_OTHER = {200}, {302, 303}

NOTED_BY_READING = {"notice_readings", "open_pages", "file_jobs"}
"""That 「申请须知」 was opened is noted when the page is shown: the server holds the 30 seconds (A5). So is, where there are no
scripts, that a reviewer has an application open (W4); and that a file was downloaded, as it goes out (W9)."""
DESK_TABLES = {"assignments", "notes", "open_pages"}
"""What a desk keeps beside an application; none of it moves one (W4, W7)."""

DECIDED = {"state", "result", "version", "reached", "arrived_at", "opened_at", "resubmit_by"}
"""The columns of an application that a decision changes."""


@pytest.fixture(params=ACTORS)
def actor(request: pytest.FixtureRequest, city: City) -> Actor:
    return city.actors[request.param]


def test_every_route_is_classified(app: Flask) -> None:
    assert routes.unknown(app) == []
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= routes.FOR_ANYBODY.keys() | routes.FOR_EVERY_ACCOUNT.keys()


def test_an_unclassified_route_is_detected(own_app: Flask) -> None:
    own_app.add_url_rule("/unlisted", "unlisted", lambda: "")
    assert [rule.endpoint for rule in routes.unknown(own_app)] == ["unlisted"]


def test_get_shows_rows_in_scope_and_404_for_others(city: City, actor: Actor) -> None:
    missing = canonical(actor.client.get("/no/such/page"))
    assert missing[0] == 404
    wrong = []
    for rule in routes.rules(city, "GET"):
        for address in addresses(city, actor, rule):
            answer = actor.client.get(address.path)
            wrong += _faults(city, actor, address, answer, missing)
        head = actor.client.head(address.path)
        if (head.status_code, head.data) != (answer.status_code, b""):
            wrong.append(f"HEAD {address.path}: {head.status_code}, but GET {answer.status_code}")
    assert wrong == []
    assert city.stored.changes().keys() <= NOTED_BY_READING


def _faults(
    city: City, actor: Actor, address: Address, answer: TestResponse, missing: tuple[Any, ...]
) -> list[str]:
    """Return the faults of a response to GET."""
    description = f"GET {address.path} -> {answer.status_code}"
    found = [f"{description} says {words}" for words in leaked(city, actor, answer, unquote(address.path))]
    rule, view = address.rule, view_of(city.app, address.rule)
    if not enters(city, actor, rule):
        if actor.role is None:
            return found + (
                [] if _leads_to_the_login(city, rule, answer) else [f"{description}, not the login page"]
            )
        return found + (
            [] if canonical(answer) == missing else [f"{description} differs from a page that is not there"]
        )
    if not address.seen:
        return found + (
            [] if canonical(answer) == missing else [f"{description} differs from a page that is not there"]
        )
    if answer.status_code in SEE_OTHER:
        if view is not None and not answer.location.startswith(f"/{view.console}/"):
            found.append(f"{description} leads out of the console to {answer.location}")
    elif answer.status_code not in OK:
        found.append(description)
    if answer.mimetype == "text/html":
        ids = Counter(ID.findall(answer.text))
        found += [f"{description} has the id {one} {times} times" for one, times in ids.items() if times > 1]
    return found


def _leads_to_the_login(city: City, rule: Rule, answer: TestResponse) -> bool:
    with city.app.test_request_context():
        login_kind = f"/login/{login_kind_of(rule.endpoint)}"
    return answer.status_code in SEE_OTHER and answer.location.partition("?")[0] == login_kind


def test_a_form_without_the_token_is_refused_and_changes_nothing(city: City, actor: Actor) -> None:
    wrong = []
    for rule in routes.rules(city, "POST"):
        address = next(addresses(city, actor, rule))
        for token in ({}, FORGED) if enters(city, actor, rule) else ({},):
            answer = actor.client.post(address.path, data={**_whatever(address), **token})
            if answer.status_code != 419:
                wrong.append(f"POST {address.path} -> {answer.status_code}")
    assert wrong == []
    assert city.stored.changes() == {}


def test_post_on_a_row_out_of_scope_is_404(city: City, actor: Actor) -> None:
    """In the own console the 404 page returns the typed reason. All such pages must be equal."""
    client = city.browser(actor)
    missing = canonical(client.get("/no/such/page"))
    wrong = []
    for rule in routes.rules(city, "POST"):
        entered = enters(city, actor, rule)
        with_reason = set()
        for address in addresses(city, actor, rule):
            if entered and address.seen:
                continue
            typed = _whatever(address)
            answers = [client.send(address.path, typed)]
            if entered:
                with_reason.add(canonical(answers[0]))
                answers.append(client.send(address.path, {**typed, "reason": ""}))
            description = f"POST {address.path} -> {answers[-1].status_code}"
            if actor.role is None:
                if not _leads_to_the_login(city, rule, answers[-1]):
                    wrong.append(f"{description}, not the login page")
            elif canonical(answers[-1]) != missing:
                wrong.append(f"{description} differs from a page that is not there")
            for answer in answers:
                words = leaked(city, actor, answer, unquote(address.path))
                wrong += [f"{description} says {word}" for word in words]
        if len(with_reason) > 1:
            wrong.append(f"POST {rule.rule}: a row out of sight differs from one that does not exist")
    assert wrong == []
    assert city.stored.changes() == {}


@pytest.mark.parametrize("begun_city", ["postgresql"], indirect=True)
def test_no_role_performs_an_action_outside_the_table(city: City, actor: Actor) -> None:
    """Any POST to a visible application changes its state by a row of the table, or not at all."""
    done: Counter[tuple[State, Action]] = Counter()
    for rule in routes.rules(city, "POST"):
        view = view_of(city.app, rule)
        if not enters(city, actor, rule) or getattr(view, "model", None) is not Application:
            continue
        for address in addresses(city, actor, rule):
            if not address.seen:
                continue
            client = city.browser(actor)
            for action in Action if isinstance(address.subject, Application) else (Action.SUBMIT,):
                posted = {**_whatever(address), "action": action.value, "do": action.value}
                answer = client.send(address.path, posted)
                description = f"POST {address.path} {action.value} -> {answer.status_code}"
                assert answer.status_code < 500, description
                assert not leaked(city, actor, answer, unquote(address.path)), description
                if changed := city.stored.changes():
                    done.update(_moved(city, actor, _application(city, actor, address), changed, description))
                    city.stored.put_back()
    if actor.role in {Role.ENTERPRISE, Role.OFFICE, Role.CITY} and actor.approved:
        seen = {city.applications[one].state for one in city.seen[actor.name].applications}
        allowed = {(state, row.action) for state in seen for row in open_transitions(state, actor.role)}
        decided = {(state, action) for state, action in done if action is not Action.TAKE_BACK}
        assert decided == allowed, "what the table allows can be done"
    assert city.stored.changes() == {}


def _moved(
    city: City, actor: Actor, posted: Application | None, changed: Changes, description: str
) -> list[tuple[State, Action]]:
    """Return the row of the table by which an application moved. Fails if anything else changed."""
    region = posted and (posted.region or city.enterprises[posted.enterprise_id].region)
    moved = []
    for was, now in changed.get("applications", ()):
        if was is None:
            assert posted is None, f"{description}: another one has been begun"
            assert (actor.role, now["state"]) == (Role.APPLICANT, "draft"), description
            continue
        assert now is not None, f"{description}: it is gone"
        assert posted is not None, f"{description}: a stranger's has changed"
        assert was["id"] == posted.id, f"{description}: another one has changed"
        differing = {name for name in was if was[name] != now[name]}
        state = State(was["state"])
        if actor.role is not Role.APPLICANT:
            assert differing <= DECIDED, f"{description}: {differing}"
        if now["state"] == was["state"]:
            assert is_editable(state), f"{description}: {differing}"
            assert actor.role is Role.APPLICANT, description
            continue
        (_, line), *others = changed["reviews"]
        assert not others, description
        action = Action(line["action"])
        taken_back = TAKE_BACK_BY.get((state, actor.role)) if action is Action.TAKE_BACK else None
        row = taken_back or BY_STATE_AND_ACTION.get((state, action))
        assert row is not None, f"{description}: not in the table"
        assert row.by is actor.role, description
        assert now["state"] == routing.target(row, region).value, description
        assert not row.needs_reason or line["reason"], description
        moved.append((state, row.action))
    if not moved:
        assert "reviews" not in changed, description
        if posted is not None and not is_editable(posted.state):
            assert changed.keys() <= {"disclosures", "notice_readings", "printed_forms"} | DESK_TABLES, (
                description
            )
    if actor.role is not Role.APPLICANT:
        own = {"applications", "reviews", "messages", "message_readings", "disclosures", "statistic_changes"}
        own |= DESK_TABLES
        assert changed.keys() <= own, f"{description}: {changed.keys()}"
    return moved


def test_an_office_decides_the_registrations_of_its_regions_as_their_table_says(city: City) -> None:
    actor = city.actors["office"]
    done = set()
    for rule in routes.rules(city, "POST"):
        view = view_of(city.app, rule)
        if not enters(city, actor, rule) or getattr(view, "model", None) is not Enterprise:
            continue
        for address in addresses(city, actor, rule):
            if not address.seen:
                continue
            for action in RegistrationAction:
                city.browser(actor).send(address.path, {**_whatever(address), "action": action.value})
                changed = city.stored.changes()
                city.stored.put_back()
                if "enterprises" in changed:
                    [(was, now)] = changed["enterprises"]
                    assert was["id"] == address.subject.id
                    done.add((was["registration"], action.value, now["registration"]))
                else:
                    assert changed == {}
    assert done == {
        (step.state.value, step.action.value, step.to.value)
        for step in registration.STEPS
        if step.by is Role.OFFICE
    }


def test_other_http_methods_are_refused(city: City) -> None:
    nobody, adapter = city.actors[NOBODY], city.app.url_map.bind("localhost")
    wrong = []
    for rule in city.app.url_map.iter_rules():
        path = next(addresses(city, nobody, rule)).path
        answered = {method for method in METHODS if adapter.test(path, method)}
        assert answered
        for method in METHODS - answered:
            answer = nobody.client.open(path, method=method)
            if answer.status_code != 405 or method in answer.headers["Allow"]:
                wrong.append(f"{method} {path} -> {answer.status_code}")
        answer = nobody.client.options(path)
        if (
            answer.status_code != 200
            or answer.data
            or not set(answer.allow) - {"HEAD", "OPTIONS"} <= answered
        ):
            wrong.append(f"OPTIONS {path} -> {answer.status_code} {answer.allow}")
    assert wrong == []
    assert city.stored.changes() == {}


def _application(city: City, actor: Actor, address: Address) -> Application | None:
    """Return the application that an address names, or the only one that an applicant has."""
    subject = address.subject
    if isinstance(subject, Application):
        return subject
    own = city.seen[actor.name].applications
    number = subject.application_id if subject is not None else next(iter(own), None)
    return city.applications.get(number)


def _whatever(address: Address) -> dict[str, Any]:
    """Return values for all fields of the site's forms."""
    subject = address.subject
    return {
        "action": "approve" if isinstance(subject, Enterprise) else "pass",
        "do": "submit",
        "version": getattr(subject, "version", 1),
        "reason": "材料不清晰。",
        "field": "identity_number",
        "number": getattr(subject, "number", ""),
        "enterprise_id": 1,
        "promise": "y",
    }
