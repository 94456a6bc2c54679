"""D3: an enterprise moves to another region, with its applications under review; each gets a history row and has exactly one desk."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from administration import changes
from administration.changes import fingerprint
from common.errors import ChangedMeanwhile, ConfirmationRequired, NotPermitted, NotVisible, Unacceptable
from models import (
    Account,
    Action,
    Application,
    AuditEntry,
    Enterprise,
    Message,
    Region,
    RegionKind,
    Registration,
    Review,
    Role,
    State,
    db,
)
from models.search import contains
from models.spelling import search_key
from tests.factories import (
    World,
    act,
    application_at,
    complete_application,
    desk_person,
    fresh,
    office,
    region,
    submit,
)
from tests.machine.worlds import Person
from workflow import progress, routing, scope

UNDER_REVIEW = routing.REVIEW_STEPS
KINDS = tuple(RegionKind)


def move(enterprise: Enterprise, to: Region, by: Account, confirmed: str | None = None) -> Enterprise:
    """Move it and confirm the consequences, or send `confirmed` instead."""

    def apply(row: Enterprise) -> None:
        row.region_id = to.id

    if confirmed is None:
        with pytest.raises(ConfirmationRequired) as question:
            changes.change(Enterprise, enterprise.id, by, apply)
        confirmed = question.value.token
    return changes.change(Enterprise, enterprise.id, by, apply, confirmed=confirmed)


def edit_region(row: Region, by: Account, **columns: object) -> Region:
    def apply(changed: Region) -> None:
        for name, value in columns.items():
            setattr(changed, name, value)

    with pytest.raises(ConfirmationRequired) as question:
        changes.change(Region, row.id, by, apply)
    return changes.change(Region, row.id, by, apply, confirmed=question.value.token)


def desks(application: Application) -> Sequence[Account]:
    """Every account that can decide on the application now."""
    fresh(application)
    reviewers = db.session.scalars(
        select(Account).where(Account.role.in_((Role.ENTERPRISE, Role.OFFICE, Role.CITY)), Account.active)
    )
    return [
        account
        for account in reviewers
        if db.session.scalar(
            select(Application.id).where(Application.id == application.id, scope.waiting(account))
        )
    ]


def all_states(at: RegionKind) -> list[State]:
    return [state for state in UNDER_REVIEW if state in routing.ROUTES[at]]


def consequences_text(question: ConfirmationRequired) -> str:
    return "\n".join(each.text % each.words for each in question.consequences)


@pytest.mark.guide("D3")
@pytest.mark.parametrize("here", KINDS)
@pytest.mark.parametrize("there", KINDS)
def test_applications_under_review_move_with_a_history_row_and_wait_at_one_desk(
    ordos: World, here: RegionKind, there: RegionKind
) -> None:
    old, new = ordos.at(here), ordos.elsewhere if here is there is RegionKind.BANNER else ordos.at(there)
    new_region = region(there) if old is new else new.region
    moving = {state: application_at(state, old, ordos) for state in all_states(here)}
    lines = {state: len(progress.history(application)) for state, application in moving.items()}

    move(old.enterprise, new_region, ordos.administrator)

    for state, application in moving.items():
        fresh(application)
        assert application.region_id == new_region.id
        expected = state if state in routing.ROUTES[there] else State.CITY_REVIEW
        assert application.state is expected
        history = progress.history(application)
        assert len(history) == lines[state] + 1
        line = history[0]
        assert (line.action, line.from_state, line.to_state) == (Action.REROUTE, state, expected)
        assert line.reason == f"企业划转至{new_region.name}"
        assert line.actor_name == ordos.administrator.name
        who = {State.ENTERPRISE_REVIEW: old.reviewer, State.CITY_REVIEW: ordos.centre}.get(expected)
        if who is None and new_region is new.region:
            who = new.clerk
        assert desks(application) == ([who] if who else [])
        desk = routing.responsible_for(application)
        assert desk is not None
        if expected is State.PRELIMINARY_REVIEW:
            assert desk.office_id == new_region.office_id


@pytest.mark.guide("D3")
def test_the_form_shows_the_consequences_of_a_move_before_it_happens(ordos: World) -> None:
    for state in (
        State.ENTERPRISE_REVIEW,
        State.PRELIMINARY_REVIEW,
        State.PRELIMINARY_REVIEW,
        State.CITY_REVIEW,
    ):
        application_at(state, ordos.banner, ordos)
    application_at(State.RETURNED, ordos.banner, ordos)
    application_at(State.FINISHED, ordos.banner, ordos)
    before = ordos.banner.region.id

    with pytest.raises(ConfirmationRequired) as question:
        changes.change(
            Enterprise,
            ordos.banner.enterprise.id,
            ordos.administrator,
            lambda row: setattr(row, "region_id", ordos.city.region.id),
        )

    words = consequences_text(question.value)
    assert "正在审核的申请 4 件随之划转" in words
    assert "待企业审核的 1 件，企业审核通过后直接由市专家服务中心审核" in words
    assert "待初审的 2 件不再经过初审，直接由市专家服务中心审核" in words
    assert "待市专家服务中心审核的 1 件" in words
    assert "已回退或撤回的申请 1 件" in words
    db.session.expire_all()
    assert ordos.banner.enterprise.region_id == before
    assert not db.session.scalars(select(Review).where(Review.action == Action.REROUTE)).all()
    assert not db.session.scalars(select(AuditEntry)).all()


@pytest.mark.guide("D3")
def test_a_confirmation_is_valid_only_for_the_shown_consequences(ordos: World) -> None:
    application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)

    def apply(row: Enterprise) -> None:
        row.region_id = ordos.city.region.id

    with pytest.raises(ConfirmationRequired) as question:
        changes.change(Enterprise, ordos.banner.enterprise.id, ordos.administrator, apply)
    application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    with pytest.raises(ConfirmationRequired):
        move(ordos.banner.enterprise, ordos.city.region, ordos.administrator, question.value.token)
    assert ordos.banner.enterprise.region_id == ordos.banner.region.id


@pytest.mark.guide("D3", "R3")
def test_the_old_office_loses_sight_and_the_new_one_gets_a_message(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    move(ordos.banner.enterprise, ordos.elsewhere.region, ordos.administrator)
    seen = select(Application.id).where(Application.id == application.id)
    assert db.session.scalar(seen.where(scope.visible(ordos.banner.clerk))) is None
    assert db.session.scalar(seen.where(scope.visible(ordos.elsewhere.clerk))) == application.id
    newest = db.session.scalars(
        select(Message).where(Message.application_id == application.id).order_by(Message.id.desc())
    ).all()
    assert (newest[1].kind, newest[1].office_id) == ("to_review", ordos.elsewhere.office.id)
    assert (newest[0].kind, newest[0].account_id) == ("passed_on", application.applicant_id)


@pytest.mark.guide("D3", "A17")
def test_the_applicant_reads_where_the_application_moved_and_why(
    app: Flask, prepared: World, person: Person
) -> None:
    with app.app_context():
        application = application_at(State.PRELIMINARY_REVIEW, prepared.banner, prepared)
        move(prepared.banner.enterprise, prepared.city.region, prepared.administrator)
        applicant = fresh(application).applicant
        line = f"企业划转至{prepared.city.region.name}"
        desk = prepared.centre.office.name if prepared.centre.office else ""
        number = application.number
    messages = person(applicant).get("/messages/").get_data(as_text=True)
    assert f"{line}，现由{desk}办理" in messages
    history = person(prepared.centre).get(f"/city/{number}/").get_data(as_text=True)
    assert line in history


@pytest.mark.guide("D3")
def test_no_message_is_sent_when_the_desk_stays_the_same(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    arrived = fresh(application).arrived_at
    count = len(db.session.scalars(select(Message)).all())
    move(ordos.banner.enterprise, ordos.park.region, ordos.administrator)
    assert len(db.session.scalars(select(Message)).all()) == count
    assert fresh(application).arrived_at == arrived


@pytest.mark.guide("D3")
def test_a_reviewer_with_the_page_open_reads_that_the_application_moved(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    version = fresh(application).version
    move(ordos.banner.enterprise, ordos.city.region, ordos.administrator)
    from workflow import review

    with pytest.raises(ChangedMeanwhile) as refusal:
        review.perform(application.id, Action.PASS, ordos.centre, seen_version=version)
    assert refusal.value.last is not None
    assert refusal.value.last.action is Action.REROUTE


@pytest.mark.guide("D3")
def test_a_moved_application_can_be_decided_to_its_end(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.city, ordos)
    move(ordos.city.enterprise, ordos.park.region, ordos.administrator)
    act(application, Action.PASS, ordos.city.reviewer)
    assert fresh(application).state is State.PRELIMINARY_REVIEW
    assert desks(application) == [ordos.park.clerk]
    act(application, Action.PASS, ordos.park.clerk)
    act(application, Action.PASS, ordos.centre)
    assert fresh(application).state is State.FINISHED


@pytest.mark.guide("D3", "D4")
def test_drafts_and_finished_applications_do_not_move(ordos: World) -> None:
    still = {
        state: application_at(state, ordos.banner, ordos)
        for state in (State.DRAFT, State.RETURNED, State.FINISHED)
    }
    before = {state: (fresh(row).version, row.region_id, row.state) for state, row in still.items()}
    move(ordos.banner.enterprise, ordos.park.region, ordos.administrator)
    for state, row in still.items():
        assert (fresh(row).version, row.region_id, row.state) == before[state]
    submit(still[State.RETURNED])
    assert fresh(still[State.RETURNED]).region_id == ordos.park.region.id


@pytest.mark.guide("D3")
def test_the_new_office_sees_an_application_only_from_its_own_step_on(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    act(application, Action.RETURN, ordos.centre, "请补材料")
    submit(application)
    move(ordos.banner.enterprise, ordos.park.region, ordos.administrator)
    seen = select(Application.id).where(Application.id == application.id, scope.visible(ordos.park.clerk))
    assert db.session.scalar(seen) is None


@pytest.mark.guide("D3")
def test_the_progress_of_a_moved_application_names_only_those_who_acted(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    move(ordos.banner.enterprise, ordos.city.region, ordos.administrator)
    move(ordos.banner.enterprise, ordos.park.region, ordos.administrator)
    fresh(application)
    steps = progress.step_list(application, progress.history(application))
    assert [step.state for step in steps] == [State.DRAFT, State.ENTERPRISE_REVIEW, State.CITY_REVIEW]
    assert ordos.administrator.name not in [step.by for step in steps]


@pytest.mark.guide("D3", "E2")
def test_a_pending_registration_moves_to_the_new_office(ordos: World) -> None:
    enterprise = ordos.banner.enterprise
    enterprise.registration = Registration.PENDING
    db.session.commit()
    move(enterprise, ordos.park.region, ordos.administrator)
    message = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
    assert (message.kind, message.office_id) == ("registration_waiting", ordos.park.office.id)
    seen = select(Enterprise.id).where(Enterprise.id == enterprise.id)
    assert db.session.scalar(seen.where(scope.enterprises(ordos.park.clerk))) == enterprise.id
    assert db.session.scalar(seen.where(scope.enterprises(ordos.banner.clerk))) is None


@pytest.mark.guide("D3")
def test_every_application_has_a_desk_after_a_region_loses_its_preliminary_review(ordos: World) -> None:
    moving = {state: application_at(state, ordos.banner, ordos) for state in UNDER_REVIEW}
    edit_region(ordos.banner.region, ordos.administrator, kind=RegionKind.CITY)
    for state, application in moving.items():
        who = ordos.banner.reviewer if state is State.ENTERPRISE_REVIEW else ordos.centre
        assert desks(application) == [who]
    line = progress.history(moving[State.PRELIMINARY_REVIEW])[0]
    assert (line.action, line.reason) == (Action.REROUTE, f"{ordos.banner.region.name}改为市直属。")
    assert progress.history(moving[State.CITY_REVIEW])[0].action is not Action.REROUTE


@pytest.mark.guide("D3")
def test_a_region_moved_to_another_office_moves_its_applications(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.banner, ordos)
    edit_region(ordos.banner.region, ordos.administrator, office_id=ordos.park.office.id)
    assert desks(application) == [ordos.park.clerk]
    line = progress.history(application)[0]
    assert (line.action, line.from_state, line.to_state) == (
        Action.REROUTE,
        State.PRELIMINARY_REVIEW,
        State.PRELIMINARY_REVIEW,
    )
    kinds = [
        message.kind
        for message in db.session.scalars(select(Message).where(Message.office_id == ordos.park.office.id))
    ]
    assert kinds == ["to_review"]


def test_every_application_has_a_desk_after_kind_and_office_change_together(ordos: World) -> None:
    moving = {state: application_at(state, ordos.banner, ordos) for state in UNDER_REVIEW}
    edit_region(
        ordos.banner.region, ordos.administrator, kind=RegionKind.CITY, office_id=ordos.park.office.id
    )
    for state, application in moving.items():
        who = ordos.banner.reviewer if state is State.ENTERPRISE_REVIEW else ordos.centre
        assert desks(application) == [who]


@pytest.mark.guide("D3", "D4")
def test_nobody_else_moves_an_enterprise(ordos: World) -> None:
    enterprise, to = ordos.banner.enterprise, ordos.city.region.id
    for somebody in (ordos.banner.reviewer, ordos.banner.clerk, ordos.centre):
        with pytest.raises(NotPermitted):
            changes.change(Enterprise, enterprise.id, somebody, lambda row: setattr(row, "region_id", to))
    with pytest.raises(NotVisible):
        changes.change(Enterprise, 999_999, ordos.administrator, lambda row: None)


@pytest.mark.guide("D4")
def test_an_administrator_changes_named_columns_only(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    for change in (
        lambda row: setattr(row, "registration", Registration.REFUSED),
        lambda row: setattr(row, "credit_code", "X"),
    ):
        with pytest.raises(NotPermitted):
            changes.change(Enterprise, ordos.banner.enterprise.id, ordos.administrator, change)
    with pytest.raises(KeyError):
        changes.change(Application, application.id, ordos.administrator, lambda row: None)
    for action in Action:
        with pytest.raises(NotPermitted):
            act(application, action, ordos.administrator, "因为")


def test_two_administrators_with_the_same_form_open_do_not_overwrite_each_other(ordos: World) -> None:
    enterprise = ordos.banner.enterprise
    seen = fingerprint(enterprise)
    changes.change(
        Enterprise,
        enterprise.id,
        ordos.administrator,
        lambda row: setattr(row, "contact_name", "甲"),
        seen=seen,
    )
    with pytest.raises(ChangedMeanwhile):
        changes.change(
            Enterprise,
            enterprise.id,
            ordos.administrator,
            lambda row: setattr(row, "contact_name", "乙"),
            seen=seen,
        )
    assert db.session.get_one(Enterprise, enterprise.id).contact_name == "甲"


def test_a_new_name_is_found_by_its_initials(ordos: World) -> None:
    enterprise = ordos.banner.enterprise
    changes.change(
        Enterprise, enterprise.id, ordos.administrator, lambda row: setattr(row, "name", "蒙苏新材料公司")
    )
    assert db.session.get_one(Enterprise, enterprise.id).initials.startswith("ms")


@pytest.mark.parametrize("name", ["Größe·新材料公司", "蒙苏（中国）公司"])
def test_a_name_in_another_script_is_accepted_and_found_by_every_spelling(ordos: World, name: str) -> None:
    enterprise = ordos.banner.enterprise
    changes.change(Enterprise, enterprise.id, ordos.administrator, lambda row: setattr(row, "name", name))
    changes.change(Account, ordos.centre.id, ordos.administrator, lambda row: setattr(row, "name", name))
    found = select(Enterprise.id).where(contains(Enterprise.name, search_key(name)))
    assert db.session.scalars(found).all() == [enterprise.id]
    changed = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert [row.after for row in changed] == [{"name": name}, {"name": name}]


def test_a_taken_name_is_reported_at_its_field(ordos: World) -> None:
    with pytest.raises(Unacceptable) as refusal:
        changes.change(
            Region,
            ordos.banner.region.id,
            ordos.administrator,
            lambda row: setattr(row, "code", ordos.park.region.code),
        )
    assert refusal.value.field == "code"
    with pytest.raises(Unacceptable):
        changes.add(
            Region(name=ordos.park.region.name, code="N1", kind=RegionKind.PARK, office_id=office().id),
            ordos.administrator,
        )


def test_a_submission_during_a_move_takes_the_new_route(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    move(ordos.banner.enterprise, ordos.city.region, ordos.administrator)
    submit(application)
    assert fresh(application).region_id == ordos.city.region.id
    act(application, Action.PASS, desk_person(application, ordos.banner, ordos))
    assert fresh(application).state is State.CITY_REVIEW
