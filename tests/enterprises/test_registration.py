"""The registration of an enterprise's account: the office of its region decides, and both sides get messages."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts import logins
from common.errors import ChangedMeanwhile, NotPermitted, NotVisible, ReasonMissing
from enterprises import registration
from models import (
    Account,
    Enterprise,
    Message,
    Region,
    Registration,
    RegistrationAction,
    RegistrationEvent,
    Role,
    db,
    exclusive,
)
from tests.factories import (
    PASSWORD,
    World,
    administrator,
    applicant,
    city_clerk,
    credit_code,
    deactivate,
)
from workflow import scope
from workflow.decision import Decision

APPROVE, REFUSE, RESUBMIT = RegistrationAction.APPROVE, RegistrationAction.REFUSE, RegistrationAction.RESUBMIT
WHY = "营业执照不清晰，请重新上传。"


def registered(where: Region, code: str | None = None) -> tuple[Enterprise, Account]:
    code = code or credit_code()
    enterprise = Enterprise(
        name="东胜区示例智能制造有限公司",
        credit_code=code,
        region=where,
        contact_name="何欣",
        contact_phone="0477-8123456",
        registration=Registration.APPROVED,
    )
    account = logins.new_account(Role.ENTERPRISE, code, "何欣", PASSWORD)
    with exclusive():
        registration.add_registration(enterprise, account)
    return enterprise, account


def decide(enterprise: Enterprise, action: RegistrationAction, by: Account, reason: str = "", **further):
    db.session.refresh(enterprise)
    seen = {"seen_version": enterprise.version} | further
    return registration.decide(enterprise.id, action, by, decision=Decision(reason), **seen)


def messages_about(enterprise: Enterprise) -> list[tuple[str, str]]:
    return [
        (message.kind, "office" if message.office_id else "enterprise")
        for message in db.session.scalars(
            select(Message).where(Message.subject_enterprise_id == enterprise.id).order_by(Message.id)
        )
    ]


def lines(enterprise: Enterprise) -> list[tuple[RegistrationAction, str, str]]:
    return [
        (event.action, event.actor_name, event.reason)
        for event in db.session.scalars(
            select(RegistrationEvent)
            .where(RegistrationEvent.enterprise_id == enterprise.id)
            .order_by(RegistrationEvent.id)
        )
    ]


@pytest.mark.guide("E2", "O3")
@pytest.mark.parametrize("place", ["city", "banner", "park"])
def test_a_registration_waits_for_the_office_of_its_region(ordos: World, place: str) -> None:
    at = getattr(ordos, place)
    enterprise, _ = registered(at.region)
    assert enterprise.registration is Registration.PENDING, "whatever was typed"
    assert registration.office_of(enterprise).name == at.office.name
    message = db.session.scalars(select(Message).where(Message.subject_enterprise_id == enterprise.id)).one()
    assert (message.kind, message.office_id) == ("registration_waiting", at.office.id)
    for other in (ordos.elsewhere.clerk, ordos.centre):
        with pytest.raises(NotVisible):
            decide(enterprise, APPROVE, other)
    decide(enterprise, APPROVE, at.clerk)
    db.session.refresh(enterprise)
    assert enterprise.registration is Registration.APPROVED
    assert lines(enterprise) == [
        (RegistrationAction.REGISTER, "何欣", ""),
        (APPROVE, at.clerk.name, ""),
    ]
    assert messages_about(enterprise) == [
        ("registration_waiting", "office"),
        ("registration_approved", "enterprise"),
    ]


@pytest.mark.guide("E2", "E3")
def test_other_offices_cannot_decide_a_registration(ordos: World) -> None:
    enterprise, account = registered(ordos.banner.region)
    for person in (
        applicant(),
        account,
        ordos.banner.reviewer,
        ordos.city.clerk,
        city_clerk(),
        administrator(),
    ):
        for action in (APPROVE, REFUSE):
            with pytest.raises((NotVisible, NotPermitted)):
                decide(enterprise, action, person, WHY)
    deactivate(ordos.banner.clerk)
    with pytest.raises(NotPermitted):
        decide(enterprise, APPROVE, ordos.banner.clerk)
    assert lines(enterprise) == [(RegistrationAction.REGISTER, "何欣", "")]


@pytest.mark.guide("E3")
def test_a_refused_registration_is_corrected_and_resubmitted(ordos: World) -> None:
    enterprise, account = registered(ordos.banner.region)
    for nothing in ("", "  ", "\u3000"):
        with pytest.raises(ReasonMissing):
            decide(enterprise, REFUSE, ordos.banner.clerk, nothing)
    decide(enterprise, REFUSE, ordos.banner.clerk, WHY)
    assert not registration.is_approved(account)

    def mended(changed: Enterprise) -> None:
        changed.contact_phone = "0477-8111111"

    decide(enterprise, RESUBMIT, account, change=mended)
    db.session.refresh(enterprise)
    assert (enterprise.registration, enterprise.contact_phone) == (Registration.PENDING, "0477-8111111")
    decide(enterprise, APPROVE, ordos.banner.clerk)
    db.session.refresh(account)
    assert registration.is_approved(account)
    assert [(action, reason) for action, _, reason in lines(enterprise)] == [
        (RegistrationAction.REGISTER, ""),
        (REFUSE, WHY),
        (RESUBMIT, ""),
        (APPROVE, ""),
    ]
    assert [kind for kind, _ in messages_about(enterprise)] == [
        "registration_waiting",
        "registration_refused",
        "registration_waiting",
        "registration_approved",
    ]


@pytest.mark.guide("E2")
def test_a_resubmission_with_a_new_region_waits_for_that_regions_office(ordos: World) -> None:
    enterprise, account = registered(ordos.banner.region)
    decide(enterprise, REFUSE, ordos.banner.clerk, "所属地区不正确。")

    def elsewhere(changed: Enterprise) -> None:
        assert changed.region is not None
        changed.region_id = ordos.park.region.id

    event = decide(enterprise, RESUBMIT, account, change=elsewhere)
    message = db.session.scalars(select(Message).where(Message.registration_event_id == event.id)).one()
    assert message.office_id == ordos.park.office.id
    with pytest.raises(NotVisible):
        decide(enterprise, APPROVE, ordos.banner.clerk)
    decide(enterprise, APPROVE, ordos.park.clerk)


@pytest.mark.guide("E3")
def test_an_approved_or_pending_registration_cannot_be_changed(ordos: World) -> None:
    enterprise, account = registered(ordos.banner.region)

    def renamed(changed: Enterprise) -> None:
        changed.name = "另一家公司"

    with pytest.raises(NotPermitted):
        decide(enterprise, RESUBMIT, account, change=renamed)
    decide(enterprise, APPROVE, ordos.banner.clerk)
    for action, person in ((RESUBMIT, account), (REFUSE, ordos.banner.clerk), (APPROVE, ordos.banner.clerk)):
        with pytest.raises(NotPermitted):
            decide(enterprise, action, person, WHY, change=renamed)
    db.session.refresh(enterprise)
    assert enterprise.name == "东胜区示例智能制造有限公司"


@pytest.mark.guide("O3")
def test_a_decision_on_an_outdated_registration_is_refused(ordos: World) -> None:
    enterprise, _ = registered(ordos.banner.region)
    seen = enterprise.version
    decide(enterprise, REFUSE, ordos.banner.clerk, WHY)
    with pytest.raises(ChangedMeanwhile):
        decide(enterprise, APPROVE, ordos.banner.clerk, seen_version=seen)


@pytest.mark.guide("E3")
def test_before_approval_an_enterprise_sees_its_own_registration_and_nothing_else(ordos: World) -> None:
    enterprise, account = registered(ordos.banner.region)
    assert not registration.is_approved(account)
    seen = db.session.scalars(select(Enterprise).where(scope.enterprises(account))).all()
    assert [one.id for one in seen] == [enterprise.id]


@pytest.mark.guide("E1", "E2")
def test_one_code_is_registered_once(ordos: World) -> None:
    enterprise, _ = registered(ordos.banner.region)
    with pytest.raises(IntegrityError):
        registered(ordos.park.region, enterprise.credit_code)
    assert len(lines(enterprise)) == 1
