"""No page reads a whole long table: the plans of the statements that it really sends, at 100,000 applications, and how
far each list walks for its rows, however it is sorted and narrowed.

The data is made once and copied inside the database, about a second per table. `pytest tests/site/test_plans.py -s` prints the plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event, func, select

from admin_views.administration.applications import Applications
from admin_views.review import application_list
from admin_views.review.city import CityConsole
from admin_views.review.enterprise import EnterpriseConsole
from admin_views.review.office import OfficeConsole
from commands import seed
from commands.sample_data import applications
from models import Account, Application, Period, Role, State, db
from tests import factories
from tests.machine.databases import KINDS, Databases
from tests.machine.site import Client
from tests.machine.worlds import application_on
from tests.site import pages
from tests.site.statements import multiply_applications
from tests.site.test_statements import browser_of

BEGUN, TIMES = 1000, 100
"""Applications made one by one, and how many times the database holds them in the end."""

LONG = (
    *("accounts", "applications", "experiences", "message_readings", "messages", "reviews"),
    *("statistic_applications", "statistic_decisions", "statistic_reasons"),
)
SCANS = {
    "postgresql": re.compile(rf"Seq Scan on ({'|'.join(LONG)})\b"),
    "sqlite": re.compile(rf"^SCAN ({'|'.join(LONG)})(?! USING)", re.MULTILINE),
}
"""On SQLite going through an index in the list's order, as far as the page is long, is called a scan as well, and is none."""


COUNTED = (
    "DELETE FROM statistic_reasons",
    "DELETE FROM statistic_decisions",
    "DELETE FROM statistic_applications",
    "INSERT INTO statistic_applications (application_id, period_id, region_id, enterprise_id, reached, status, education, industry,"
    " submitted_on) SELECT id, coalesce(period_id, 0), coalesce(region_id, 0), submitted_enterprise_id, reached, state, education,"
    " CASE WHEN mod(id, 9) = 0 THEN 'biology' ELSE 'another' END, submitted_at FROM applications WHERE submitted_at IS NOT NULL",
    "INSERT INTO statistic_decisions (review_id, application_id, period_id, region_id, enterprise_id, step, decided_on, days,"
    " reasons) SELECT r.id, a.id, coalesce(period_id, 0), coalesce(region_id, 0), submitted_enterprise_id, from_state, at,"
    " mod(r.id, 40), CASE WHEN action = 'return' THEN '[\"other\"]'::json END FROM reviews r JOIN applications a ON"
    " a.id = application_id WHERE action IN ('pass', 'return', 'refuse') AND mod(a.id, 2) = 0",
    "INSERT INTO statistic_reasons SELECT review_id, unnest(ARRAY['return', 'other']), period_id, region_id, enterprise_id,"
    " decided_on FROM statistic_decisions WHERE reasons IS NOT NULL",
    "ANALYZE statistic_applications, statistic_decisions, statistic_reasons",
)
"""Fills what the statistics have counted, as if they had, decisions of every second application."""

METRICS = "metrics.read"
"""404 without its token. The administrator's page about the operation sends the same statements."""

PARAMETER = re.compile(r"%\((\w+)\)s")

MOST_WALKED = application_list.MOST_COUNTED + 500
"""Rows that a list may take from a table for its page: as many as the number on its tab counts, and some between its own."""


@pytest.fixture(scope="module", params=KINDS)
def large(
    request: pytest.FixtureRequest,
    cheap_passwords: None,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Flask, dict[str, Client], dict[str, Any]]]:
    url = databases.fresh(request.param)
    app = application_on(url, Path(tmp_path_factory.mktemp("large")))
    app.test_client_class = Client
    with app.app_context():
        seed.fill()
        list(applications.fill(db.engine, BEGUN, seed=1))
        factories.administrator()
        multiply_applications(db.engine, TIMES)
        if request.param == "postgresql":
            with db.engine.connect() as line:  # as the worker and it do by themselves in time
                for statement in COUNTED:
                    line.exec_driver_sql(statement)
                line.exec_driver_sql("VACUUM ANALYZE applications")
        assert db.session.scalar(select(func.count(Application.id))) == BEGUN * TIMES
        found = db.session.scalars(
            select(Application).where(Application.state == State.PRELIMINARY_REVIEW).limit(1)
        ).one()
        clerk = db.session.scalars(
            select(Account)
            .where(Account.office_id == found.region.office_id, Account.role == Role.OFFICE)
            .limit(1)
        ).first()
        city = db.session.scalars(select(Account).where(Account.role == Role.CITY).limit(1)).one()
        people = {
            "office": clerk,
            "city": city,
            "enterprise": db.session.scalars(
                select(Account).where(Account.enterprise_id == found.submitted_enterprise_id).limit(1)
            ).one(),
            "administrator": db.session.scalars(
                select(Account).where(Account.role == Role.ADMINISTRATOR).limit(1)
            ).one(),
            "personal": found.applicant,
        }
        factories.previewed_import(people["administrator"], found.region)
        words = {
            "number": found.number,
            "reached": db.session.scalars(
                select(Application.number).where(Application.state == State.FINISHED).limit(1)
            ).one(),
            "identity": found.identity_number,
            "initials": found.initials,
            "tail": found.identity_number[-4:],
            "telephone": found.phone,
            "serial": found.number[-6:],
            "their_telephone": found.submitted_enterprise.contact_phone,
            "employer": found.submitted_enterprise.name,
            "code": found.submitted_enterprise.credit_code,
            "administered": list(pages.of_one_row(app, people["administrator"])),
            "opened": {
                name: [
                    path
                    for rule, path in pages.of_one_kind(app, account)
                    if not rule.endpoint.endswith(pages.PAPERS) and rule.endpoint != METRICS
                ]
                for name, account in {**people, "nobody": None}.items()
            },
            "first_period": db.session.scalar(
                select(Application.period_id).order_by(Application.submitted_at).limit(1)
            ),
            "region": found.region_id,
            "last_period": db.session.scalar(select(Period.id).order_by(Period.opens.desc()).limit(1)),
            "employer_id": found.submitted_enterprise_id,
        }
        clients = {name: browser_of(app, account) for name, account in {**people, "nobody": None}.items()}
    yield app, clients, words
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


