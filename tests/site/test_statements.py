"""A page sends a fixed, small number of statements, however long the tables are, and never counts a table.

`pytest tests/site/test_statements.py -s` prints the numbers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts import access, sessions
from admin_views.review.console import ReviewConsole
from common.calendar import today
from common.settings import HELP_LINE
from desk import bulk
from documents.exports import Asked, ask_for_export
from models import (
    Account,
    Action,
    Application,
    Continuation,
    FormVersion,
    Payment,
    RegionKind,
    Registration,
    Role,
    Setting,
    StandardState,
    State,
    db,
    now,
)
from payments import account_corrections, batch_making, continuation_terms
from tests import clock, factories
from tests.machine.databases import KINDS, Databases
from tests.machine.site import Client
from tests.machine.worlds import application_on
from tests.payments import grants
from tests.payments.continued import BEFORE_SECOND_YEAR, granted
from tests.site import pages, routes
from tests.site.statements import RowCopier, recorded_statements
from workflow.form import versions

FEW, MANY = 3, 300
FIRST_PERIOD = "1"
MOST_FOR_A_PAGE = 10
"""Of any page without an object: lists, forms, one's own account."""
MOST_FOR_A_LIST = 3
"""Of a reviewer's list, however narrowed: who asks, the rows with the numbers of frame, menu and tab; those alone where there are no rows."""
MOST_FOR_A_SEARCH = 4
"""Of a list that is searched: a search's employers, too."""
MOST_FOR_AN_APPLICATION = 15
"""Of the page of one application: each kind of row that belongs to it is asked for once or twice."""
MOST_FOR_A_FORM = MOST_FOR_AN_APPLICATION + 1
"""Of the applicant's own: the drafts beside it, too."""

SEARCHED = {
    "administration_changes.index_view",
    "administration_enterprises.index_view",
    "administration_staff.index_view",
    "office_enterprises.index_view",
    "personal_application.employers",
}
"""The other lists that words narrow."""

MOST_FOR_A_DECISION = {"enterprise": 11, "office": 13, "city": 10}
"""Of passing one: who asks; in one transaction who decides, the row within its scope and locked, who has taken it, the move, its
row in the history, its note for the statistics, the reading of the reminder and the messages; and at last the next one. A desk that
has it now is asked for its name."""

MOST_FOR_A_SUBMISSION = 14
"""Who asks; in one transaction who submits, the row locked, its history, the notice, the open period, the employer locked, the
materials that are missing and the experiences; the move, the files, its row in the history, its note for the statistics and the
message."""

GROWING = [
    "accounts",
    "applications",
    "assignments",
    "attachments",
    "changes",
    "disclosures",
    "enterprises",
    "experiences",
    "message_readings",
    "messages",
    "notes",
    "notice_readings",
    "open_pages",
    "registration_events",
    "reviews",
]
COUNT = re.compile(r"\bcount\s*\(", re.IGNORECASE)
UNREAD = "FROM message_readings"
"""The dearest of what every page says; no statement looks for it twice."""
OF_ONE = re.compile(
    r"\b(?:applicant_id|application_id) = |\bsubmitted_enterprise_id = \S+ AND applications.state IN"
)
"""What one person has, belongs to one application, or one employer has under way, is short."""

OWN_DESK = {
    "enterprise": State.ENTERPRISE_REVIEW,
    "office": State.PRELIMINARY_REVIEW,
    "city": State.CITY_REVIEW,
}


