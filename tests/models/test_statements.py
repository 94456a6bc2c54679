"""Compiled statements: their results, their errors, and pipelined writes."""

import time
from functools import partial
from traceback import format_exception
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, insert, literal_column, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from accounts import sessions
from models import Account, Office, Role, Setting, db, exclusive
from models.pipelines import read_together
from models.statements import CompiledStatement, PlannedPerQuery, current_connection, table_of
from models.transactions import end, forbid_writes_outside_transaction, pipelined
from tests.factories import World

SETTINGS = table_of(Setting)
ADD = CompiledStatement(lambda: insert(SETTINGS).values(explanation=""), ("key", "value"))
CHANGE = CompiledStatement(lambda: update(SETTINGS).where(SETTINGS.c.key == bindparam("of")), ("value",))
COUNT = CompiledStatement(lambda: select(SETTINGS.c.key).order_by(SETTINGS.c.key))
VALUE = CompiledStatement(lambda: select(SETTINGS.c.value).where(SETTINGS.c.key == bindparam("of")))


def stored_settings() -> dict[str, str]:
    db.session.rollback()
    return {row.key: row.value for row in db.session.scalars(select(Setting))}


def test_a_compiled_statement_returns_what_sqlalchemy_returns(ordos: World) -> None:
    """Includes instants, enums, booleans and NULL. Listeners are called too."""
    query = (
        select(Account.id, Account.role, Account.active, Account.email, Account.created_at, Office.name)
        .outerjoin(Office)
        .where(Account.role == bindparam("role"), Account.created_at > bindparam("since"))
        .order_by(Account.id)
    )
    for role in (Role.OFFICE, Role.APPLICANT):
        values = {"role": role, "since": ordos.centre.created_at.replace(year=2000)}
        usual = [tuple(row) for row in PlannedPerQuery(lambda: query).execute(values)]
        assert [tuple(row) for row in CompiledStatement(lambda: query).execute(values)] == usual
        assert usual or role is Role.APPLICANT


def test_a_compiled_statement_with_an_in_list_works_for_any_length(ordos: World) -> None:
    query = select(Account.id).where(Account.id.in_(bindparam("ids", expanding=True))).order_by(Account.id)
    ids = sorted([ordos.centre.id, ordos.banner.clerk.id])
    assert [key for (key,) in CompiledStatement(lambda: query).execute({"ids": ids})] == ids


def test_database_errors_are_raised_as_sqlalchemys(app_context: Flask) -> None:
    def twice() -> None:
        with exclusive():
            ADD.execute({"key": "a", "value": "1"})
            ADD.execute({"key": "a", "value": "2"})

    with pytest.raises(IntegrityError):
        twice()
    assert stored_settings() == {}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("compiled", [False, True])
def test_an_error_in_the_log_shows_nothing_of_the_row(own_ordos: World, compiled: bool) -> None:
    """The server adds the whole row to its message, with name and telephone."""
    person = own_ordos.banner.clerk
    person.phone = "13847719999"
    db.session.commit()
    accounts = table_of(Account)
    change = update(accounts).where(accounts.c.id == bindparam("of"))
    execute = (
        CompiledStatement(lambda: change, ("name",)).execute
        if compiled
        else partial(db.session.execute, change)
    )
    with pytest.raises(IntegrityError) as raised, exclusive():
        execute({"of": person.id, "name": None})
    logged = "".join(format_exception(raised.value))
    assert 'null value in column "name"' in logged
    assert "13847719999" not in logged


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_planned_per_query_statement_is_planned_for_its_values_each_time(app_context: Flask) -> None:
    """A generic plan would read every employer that matches a frequent word, to show twenty."""
    stored_settings = CompiledStatement(
        lambda: select(func.count()).select_from(text("pg_prepared_statements"))
    )
    for words in range(12):
        PlannedPerQuery(lambda word=str(words): select(Account.id).where(Account.name == word)).execute({})
    [[number]] = stored_settings.execute({})
    assert number == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_values_that_the_driver_cannot_send_raise_sqlalchemys_error(app_context: Flask) -> None:
    with pytest.raises(DataError), exclusive():
        ADD.execute({"key": "a", "value": "\x00"})
    assert stored_settings() == {}