def test_no_page_reads_a_whole_table(
    large: tuple[Flask, dict[str, Client], dict[str, Any]],
) -> None:
    app, clients, words = large
    with app.app_context():
        engine = db.engine
    scans = {}
    with Planned(engine) as planned:
        for name, path in _pages(words):
            planned.clear()
            answer = clients[name].get(path)
            assert answer.status_code in {200, 302, 303}, (name, path)
            for statement, plan in planned.plans.items():
                if SCANS[engine.dialect.name].search(plan):
                    scans[name, path, statement[:300]] = plan
        for (name, path, statement), plan in scans.items():
            print(name, path, statement, plan, "", sep="\n")
    assert [at[:2] for at in scans] == []


@pytest.mark.parametrize("large", ["postgresql"], indirect=True)
def test_no_list_reads_many_rows_for_a_page_with_any_sort_or_filter(
    large: tuple[Flask, dict[str, Client], dict[str, Any]],
) -> None:
    app, clients, words = large
    with app.app_context():
        engine = db.engine
    far = {}
    for name, path in _lists(words):
        with Walked(engine) as walked:
            assert clients[name].get(path).status_code == 200, (name, path)
        if walked.farthest > MOST_WALKED:
            far[name, path] = walked
    for at, walked in far.items():
        print(*at, walked.farthest, walked.plan, "", sep="\n")
    assert list(far) == []


@pytest.mark.parametrize("large", ["postgresql"], indirect=True)
def test_the_messages_of_a_large_enterprise_are_not_all_read_for_a_page(
    large: tuple[Flask, dict[str, Client], dict[str, Any]],
) -> None:
    app, clients, words = large
    with app.app_context():
        engine = db.engine
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE messages SET enterprise_id = %(employer_id)s WHERE id IN"
                " (SELECT id FROM messages WHERE enterprise_id IS NOT NULL ORDER BY id DESC LIMIT 3000)",
                words,
            )
            # Most enterprises have few: the shared plan is made for one of those.
            connection.exec_driver_sql("ALTER TABLE messages ALTER enterprise_id SET (n_distinct = 4000)")
            connection.exec_driver_sql("ANALYZE messages")
    with WalkedByTheSharedPlan(engine) as walked:
        assert clients["enterprise"].get("/messages/").status_code == 200
    assert 0 < walked.farthest <= MOST_WALKED, walked.plan


def _lists(words: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each list of each reviewer and the administrator: every tab in every order, and with each filter in some."""
    for name, console in (
        ("office", OfficeConsole),
        ("city", CityConsole),
        ("enterprise", EnterpriseConsole),
        ("administrator", Applications),
    ):
        root = "/administration/applications/" if name == "administrator" else f"/{name}/"
        narrowed = ["", *(f"&{key}={one}" for key, each in console.filters.items() for one in each.choices)]
        narrowed += [f"&period={key}" for key in (words["first_period"], words["last_period"])]
        for tab, sort, order, narrowing in product(
            console.tabs, sorted(application_list.SORTABLE), ("asc", "desc"), narrowed
        ):
            yield name, f"{root}?tab={tab}&sort={sort}&order={order}{narrowing}"
        for industry, order in product(("biology", "unknown", "-"), ("asc", "desc")):
            yield name, f"{root}?tab=all&order={order}&industry={industry}&from=2000-01-01"
        start = "/administration/" if name == "administrator" else root
        for counted, narrowing in product(
            ("step=enterprise_review", "step=city_review&within=0", "reason=other", "reason=unknown"),
            ("", "&page=last", f"&period={words['first_period']}", f"&region={words['region']}"),
        ):
            yield name, f"{start}statistics/decisions/?{counted}{narrowing}"


class Listening:
    """Hears of each statement before it is sent, with the values it is sent with."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Self:
        event.listen(self._engine, "before_cursor_execute", self._look)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._look)

    def _look(self, connection: Any, cursor: Any, statement: str, values: Any, *more: Any) -> None:
        raise NotImplementedError


