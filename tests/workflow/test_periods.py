"""Until when a returned application can be resubmitted once its period has closed, and who may extend that."""

from datetime import date

import pytest
from sqlalchemy import select

from administration import changes
from common import messages
from common.errors import (
    ChangedMeanwhile,
    ConfirmationRequired,
    NotVisible,
    PeriodClosed,
    ReasonMissing,
    Unacceptable,
)
from desk import extension
from models import Account, Action, Application, Message, Period, State, db
from tests import clock
from tests.factories import (
    REASON,
    World,
    act,
    application_at,
    calendar_year,
    complete_application,
    fresh,
    saved,
    submit,
)
from tests.workflow.observing import history, stored_rows
from workflow import notifications, periods
from workflow.decision import Decision

CLOSED, TERM = date(2026, 9, 30), date(2026, 11, 6)
RETURNED_AT = "2026-10-16 15:00"
"""A Friday; the fifteenth working day after it is the Friday three weeks later."""


@pytest.fixture
def autumn(own_ordos: World) -> World:
    """A town whose only period was open from July to September of 2026."""
    period = db.session.scalars(select(Period)).one()
    period.opens, period.closes = date(2026, 7, 1), CLOSED
    db.session.commit()
    return own_ordos


@pytest.fixture
def submitted(autumn: World) -> Application:
    """An application that came in before the period closed."""
    with clock.at("2026-09-28 10:00"):
        return application_at(State.ENTERPRISE_REVIEW, autumn.banner, autumn)


def return_it(application: Application, by: Account, at: str = RETURNED_AT) -> Application:
    with clock.at(at):
        act(application, Action.RETURN, by, REASON)
    return fresh(application)


def newest_message(application: Application) -> str:
    """The newest message to its applicant."""
    message = db.session.scalars(
        select(Message).where(Message.account_id == application.applicant_id).order_by(Message.id.desc())
    ).first()
    assert message is not None
    return messages.wording_of(message.kind) % notifications.wording_values(message)


def extend(
    application: Application,
    by: Account,
    until: date,
    reason: str = "本人住院，有证明。",
    seen: date | None = TERM,
) -> None:
    extension.extend(application.number, by, until=until, seen=seen, decision=Decision(reason))


@pytest.mark.guide("P1")
def test_the_period_of_the_first_submission_stays(submitted: Application, autumn: World) -> None:
    first = submitted.period_id
    assert first is not None
    return_it(submitted, autumn.banner.reviewer)
    saved(Period(name="下一期", opens=date(2026, 11, 10), closes=date(2026, 11, 20)))
    with clock.at("2026-11-15 10:00"):
        submit(submitted)
    assert fresh(submitted).period_id == first


@pytest.mark.guide("A19")
def test_an_application_returned_after_the_close_can_be_resubmitted_until_midnight_of_the_last_day(
    submitted: Application, autumn: World
) -> None:
    return_it(submitted, autumn.banner.reviewer)
    assert submitted.resubmit_by == TERM
    assert f"请在 {TERM}（含当日）前修改后重新提交。原因：{REASON}" in newest_message(submitted)
    assert history(submitted)[-1].resubmit_by == TERM
    before = stored_rows(submitted)
    with clock.at("2026-11-07 00:00"):
        with pytest.raises(PeriodClosed) as closed:
            submit(submitted)
        assert closed.value.expired
    assert stored_rows(submitted) == before
    with clock.at("2026-11-06 23:59"):
        submit(submitted)
    assert fresh(submitted).state is State.ENTERPRISE_REVIEW
    assert submitted.resubmit_by is None


def test_the_day_of_the_return_is_a_day_in_ordos(submitted: Application, autumn: World) -> None:
    """Half past midnight in Ordos is still the day before in UTC."""
    assert return_it(submitted, autumn.banner.reviewer, "2026-10-17 00:30").resubmit_by == TERM
    with clock.at("2026-10-19 09:00"):
        submit(submitted)
    assert return_it(submitted, autumn.banner.reviewer, "2026-10-20 00:30").resubmit_by == date(2026, 11, 10)


def test_the_term_comes_from_the_period_and_later_changes_do_not_shorten_it(
    submitted: Application, autumn: World
) -> None:
    period = db.session.scalars(select(Period)).one()
    period.resubmit_days = 5
    db.session.commit()
    return_it(submitted, autumn.banner.reviewer)
    assert submitted.resubmit_by == date(2026, 10, 23)
    period.resubmit_days = 1
    db.session.commit()
    with clock.at("2026-10-23 12:00"):
        submit(submitted)


def test_a_term_counts_the_holidays_that_were_entered(submitted: Application, autumn: World) -> None:
    calendar_year(2027)
    # 21 to 31 December are nine working days; 1 January is a holiday, so the fifteenth is the 11th and not the 8th.
    assert return_it(submitted, autumn.banner.reviewer, "2026-12-18 10:00").resubmit_by == date(2027, 1, 11)


