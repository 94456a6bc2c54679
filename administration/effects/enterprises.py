"""Consequences of changing an enterprise: moving it to another region, closing it, reopening it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from accounts import passwords
from administration.effects.counts import (
    EVERY_REGION,
    IS_UNDER_REVIEW,
    AlsoChanged,
    count_by_step,
    lock_applications,
    lock_under_review,
)
from administration.effects.regions import preview_by_step
from common.counting import count_rows
from common.wording import N_, Sentence
from enterprises import notifications
from models import (
    Account,
    Application,
    Enterprise,
    Region,
    Registration,
    db,
)
from workflow import routing, scope
from workflow.decision import Decision
from workflow.review import employer_closed, reroute
from workflow.transitions import CITY_REVIEW, ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, STATES_WITH_APPLICANT


def lock_applications_of_enterprise(key: int | None) -> None:
    """Lock the enterprise's applications until the transaction ends, and all regions against changes.

    The enterprise may be moving into any of the regions. A new one (None) has no applications.
    """
    db.session.execute(EVERY_REGION.with_for_update(read=True)).all()
    if key is None:
        return
    affected = select(Application.id).where(or_(_is_under_review(key), _is_with_applicant(key)))
    db.session.execute(affected.order_by(Application.id).with_for_update()).all()


def preview_enterprise(enterprise: Enterprise, before: Mapping[str, Any]) -> list[Sentence]:
    """Return what moves together with the enterprise (D3), and what closing or reopening it means (D1)."""
    sentences = _preview_move(enterprise, before) if "region_id" in before else []
    if "active" in before:
        sentences += _preview_reopening(enterprise) if enterprise.active else _preview_closing(enterprise)
    return sentences


def apply_enterprise_effects(
    enterprise: Enterprise, before: Mapping[str, Any], person: Account
) -> AlsoChanged:
    """Move or close the enterprise's applications. Each one gets a history row."""
    if "region_id" in before:
        _move_applications(enterprise, person)
    if "active" in before and not enterprise.active:
        _close_enterprise(enterprise, person)
    return ()


def _is_under_review(key: int) -> ColumnElement[bool]:
    return and_(IS_UNDER_REVIEW, Application.submitted_enterprise_id == key)


def _is_with_applicant(key: int) -> ColumnElement[bool]:
    return and_(scope.IS_WITH_APPLICANT, Application.enterprise_id == key)


def _preview_move(enterprise: Enterprise, before: Mapping[str, Any]) -> list[Sentence]:
    region = enterprise.region
    its_own = Application.submitted_enterprise_id == enterprise.id
    moving = count_by_step(its_own)
    sentences = [
        Sentence(
            N_(
                "%(enterprise)s由%(before)s划转至%(region)s，正在审核的申请 %(count)s 件随之划转，每件的历史中留下记录。"
            ),
            {
                "enterprise": enterprise.name,
                "before": str(db.session.get(Region, before["region_id"])),
                "region": region.name,
                "count": str(moving.total()),
            },
        ),
        *preview_by_step(moving, region),
    ]
    if begun := count_rows(Application, and_(scope.IS_WITH_APPLICANT, its_own)):
        sentences.append(
            Sentence(
                N_("已回退或撤回的申请 %(count)s 件，重新提交时按新地区的流程办理。"), {"count": str(begun)}
            )
        )
    if enterprise.registration is Registration.PENDING:
        sentences.append(Sentence(N_("企业账号的注册改由%(office)s审核。"), {"office": region.office.name}))
    if not region.active:
        sentences.append(
            Sentence(N_("%(region)s已停用，本企业不能再被选为工作单位。"), {"region": region.name})
        )
    return sentences


def _move_applications(enterprise: Enterprise, person: Account) -> None:
    region = enterprise.region
    why = f"企业划转至{region.name}"  # stays Chinese: stored text
    for application in lock_under_review(Application.submitted_enterprise_id == enterprise.id):
        reroute(application, region, routing.responsible_for(application), person, Decision(why))
    if enterprise.registration is Registration.PENDING:
        notifications.remind_of_registration(enterprise)


def _preview_closing(enterprise: Enterprise) -> list[Sentence]:
    at = count_by_step(Application.submitted_enterprise_id == enterprise.id)
    begun = count_rows(Application, _is_with_applicant(enterprise.id))
    words = {
        "enterprise": enterprise.name,
        "reviewers": str(count_rows(Account, _reviewers(enterprise))),
        "desk": str(at[ENTERPRISE_REVIEW]),
        "passed": str(at[PRELIMINARY_REVIEW] + at[CITY_REVIEW]),
        "begun": str(begun),
    }
    wordings = (
        (
            True,
            N_("%(enterprise)s停用后，不能再被选为工作单位；审核人员 %(reviewers)s 人立即退出，不能再登录。"),
        ),
        (
            at[ENTERPRISE_REVIEW],
            N_("待企业审核的申请 %(desk)s 件回退给申请人，须改选工作单位后重新提交。"),
        ),
        (
            at.total() - at[ENTERPRISE_REVIEW],
            N_("企业已审核通过、正在上级审核的申请 %(passed)s 件照常办理；如被回退，须改选工作单位。"),
        ),
        (begun, N_("申请人手中的申请 %(begun)s 件（未提交或已回退），须改选工作单位后才能提交。")),
        (at.total() + begun, N_("每件申请的历史中留下记录，申请人都会收到通知。")),
        (
            enterprise.registration is Registration.PENDING,
            N_("企业账号的注册不再审核，恢复启用后继续。"),
        ),
    )
    return [Sentence(wording, words) for applies, wording in wordings if applies]


def _preview_reopening(enterprise: Enterprise) -> list[Sentence]:
    words = {
        "enterprise": enterprise.name,
        "reviewers": str(count_rows(Account, _reviewers(enterprise))),
    }
    if enterprise.registration is not Registration.APPROVED:
        return [Sentence(N_("%(enterprise)s恢复启用后，审核人员 %(reviewers)s 人可以登录。"), words)]
    wording = N_(
        "%(enterprise)s恢复启用后，可以再被选为工作单位，审核人员 %(reviewers)s 人可以登录；停用时回退的申请不会自动恢复。"
    )
    return [Sentence(wording, words)]


def _close_enterprise(enterprise: Enterprise, person: Account) -> None:
    """Return the applications that wait for the enterprise, notify every applicant who named it, and end its sessions."""
    why = {  # stays Chinese: stored text
        ENTERPRISE_REVIEW: f"工作单位“{enterprise.name}”已停用，请改选其他工作单位后重新提交。",
        **dict.fromkeys(
            (PRELIMINARY_REVIEW, CITY_REVIEW), f"工作单位“{enterprise.name}”已停用，您的申请照常办理。"
        ),
        **dict.fromkeys(
            STATES_WITH_APPLICANT, f"工作单位“{enterprise.name}”已停用，请改选其他工作单位后再提交。"
        ),
    }
    for application in lock_applications(
        or_(_is_under_review(enterprise.id), _is_with_applicant(enterprise.id))
    ):
        employer_closed(application, person, Decision(why[application.state]))
    for account in db.session.scalars(select(Account).where(_reviewers(enterprise))):
        passwords.end_sessions(account)


def _reviewers(enterprise: Enterprise) -> ColumnElement[bool]:
    return and_(Account.enterprise_id == enterprise.id, Account.active)
