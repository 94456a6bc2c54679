"""Continued payment: a later year is only paid after person and enterprise have confirmed the employment (P6)."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import delete, select

from common.calendar import today
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonMissing,
    Unacceptable,
)
from common.settings import CONTINUATION_ASKED, CONTINUATION_TERM, setting
from common.working_days import current_calendar
from models import (
    Account,
    Continuation,
    ContinuationAction,
    ContinuationState,
    Deduction,
    EmploymentEnd,
    Grant,
    GrantAction,
    GrantEvent,
    GrantState,
    Message,
    Payment,
    PaymentAction,
    PaymentEvent,
    PaymentState,
    Setting,
    db,
    exclusive,
)
from payments import continuation, continuation_terms, payment_moves, stopping
from payments.continuation import Ended
from tests import clock, factories
from tests.factories import World
from tests.machine.at_once import at_once, slowly
from tests.payments.continued import BEFORE_SECOND_YEAR, granted
from worker import continuing

CONTINUE, CONFIRM, END = ContinuationAction.CONTINUE, ContinuationAction.CONFIRM, ContinuationAction.END
LEFT = EmploymentEnd.LEFT
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def payments(grant: Grant, *, year: int | None = None) -> list[Payment]:
    db.session.expire_all()
    query = select(Payment).where(Payment.grant_id == grant.id).order_by(Payment.year, Payment.ordinal)
    return list(db.session.scalars(query if year is None else query.where(Payment.year == year)))


def states(grant: Grant, year: int | None = None) -> list[PaymentState]:
    return [each.state for each in payments(grant, year=year)]


def asked(grant: Grant) -> list[Continuation]:
    query = select(Continuation).where(Continuation.grant_id == grant.id).order_by(Continuation.year)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def ask(at: str = BEFORE_SECOND_YEAR) -> int:
    with clock.at(at):
        return continuation_terms.ask_due(today())


def answer(row: Continuation, action: ContinuationAction, by: Account, ended: Ended | None = None) -> None:
    with clock.at(BEFORE_SECOND_YEAR):
        continuation.perform(row.id, action, by, seen_version=row.version, ended=ended)


def confirm_in_place(of: World, grant: Grant, reason: str) -> None:
    (row,) = asked(grant)
    with clock.at(BEFORE_SECOND_YEAR):
        continuation.perform(row.id, CONFIRM, of.centre, seen_version=row.version, reason=reason)


def kinds(of: Grant) -> list[str]:
    query = select(Message.kind).where(Message.account_id == of.applicant_id).order_by(Message.id)
    return [kind for kind in db.session.scalars(query) if kind.startswith(("continuation", "grant"))]


OPEN, SUSPENDED, STOPPED = PaymentState.OPEN, PaymentState.SUSPENDED, PaymentState.STOPPED


@ON_SQLITE
@pytest.mark.guide("P3", "P5", "P6")
def test_granting_creates_every_payment_and_only_the_first_year_is_open(ordos: World) -> None:
    grant = granted(ordos)
    found = payments(grant)
    assert [(each.year, each.ordinal, each.due_on.isoformat(), each.amount_fen) for each in found] == [
        (1, 1, "2026-03-02", 3_000_001),
        (1, 2, "2026-09-02", 3_000_000),
        (2, 1, "2027-03-02", 3_000_001),
        (2, 2, "2027-09-02", 3_000_000),
        (3, 1, "2028-03-02", 3_000_001),
        (3, 2, "2028-09-02", 3_000_000),
    ]
    assert states(grant) == [OPEN, OPEN, SUSPENDED, SUSPENDED, SUSPENDED, SUSPENDED]
    assert sum(each.amount_fen for each in found) == grant.amount_fen * grant.years


@pytest.mark.guide("P6")
def test_the_person_is_asked_once_a_year_in_working_days_before_the_first_payment(ordos: World) -> None:
    grant = granted(ordos)
    granted(ordos, years=1)
    due = date(2027, 3, 2)
    days = (date(2027, 1, 1) + timedelta(days=n) for n in range(60))
    first_day = next(
        each for each in days if current_calendar().after(each, int(setting(CONTINUATION_ASKED))).last >= due
    )
    assert ask(f"{first_day - timedelta(days=1)} 10:00") == 0
    assert ask(f"{first_day} 10:00") == 1
    assert ask(f"{first_day} 11:00") == 0
    (row,) = asked(grant)
    assert (row.year, row.state) == (2, ContinuationState.ASKED)
    assert first_day < row.due_by < due
    message = db.session.scalars(select(Message).where(Message.kind == "continuation_asked")).one()
    assert message.account_id == grant.applicant_id
    assert message.words is not None
    assert message.words["by"] == row.due_by.isoformat()
    assert ask("2028-02-01 10:00") == 1
    assert [each.year for each in asked(grant)] == [2, 3]


@ON_SQLITE
@pytest.mark.guide("P6")
def test_when_the_question_is_asked_and_its_term_are_settings(ordos: World) -> None:
    grant = granted(ordos)
    for key, value in ((CONTINUATION_ASKED, "5"), (CONTINUATION_TERM, "9")):
        db.session.merge(Setting(key=key, value=value, explanation=""))
    db.session.commit()
    assert ask("2027-02-22 10:00") == 0
    assert ask("2027-02-23 10:00") == 1
    (row,) = asked(grant)
    assert row.due_by == date(2027, 3, 2), "the term ends when the payment is due, not later"


@pytest.mark.guide("P6")
def test_a_confirmed_year_is_opened_and_no_other(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    for somebody, action in ((ordos.city.reviewer, CONFIRM), (grant.applicant, CONFIRM)):
        with pytest.raises(NotPermitted):
            answer(row, action, somebody)
    for stranger in (ordos.banner.reviewer, ordos.administrator, factories.applicant()):
        with pytest.raises(NotVisible):
            answer(row, CONTINUE, stranger)
    answer(row, CONTINUE, grant.applicant)
    assert states(grant, 2) == [SUSPENDED, SUSPENDED]
    with pytest.raises(ChangedMeanwhile), clock.at(BEFORE_SECOND_YEAR):
        continuation.perform(row.id, CONFIRM, ordos.city.reviewer, seen_version=row.version - 1)
    to_confirm = db.session.scalars(select(Message).where(Message.kind == "continuation_to_confirm")).one()
    assert to_confirm.enterprise_id == ordos.city.enterprise.id
    answer(row, CONFIRM, ordos.city.reviewer)
    assert states(grant) == [OPEN, OPEN, OPEN, OPEN, SUSPENDED, SUSPENDED]
    assert kinds(grant) == ["continuation_asked", "continuation_confirmed"]
    with pytest.raises(NotPermitted):
        answer(row, END, ordos.city.reviewer, Ended(date(2027, 1, 31), LEFT))


@ON_SQLITE
@pytest.mark.guide("P6", "P5")
@pytest.mark.parametrize("says", ["person", "enterprise"])
def test_leaving_stops_what_is_still_to_be_paid_with_day_and_reason(ordos: World, says: str) -> None:
    grant = granted(ordos)
    with exclusive():
        first = [each.id for each in payments(grant, year=1)][:1]
        payment_moves.perform_within(first, PaymentAction.INCLUDE, ordos.centre)
    ask()
    (row,) = asked(grant)
    if says == "enterprise":
        answer(row, CONTINUE, grant.applicant)
    by = grant.applicant if says == "person" else ordos.city.reviewer
    answer(row, END, by, Ended(date(2026, 8, 31), EmploymentEnd.MOVED))
    db.session.refresh(grant)
    db.session.refresh(row)
    assert (row.last_day, row.end) == (date(2026, 8, 31), EmploymentEnd.MOVED)
    assert (grant.state, grant.stopped_on) == (GrantState.STOPPED, date(2026, 9, 1))
    assert grant.stop_reason is not None
    assert "已到其他单位工作，最后工作日 2026-08-31" in grant.stop_reason
    assert states(grant) == [PaymentState.IN_RUN, STOPPED, STOPPED, STOPPED, STOPPED, STOPPED]
    taken_off = sum(db.session.scalars(select(Deduction.amount_fen).where(Deduction.grant_id == grant.id)))
    assert taken_off == sum(each.amount_fen for each in payments(grant) if each.state is STOPPED)
    event = db.session.scalars(select(GrantEvent).order_by(GrantEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.reason) == (GrantAction.LEAVE, grant.stop_reason)
    assert kinds(grant)[-1] == "grant_stopped"
    assert ask("2028-02-01 10:00") == 0


@ON_SQLITE
@pytest.mark.guide("P6")
def test_an_hour_whose_worker_died_is_done_a_minute_later(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(ordos)
    with monkeypatch.context() as patched, clock.at(BEFORE_SECOND_YEAR):
        patched.setattr(continuation_terms, "ask_due", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            continuing.process_due()
    with clock.at("2027-02-01 10:01"):
        continuing.process_due()
    assert len(asked(grant)) == 1
    db.session.execute(delete(Continuation))
    db.session.commit()
    with clock.at("2027-02-01 10:59"):
        continuing.process_due()
    assert asked(grant) == [], "once an hour is enough"


@pytest.mark.guide("P6")
def test_two_workers_at_once_ask_once_and_note_a_passed_term_once(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted(ordos)
    for module, name in ((continuation_terms, "_ask"), (continuation, "perform_within")):
        monkeypatch.setattr(module, name, slowly(getattr(module, name)))

    def work(at: str) -> None:
        with clock.at(at):
            continuing.process_due()

    for at in (BEFORE_SECOND_YEAR, "2027-03-20 10:00"):
        assert at_once(partial(work, at), partial(work, at)) == [None, None]
    assert kinds(grant) == ["continuation_asked", "grant_held"]
    assert [row.overdue_on for row in asked(grant)] == [date(2027, 3, 20)]


@ON_SQLITE
@pytest.mark.guide("P6")
def test_no_answer_in_time_suspends_and_a_late_one_still_counts(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    with clock.at(f"{row.due_by} 23:00"):
        assert continuation_terms.expire_due(today()) == 0
    with clock.at("2027-03-20 10:00"):
        assert continuation_terms.expire_due(today()) == 1
        assert continuation_terms.expire_due(today()) == 0
    db.session.refresh(grant)
    assert grant.state is GrantState.GRANTED
    assert grant.stopped_on is None
    assert states(grant, 2) == [SUSPENDED, SUSPENDED]
    event = db.session.scalars(select(GrantEvent).order_by(GrantEvent.id.desc())).first()
    assert event is not None
    assert event.action is GrantAction.HOLD
    assert f"第 2 年的在岗确认到 {row.due_by} 没有完成" in event.reason
    assert kinds(grant) == ["continuation_asked", "grant_held"]
    (row,) = asked(grant)
    assert row.overdue_on == date(2027, 3, 20)
    answer(row, CONTINUE, grant.applicant)
    answer(asked(grant)[0], CONFIRM, ordos.city.reviewer)
    assert states(grant, 2) == [OPEN, OPEN]


@ON_SQLITE
@pytest.mark.guide("P6")
def test_the_city_confirms_with_a_reason_where_the_employer_cannot(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    with pytest.raises(NotPermitted):
        answer(row, CONFIRM, ordos.centre)
    assert continuation.confirmable_by(ordos.centre, grant) is None
    answer(row, CONTINUE, grant.applicant)
    found = continuation.confirmable_by(ordos.centre, grant)
    assert found is not None
    assert found.id == row.id
    ordos.city.enterprise.active = False
    db.session.commit()
    with pytest.raises(ReasonMissing):
        answer(row, CONFIRM, ordos.centre)
    reason = "单位已停用，已核对社保"
    confirm_in_place(ordos, grant, reason)
    assert states(grant, 2) == [OPEN, OPEN]
    kept = select(PaymentEvent.reason).where(PaymentEvent.actor_id == ordos.centre.id)
    assert set(db.session.scalars(kept)) == {reason}


@ON_SQLITE
@pytest.mark.guide("P6")
def test_the_city_confirms_no_year_while_the_employer_can(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    answer(asked(grant)[0], CONTINUE, grant.applicant)
    with pytest.raises(NotPermitted):
        confirm_in_place(ordos, grant, "单位已停用，已核对社保")
    assert asked(grant)[0].state is ContinuationState.ANSWERED
    assert states(grant, 2) == [SUSPENDED, SUSPENDED]
    ordos.city.reviewer.active = False
    db.session.commit()
    confirm_in_place(ordos, grant, "单位没有审核人员，已核对社保")
    assert states(grant, 2) == [OPEN, OPEN]


@ON_SQLITE
@pytest.mark.guide("P6")
def test_an_end_is_not_in_the_future_and_a_yes_has_no_end(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    with pytest.raises(Unacceptable) as refused:
        answer(row, END, grant.applicant, Ended(date(2027, 2, 2), LEFT))
    assert refused.value.field == "last_day"
    for action, ended in ((END, None), (CONTINUE, Ended(date(2027, 1, 1), LEFT))):
        with pytest.raises(NotPermitted):
            answer(row, action, grant.applicant, ended)
    assert states(grant, 2) == [SUSPENDED, SUSPENDED]


@ON_SQLITE
@pytest.mark.guide("P6", "P2")
def test_the_city_stops_a_grant_and_its_questions_with_it(ordos: World) -> None:
    grant = granted(ordos)
    ask()
    (row,) = asked(grant)
    with pytest.raises(ActionRefused):
        stopping.stop_grant(
            grant.id,
            grant.applicant,
            seen_version=grant.version,
            first_day=date(2026, 9, 1),
            reason="异议成立",
        )
    stopping.stop_grant(
        grant.id, ordos.centre, seen_version=grant.version, first_day=date(2026, 9, 1), reason="异议成立"
    )
    assert states(grant) == [OPEN, STOPPED, STOPPED, STOPPED, STOPPED, STOPPED]
    with pytest.raises(NotPermitted):
        answer(row, CONTINUE, grant.applicant)
    assert continuation.open_question(grant.applicant) is None
    with clock.at("2027-06-01 10:00"):
        assert continuation_terms.expire_due(today()) == 0