def test_pipelined_writes_are_all_committed(app_context: Flask) -> None:
    with exclusive():
        with pipelined():
            ADD.execute({"key": "a", "value": "1"})
            ADD.execute({"key": "b", "value": "1"})
            asked = [key for (key,) in COUNT.execute({})]
            CHANGE.execute({"of": "b", "value": "2"})
        found = [key for (key,) in COUNT.execute({})]
    assert (asked, found) == (["a", "b"], ["a", "b"])
    assert stored_settings() == {"a": "1", "b": "2"}


@pytest.mark.parametrize("last", [{"key": "a", "value": "2"}, {"key": "a", "value": None}])
def test_a_failing_pipeline_writes_nothing(app_context: Flask, last: dict[str, Any]) -> None:
    """Also when no query follows, so that the error is raised only at the end."""

    def wrong_at_last() -> None:
        with exclusive(), pipelined():
            ADD.execute({"key": "a", "value": "1"})
            ADD.execute(last)

    with pytest.raises(IntegrityError):
        wrong_at_last()
    assert stored_settings() == {}
    with exclusive():
        ADD.execute({"key": "b", "value": "1"})
    assert stored_settings() == {"b": "1"}


def test_statements_that_are_sent_together_are_answered_after_the_block(app_context: Flask) -> None:
    with exclusive():
        ADD.execute({"key": "a", "value": "1"})
    with read_together():
        names, wanted = COUNT.send({}), VALUE.send({"of": "a"})
        asked_meanwhile = COUNT.execute({})
    assert [[tuple(row) for row in rows] for rows in (names(), wanted(), asked_meanwhile)] == [
        [("a",)],
        [("1",)],
        [("a",)],
    ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_error_of_a_statement_sent_with_others_is_sqlalchemys(app_context: Flask) -> None:
    def wrong_among_others() -> None:
        with read_together():
            CompiledStatement(lambda: select(literal_column("1 / 0"))).send({})
            COUNT.send({})

    for _ in range(20):  # which of the errors psycopg raises depends on how fast PostgreSQL answers
        with pytest.raises(DataError):
            wrong_among_others()
    assert COUNT.execute({}) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("seconds", [0, 0.0005, 0.02])
def test_a_connection_that_ends_among_statements_sent_together_counts_as_lost(
    app_context: Flask, seconds: float
) -> None:
    """Whether the driver has met its end by then, or only read that PostgreSQL ends it: so a page can be read again."""
    db.session.remove()

    def interrupted() -> None:
        with read_together():
            COUNT.send({})
            driver: Any = current_connection().connection.driver_connection
            with db.engine.connect() as other:
                other.execute(select(func.pg_terminate_backend(driver.info.backend_pid)))
            time.sleep(seconds)

    with pytest.raises(DBAPIError) as error:
        interrupted()
    assert error.value.connection_invalidated
    end()
    assert COUNT.execute({}) == []


def test_finding_a_login_session_opens_no_database_session(ordos: World) -> None:
    """The account is complete all the same. Once the session has objects, it belongs to it and loads its other columns."""
    person, token = ordos.banner.clerk, sessions.begin(ordos.banner.clerk)
    number, stamp, phone, membership = person.id, person.session_stamp, person.phone, person.membership
    db.session.remove()
    plain = sessions.find(number, stamp, token)
    assert plain is not None
    assert not db.session.registry.has()
    assert (plain.account.id, plain.account.membership) == (number, membership)
    assert membership.regions
    end()
    db.session()
    found = sessions.find(number, stamp, token)
    assert found is not None
    assert found.account in db.session
    assert (found.account.membership, found.account.phone) == (membership, phone)


def test_a_write_outside_a_transaction_is_refused(app_context: Flask) -> None:
    forbid_writes_outside_transaction()
    db.session.add(Setting(key="a", value="1"))
    with pytest.raises(RuntimeError, match="exclusive"):
        db.session.commit()
    db.session.rollback()
    with exclusive():
        db.session.add(Setting(key="b", value="1"))
    end()
    assert stored_settings() == {"b": "1"}
