"""P2, P6: a wrong stop or denial is taken back by another person, and the sums hold (P5)."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from common.calendar import today
from common.errors import ChangedMeanwhile, NotPermitted, ReasonMissing, Unacceptable
from models import (
    ContinuationAction,
    ContinuationState,
    Deduction,
    Deputy,
    EmploymentEnd,
    Grant,
    GrantAction,
    GrantEvent,
    GrantState,
    Message,
    ObjectionDecision,
    PaymentAction,
    PaymentState,
    db,
    exclusive,
)
from payments import continuation, objections, payment_moves, reconciling, reinstating, stopping
from payments.continuation import Ended
from payments.objections import Objector
from tests import clock, factories
from tests.factories import World
from tests.machine.worlds import Person
from tests.payments import grants
from tests.payments.batches import batch_of, grants_of, passed, period_with_standard
from tests.payments.continued import BEFORE_SECOND_YEAR, granted
from tests.payments.test_continuation import ask, asked, payments, states

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OPEN, SUSPENDED, STOPPED = PaymentState.OPEN, PaymentState.SUSPENDED, PaymentState.STOPPED
REFUSED, IN_RUN = PaymentState.REFUSED, PaymentState.IN_RUN
WHY = "停错了人"


def stopped(of: World, grant: Grant) -> Grant:
    grant = grants.fresh(grant)
    stopping.stop_grant(
        grant.id, of.centre, seen_version=grant.version, first_day=date(2026, 9, 1), reason="调离"
    )
    return grants.fresh(grant)


def denied(of: World, grant: Grant) -> Grant:
    objections.enter(of.centre, grant.id, Objector("张某", "", "已离职"), seen_version=grant.version)
    (one,) = objections.of_grant(of.centre, grant.id)
    objections.decide_objection(of.centre, one.id, ObjectionDecision.UPHELD, "属实")
    return grants.fresh(grant)


def disagreements() -> list[str]:
    return [each.text % each.words for each in reconciling.disagreements(grants.opened)]


def taken_off(grant: Grant) -> int | None:
    return db.session.scalar(select(func.sum(Deduction.amount_fen)).where(Deduction.grant_id == grant.id))


@pytest.mark.guide("P5", "P6")
def test_a_stop_taken_back_leaves_every_payment_as_it_was_stopped(ordos: World) -> None:
    grant, colleague = granted(ordos), factories.city_clerk()
    first, second = (each.id for each in payments(grant, year=1))
    with exclusive():
        payment_moves.perform_within([first, second], PaymentAction.INCLUDE, ordos.centre)
        payment_moves.perform_within([second], PaymentAction.REFUSE, ordos.centre, reason="账号不符")
    before = states(grant)
    assert before == [IN_RUN, REFUSED, SUSPENDED, SUSPENDED, SUSPENDED, SUSPENDED]
    grant = stopped(ordos, grant)
    assert states(grant) == [IN_RUN, *[STOPPED] * 5]
    assert disagreements() != [], "the payment in a run has no row there, as this test made it"
    known = disagreements()
    version = grant.version
    with pytest.raises(Unacceptable) as refused:
        reinstating.reinstate(grant.id, ordos.centre, seen_version=version, reason=WHY)
    assert refused.value.sentence.words["name"] == ordos.centre.name
    deputy, day = factories.city_clerk(), today()
    stands_in = {"account_id": ordos.centre.id, "deputy_id": deputy.id, "created_by_id": ordos.centre.id}
    factories.saved(Deputy(**stands_in, first_day=day, last_day=day))
    with pytest.raises(Unacceptable):
        reinstating.reinstate(grant.id, deputy, seen_version=version, reason=WHY)
    with pytest.raises(ReasonMissing):
        reinstating.reinstate(grant.id, colleague, seen_version=version, reason=" ")
    with pytest.raises(ChangedMeanwhile):
        reinstating.reinstate(grant.id, colleague, seen_version=version - 1, reason=WHY)
    with pytest.raises(NotPermitted):
        reinstating.reinstate(grant.id, ordos.administrator, seen_version=version, reason=WHY)
    assert states(grant) == [IN_RUN, *[STOPPED] * 5]
    grant = reinstating.reinstate(grant.id, colleague, seen_version=version, reason=WHY)
    assert (grant.state, grant.stopped_on, grant.stop_reason) == (GrantState.GRANTED, None, None)
    assert states(grant) == before
    assert taken_off(grant) == 0
    assert disagreements() == known
    told = db.session.scalars(select(Message).where(Message.kind == "grant_reinstated")).one()
    assert told.account_id == grant.applicant_id
    assert told.words is not None
    assert told.words["reason"] == WHY
    event = db.session.scalars(select(GrantEvent).order_by(GrantEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.actor_id, event.reason) == (GrantAction.REINSTATE, colleague.id, WHY)
    again = stopped(ordos, grant)
    assert taken_off(again) == sum(each.amount_fen for each in payments(again) if each.state is STOPPED)
    with pytest.raises(NotPermitted):
        reinstating.reconsider(again.id, colleague, seen_version=again.version, reason=WHY)


@ON_SQLITE
@pytest.mark.guide("P6")
def test_a_wrong_answer_that_stopped_a_grant_is_asked_for_again(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    with clock.at(BEFORE_SECOND_YEAR):
        ended = Ended(date(2026, 8, 31), EmploymentEnd.LEFT)
        continuation.perform(
            row.id, ContinuationAction.END, grant.applicant, seen_version=row.version, ended=ended
        )
        grant = grants.fresh(grant)
        assert grant.state is GrantState.STOPPED
        reinstating.reinstate(grant.id, ordos.centre, seen_version=grant.version, reason="点错了")
        (row,) = asked(grant)
        assert (row.state, row.last_day, row.answered_at) == (ContinuationState.ASKED, None, None)
        assert states(grant) == [OPEN, OPEN, *[SUSPENDED] * 4]
        assert disagreements() == []
        for action, by in (
            (ContinuationAction.CONTINUE, grant.applicant),
            (ContinuationAction.CONFIRM, ordos.city.reviewer),
        ):
            continuation.perform(row.id, action, by, seen_version=asked(grant)[0].version)
        assert states(grant, 2) == [OPEN, OPEN]


@pytest.mark.guide("P2", "P3")
def test_a_denial_taken_back_is_decided_again_unless_the_person_has_another_grant(ordos: World) -> None:
    period, colleague = period_with_standard(), factories.city_clerk()
    batch = batch_of(ordos, period, [passed(ordos, period), passed(ordos, period)])
    right, late = (denied(ordos, each) for each in grants_of(batch))
    with pytest.raises(Unacceptable):
        reinstating.reconsider(right.id, ordos.centre, seen_version=right.version, reason=WHY)
    reinstating.reconsider(right.id, colleague, seen_version=right.version, reason=WHY)
    right = grants.fresh(right)
    (one,) = objections.of_grant(ordos.centre, right.id)
    assert (right.state, one.decision, one.decided_by_id) == (GrantState.SUSPENDED, None, None)
    objections.decide_objection(ordos.centre, one.id, ObjectionDecision.DISMISSED, "社保在缴")
    assert grants.fresh(right).state is GrantState.PUBLICIZED

    other = batch_of(ordos, period, [passed(ordos, period, by=late.applicant)])
    with pytest.raises(Unacceptable) as refused:
        reinstating.reconsider(late.id, colleague, seen_version=late.version, reason=WHY)
    assert refused.value.sentence.words == {"batch": other.number, "position": "1"}
    assert grants.fresh(late).state is GrantState.DENIED


@ON_SQLITE
@pytest.mark.guide("P2", "P6")
def test_only_a_colleague_is_offered_to_take_back_on_the_pages(
    app: Flask, prepared: World, person: Person
) -> None:
    with app.app_context():
        grant = stopped(prepared, granted(prepared))
        colleague = factories.city_clerk()
        period = period_with_standard()
        batch = batch_of(prepared, period, [passed(prepared, period)])
        row = denied(prepared, grants_of(batch)[0])
        stop_page = f"/city/grants/{grant.id}/"
        row_page = f"/city/batches/{batch.number}/{row.position}/"
        seen = {"seen": str(grant.version), "version": str(row.version)}
        name = prepared.centre.name
        first, second = person(prepared.centre), person(colleague)
    for page, path, field, done in (
        (f"{stop_page}stop/", f"{stop_page}reinstate/", "again", "停止发放并通知本人"),
        (row_page, f"{row_page}reconsider/", "reason", "异议不成立"),
    ):
        assert f"由另一位同事办理：{name}" in first.get(page).text
        assert f'action="{path}"' not in first.get(page).text
        assert f'action="{path}"' in second.get(page).text
        kept = first.send(path, {**seen, field: WHY})
        assert (kept.status_code, WHY in kept.text, "由另一位同事办理" in kept.text) == (422, True, True)
        missing = second.send(path, {**seen, field: " "})
        assert (missing.status_code, "请填写原因，申请人会看到" in missing.text) == (422, True)
        assert second.send(path, {**seen, "seen": "9", "version": "9", field: WHY}).status_code == 409
        assert second.send(path, {**seen, field: WHY}).status_code == 303
        assert done in second.get(page).text
