"""What happens to an application between 「提交」 and 「业务结束」, as its applicant lives it."""

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from common.errors import AlreadyUnderWay, ChangedMeanwhile, NotPermitted, NotVisible
from desk import disclosure
from models import (
    Action,
    Application,
    Attachment,
    Message,
    RegionKind,
    Result,
    State,
    db,
    now,
)
from tests.factories import (
    REASON,
    World,
    act,
    applicant,
    application_at,
    complete_application,
    deactivate,
    desk_person,
    draft,
    experiences,
    filled,
    fresh,
    make_read_notice,
    materials,
    submit,
    upload,
)
from tests.workflow.observing import history, sees, stored_rows, waits_for
from workflow import progress, review
from workflow.decision import Decision
from workflow.form import answers
from workflow.progress import Stage

OUT_OF_HAND = [State.ENTERPRISE_REVIEW, State.PRELIMINARY_REVIEW, State.CITY_REVIEW, State.FINISHED]


def change_every_answer(changed: Application) -> None:
    answers.set_value(changed, "position", "总经理")
    changed.bank_account = "6228480000000000"
    changed.experiences = experiences()[:1]


@pytest.mark.guide("A14", "D4")
@pytest.mark.parametrize("state", OUT_OF_HAND, ids=lambda state: state.value)
def test_no_function_changes_a_submitted_application(ordos: World, state: State) -> None:
    application = application_at(state, ordos.banner, ordos)
    owner = application.applicant
    before = stored_rows(application)
    everybody = [
        owner,
        ordos.banner.reviewer,
        ordos.banner.clerk,
        ordos.centre,
        ordos.administrator,
        applicant(),
    ]
    versions = range(application.version + 2)
    for person in everybody:
        for action in (Action.SAVE, Action.SUBMIT):
            for version in versions:
                with pytest.raises((NotPermitted, NotVisible, ChangedMeanwhile)):
                    review.perform(
                        application.id,
                        action,
                        person,
                        seen_version=version,
                        decision=Decision(REASON),
                        change=change_every_answer,
                    )
        with pytest.raises((NotPermitted, NotVisible)), review.editing(application.id, person) as held:
            change_every_answer(held)
    assert stored_rows(application) == before


@pytest.mark.guide("A14", "D4")
@pytest.mark.parametrize("action", [Action.PASS, Action.RETURN, Action.WITHDRAW])
def test_a_decision_cannot_change_answers(ordos: World, action: Action) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    person = application.applicant if action is Action.WITHDRAW else ordos.banner.reviewer
    before = stored_rows(application)
    with pytest.raises(NotPermitted):
        act(application, action, person, REASON, change=change_every_answer)
    assert stored_rows(application) == before


