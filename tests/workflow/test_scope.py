"""Who sees what: every role against applications, attachments, enterprises and messages, in scope and out of it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts import access
from common.errors import NotVisible
from desk import disclosure
from models import (
    Account,
    Action,
    Application,
    Attachment,
    Disclosure,
    Enterprise,
    Message,
    RegionKind,
    Registration,
    Role,
    State,
    db,
)
from tests.factories import (
    REASON,
    Place,
    World,
    act,
    administrator,
    applicant,
    application_at,
    clerk,
    complete_application,
    draft,
    enterprise,
    materials,
    reviewer,
    saved,
    submit,
    upload,
)
from tests.workflow.observing import sees, waits_for
from workflow import inbox as workflow_inbox
from workflow import scope


def everybody(ordos: World) -> dict[str, Account]:
    found = {"centre": ordos.centre, "administrator": ordos.administrator, "stranger": applicant()}
    for name in ("city", "banner", "park", "elsewhere"):
        place: Place = getattr(ordos, name)
        found |= {f"{name} enterprise": place.reviewer, f"{name} office": place.clerk}
    return found


def seen_by(ordos: World, sight: Callable[[Account], bool]) -> set[str]:
    return {name for name, person in everybody(ordos).items() if sight(person)}


SIGHT = {
    State.DRAFT: (),
    State.ENTERPRISE_REVIEW: ("enterprise",),
    State.PRELIMINARY_REVIEW: ("enterprise", "office"),
    State.CITY_REVIEW: ("enterprise", "office", "centre"),
    State.RETURNED: ("enterprise",),
    State.FINISHED: ("enterprise", "office", "centre"),
}
"""Whom an application has reached when it is in this state; returned: by the enterprise."""

NAMES = {RegionKind.CITY: "city", RegionKind.BANNER: "banner", RegionKind.PARK: "park"}


@pytest.mark.guide("E5", "O1", "O2", "R3")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_an_application_is_visible_only_to_those_it_has_reached(ordos: World, kind: RegionKind) -> None:
    for state, desks in SIGHT.items():
        if kind is RegionKind.CITY and state is State.PRELIMINARY_REVIEW:
            continue
        application = application_at(state, ordos.at(kind), ordos)
        expected = {"administrator"}
        for desk in desks:
            if desk == "centre":
                expected.add("centre")
            elif desk == "enterprise" or kind is not RegionKind.CITY:
                expected.add(f"{NAMES[kind]} {desk}")
        assert seen_by(ordos, lambda person, it=application: sees(person, it)) == expected, state
        assert sees(application.applicant, application)


@pytest.mark.guide("E5", "O1", "O2")
@pytest.mark.parametrize("kind", list(RegionKind), ids=lambda kind: kind.value)
def test_an_application_waits_for_one_desk_at_a_time(ordos: World, kind: RegionKind) -> None:
    expected = {
        State.ENTERPRISE_REVIEW: {f"{NAMES[kind]} enterprise"},
        State.PRELIMINARY_REVIEW: {f"{NAMES[kind]} office"},
        State.CITY_REVIEW: {"centre"},
    }
    for state in State:
        if kind is RegionKind.CITY and state is State.PRELIMINARY_REVIEW:
            continue
        application = application_at(state, ordos.at(kind), ordos)
        assert seen_by(ordos, lambda person, it=application: waits_for(person, it)) == expected.get(
            state, set()
        ), state


@pytest.mark.guide("O1")
def test_the_office_of_the_city_region_reviews_no_application(ordos: World) -> None:
    """市人社局 approves the enterprises 市直属 (E2); their applications pass it by (R1)."""
    application = application_at(State.FINISHED, ordos.city, ordos)
    assert not sees(ordos.city.clerk, application)


@pytest.mark.guide("E5")
def test_an_enterprise_that_is_not_approved_sees_nothing(ordos: World) -> None:
    application = application_at(State.ENTERPRISE_REVIEW, ordos.banner, ordos)
    for registration in (Registration.PENDING, Registration.REFUSED):
        ordos.banner.enterprise.registration = registration
        db.session.commit()
        assert not sees(ordos.banner.reviewer, application)
        with pytest.raises(NotVisible):
            act(application, Action.PASS, ordos.banner.reviewer)


@pytest.mark.guide("E5")
def test_an_enterprise_named_in_a_draft_does_not_see_the_draft(ordos: World) -> None:
    application = complete_application(ordos.banner.enterprise)
    assert not sees(ordos.banner.reviewer, application)
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)

    def other_employer(changed: Application) -> None:
        changed.enterprise_id = ordos.park.enterprise.id

    act(application, Action.SAVE, application.applicant, change=other_employer)
    assert not sees(ordos.park.reviewer, application), "it has not been submitted to them"
    assert sees(ordos.banner.reviewer, application), "it has been submitted to them"


def test_staff_without_an_office_or_an_enterprise_see_nothing(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    for person in (ordos.banner.reviewer, ordos.banner.clerk):
        person.office = person.enterprise = None
        db.session.commit()
        assert not sees(person, application)
        assert db.session.scalars(select(Enterprise).where(scope.enterprises(person))).all() == []
        assert db.session.scalars(select(Message).where(scope.messages(person))).all() == []


@pytest.mark.guide("E5", "O1", "O2")
def test_a_decided_application_is_in_the_deciders_own_list_only(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    colleague = reviewer(ordos.banner.enterprise, "何欣")

    def decided(person: Account) -> bool:
        own = select(Application.id).where(scope.decided(person), Application.id == application.id)
        return db.session.scalar(own) is not None

    assert decided(ordos.banner.reviewer)
    assert decided(ordos.banner.clerk)
    assert not decided(colleague)
    assert sees(colleague, application)
    assert not decided(ordos.centre)
    assert not decided(application.applicant)


@dataclass
class Papers:
    before: Attachment
    """Submitted with the first round and still there."""
    removed: Attachment
    """Submitted with the first round and removed since."""
    new: Attachment
    """Uploaded since the return."""


@pytest.fixture
def papers(ordos: World) -> Papers:
    application = complete_application(ordos.banner.enterprise)
    extra = upload(application, materials()[-1])
    before = db.session.scalars(
        select(Attachment).where(Attachment.application_id == application.id).order_by(Attachment.id)
    ).first()
    submit(application)
    act(application, Action.RETURN, ordos.banner.reviewer, REASON)
    extra.removed_after = 1
    db.session.commit()
    assert before is not None
    return Papers(before, extra, upload(application, materials()[-1]))


def fetchable(person: Account, attachment: Attachment) -> bool:
    """Ask as the views do, with the application beside the attachment."""
    rows = (
        select(Attachment.id)
        .join(Application, Application.id == Attachment.application_id)
        .where(scope.attachments(person), Attachment.id == attachment.id)
    )
    return db.session.scalar(rows) is not None


@pytest.mark.guide("E5", "A14")
def test_attachments_are_visible_to_those_who_received_the_submission(ordos: World, papers: Papers) -> None:
    owner = db.session.get_one(Application, papers.before.application_id).applicant
    assert [fetchable(owner, one) for one in (papers.before, papers.removed, papers.new)] == [
        True,
        False,
        True,
    ]
    for name, person in everybody(ordos).items():
        sent = name in ("banner enterprise", "administrator")
        found = [fetchable(person, one) for one in (papers.before, papers.removed, papers.new)]
        assert found == [sent, sent, False], name


@pytest.mark.guide("E5")
def test_new_attachments_are_visible_to_reviewers_from_the_next_submission(
    ordos: World, papers: Papers
) -> None:
    submit(db.session.get_one(Application, papers.new.application_id))
    assert fetchable(ordos.banner.reviewer, papers.new)
    assert not fetchable(ordos.banner.clerk, papers.new)


@pytest.mark.guide("E5")
def test_another_employer_does_not_see_attachments_removed_before_it_was_chosen(
    ordos: World, papers: Papers
) -> None:
    application = db.session.get_one(Application, papers.removed.application_id)

    def choose(other: Application) -> None:
        other.enterprise_id = ordos.park.enterprise.id

    act(application, Action.SAVE, application.applicant, change=choose)
    submit(application)
    found = [fetchable(ordos.park.reviewer, one) for one in (papers.before, papers.removed, papers.new)]
    assert found == [True, False, True]
    assert not fetchable(ordos.banner.reviewer, papers.before)


@pytest.mark.guide("O3", "E2", "E3")
def test_a_registration_is_visible_to_its_office_itself_and_administrators(
    ordos: World,
) -> None:
    for name in ("city", "banner", "park", "elsewhere"):
        of: Enterprise = getattr(ordos, name).enterprise

        def sight(person: Account, of: Enterprise = of) -> bool:
            rows = select(Enterprise.id).where(scope.enterprises(person), Enterprise.id == of.id)
            return db.session.scalar(rows) is not None

        assert seen_by(ordos, sight) == {"administrator", f"{name} office", f"{name} enterprise"}


@pytest.mark.guide("A8")
def test_an_applicant_chooses_among_the_approved_enterprises_of_open_regions(ordos: World) -> None:
    waiting = enterprise(ordos.banner.region, Registration.PENDING)
    refused = enterprise(ordos.banner.region, Registration.REFUSED)
    closed = enterprise(ordos.elsewhere.region)
    ordos.elsewhere.region.active = False
    db.session.commit()
    found = set(db.session.scalars(select(Enterprise.id).where(scope.choosable_enterprises())))
    assert {ordos.city.enterprise.id, ordos.banner.enterprise.id, ordos.park.enterprise.id} <= found
    assert found.isdisjoint({waiting.id, refused.id, closed.id})


def inbox(person: Account) -> list[str]:
    return [one.kind for one in db.session.scalars(select(Message).where(scope.messages(person)))]


@pytest.mark.guide("A16", "E6")
def test_a_message_is_visible_only_to_its_receiver(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    assert inbox(application.applicant) == ["passed_on"]
    for name, person in everybody(ordos).items():
        expected = ["to_review"] if name in ("park enterprise", "park office") else []
        if name != "centre":  # its desk is the whole city's
            assert inbox(person) == expected, name
    colleague = clerk(ordos.park.office)
    assert workflow_inbox.unread(colleague) == workflow_inbox.unread(ordos.park.clerk) == 1


def test_a_full_number_is_shown_within_the_scope_and_recorded(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    number = application.applicant.identity_number
    for person in (ordos.banner.reviewer, ordos.banner.clerk, ordos.centre, application.applicant):
        assert disclosure.disclose(application, person, "identity_number") == number
        assert disclosure.disclose(application, person, "bank_account") == "6217000012345678"
    for person in (ordos.park.reviewer, ordos.elsewhere.clerk, applicant()):
        with pytest.raises(NotVisible):
            disclosure.disclose(application, person, "identity_number")
    looks = db.session.execute(
        select(Disclosure.account_id, Disclosure.field).where(Disclosure.application_id == application.id)
    ).all()
    assert len(looks) == 8
    assert (ordos.centre.id, "bank_account") in looks


def test_only_a_hidden_number_can_be_disclosed(ordos: World) -> None:
    application = application_at(State.CITY_REVIEW, ordos.banner, ordos)
    for field in ("phone", "answers", "password_hash"):
        with pytest.raises(KeyError):
            disclosure.disclose(application, ordos.centre, field)


@pytest.mark.guide("E5")
def test_answers_since_the_last_submission_are_not_disclosed(ordos: World) -> None:
    application = application_at(State.RETURNED, ordos.banner, ordos)

    def other_account(changed: Application) -> None:
        changed.bank_account = "6228480000000000"

    act(application, Action.SAVE, application.applicant, change=other_account)
    assert disclosure.disclose(application, ordos.banner.reviewer, "bank_account") == "6217000012345678"
    assert disclosure.disclose(application, application.applicant, "bank_account") == "6228480000000000"


def test_the_administrator_is_not_shown_the_number_of_a_draft(ordos: World) -> None:
    application = draft(ordos.banner.enterprise)
    assert disclosure.disclose(application, administrator(), "bank_account") == ""


def test_every_role_has_one_console_and_a_deactivated_account_none(ordos: World) -> None:
    for name, person in everybody(ordos).items():
        assert [
            console for console in access.CONSOLES.values() if access.may_open_console(person, console)
        ] == [access.CONSOLES[person.role]], name
    ordos.centre.active = False
    assert not any(access.may_open_console(ordos.centre, console) for console in access.CONSOLES.values())
    assert set(access.CONSOLES) == set(scope.VISIBLE) == set(scope.ENTERPRISES) == set(Role)


def test_the_database_refuses_a_message_without_exactly_one_recipient(ordos: World) -> None:
    application = draft(ordos.banner.enterprise)
    for recipients in ({}, {"account_id": ordos.centre.id, "office_id": ordos.banner.office.id}):
        with pytest.raises(IntegrityError, match="one_recipient"):
            saved(Message(kind="to_review", application_id=application.id, **recipients))
        db.session.rollback()


@pytest.mark.guide("A16")
def test_a_decision_marks_messages_as_read_for_the_decider_only(ordos: World) -> None:
    application = application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    other = application_at(State.PRELIMINARY_REVIEW, ordos.park, ordos)
    colleague = clerk(ordos.park.office)
    workflow_inbox.mark_decided(ordos.park.clerk, application)
    assert (workflow_inbox.unread(ordos.park.clerk), workflow_inbox.unread(colleague)) == (1, 2)
    workflow_inbox.mark_decided(ordos.park.clerk, other)
    assert workflow_inbox.unread(ordos.park.clerk) == 0
