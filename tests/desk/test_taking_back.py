"""「收回」: what a decision changed is as it was before, for whoever made it, until somebody has opened the application."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from accounts.access import active_account
from admin_views.review.submitted_content import read_by
from administration import changes
from common.calendar import today
from common.errors import (
    ChangedMeanwhile,
    ConfirmationRequired,
    NotPermitted,
    NotVisible,
    ReasonMissing,
    Unacceptable,
)
from common.identity import CITIZEN
from desk import applicant_locks, corrections, deputies, returned_marks, taking_back
from models import (
    Account,
    Action,
    Application,
    Enterprise,
    Message,
    MessageReading,
    Region,
    RegionKind,
    Review,
    State,
    db,
)
from tests.factories import (
    REASON,
    World,
    act,
    application_at,
    city_clerk,
    clerk,
    desk_person,
    draft,
    fresh,
    identity_number,
    submit,
)
from tests.machine.at_once import at_once, slowly
from tests.workflow.observing import history, sees, stored_rows, waits_for
from workflow import inbox, locking, progress, review
from workflow.decision import Decision
from workflow.transitions import TAKE_BACKS, TRANSITIONS

WHY = "按错了键，应当回退。"
DECISIONS = [row for row in TRANSITIONS if row.action in (Action.PASS, Action.RETURN, Action.REFUSE)]
COLUMNS = [
    column.key for column in Application.__mapper__.column_attrs if column.key not in {"version", "opened_at"}
]


def take_back(application: Application, by: Account, reason: str = WHY) -> Review:
    fresh(application)
    return taking_back.take_back(
        application.number, by, seen_version=application.version, decision=Decision(reason)
    )


def columns(application: Application) -> dict[str, Any]:
    fresh(application)
    return {key: getattr(application, key) for key in COLUMNS}


def messages(application: Application) -> list[str]:
    query = select(Message.kind).where(Message.application_id == application.id).order_by(Message.id)
    return list(db.session.scalars(query))


@pytest.mark.guide("W13")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_a_decision_taken_back_leaves_the_application_as_it_was_before_but_for_its_version(
    ordos: World, kind: RegionKind
) -> None:
    at = ordos.at(kind)
    for row in DECISIONS:
        if kind is RegionKind.CITY and row.state is State.PRELIMINARY_REVIEW:
            continue
        application = application_at(row.state, at, ordos)
        person, before = desk_person(application, at, ordos), columns(application)
        version, lines = application.version, len(history(application))

        act(application, row.action, person, REASON if row.needs_reason else "")
        line = take_back(application, person)

        assert columns(application) == before, row
        assert application.version == version + 2
        assert (line.action, line.from_state, line.to_state) == (
            Action.TAKE_BACK,
            *reversed(states(application)),
        )
        assert (line.actor_id, line.reason) == (person.id, WHY)
        assert len(history(application)) == lines + 2
        assert waits_for(person, application)
        act(application, Action.RETURN, person, REASON)  # and it can be decided as if for the first time
        assert application.state is State.RETURNED


def states(application: Application) -> tuple[State, State]:
    """From where to where the decision had led that was taken back."""
    decided = history(application)[-2]
    return decided.from_state, decided.to_state


@pytest.mark.guide("W13")
def test_an_application_that_had_reached_further_in_an_earlier_round_keeps_that(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.centre, REASON)
    submit(application)
    before = columns(application)
    act(application, Action.PASS, ordos.banner.reviewer)
    take_back(application, ordos.banner.reviewer)
    assert columns(application) == before
    assert sees(ordos.centre, application)
    assert sees(ordos.banner.clerk, application)


@pytest.mark.guide("W13")
def test_the_next_desk_no_longer_sees_what_was_taken_back_and_everybody_is_told_again(ordos: World) -> None:
    at, application = ordos.banner, application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    colleague = clerk(at.office, "何欣")
    days = deputies.Days(today(), today())
    deputies.name_for_office(ordos.administrator, at.office.id, ordos.elsewhere.office.id, days)
    deputy = active_account(ordos.elsewhere.clerk)
    act(application, Action.PASS, at.reviewer)
    assert sees(colleague, application)
    assert sees(deputy, application)
    unread = [inbox.unread(one) for one in (colleague, deputy)]

    take_back(application, at.reviewer)

    assert not sees(colleague, application)
    assert messages(application)[-2:] == ["taken_back", "no_longer_to_review"]
    # The reminder that no longer holds is read, and the new one is not.
    assert [inbox.unread(one) for one in (colleague, deputy)] == unread
    told = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(2)).all()
    assert {(one.account_id, one.office_id) for one in told} == {
        (application.applicant_id, None),
        (None, at.office.id),
    }
    read = (
        select(func.count())
        .select_from(MessageReading)
        .where(MessageReading.account_id == application.applicant_id)
    )
    assert db.session.scalar(read) == 1


@pytest.mark.guide("W13")
@pytest.mark.parametrize(
    "action", [Action.PASS, Action.RETURN, Action.REFUSE], ids=lambda action: action.value
)
def test_once_it_has_been_opened_where_it_went_the_decision_stands(ordos: World, action: Action) -> None:
    at = ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, ordos)
    act(application, action, at.clerk, "" if action is Action.PASS else REASON)
    reader = ordos.centre if action is Action.PASS else application.applicant
    for bystander in (at.clerk, at.reviewer, ordos.administrator):
        taking_back.note_opened(fresh(application), bystander)
    assert fresh(application).opened_at is None

    taking_back.note_opened(application, reader)

    before = stored_rows(application)
    with pytest.raises(Unacceptable) as refused:
        take_back(application, at.clerk)
    assert ("申请人" in refused.value.sentence.text) == (action is not Action.PASS)
    taking_back.note_opened(fresh(application), reader)
    assert stored_rows(application) == before


@pytest.mark.guide("W13")
def test_the_last_pass_can_be_taken_back_although_its_applicant_has_read_it_but_not_once_in_a_batch(
    ordos: World,
) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.PASS, ordos.centre)
    taking_back.note_opened(fresh(application), application.applicant)
    application.in_batch = True
    db.session.commit()
    with pytest.raises(Unacceptable):
        take_back(application, ordos.centre)
    application.in_batch = False
    db.session.commit()
    take_back(application, ordos.centre)
    assert (application.state, application.result) == (State.CITY_REVIEW, None)


@pytest.mark.guide("W13")
def test_nobody_else_takes_it_back_and_nothing_but_a_decision_can_be(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, ordos)
    submitted = application_at(State.ENTERPRISE_REVIEW, at, ordos)
    act(application, Action.PASS, at.clerk)
    before = stored_rows(application)
    others = (at.reviewer, clerk(at.office, "何欣"), ordos.centre, application.applicant, ordos.administrator)
    for person in others:
        with pytest.raises(NotPermitted):
            take_back(application, person)
    for stranger in (ordos.park.clerk, ordos.park.reviewer):
        with pytest.raises(NotVisible):
            take_back(application, stranger)
    with pytest.raises(NotPermitted):
        take_back(submitted, submitted.applicant)
    with pytest.raises(ReasonMissing):
        take_back(application, at.clerk, " \u3000")
    assert stored_rows(application) == before
    act(application, Action.PASS, ordos.centre)
    with pytest.raises(NotPermitted):  # somebody has decided since
        take_back(application, at.clerk)
    with pytest.raises(ChangedMeanwhile):
        taking_back.take_back(application.number, ordos.centre, seen_version=1, decision=Decision(WHY))


def move(world: World, employer: Enterprise, to: Region) -> None:
    """An administrator moves an employer to another region, having read what follows."""

    def apply(row: Enterprise) -> None:
        row.region_id = to.id

    with pytest.raises(ConfirmationRequired) as question:
        changes.change(Enterprise, employer.id, world.administrator, apply)
    changes.change(Enterprise, employer.id, world.administrator, apply, confirmed=question.value.token)


@pytest.mark.guide("W13")
def test_a_return_stands_once_its_applicant_has_saved_or_begun_anew_or_the_employer_has_moved(
    own_ordos: World,
) -> None:
    world, at = own_ordos, own_ordos.banner
    saved, refused, moved, passed = (application_at(State.PRELIMINARY_REVIEW, at, world) for _ in range(4))
    act(saved, Action.RETURN, at.clerk, REASON)
    act(refused, Action.REFUSE, at.clerk, REASON)
    act(moved, Action.RETURN, at.clerk, REASON)
    act(passed, Action.PASS, at.clerk)
    act(saved, Action.SAVE, saved.applicant)
    draft(at.enterprise, refused.applicant)
    move(world, at.enterprise, world.park.region)
    kept = [stored_rows(one) for one in (saved, refused, moved, passed)]
    for one in (saved, refused, moved):
        with pytest.raises(Unacceptable):
            take_back(one, at.clerk)
    with pytest.raises((NotPermitted, NotVisible)):  # it was rerouted, which stands in its history since
        take_back(passed, at.clerk)
    assert [stored_rows(one) for one in (saved, refused, moved, passed)] == kept


@pytest.mark.guide("W13")
def test_a_return_stands_once_the_employer_is_closed(own_ordos: World) -> None:
    at = own_ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, own_ordos)
    act(application, Action.RETURN, at.clerk, REASON)
    at.enterprise.active = False
    db.session.commit()
    with pytest.raises(Unacceptable) as refused:
        take_back(application, at.clerk)
    assert refused.value.sentence is taking_back.CHANGED_SINCE
    assert fresh(application).state is State.RETURNED


@pytest.mark.guide("W13")
def test_what_was_taken_back_is_no_reason_to_change_anything_and_no_step_that_is_done(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, ordos)
    act(application, Action.RETURN, at.clerk, REASON)
    assert len(progress.open_returns(progress.history(application))) == 1
    take_back(application, at.clerk)
    reviews = progress.history(application)
    assert progress.open_returns(reviews) == []
    stages = {step.state: step.stage for step in progress.step_list(fresh(application), reviews)}
    assert stages[State.ENTERPRISE_REVIEW] is progress.Stage.DONE
    assert stages[State.PRELIMINARY_REVIEW] is progress.Stage.NOW


def taking(application: Application, by: Account) -> Callable[[], Any]:
    number, who, seen = application.number, by.id, application.version

    def do() -> str:
        actor = db.session.get_one(Account, who)
        try:
            taking_back.take_back(number, actor, seen_version=seen, decision=Decision(WHY))
        except (ChangedMeanwhile, Unacceptable) as refused:
            return type(refused).__name__
        return "taken back"

    return do


def deciding(application: Application, by: Account) -> Callable[[], Any]:
    number, who, seen = application.number, by.id, application.version

    def do() -> str:
        try:
            review.perform(number, Action.PASS, db.session.get_one(Account, who), seen_version=seen)
        except (ChangedMeanwhile, NotVisible) as refused:
            return type(refused).__name__
        return "passed"

    return do


@pytest.mark.guide("W13", "W2")
def test_a_submission_whose_decision_was_taken_back_counts_as_unread(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.ENTERPRISE_REVIEW, at, ordos)

    def passed_by_mistake() -> None:
        act(application, Action.PASS, at.reviewer)
        take_back(application, at.reviewer)
        act(application, Action.WITHDRAW, application.applicant)
        submit(application)

    def compared_with() -> tuple[int, int | None]:
        lines = progress.history(fresh(application))
        read = read_by(application, lines, at.reviewer)
        assert read.newest is not None
        assert read.before is not None
        decision = returned_marks.last_decision(lines, read.newest, at.reviewer)
        return read.before.round, decision.sequence if decision else None

    passed_by_mistake()
    assert compared_with() == (1, None)
    line = act(application, Action.RETURN, at.reviewer, REASON)
    assert line is not None
    submit(application)
    passed_by_mistake()
    assert compared_with() == (2, line.sequence)


@pytest.mark.guide("W13")
def test_of_taking_back_and_the_next_decision_at_the_same_moment_one_is_done(ordos: World) -> None:
    at = ordos.banner
    application = application_at(State.PRELIMINARY_REVIEW, at, ordos)
    act(application, Action.PASS, at.clerk)
    fresh(application)
    answers = at_once(taking(application, at.clerk), deciding(application, city_clerk(at_centre(ordos))))
    done = {"taken back", "passed"} & set(answers)
    assert len(done) == 1
    expected = State.PRELIMINARY_REVIEW if done == {"taken back"} else State.FINISHED
    assert fresh(application).state is expected


@pytest.mark.guide("W13")
def test_taking_back_and_a_correction_at_the_same_moment_do_not_deadlock(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.REFUSE, ordos.centre, REASON)
    number, seen = application.number, fresh(application).version
    monkeypatch.setattr(locking, "lock", slowly(locking.lock))
    monkeypatch.setattr(applicant_locks, "lock_applicant", slowly(applicant_locks.lock_applicant))
    administrator_id = ordos.administrator.id

    def correct() -> str:
        actor = db.session.get_one(Account, administrator_id)
        corrections.correct_number(
            number, CITIZEN, identity_number(), actor, seen_version=seen, decision=Decision(REASON)
        )
        return "corrected"

    answers = at_once(taking(application, ordos.centre), correct)
    assert answers in (["taken back", "ChangedMeanwhile"], ["taken back", "NotPermitted"])


def at_centre(world: World) -> Any:
    return world.centre.office


def test_each_decision_that_the_table_has_can_be_taken_back_by_its_row() -> None:
    rows = {(row.by, row.to): set() for row in TAKE_BACKS}
    for row in TAKE_BACKS:
        rows[row.by, row.to].add(row.state)
    for decision in DECISIONS:
        assert (decision.by, decision.state) in rows
        if isinstance(decision.to, State):
            assert decision.to in rows[decision.by, decision.state]
