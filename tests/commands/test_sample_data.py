"""`flask sample-data`: a city of any size, in which everything has happened as the table of transitions allows."""

from itertools import groupby

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import logins, passwords
from commands import seed
from commands.sample_data import applications
from common import identity
from models import (
    REACHED_BITS,
    Account,
    Action,
    Application,
    Counter,
    Delivery,
    Enterprise,
    Message,
    Result,
    Review,
    Role,
    State,
    db,
    now,
)
from workflow import inbox, review, routing, scope
from workflow.transitions import BY_STATE_AND_ACTION

NUMBER = 300


@pytest.fixture
def filled(app_context: Flask) -> Flask:
    seed.fill()
    assert list(applications.fill(db.engine, NUMBER, seed=7))[-1] == NUMBER
    return app_context


def test_replaying_every_history_gives_the_applications_state(filled: Flask) -> None:
    lines = db.session.scalars(select(Review).order_by(Review.application_id, Review.sequence)).all()
    histories = {key: list(several) for key, several in groupby(lines, lambda line: line.application_id)}
    found = db.session.scalars(select(Application)).all()
    assert len(found) == NUMBER
    assert {one.state for one in found} > {State.DRAFT, State.CITY_REVIEW, State.FINISHED}
    assert {Result.PASSED, Result.REFUSED} <= {one.result for one in found}
    for one in found:
        state, result, at, reached = State.DRAFT, None, one.created_at, 0
        history = histories.get(one.id, [])
        assert [line.sequence for line in history] == list(range(1, len(history) + 1))
        for line in history:
            row = BY_STATE_AND_ACTION[line.from_state, line.action]
            assert (line.from_state, line.actor_role) == (state, row.by)
            assert line.to_state is routing.target(row, one.region)
            assert bool(line.reason) == row.needs_reason
            assert (line.snapshot is not None) == (line.action is Action.SUBMIT)
            assert at <= line.at <= now()
            state, result, at = line.to_state, line.result, line.at
            reached |= REACHED_BITS.get(state, 0)
        assert (one.state, one.result, one.arrived_at, one.reached) == (state, result, at, reached)
        assert one.round == sum(line.action is Action.SUBMIT for line in history)


def test_each_desk_sees_and_decides_its_sample_applications(filled: Flask) -> None:
    centre = db.session.scalars(select(Account).where(Account.role == Role.CITY)).first()
    assert centre is not None
    waiting = db.session.scalars(select(Application).where(scope.waiting(centre))).all()
    assert waiting
    line = review.perform(waiting[0].id, Action.PASS, centre, seen_version=waiting[0].version)
    assert line is not None
    assert line.to_state is State.FINISHED
    assert inbox.unread(waiting[0].applicant) > 0


def test_identity_numbers_are_valid_encrypted_and_unique(filled: Flask) -> None:
    person = db.session.scalars(select(Account).where(Account.role == Role.APPLICANT)).first()
    assert person is not None
    assert person.identity_number is not None
    assert identity.fault(identity.CITIZEN, person.identity_number) == ""
    assert logins.find("personal", person.identity_number) is person
    assert not passwords.verify(person.password_hash, "")
    stored = db.session.scalar(select(func.max(Counter.last)))
    assert stored == int(
        max(
            db.session.scalars(
                select(Application.number).where(
                    Application.number.startswith(
                        f"{db.session.scalar(select(Counter.year).order_by(Counter.last.desc()))}-"
                    )
                )
            )
        ).partition("-")[2]
    )


def test_sample_messages_are_never_sent(filled: Flask) -> None:
    assert db.session.scalar(select(Message.id).where(Message.expanded_at.is_(None))) is None
    assert db.session.scalar(select(Delivery.id)) is None


def test_the_same_seed_makes_the_same_data_and_more_can_be_added(filled: Flask) -> None:
    names = db.session.scalars(select(Application.name).order_by(Application.id)).all()
    employers = db.session.scalar(select(func.count(Enterprise.id)))
    list(applications.fill(db.engine, NUMBER, seed=7))
    both = db.session.scalars(select(Application.name).order_by(Application.id)).all()
    assert both[:NUMBER] == names
    assert len(both) == 2 * NUMBER
    assert db.session.scalar(select(func.count(Enterprise.id))) > employers


def test_production_gets_no_sample_data(app: Flask) -> None:
    app.config["PRODUCTION"] = True
    answer = app.test_cli_runner().invoke(args=["sample-data", "--applications", "5"])
    assert answer.exit_code != 0
    assert "production" in answer.output
    with app.app_context():
        assert db.session.scalar(select(Application.id)) is None