@dataclass
class MeasuredSite:
    """A populated site with logged-in browsers; URLs by person, those of one application separately."""

    app: Flask
    clients: dict[str, Client]
    lists: dict[str, list[str]]
    single: dict[str, list[str]]
    applications: dict[State, int]
    enterprise_id: int

    def measured(self, addresses: dict[str, list[str]]) -> dict[tuple[str, str], list[str]]:
        """The statements of each page at its second request."""
        with self.app.app_context():
            engine = db.engine
        found = {}
        for name, paths in addresses.items():
            for path in paths:
                assert self.clients[name].get(path).status_code == 200, path
                with recorded_statements(engine) as statements:
                    self.clients[name].get(path)
                found[name, path] = list(statements)
        return found

    def add_copies(self, number: int) -> None:
        """Add `number` copies of everything."""
        with self.app.app_context():
            copier = RowCopier(db.engine)
        for application_id in self.applications.values():
            copier.copy_with_new_people(application_id, number)
            copier.copy_with_new_people(application_id, number // 3, employers=True)
        copier.copy_for_same_person(self.applications[State.FINISHED], number // 3)
        copier.copy_row("enterprises", self.enterprise_id, number)


@pytest.fixture(scope="module", params=KINDS)
def measured_site(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MeasuredSite]:
    url = databases.fresh(request.param)
    app = application_on(url, Path(tmp_path_factory.mktemp("measured_site")))
    app.test_client_class = Client
    with app.app_context():
        made = factories.world()
        applications = {state: factories.application_at(state, made.banner, made) for state in State}
        people = {
            "enterprise": made.banner.reviewer,
            "office": made.banner.clerk,
            "city": made.centre,
            "administrator": made.administrator,
            **{f"applicant, {state.value}": row.applicant for state, row in applications.items()},
            "newcomer": factories.applicant(),
            "nobody": None,
        }
        waiting = factories.enterprise(made.banner.region, Registration.PENDING)
        lists = {name: list(_lists(app, account)) for name, account in people.items()}
        single = {name: list(_single(name, account, applications)) for name, account in people.items()}
        single["office"].append(f"/office/enterprises/{waiting.id}/")
        single["office"].append(f"/office/terms/{applications[State.RETURNED].number}/")
        for name, state in OWN_DESK.items():
            job = bulk.choose(people[name], Action.RETURN, [applications[state].id])
            single[name].append(f"/{name}/bulk/{job.id}/")
        export = ask_for_export(made.centre, Asked("/city/", "city.index_view", "全部"), "zh")
        single["city"] += [f"/files/{export.id}/", "/files/export/?address=/city/"]
        factories.standard(state=StandardState.DRAFT)
        grant = granted(made, application=applications[State.FINISHED])
        with clock.at(BEFORE_SECOND_YEAR):
            continuation_terms.ask_due(today())
        asked = db.session.scalars(select(Continuation.id).where(Continuation.grant_id == grant.id)).one()
        single["enterprise"].append(f"/enterprise/continuations/{asked}/")
        single["city"].append(f"/city/grants/{grant.id}/stop/")
        batch = _batch(made)
        single["city"] += [
            "/city/publicity/summary/?all=1",
            f"/city/batches/{batch}/",
            f"/city/batches/{batch}/1/",
        ]
        single["nobody"].append(f"/publicity/{batch}/")
        correction, runs = _paid(made)
        single["enterprise"].append(f"/enterprise/accounts/{correction}/")
        single["city"] += runs
        for kind in RegionKind:
            factories.region(kind)  # could take the other one of its kind
        factories.previewed_import(made.administrator, made.banner.region)
        content = versions.to_json(versions.DECLARED)
        factories.saved(FormVersion(number=versions.FIRST, content=content, published_at=now()))
        factories.saved(Setting(key=HELP_LINE, value="0477-8586912"))
        factories.calendar_year(2027)
        single["administrator"] += pages.of_one_row(app, made.administrator)
        measured_site = MeasuredSite(
            app,
            {name: browser_of(app, account) for name, account in people.items()},
            lists,
            single,
            {state: row.id for state, row in applications.items()},
            waiting.id,
        )
    for opened in (lists, single):
        for name, paths in opened.items():
            opened[name] = [path for path in paths if _is_a_page(measured_site.clients[name].get(path))]
    measured_site.add_copies(FEW - 1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sessions, "SEEN_PRECISION", timedelta(days=1))  # else some page writes, once a minute
        yield measured_site
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def _batch(made: factories.World) -> str:
    """Make a batch of one application; return its number."""
    passed = factories.application_at(State.FINISHED, made.elsewhere, made)
    assert passed.period_id is not None
    factories.standard(period_id=passed.period_id, priority=9)
    summary = batch_making.summarise(made.centre, passed.period_id, [passed.id], today())
    token = summary.token
    return batch_making.make_batch(made.centre, passed.period_id, [passed.id], today(), token).number


def _paid(made: factories.World) -> tuple[int, list[str]]:
    """One payment that the bank made, one that it returned and whose account was corrected; an answer is not confirmed."""
    period, employer = grants.period(), made.banner.enterprise
    batch = grants.batch(period, made.centre)
    good, bad = (grants.grant(batch, employer, parts=1, name=name) for name in ("王晓敏", "李慧"))
    second = factories.city_clerk()
    run = grants.exported(made.centre, second, period)
    grants.answered(run, second, grants.said(run, "成功", "失败"))
    corrected = account_corrections.propose(
        bad.id, bad.applicant, bank="中国银行", account="6217000012345678902"
    )
    open_answer = grants.previewed(run, second, grants.said(run, "成功"))
    payment = db.session.scalars(select(Payment.id).where(Payment.grant_id == good.id)).one()
    address = f"/city/runs/{run.number}/"
    return corrected.id, [address, f"{address}answers/{open_answer.id}/", f"/city/runs/payments/{payment}/"]


def _is_a_page(answer: TestResponse) -> bool:
    """Whether there is a page here, and not only the way to another one, or a file."""
    return answer.status_code == 200 and answer.mimetype in {"text/html", "application/json"}


def browser_of(app: Flask, account: Account | None) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    if account is None:
        return client
    with client.session_transaction() as session:
        session.update(factories.session_of(account))
    return client


def _lists(app: Flask, account: Account | None) -> Iterator[str]:
    """Every page that names no object; of a reviewer's list all that can narrow and sort it."""
    for rule, path in pages.of_one_kind(app, account):
        view = routes.view_of(app, rule)
        yield path
        if isinstance(view, ReviewConsole):
            for tab in view.tabs:
                for query in _narrowings(view):
                    yield f"{rule.rule}?{urlencode({'tab': tab, **query})}"
        elif rule.endpoint in SEARCHED:
            yield f"{rule.rule}?{urlencode({'tab': 'all', 'q': '公司', 'page': 'last'})}"


def _narrowings(view: ReviewConsole) -> Iterator[dict[str, str]]:
    yield {}
    yield {"page": "last"}
    yield {"sort": "number", "order": "desc", "page": "last"}
    yield {"q": "王晓敏"}
    yield {"q": "150602199001010024"}
    for key, narrowing in view.filters.items():
        yield {key: next(iter(narrowing.choices), FIRST_PERIOD)}
    every = {key: next(iter(narrowing.choices), FIRST_PERIOD) for key, narrowing in view.filters.items()}
    yield every | {"q": "公司"}


def _single(name: str, account: Account | None, applications: dict[State, object]) -> Iterator[str]:
    """The pages of one application that this person opens."""
    if account is None:
        return
    if account.role is Role.ADMINISTRATOR:
        yield f"/administration/applications/{applications[State.FINISHED].number}/"  # type: ignore[attr-defined]
        for page in ("correct-name/", "correct-number/"):
            yield f"/administration/applications/{applications[State.ENTERPRISE_REVIEW].number}/{page}"  # type: ignore[attr-defined]
    console = access.CONSOLES[account.role]
    if name in OWN_DESK:
        yield f"/{console}/{applications[OWN_DESK[name]].number}/"  # type: ignore[attr-defined]
        yield f"/{console}/{applications[State.FINISHED].number}/"  # type: ignore[attr-defined]
    if name == "office":
        yield f"/{console}/{applications[State.PRELIMINARY_REVIEW].number}/correct-name/"  # type: ignore[attr-defined]
    for state, row in applications.items():
        if console == "personal" and row.applicant_id == account.id:  # type: ignore[attr-defined]
            for page in ("", "form/"):
                yield f"/personal/application/{row.number}/{page}"  # type: ignore[attr-defined]
            if state in {State.DRAFT, State.RETURNED}:
                for page in ("attachments/", "submit/", "employer/?q=公司"):
                    yield f"/personal/application/{row.number}/{page}"  # type: ignore[attr-defined]


def test_every_page_is_opened(measured_site: MeasuredSite) -> None:
    """Whatever is answered to GET is measured here, or is no page."""
    where = measured_site.app.url_map.bind("localhost")
    opened = {
        where.match(path.partition("?")[0])[0]
        for found in (measured_site.lists, measured_site.single)
        for paths in found.values()
        for path in paths
    }
    answered = {
        rule.endpoint for rule in measured_site.app.url_map.iter_rules() if "GET" in (rule.methods or ())
    }
    unopened = {endpoint for endpoint in answered - opened if not endpoint.endswith(pages.PAPERS)}
    assert sorted(unopened - pages.NOT_PAGES.keys()) == []
    assert sorted(pages.NOT_PAGES.keys() - unopened) == []


def test_no_page_needs_more_statements_when_tables_grow(measured_site: MeasuredSite) -> None:
    """With 3 rows of each kind, with 300, and on the second of many pages; and one application among many."""
    every = {name: measured_site.lists[name] + measured_site.single[name] for name in measured_site.lists}
    few = measured_site.measured(every)
    measured_site.add_copies(MANY - FEW)
    many = measured_site.measured(every)
    second = measured_site.measured(
        {name: list(_second_pages(measured_site, name)) for name in ("enterprise", "office", "city")}
    )
    assert len(second) >= 6

    print()
    for (name, path), statements in {**many, **second}.items():
        print(f"{len(statements):3} {name:32} {path}")
    assert {at: len(s) for at, s in many.items() if len(s) > len(few[at])} == {}, "more than with few rows"
    for at, statements in {**many, **second}.items():
        assert len(statements) <= _most(measured_site, *at), (at, statements)
    assert [s for statements in many.values() for s in statements if counts_a_long_table(s)] == []
    assert [s for statements in many.values() for s in statements if s.count(UNREAD) > 1] == []


def _most(measured_site: MeasuredSite, name: str, path: str) -> int:
    if path in measured_site.single[name]:
        return MOST_FOR_A_FORM if path.startswith("/personal/") else MOST_FOR_AN_APPLICATION
    if path.partition("?")[0] != f"/{name}/":
        return MOST_FOR_A_PAGE
    return MOST_FOR_A_SEARCH if "q=" in path else MOST_FOR_A_LIST


def _second_pages(measured_site: MeasuredSite, name: str) -> Iterator[str]:
    for tab in ("waiting", "all"):
        page = measured_site.clients[name].get(f"/{name}/?tab={tab}").text
        following = [html.unescape(link) for link in re.findall(r'href="([^"]*page=after[^"]*)"', page)]
        assert following, f"{name} {tab} has one page only"
        yield following[0]
        yield following[0].partition("&page")[0] + "&page=last"


def test_one_application_costs_the_same_with_a_long_history_and_many_files(
    measured_site: MeasuredSite,
) -> None:
    few = measured_site.measured(measured_site.single)
    with measured_site.app.app_context():
        copier = RowCopier(db.engine)
    for application_id in measured_site.applications.values():
        copier.copy_history(application_id, 40)
    many = measured_site.measured(measured_site.single)
    assert {at: len(s) for at, s in many.items() if len(s) > len(few[at])} == {}


def test_passing_an_application_needs_a_fixed_number_of_statements(measured_site: MeasuredSite) -> None:
    """Its line in the history, the messages, the reading of the reminder and the next one included."""
    for name in ("enterprise", "office", "city"):
        (number, *_) = re.findall(
            rf'href="/{name}/(\d+-\d+)/"', measured_site.clients[name].get(f"/{name}/").text
        )
        with measured_site.app.app_context():
            engine = db.engine
            version = db.session.scalar(select(Application.version).where(Application.number == number))
        with recorded_statements(engine) as statements:
            answer = measured_site.clients[name].send(
                f"/{name}/{number}/decide/", {"action": "pass", "version": version}
            )
        assert answer.status_code == 302
        print(f"{len(statements):3} {name:32} decide")
        assert len(statements) <= MOST_FOR_A_DECISION[name], statements
        assert not any(counts_a_long_table(statement) for statement in statements)


def test_submitting_an_application_needs_a_fixed_number_of_statements(measured_site: MeasuredSite) -> None:
    with measured_site.app.app_context():
        engine = db.engine
        returned = db.session.get_one(Application, measured_site.applications[State.RETURNED])
        number, version = returned.number, returned.version
    client = measured_site.clients[f"applicant, {State.RETURNED.value}"]
    with recorded_statements(engine) as statements:
        answer = client.send(f"/personal/application/{number}/submit/", {"version": version})
    assert answer.status_code == 302
    assert answer.location.endswith("?submitted=1")
    print(f"{len(statements):3} applicant submit")
    assert len(statements) <= MOST_FOR_A_SUBMISSION, statements


def counts_a_long_table(statement: str) -> bool:
    """Whether a statement counts rows that nothing bounds: no LIMIT, and not of one person or one application."""
    if not COUNT.search(statement) or "LIMIT" in statement or OF_ONE.search(statement):
        return False
    return any(re.search(rf"\b{table}\b", statement) for table in GROWING)


def test_an_unlimited_count_is_detected() -> None:
    assert counts_a_long_table("SELECT count(*) AS n FROM applications WHERE state = 'draft'")
    assert not counts_a_long_table("SELECT count(*) FROM (SELECT id FROM applications LIMIT 1000) AS some")
    assert not counts_a_long_table("SELECT count(*) FROM materials WHERE active")
    assert set(GROWING) <= db.metadata.tables.keys()
