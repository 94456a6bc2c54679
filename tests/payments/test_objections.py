"""P2: an objection suspends a row until it is decided; what nobody objects to is granted when the days are over."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from common.calendar import today
from common.errors import (
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonMissing,
    Unacceptable,
)
from models import (
    Batch,
    BatchState,
    Grant,
    GrantAction,
    GrantEvent,
    GrantState,
    Message,
    Objection,
    ObjectionDecision,
    Payment,
    Role,
    db,
)
from payments import batch_ending, batch_making, grant_moves, objections
from payments.grant_transitions import GRANT_TRANSITIONS
from payments.objections import Objector
from tests.clock import at
from tests.factories import World, saved, world
from tests.machine.at_once import at_once
from tests.payments.batches import batch_of, grants_of, passed, period_with_standard
from uploads.receive import Received
from workflow import notifications

SAYS = Objector("张某", "13800000000", "该人已离职。")
UPHELD, DISMISSED = ObjectionDecision.UPHELD, ObjectionDecision.DISMISSED
WHY = "经核实社保仍在缴纳。"


@pytest.fixture
def ordos(shared_app: Flask) -> Iterator[World]:
    """A world beside others: each test has a period of its own, and its standard is for that period."""
    with shared_app.app_context():
        yield world()


def published(world: World, number: int) -> Batch:
    period = period_with_standard()
    return batch_of(world, period, [passed(world, period) for _ in range(number)])


def object_to(world: World, grant: Grant) -> Objection:
    objections.enter(world.centre, grant.id, SAYS, seen_version=grant.version)
    return db.session.scalars(select(Objection).where(Objection.grant_id == grant.id)).all()[-1]


def after(batch: Batch) -> str:
    return f"{batch.closes + timedelta(days=1)} 00:05"


def messages_to(grant: Grant) -> list[str]:
    query = select(Message).where(Message.application_id == grant.application_id, Message.words.is_not(None))
    return [message.kind for message in db.session.scalars(query.order_by(Message.id))]


@pytest.mark.guide("P2")
def test_what_nobody_objects_to_is_granted_when_the_days_are_over_and_the_rest_waits(ordos: World) -> None:
    batch = published(ordos, 4)
    quiet, dismissed, upheld, undecided = grants_of(batch)
    first = object_to(ordos, dismissed)
    second, _third = object_to(ordos, upheld), object_to(ordos, grants_of(batch)[2])
    with at(f"{batch.closes} 23:59"):  # the last day counts in full
        late = object_to(ordos, undecided)
        objections.decide_objection(ordos.centre, first.id, DISMISSED, WHY)
    objections.decide_objection(ordos.centre, second.id, UPHELD, WHY)
    states = [each.state for each in grants_of(batch)]
    assert states == [GrantState.PUBLICIZED, GrantState.PUBLICIZED, GrantState.DENIED, GrantState.SUSPENDED]
    left = select(func.count()).where(Objection.grant_id == upheld.id, Objection.decision.is_(None))
    assert db.session.scalar(left) == 0, "what is upheld settles every objection against it"

    with at(f"{batch.closes} 23:59"):
        batch_ending.end_due_batches()
        assert [each.state for each in grants_of(batch)] == states
    with at(after(batch)):
        assert batch_ending.end_due_batches() >= 2
        assert batch_ending.end_due_batches() == 0
        with pytest.raises(Unacceptable) as refused:
            objections.enter(ordos.centre, quiet.id, SAYS, seen_version=grants_of(batch)[0].version)
        assert batch.closes.isoformat() in refused.value.sentence.words["day"]
        objections.decide_objection(ordos.centre, late.id, DISMISSED, WHY)
        with pytest.raises(ChangedMeanwhile):
            objections.decide_objection(ordos.centre, late.id, UPHELD, WHY)
    found = grants_of(batch)
    granted = GrantState.GRANTED
    assert [each.state for each in found] == [granted, granted, GrantState.DENIED, granted]
    assert db.session.get_one(Batch, batch.id).state is BatchState.ENDED
    assert messages_to(found[0]) == ["grant_publicized", "grant_granted"]
    assert messages_to(found[1]) == [
        "grant_publicized", "grant_objected", "grant_objection_dismissed", "grant_granted"
    ]  # fmt: skip
    assert messages_to(found[2])[-1] == "grant_denied"
    assert messages_to(found[3])[-2:] == ["grant_objection_dismissed", "grant_granted"]
    again = passed(ordos, found[2].period, by=found[2].applicant)  # an upheld objection frees the place
    assert batch_making.summarise(ordos.centre, batch.period_id, [again.id], today()).included
    told = db.session.scalars(select(Message).where(Message.kind == "grant_denied")).all()[-1]
    assert notifications.wording_values(told)["reason"] == WHY


@pytest.mark.guide("P2")
def test_an_objection_is_refused_whole_outside_its_rules(ordos: World) -> None:
    batch = published(ordos, 1)
    (grant,) = grants_of(batch)
    for person in (ordos.banner.clerk, ordos.city.reviewer, ordos.administrator, grant.applicant):
        with pytest.raises((NotVisible, NotPermitted)):
            objections.enter(person, grant.id, SAYS, seen_version=1)
    for says, field in (
        (Objector(" ", "", "内容"), "name"),
        (Objector("张某", "", "\u200b "), "text"),
        (Objector("张" * 61, "", "内容"), "name"),
        (Objector("张某", "1" * 101, "内容"), "contact"),
    ):
        with pytest.raises(Unacceptable) as refused:
            objections.enter(ordos.centre, grant.id, says, seen_version=1)
        assert refused.value.field == field
    with at(f"{batch.opens - timedelta(days=1)} 23:59"), pytest.raises(Unacceptable) as refused:
        objections.enter(ordos.centre, grant.id, SAYS, seen_version=1)
    assert refused.value.sentence.text == objections.NOT_BEGUN
    with pytest.raises(ChangedMeanwhile):
        objections.enter(ordos.centre, grant.id, SAYS, seen_version=7)
    assert grants_of(batch)[0].version == 1
    objection = object_to(ordos, grant)
    with pytest.raises(ReasonMissing):
        objections.decide_objection(ordos.centre, objection.id, UPHELD, " ")
    for person in (ordos.banner.clerk, ordos.administrator, grant.applicant):
        with pytest.raises(NotVisible):
            objections.decide_objection(person, objection.id, UPHELD, WHY)
        assert not objections.of_grant(person, grant.id)
    assert grants_of(batch)[0].state is GrantState.SUSPENDED
    assert db.session.get_one(Objection, objection.id).decision is None
    events = select(GrantEvent.action).where(GrantEvent.grant_id == grant.id).order_by(GrantEvent.id)
    assert db.session.scalars(events).all() == [GrantAction.PUBLICIZE, GrantAction.OBJECT]


@pytest.mark.guide("P2")
def test_an_objection_takes_ten_papers_and_none_once_it_is_decided(ordos: World) -> None:
    (grant,) = grants_of(published(ordos, 1))
    key = object_to(ordos, grant).id

    def attach(number: int) -> None:
        name = f"paper-{key}-{number}"
        paper = Received("举报信.pdf", "pdf", "application/pdf", 1, "0" * 64, 1, name)
        objections.attach_file(ordos.centre, key, paper)

    for number in range(10):
        attach(number)
    with pytest.raises(Unacceptable) as refused:
        attach(10)
    assert refused.value.sentence == objections.ENOUGH_FILES
    objections.decide_objection(ordos.centre, key, DISMISSED, WHY)
    with pytest.raises(ChangedMeanwhile):
        attach(10)


@pytest.mark.guide("P2")
def test_a_row_that_the_database_refuses_holds_up_no_other(ordos: World) -> None:
    batch = published(ordos, 3)
    refused = grants_of(batch)[1]
    there = {"year": 1, "ordinal": 1, "due_on": batch.opens, "amount_fen": 1}
    saved(Payment(grant_id=refused.id, period_id=refused.period_id, **there))
    with at(after(batch)):
        for _ in range(2):
            batch_ending.end_due_batches()
            waits, granted = GrantState.PUBLICIZED, GrantState.GRANTED
            assert [each.state for each in grants_of(batch)] == [granted, waits, granted]
    assert db.session.get_one(Batch, batch.id).state is BatchState.PUBLIC


@pytest.mark.guide("P2")
def test_two_workers_that_end_a_batch_at_once_grant_each_row_once(ordos: World) -> None:
    batch = published(ordos, 3)
    day = after(batch)

    def end() -> int:
        with at(day):
            return batch_ending.end_due_batches()

    assert sum(at_once(end, end)) >= 3
    for grant in grants_of(batch):
        assert (grant.state, grant.version) == (GrantState.GRANTED, 2)
        assert messages_to(grant) == ["grant_publicized", "grant_granted"]


@pytest.mark.guide("P2")
def test_of_two_who_decide_one_objection_at_once_one_does(ordos: World) -> None:
    batch = published(ordos, 1)
    (grant,) = grants_of(batch)
    key, centre = object_to(ordos, grant).id, ordos.centre

    def decide(decision: ObjectionDecision) -> str:
        return objections.decide_objection(centre, key, decision, WHY).to_state.value

    outcomes = at_once(lambda: decide(UPHELD), lambda: decide(DISMISSED))
    assert sorted(one == "ChangedMeanwhile" for one in outcomes) == [False, True], outcomes


@pytest.mark.guide("P1", "P2")
def test_nothing_that_the_table_does_not_list_is_done_to_a_grant(ordos: World) -> None:
    batch = published(ordos, 1)
    (grant,) = grants_of(batch)
    listed = {(row.state, row.action, row.by) for row in GRANT_TRANSITIONS}
    for state in GrantState:
        db.session.rollback()
        grant.state = state
        db.session.commit()
        for action in GrantAction:
            for role, person in ((Role.CITY, ordos.centre), (Role.ADMINISTRATOR, ordos.administrator)):
                if (state, action, role) not in listed:
                    with pytest.raises(NotPermitted):
                        grant_moves.perform(grant.id, action, person, seen_version=grant.version, reason=WHY)
    assert grants_of(batch)[0].version == 1