class Walked(Listening):
    """How many rows one step of a plan takes from a table at most, those included that it then leaves out."""

    farthest = 0
    plan: Any = None

    def _look(self, _connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")):
            return
        steps = [self._plan(cursor, statement, values)]
        while steps:
            step = steps.pop()
            steps += step.get("Plans", [])
            rows = step["Actual Loops"] * (step["Actual Rows"] + step.get("Rows Removed by Filter", 0))
            if rows > self.farthest:
                self.farthest, self.plan = rows, step

    def _plan(self, cursor: Any, statement: str, values: Any) -> Any:
        plain = type(cursor)(cursor.connection)  # the same placeholders
        plain.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", values)
        [[[found]]] = plain.fetchall()
        plain.close()
        return found["Plan"]


class WalkedByTheSharedPlan(Walked):
    """The same of the generic plan, which PostgreSQL makes without the values once a connection has sent a statement often."""

    def _plan(self, cursor: Any, statement: str, values: Any) -> Any:
        if isinstance(values, dict):
            names = list(dict.fromkeys(PARAMETER.findall(statement)))
            numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", statement)
            statement = numbered.replace("%%", "%")
            given = ", ".join(f"%({name})s" for name in names)
        else:  # of a CompiledStatement, which has PostgreSQL's own placeholders
            given = ", ".join(["%s"] * len(values))
        with psycopg.ClientCursor(cursor.connection) as plain:
            plain.execute("SET plan_cache_mode = force_generic_plan")
            plain.execute(f"PREPARE shared AS {statement}")
            explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE shared"
            plain.execute(f"{explain} ({given})" if given else explain, values)
            [[[found]]] = plain.fetchall()
            plain.execute("DEALLOCATE shared")
            plain.execute("RESET plan_cache_mode")
        return found["Plan"]


def _pages(words: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Lists of each reviewer in every order, searches of each kind, one application, and whatever else there is to open."""
    for name, root in (("office", "/office/"), ("city", "/city/"), ("enterprise", "/enterprise/")):
        for tab in ("waiting", "decided", "all"):
            for further in ("", "&page=last", "&sort=number", "&sort=name&order=desc", "&sort=submitted"):
                yield name, f"{root}?tab={tab}{further}"
        yield name, "/messages/"
        if name != "city":
            yield name, f"{root}{words['number']}/"
    yield "city", f"/city/{words['reached']}/"
    for name, root in (
        ("office", "/office/"),
        ("city", "/city/"),
        ("administrator", "/administration/applications/"),
    ):
        for q in (
            "敏",
            "伟强",
            "王晓敏",
            "有限公司",
            "wxm",
            "ceng",
            "Müller",
            "4",
            *(
                words[key]
                for key in ("number", "identity", "employer", "code", "tail", "telephone", "serial")
            ),
        ):
            yield name, f"{root}?tab=all&q={q}"
    for name, paths in words["opened"].items():
        for path in paths:
            yield name, path
    for path in words["administered"]:
        yield "administrator", path
    yield "personal", f"/personal/application/{words['number']}/"
    yield "office", f"/office/enterprises/{words['employer_id']}/"
    for name, path in (
        ("administrator", "/administration/enterprises/?q="),
        ("administrator", "/administration/changes/?q="),
        ("administrator", "/administration/changes/?table=offices&q="),
        ("office", "/office/enterprises/?tab=all&q="),
        ("personal", "/personal/application/employers/?q="),
    ):
        for q in ("能源", "龘龘", "xny", words["code"], words["their_telephone"]):
            yield name, f"{path}{q}"
    for narrowed in ("enterprises/?registration=pending", "enterprises/?page=last", "staff/?role=city"):
        yield "administrator", f"/administration/{narrowed}"


class Planned(Listening):
    """Asks for the plan of each statement."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.plans: dict[str, str] = {}

    def clear(self) -> None:
        self.plans = {}

    def _look(self, _connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if not statement.startswith(("SELECT", "WITH")) or statement in self.plans:
            return
        asking = "EXPLAIN " if self._engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        plain = type(cursor)(cursor.connection)  # the same placeholders
        plain.execute(asking + statement, values)
        self.plans[statement] = "\n".join(str(row[-1]) for row in plain.fetchall())
        plain.close()
