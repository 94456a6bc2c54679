"""Concurrent changes by administrators and reviewers: every application has a desk afterwards, and nobody is locked out."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from administration import changes, form_draft
from administration import staff as administration_staff
from administration.effects import regions, staff
from common.errors import ActionRefused, ChangedMeanwhile, ConfirmationRequired, Incomplete, Unacceptable
from models import (
    Account,
    Action,
    Application,
    Enterprise,
    Period,
    Region,
    RegionKind,
    Role,
    StandardState,
    State,
    db,
)
from tests.administration.test_effects_enterprises_moving import desks
from tests.factories import World, administrator, application_at, complete_application, fresh
from tests.machine.at_once import at_once, slowly
from tests.payments.test_standards import made
from workflow import notifications, review, routing
from workflow.form.fields import Field, Kind


@pytest.fixture(autouse=True)
def slow_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "announce", slowly(notifications.announce))
    monkeypatch.setattr(staff, "lock_administrators", slowly(staff.lock_administrators))


def moving(enterprise: Enterprise, region_id: int, by: Account) -> Callable[[], str]:
    def apply(row: Enterprise) -> None:
        row.region_id = region_id

    return changing(Enterprise, enterprise.id, by, apply)


def changing(model: Any, key: int, by: Account, apply: Callable[[Any], None]) -> Callable[[], str]:
    """The change, with its consequences confirmed in advance, so that the changes run concurrently."""
    who, token = by.id, ""

    def refused_token() -> str:
        try:
            changes.change(model, key, db.session.get_one(Account, who), apply, confirmed=token)
        except ConfirmationRequired as question:
            return question.token
        return ""

    def do() -> str:
        nonlocal token
        while token:  # the consequences may change meanwhile
            token = refused_token()
        return "changed"

    token = refused_token()
    return do


def closing(row: Enterprise) -> None:
    row.active = False


def doing(application: Application, action: Action, person: Account) -> Callable[[], str]:
    number, seen, who = application.id, application.version, person.id

    def do() -> str:
        try:
            review.perform(number, action, db.session.get_one(Account, who), seen_version=seen)
        except ChangedMeanwhile:
            return "refused"
        except Incomplete:
            return "Incomplete"
        return "done"

    return do


def on_one_desk(application: Application, ordos: World) -> None:
    fresh(application)
    assert application.submitted_enterprise is not None
    assert application.region_id == application.submitted_enterprise.region_id
    assert application.state in routing.steps(application.submitted_enterprise.region)
    assert len(desks(application)) == 1


def decided_or_refused(acts: list[Callable[[], str]], turn: int) -> None:
    """The decision succeeds or is refused as outdated; the administrator's change succeeds."""
    answers = at_once(*(acts if turn else reversed(acts)))
    assert set(answers) <= {"done", "refused", "changed"}
    assert "changed" in answers


@pytest.mark.guide("D3")
@pytest.mark.parametrize("turn", range(2))
def test_a_decision_concurrent_with_a_move_of_the_enterprise(ordos: World, turn: int) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    fresh(application)
    acts = [
        doing(application, Action.PASS, ordos.banner.reviewer),
        moving(ordos.banner.enterprise, ordos.city.region.id, ordos.administrator),
    ]
    decided_or_refused(acts, turn)
    on_one_desk(application, ordos)


@pytest.mark.guide("D3")
@pytest.mark.parametrize("turn", range(2))
def test_a_submission_concurrent_with_a_move_of_the_enterprise(ordos: World, turn: int) -> None:
    application = complete_application(ordos.banner.enterprise)
    acts = [
        doing(application, Action.SUBMIT, application.applicant),
        moving(ordos.banner.enterprise, ordos.park.region.id, ordos.administrator),
    ]
    answers = at_once(*(acts if turn else reversed(acts)))
    assert sorted(answers) == ["changed", "done"]
    on_one_desk(application, ordos)
    assert application.region_id == ordos.park.region.id


def becoming(kind: RegionKind) -> Callable[[Region], None]:
    def apply(row: Region) -> None:
        row.kind = kind

    return apply


@pytest.mark.guide("D3")
@pytest.mark.parametrize("kind", [RegionKind.CITY, RegionKind.BANNER])
@pytest.mark.parametrize("turn", range(2))
def test_a_decision_concurrent_with_a_change_of_route(ordos: World, turn: int, kind: RegionKind) -> None:
    place = ordos.banner if kind is RegionKind.CITY else ordos.city
    application = application_at(State.ENTERPRISE_REVIEW, place, ordos)
    fresh(application)
    acts = [
        doing(application, Action.PASS, place.reviewer),
        changing(Region, place.region.id, ordos.administrator, becoming(kind)),
    ]
    decided_or_refused(acts, turn)
    on_one_desk(application, ordos)


@pytest.mark.guide("D3")
@pytest.mark.parametrize("turn", range(2))
def test_a_move_concurrent_with_a_change_of_the_target_regions_route(ordos: World, turn: int) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    acts = [
        moving(ordos.park.enterprise, ordos.banner.region.id, ordos.administrator),
        changing(Region, ordos.banner.region.id, administrator("第二位"), becoming(RegionKind.CITY)),
    ]
    answers = at_once(*(acts if turn else reversed(acts)))
    assert answers == ["changed", "changed"]
    on_one_desk(application, ordos)