@pytest.mark.guide("A14")
def test_a_submission_sent_twice_is_submitted_once(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    seen = application.version
    review.perform(application.id, Action.SUBMIT, application.applicant, seen_version=seen)
    with pytest.raises(ChangedMeanwhile) as told:
        review.perform(application.id, Action.SUBMIT, application.applicant, seen_version=seen)
    assert told.value.last is not None
    assert told.value.last.action is Action.SUBMIT
    assert [line.action for line in history(application)] == [Action.SUBMIT]


@pytest.mark.guide("A14")
def test_an_outdated_page_does_not_overwrite_newer_answers(ordos: World) -> None:
    application = draft(ordos.banner.enterprise)
    seen = application.version
    act(
        application,
        Action.SAVE,
        application.applicant,
        change=lambda a: answers.set_value(a, "position", "工程师"),
    )
    with pytest.raises(ChangedMeanwhile):
        review.perform(
            application.id, Action.SAVE, application.applicant, seen_version=seen, change=change_every_answer
        )
    assert answers.value(fresh(application), "position") == "工程师"


def test_a_reviewer_with_an_outdated_page_reads_who_decided_what_and_why(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    seen = application.version
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)
    with pytest.raises(ChangedMeanwhile) as told:
        review.perform(application.id, Action.PASS, ordos.banner.reviewer, seen_version=seen)
    last = told.value.last
    assert last is not None
    assert (last.actor_name, last.action, last.reason) == (ordos.banner.reviewer.name, Action.RETURN, REASON)


@pytest.mark.guide("A19")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_a_returned_application_goes_through_the_whole_route_again(ordos: World, kind: RegionKind) -> None:
    at = ordos.at(kind)
    application = application_at(State.CITY_REVIEW, at, ordos)
    act(application, Action.RETURN, ordos.centre, REASON)
    assert (application.state, application.result) == (State.RETURNED, Result.RETURNED)

    act(application, Action.SAVE, application.applicant, change=change_every_answer)
    assert application.result is Result.RETURNED, "the outcome stays in sight while the person mends"
    submit(application)
    assert (application.state, application.result, application.round) == (State.ENTERPRISE_REVIEW, None, 2)
    gone = []
    while application.state is not State.FINISHED:
        gone.append(application.state)
        act(application, Action.PASS, desk_person(application, at, ordos))
    assert gone == list(review.routing.ROUTES[kind])
    assert application.result is Result.PASSED


@pytest.mark.guide("A19", "A13")
def test_the_reason_of_a_return_can_be_read_by_its_applicant(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    act(application, Action.RETURN, ordos.park.clerk, f"  {REASON}\n")
    newest = progress.history(application)[0]
    assert (newest.reason, newest.desk) == (REASON, ordos.park.office.name)


@pytest.mark.guide("A19")
def test_each_submission_keeps_its_own_snapshot(ordos: World) -> None:
    application = application_at(State.RETURNED, ordos.banner, ordos)
    act(application, Action.SUBMIT, application.applicant, change=change_every_answer)
    first, second = (line.snapshot for line in history(application) if line.action is Action.SUBMIT)
    assert (first["fields"]["position"], second["fields"]["position"]) == ("工程师", "总经理")
    assert (len(first["experiences"]), len(second["experiences"])) == (2, 1)
    assert ordos.banner.enterprise.credit_code in first["fields"]["enterprise_id"]


@pytest.mark.guide("O1", "O2")
@pytest.mark.parametrize("state", [State.PRELIMINARY_REVIEW, State.CITY_REVIEW])
def test_after_a_refusal_the_person_may_begin_another_application(ordos: World, state: State) -> None:
    application = application_at(state, ordos.banner, ordos)
    owner = application.applicant
    act(application, Action.REFUSE, desk_person(application, ordos.banner, ordos), REASON)
    assert (application.state, application.result) == (State.FINISHED, Result.REFUSED)

    make_read_notice(owner)
    again = review.begin(owner, filled(ordos.banner.enterprise))
    assert again.id != application.id
    assert again.number != application.number
    assert not history(again)


def test_one_person_has_one_application_under_way(ordos: World) -> None:
    application = draft(ordos.banner.enterprise)
    owner = application.applicant
    for state in (State.DRAFT, State.ENTERPRISE_REVIEW, State.RETURNED):
        while application.state is not state:
            if state is State.ENTERPRISE_REVIEW:
                for material in materials():
                    upload(application, material)
                submit(application)
            else:
                act(application, Action.RETURN, ordos.banner.reviewer, REASON)
        make_read_notice(owner)
        with pytest.raises(AlreadyUnderWay):
            review.begin(owner, lambda _: None)
    assert db.session.scalar(select(func.count()).where(Application.applicant_id == owner.id)) == 1


def test_a_second_application_at_the_same_time_is_refused_by_the_database(ordos: World) -> None:
    application = draft(ordos.banner.enterprise)
    columns = Application.__table__.columns
    row = db.session.execute(
        select(*[column for column in columns if column.name != "id"]).where(columns.id == application.id)
    ).one()
    with pytest.raises(IntegrityError):
        db.session.execute(insert(Application.__table__).values({**row._mapping, "number": "2026-999998"}))
    db.session.rollback()
    finished = {**row._mapping, "number": "2026-999999", "state": State.FINISHED}
    db.session.execute(insert(Application.__table__).values(finished))
    db.session.commit()


@pytest.mark.parametrize("actor", ["reviewer", "clerk"])
def test_only_an_applicant_can_begin_an_application(ordos: World, actor: str) -> None:
    for person in (getattr(ordos.banner, actor), ordos.centre, ordos.administrator):
        make_read_notice(person)
        with pytest.raises(NotPermitted):
            review.begin(person, lambda _: None)


def test_a_deactivated_account_can_perform_no_action(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    newcomer = applicant()
    make_read_notice(newcomer)
    for person in (ordos.banner.reviewer, application.applicant, newcomer):
        deactivate(person)
    before = stored_rows(application)
    for person, action in ((ordos.banner.reviewer, Action.PASS), (application.applicant, Action.WITHDRAW)):
        with pytest.raises(NotPermitted):
            act(application, action, person)
    with pytest.raises(NotPermitted):
        review.begin(newcomer, lambda _: None)
    with pytest.raises(NotPermitted):
        disclosure.disclose(application, ordos.banner.reviewer, "bank_account")
    assert stored_rows(application) == before


def test_a_withdrawn_application_is_editable_and_is_submitted_again(
    ordos: World,
) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    act(application, Action.WITHDRAW, application.applicant)
    assert (application.state, application.result) == (State.DRAFT, None)
    assert not waits_for(ordos.banner.reviewer, application)
    with pytest.raises(NotPermitted):
        act(application, Action.PASS, ordos.banner.reviewer)
    act(application, Action.SUBMIT, application.applicant, change=change_every_answer)
    assert application.state is State.ENTERPRISE_REVIEW
    assert [line.action for line in history(application)] == [Action.SUBMIT, Action.WITHDRAW, Action.SUBMIT]


@pytest.mark.guide("A16", "E6")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_the_next_responsible_and_the_applicant_each_get_one_message(ordos: World, kind: RegionKind) -> None:
    at = ordos.at(kind)
    application = complete_application(at.enterprise)
    submit(application)
    while application.state is not State.FINISHED:
        act(application, Action.PASS, desk_person(application, at, ordos))
    said = [
        (message.kind, message.enterprise_id or message.office_id or message.account_id)
        for message in db.session.scalars(
            select(Message).where(Message.application_id == application.id).order_by(Message.id)
        )
    ]
    owner, centre = application.applicant_id, ordos.centre.office_id
    middle = [("to_review", at.office.id), ("passed_on", owner)] if kind is not RegionKind.CITY else []
    assert said == [
        ("to_review", at.enterprise.id),
        *middle,
        ("to_review", centre),
        ("passed_on", owner),
        ("passed", owner),
    ]


@pytest.mark.guide("A19", "O2")
@pytest.mark.parametrize(("action", "kind"), [(Action.RETURN, "returned_until"), (Action.REFUSE, "refused")])
def test_only_the_applicant_gets_a_message_about_a_return_or_refusal(
    ordos: World, action: Action, kind: str
) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    line = act(application, action, ordos.centre, REASON)
    told = db.session.scalars(select(Message).where(Message.review_id == line.id)).all()
    assert [(message.kind, message.account_id) for message in told] == [(kind, application.applicant_id)]


@pytest.mark.guide("A17", "A16")
def test_the_progress_shows_done_current_and_coming_steps(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    trail = progress.step_list(application, progress.history(application))
    assert [(step.state, step.stage, step.by) for step in trail] == [
        (State.DRAFT, Stage.DONE, application.applicant.name),
        (State.ENTERPRISE_REVIEW, Stage.DONE, ordos.banner.reviewer.name),
        (State.PRELIMINARY_REVIEW, Stage.NOW, ""),
        (State.CITY_REVIEW, Stage.TO_COME, ""),
    ]
    assert trail[2].responsible.telephone == "0477-8586912"


@pytest.mark.guide("A17")
def test_the_progress_restarts_after_a_return(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.centre, REASON)
    stages = [step.stage for step in progress.step_list(application, progress.history(application))]
    assert stages == [Stage.NOW, Stage.TO_COME, Stage.TO_COME, Stage.TO_COME]
    submit(application)
    stages = [step.stage for step in progress.step_list(application, progress.history(application))]
    assert stages == [Stage.DONE, Stage.NOW, Stage.TO_COME, Stage.TO_COME]


@pytest.mark.guide("A13")
def test_the_history_keeps_every_round(ordos: World) -> None:
    application = application_at(State.RETURNED, ordos.banner, ordos)
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, "社保缴纳证明不清晰。")
    assert [(line.action, line.reason) for line in progress.history(application)] == [
        (Action.RETURN, "社保缴纳证明不清晰。"),
        (Action.SUBMIT, ""),
        (Action.RETURN, REASON),
        (Action.SUBMIT, ""),
    ]
    assert [line.action for line in progress.history(application)][-1] is Action.SUBMIT


def test_a_submission_includes_the_attachments_uploaded_before_it(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    removed = upload(application, materials()[0], removed_after=0)
    submit(application)
    rounds = {
        one.id: one.submitted_round
        for one in db.session.scalars(select(Attachment).where(Attachment.application_id == application.id))
    }
    assert rounds.pop(removed.id) is None
    assert set(rounds.values()) == {1}
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)
    later = upload(application, materials()[0])
    assert later.submitted_round is None
    submit(application)
    db.session.refresh(later)
    assert later.submitted_round == 2
    assert set(rounds.values()) == {1}


def test_the_waiting_time_counts_from_the_arrival_and_not_from_saving(ordos: World) -> None:
    application = application_at(State.RETURNED, ordos.banner, ordos)
    returned_at = history(application)[-1].at
    act(application, Action.SAVE, application.applicant)
    assert application.arrived_at == returned_at
    before = now()
    submit(application)
    assert before <= application.arrived_at <= now()
    assert sees(ordos.banner.reviewer, application)


def test_a_failure_within_an_action_changes_nothing(ordos: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    before = stored_rows(application)

    def failing(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(review.notifications, "announce", failing)
    with pytest.raises(OSError, match="disk is full"):
        act(application, Action.PASS, ordos.banner.reviewer)
    assert stored_rows(application) == before
    assert len(history(application)) == 1