def test_a_return_during_the_period_gives_the_later_of_term_and_period_end(
    autumn: World,
) -> None:
    with clock.at("2026-07-02 10:00"):
        early = application_at(State.ENTERPRISE_REVIEW, autumn.banner, autumn)
        late = application_at(State.ENTERPRISE_REVIEW, autumn.banner, autumn)
    assert return_it(early, autumn.banner.reviewer, "2026-07-03 10:00").resubmit_by == CLOSED
    assert return_it(late, autumn.banner.reviewer, "2026-09-30 10:00").resubmit_by == date(2026, 10, 27)
    with clock.at("2026-10-27 12:00"):
        submit(late)
        with pytest.raises(PeriodClosed):
            submit(early)


def test_a_withdrawal_after_the_close_gives_the_same_term(submitted: Application) -> None:
    with clock.at(RETURNED_AT):
        act(submitted, Action.WITHDRAW, submitted.applicant)
    assert (fresh(submitted).state, submitted.resubmit_by) == (State.DRAFT, TERM)
    with clock.at("2026-11-06 20:00"):
        submit(submitted)
    assert fresh(submitted).state is State.ENTERPRISE_REVIEW


def test_an_application_never_submitted_waits_for_the_next_period(autumn: World) -> None:
    with clock.at("2026-09-28 10:00"):
        application = complete_application(autumn.banner.enterprise)
    with clock.at("2026-10-08 10:00"):
        with pytest.raises(PeriodClosed) as closed:
            submit(application)
        assert not closed.value.expired


@pytest.mark.parametrize("reopened", [True, False])
def test_an_expired_application_can_be_submitted_in_a_reopened_or_later_period(
    submitted: Application, autumn: World, reopened: bool
) -> None:
    return_it(submitted, autumn.banner.reviewer)
    with clock.at("2026-11-20 09:00"):
        assert periods.admission(submitted).expired
        if reopened:
            period = db.session.scalars(select(Period)).one()
            period.closes = date(2026, 11, 20)
            db.session.commit()
        else:
            saved(Period(name="下一期", opens=date(2026, 11, 20), closes=date(2026, 12, 31)))
        submit(submitted)
    assert fresh(submitted).state is State.ENTERPRISE_REVIEW


def test_closing_an_employer_gives_its_applications_a_term(submitted: Application, autumn: World) -> None:
    def close(**further: str) -> None:
        changes.change(
            type(autumn.banner.enterprise),
            autumn.banner.enterprise.id,
            autumn.administrator,
            lambda row: setattr(row, "active", False),
            **further,
        )

    with clock.at(RETURNED_AT):
        with pytest.raises(ConfirmationRequired) as question:
            close()
        close(confirmed=question.value.token)
    assert (fresh(submitted).state, submitted.resubmit_by) == (State.RETURNED, TERM)
    assert f"请在 {TERM}（含当日）前" in newest_message(submitted)


def test_the_regions_office_extends_an_expired_term_and_notifies_the_applicant(
    submitted: Application, autumn: World
) -> None:
    """Also one that the enterprise returned, which the office has never had before it."""
    return_it(submitted, autumn.banner.reviewer)
    version, since = submitted.version, submitted.arrived_at
    with clock.at("2026-11-20 09:00"):
        extend(submitted, autumn.banner.clerk, date(2026, 11, 25))
    fresh(submitted)
    assert (submitted.state, submitted.resubmit_by) == (State.RETURNED, date(2026, 11, 25))
    assert (submitted.version, submitted.arrived_at) == (version, since), "the applicant types on undisturbed"
    line = history(submitted)[-1]
    assert (line.action, line.reason, line.resubmit_by) == (
        Action.EXTEND,
        "本人住院，有证明。",
        date(2026, 11, 25),
    )
    assert "延长至 2026-11-25（含当日）。原因：本人住院，有证明。" in newest_message(submitted)
    with clock.at("2026-11-25 23:59"):
        submit(submitted)
    assert fresh(submitted).state is State.ENTERPRISE_REVIEW


def test_only_the_regions_office_extends_and_only_returned_applications(
    submitted: Application, autumn: World
) -> None:
    with clock.at("2026-10-16 16:00"), pytest.raises(NotVisible):
        extend(submitted, autumn.banner.clerk, date(2026, 11, 25), seen=None)
    return_it(submitted, autumn.banner.reviewer)
    before = stored_rows(submitted)
    for other in (
        autumn.elsewhere.clerk,
        autumn.centre,
        autumn.administrator,
        autumn.banner.reviewer,
        submitted.applicant,
    ):
        with clock.at("2026-11-20 09:00"), pytest.raises(NotVisible):
            extend(submitted, other, date(2026, 11, 25))
    assert stored_rows(submitted) == before


def test_an_extension_needs_a_reason_a_later_day_and_the_term_that_was_seen(
    submitted: Application, autumn: World
) -> None:
    return_it(submitted, autumn.banner.reviewer)
    before = stored_rows(submitted)
    with clock.at("2026-11-01 09:00"):
        with pytest.raises(ReasonMissing):
            extend(submitted, autumn.banner.clerk, date(2026, 11, 25), reason=" ")
        for day in (date(2026, 10, 31), TERM, date(2206, 11, 25)):
            with pytest.raises(Unacceptable) as wrong:
                extend(submitted, autumn.banner.clerk, day)
            assert wrong.value.field == "until"
        assert stored_rows(submitted) == before
        extend(submitted, autumn.banner.clerk, date(2026, 11, 25))
        with pytest.raises(ChangedMeanwhile):
            extend(submitted, autumn.banner.clerk, date(2026, 12, 1))