@pytest.mark.guide("D1")
@pytest.mark.parametrize("turn", range(2))
def test_a_submission_concurrent_with_a_closing_of_the_enterprise(ordos: World, turn: int) -> None:
    application = complete_application(ordos.banner.enterprise)
    acts = [
        doing(application, Action.SUBMIT, application.applicant),
        changing(Enterprise, ordos.banner.enterprise.id, ordos.administrator, closing),
    ]
    answers = at_once(*(acts if turn else reversed(acts)))
    assert "changed" in answers
    assert set(answers) <= {"changed", "done", "Incomplete"}
    assert fresh(application).state in {State.RETURNED, State.DRAFT}  # never left where nobody reviews
    assert desks(application) == []


@pytest.mark.guide("D1")
@pytest.mark.parametrize("turn", range(2))
def test_a_submission_concurrent_with_a_merger_of_regions(ordos: World, turn: int) -> None:
    application, into = complete_application(ordos.elsewhere.enterprise), ordos.park.region.id

    def merging(row: Region) -> None:
        regions.merge_into(row, into)

    acts = [
        doing(application, Action.SUBMIT, application.applicant),
        changing(Region, ordos.elsewhere.region.id, ordos.administrator, merging),
    ]
    answers = at_once(*(acts if turn else reversed(acts)))
    assert sorted(answers) == ["changed", "done"]
    on_one_desk(application, ordos)
    assert application.region_id == into


def test_two_administrators_cannot_deactivate_each_other(ordos: World) -> None:
    second = administrator("第二位")

    def dismissing(target: Account, by: Account) -> Callable[[], Any]:
        target_id, by_id = target.id, by.id

        def do() -> str:
            actor = db.session.get_one(Account, by_id)
            try:
                administration_staff.deactivate(actor, target_id)
            except ConfirmationRequired as question:
                try:
                    administration_staff.deactivate(actor, target_id, confirmed=question.token)
                except ActionRefused as refusal:
                    return type(refusal).__name__
            except ActionRefused as refusal:
                return type(refusal).__name__
            return "done"

        return do

    answers = at_once(dismissing(second, ordos.administrator), dismissing(ordos.administrator, second))
    assert sorted(answers) == ["NotPermitted", "done"]
    left = select(func.count()).select_from(Account).where(Account.role == Role.ADMINISTRATOR, Account.active)
    assert db.session.scalar(left) == 1


def test_of_two_concurrent_rows_with_one_name_one_is_added(ordos: World) -> None:
    from models import Office, OfficeDuty

    who = ordos.administrator.id

    def adding() -> str:
        try:
            changes.add(Office(name="同名单位", duty=OfficeDuty.REGION), db.session.get_one(Account, who))
        except ActionRefused:
            return "refused"
        return "done"

    assert sorted(at_once(adding, adding)) == ["done", "refused"]


@pytest.mark.guide("D2")
def test_of_two_overlapping_periods_added_concurrently_one_is_refused(ordos: World) -> None:
    who = ordos.administrator.id

    def adding(name: str, opens: date) -> Callable[[], str]:
        def do() -> str:
            row = Period(name=name, opens=opens, closes=opens + timedelta(days=30), resubmit_days=10)
            try:
                changes.add(row, db.session.get_one(Account, who))
            except Unacceptable as refusal:
                return refusal.field
            return "added"

        return do

    answers = at_once(adding("春季", date(2031, 3, 1)), adding("春季补报", date(2031, 3, 20)))
    assert sorted(answers) == ["added", "opens"]


@pytest.mark.guide("P3")
def test_of_two_overlapping_standards_added_concurrently_one_is_refused(ordos: World) -> None:
    who = ordos.administrator.id

    def adding(name: str) -> Callable[[], str]:
        def do() -> str:
            try:
                changes.add(made(name=name, state=StandardState.IN_FORCE), db.session.get_one(Account, who))
            except Unacceptable as refusal:
                return refusal.field
            return "added"

        return do

    assert sorted(at_once(adding("博士"), adding("硕士"))) == ["added", "valid_until"]


def keeping(section: str, one: Field, by: Account) -> Callable[[], str]:
    who = by.id

    def do() -> str:
        try:
            form_draft.save_field(section, one, db.session.get_one(Account, who), seen="")
        except ChangedMeanwhile:
            return "refused"
        return "kept"

    return do


@pytest.mark.guide("D1")
def test_two_administrators_who_create_the_draft_concurrently_lose_nothing(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_draft, "current_draft", slowly(form_draft.current_draft))
    fields = [Field("", label, Kind.TEXT, further=True) for label in ("特长", "籍贯")]
    people = (ordos.administrator, administrator())
    done = at_once(*(keeping("basic", one, by) for one, by in zip(fields, people, strict=True)))
    assert done == ["kept", "kept"]
    draft = form_draft.current_draft().form
    assert {one.label for one in draft.fields.values() if one.further} == {"特长", "籍贯"}
    assert len({one.key for one in draft.fields.values()}) == len(draft.fields)


@pytest.mark.guide("D1")
def test_of_two_administrators_who_move_an_enterprise_the_second_is_told_of_the_first(
    ordos: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "record", slowly(changes.record))
    key, seen = ordos.banner.enterprise.id, changes.fingerprint(ordos.banner.enterprise)

    def moving_to(region: Region, by: Account) -> Callable[[], str]:
        region_id, who = region.id, by.id

        def apply(row: Enterprise) -> None:
            row.region_id = region_id

        def do() -> str:
            actor = db.session.get_one(Account, who)
            try:
                changes.change(Enterprise, key, actor, apply, seen=seen)
            except ConfirmationRequired as question:
                changes.change(Enterprise, key, actor, apply, seen=seen, confirmed=question.token)
            return "moved"

        return do

    answers = at_once(
        moving_to(ordos.city.region, ordos.administrator),
        moving_to(ordos.park.region, administrator("第二位")),
    )
    assert sorted(answers) == ["ChangedMeanwhile", "moved"]
