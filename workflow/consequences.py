"""What an administrator's change sets off: done here, and told in sentences before it is confirmed (D3).

Nothing here decides an application. One that is under review stays with exactly one desk; who has it now is told so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from models import (
    Account,
    Application,
    Enterprise,
    Material,
    Notice,
    Office,
    Period,
    Region,
    Registration,
    Role,
    State,
    db,
)
from workflow import messages, routing, scope
from workflow.calendar import today
from workflow.errors import NotPermitted, Unacceptable
from workflow.review import reroute
from workflow.transitions import CITY_REVIEW, ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, editable
from workflow.words import N_, Sentence

UNDER_REVIEW = tuple(routing.REACH)
WITH_THE_APPLICANT = tuple(state for state in State if editable(state))

# --- an enterprise moves to another region


def hold_applications_of_enterprise(key: int) -> None:
    """Let no application to this enterprise be decided until the transaction ends."""
    _under_review(Application.submitted_enterprise_id == key)


def of_enterprise(enterprise: Enterprise, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Move what is under review along with the enterprise; each leaves a line in its history (D3)."""
    if "region_id" not in before:
        return []
    region = enterprise.region
    moving = _under_review(Application.submitted_enterprise_id == enterprise.id)
    told = [
        Sentence(
            N_(
                "%(enterprise)s由%(before)s划转至%(region)s，正在审核的申请 %(count)s 件随之划转，每件的历史中留下记录。"
            ),
            {
                "enterprise": enterprise.name,
                "before": str(db.session.get(Region, before["region_id"])),
                "region": region.name,
                "count": str(len(moving)),
            },
        ),
        *_of_steps(moving, region),
    ]
    waiting = Application.state.in_(WITH_THE_APPLICANT)
    if begun := _count(Application, and_(waiting, Application.submitted_enterprise_id == enterprise.id)):
        told.append(
            Sentence(
                N_("已回退或撤回的申请 %(count)s 件，重新提交时按新地区的流程办理。"), {"count": str(begun)}
            )
        )
    if enterprise.registration is Registration.PENDING:
        told.append(Sentence(N_("企业账号的注册改由%(office)s审核。"), {"office": region.office.name}))
        messages.remind_of_registration(enterprise)
    if not region.active:
        told.append(Sentence(N_("%(region)s已停用，本企业不能再被选为工作单位。"), {"region": region.name}))
    for application in moving:
        reroute(application, region, routing.desk_of(application), person, f"企业划转至{region.name}")
    return told


# --- a region takes another way, or is answered for by another office


def hold_applications_of_region(key: int) -> None:
    """Let no application of this region be decided until the transaction ends."""
    _under_review(Application.region_id == key)


def of_region(region: Region, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Lay what is under review onto the region's new way, or onto the desk of its new office."""
    told: list[Sentence] = []
    if "kind" in before:
        told += _other_way(region, before, person)
    if "office_id" in before:
        told += _other_office(region, before["office_id"], person)
    if before.get("active") and not region.active:
        told.append(
            Sentence(
                N_(
                    "%(region)s停用后，注册企业时不能再选，本地区的 %(count)s 家企业不能再被选为工作单位；正在审核的申请照常办理。"
                ),
                {"region": region.name, "count": str(_count(Enterprise, Enterprise.region_id == region.id))},
            )
        )
    return told


def _other_way(region: Region, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    moving = _under_review(Application.region_id == region.id)
    words = {
        "region": region.name,
        "before": routing.KIND_WORDS[before["kind"]],
        "kind": routing.KIND_WORDS[region.kind],
        "count": str(len(moving)),
    }
    if routing.ROUTES[before["kind"]] == routing.steps(region):
        return [Sentence(N_("%(region)s由%(before)s改为%(kind)s，审核流程不变。"), words)]
    told = [
        Sentence(
            N_("%(region)s由%(before)s改为%(kind)s，正在审核的申请 %(count)s 件按新的流程办理。"), words
        ),
        *_of_steps(moving, region),
    ]
    for application in moving:
        if routing.rerouted(application.state, region) is not application.state:
            why = f"{region.name}改为{routing.KIND_WORDS[region.kind]}"
            reroute(application, region, _desk(application, before), person, why)
    return told


def _other_office(region: Region, office_id: int, person: Account) -> list[Sentence]:
    waiting = _under_review(and_(Application.region_id == region.id, Application.state == PRELIMINARY_REVIEW))
    pending = db.session.scalars(
        select(Enterprise).where(
            Enterprise.region_id == region.id, Enterprise.registration == Registration.PENDING
        )
    ).all()
    for application in waiting:
        reroute(
            application,
            region,
            _desk(application, {"office_id": office_id}),
            person,
            f"{region.name}改由{region.office.name}负责",
        )
    for enterprise in pending:
        messages.remind_of_registration(enterprise)
    return [
        Sentence(
            N_(
                "%(region)s改由%(office)s负责，待初审的申请 %(count)s 件、待审核的企业账号 %(pending)s 家转到该单位。"
            ),
            {
                "region": region.name,
                "office": region.office.name,
                "count": str(len(waiting)),
                "pending": str(len(pending)),
            },
        )
    ]


def _desk(application: Application, before: Mapping[str, Any]) -> routing.Desk | None:
    """Return who had the application before its region was given to another office."""
    if application.state is PRELIMINARY_REVIEW and "office_id" in before:
        return routing.Desk("", "", office_id=before["office_id"])
    return routing.desk_of(application)


def _of_steps(moving: Sequence[Application], region: Region) -> list[Sentence]:
    """Return what the new way means for those at each step; call it before they are moved."""
    at = Counter(application.state for application in moving)
    way, office = routing.steps(region), region.office.name
    told = []
    if at[ENTERPRISE_REVIEW]:
        wording = (
            N_("待企业审核的 %(count)s 件，企业审核通过后由%(office)s初审。")
            if PRELIMINARY_REVIEW in way
            else N_("待企业审核的 %(count)s 件，企业审核通过后直接由市专家服务中心审核。")
        )
        told.append(Sentence(wording, {"count": str(at[ENTERPRISE_REVIEW]), "office": office}))
    if at[PRELIMINARY_REVIEW]:
        wording = (
            N_("待初审的 %(count)s 件，改由%(office)s初审。")
            if PRELIMINARY_REVIEW in way
            else N_("待初审的 %(count)s 件不再经过初审，直接由市专家服务中心审核。")
        )
        told.append(Sentence(wording, {"count": str(at[PRELIMINARY_REVIEW]), "office": office}))
    if at[CITY_REVIEW]:
        told.append(
            Sentence(
                N_("待市专家服务中心审核的 %(count)s 件，仍由市专家服务中心审核。"),
                {"count": str(at[CITY_REVIEW])},
            )
        )
    return told


def _under_review(which: ColumnElement[bool]) -> Sequence[Application]:
    return db.session.scalars(
        select(Application)
        .where(Application.state.in_(UNDER_REVIEW), which)
        .order_by(Application.id)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()


# --- a clerk comes, changes desks, goes


def hold_administrators(_key: int) -> None:
    """Let only one transaction at a time change who administers: two must not lock each other out."""
    administrators = select(Account.id).where(Account.role == Role.ADMINISTRATOR).order_by(Account.id)
    db.session.execute(administrators.with_for_update(key_share=True)).all()


def of_account(account: Account, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Tell what a clerk loses. Raises Unacceptable where administrators would lock themselves out, NotPermitted for a role."""
    if "role" in before or "login" in before:
        raise NotPermitted
    own = account.id == person.id
    told: list[Sentence] = []
    if before.get("active"):
        if own:
            raise Unacceptable("active", Sentence(N_("不能停用自己的账号，请由另一位系统管理员办理。")))
        told += [
            Sentence(N_("%(name)s（%(login)s）立即退出系统，不能再登录。"), _who(account)),
            *_empty_desk(account, account.office_id),
        ]
    if "password_hash" in before:
        if own:
            raise Unacceptable("", Sentence(N_("自己的密码请在“我的账号”中修改。")))
        told.append(
            Sentence(
                N_("%(name)s（%(login)s）立即退出系统，原密码和原找回码不能再用；新的只显示一次。"),
                _who(account),
            )
        )
    if "office_id" in before and account.office is not None:
        told += [
            Sentence(
                N_("%(name)s今后办理%(office)s的业务，不再看到原单位的申请。"),
                {"name": account.name, "office": account.office.name},
            ),
            *_empty_desk(account, before["office_id"]),
        ]
    return told


def _who(account: Account) -> dict[str, str]:
    return {"name": account.name, "login": account.login or ""}


def _empty_desk(account: Account, office_id: int | None) -> list[Sentence]:
    """Tell when nobody is left who can log in for an office."""
    if office_id is None:
        return []
    left = _count(Account, and_(Account.office_id == office_id, Account.active, Account.id != account.id))
    if left:
        return []
    clerk = Account(role=account.role, office_id=office_id)
    words = {
        "office": str(db.session.get(Office, office_id)),
        "count": str(_count(Application, scope.waiting(clerk))),
    }
    return [
        Sentence(N_("%(office)s没有其他可以登录的人员，送来的申请将无人办理（现有 %(count)s 件）。"), words)
    ]


# --- what applicants are asked for


def of_material(material: Material, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell whom a material is asked of anew, or that it is asked no longer."""
    if before.get("active") and not material.active:
        return [
            Sentence(
                N_("“%(material)s”停用后不再要求上传；已上传的文件仍然保留。"), {"material": material.name}
            )
        ]
    asked_anew = not before or before.get("required") is False or before.get("active") is False
    begun = _count(Application, Application.state.in_(WITH_THE_APPLICANT))
    if not (asked_anew and material.required and material.active and begun):
        return []
    return [
        Sentence(
            N_(
                "尚未提交的申请 %(count)s 件（含已回退的），须上传“%(material)s”后才能提交；已提交的不受影响。"
            ),
            {"count": str(begun), "material": material.name},
        )
    ]


def of_notice(notice: Notice, _before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell that a version is for good, and who has to read it."""
    begun = _count(Application, Application.state.in_(WITH_THE_APPLICANT))
    return [
        Sentence(
            N_("“%(version)s”发布后立即生效，不能修改或撤回，只能再发布新的版本。"),
            {"version": notice.version},
        ),
        Sentence(
            N_("申请人须重新阅读 30 秒后才能保存和提交，涉及尚未提交的申请 %(count)s 件（含已回退的）。"),
            {"count": str(begun)},
        ),
    ]


def of_period(period: Period, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell when a change opens or closes the applications of today."""
    day = today()
    if db.session.scalar(
        select(Period.id).where(Period.id != period.id, Period.opens <= day, Period.closes >= day)
    ):
        return []
    opens, closes = before.get("opens", period.opens), before.get("closes", period.closes)
    was_open = period.id is not None and bool(before) and opens <= day <= closes
    is_open = period.opens <= day <= period.closes
    if was_open and not is_open:
        return [Sentence(N_("保存后申报立即关闭：申请人可以保存，不能提交。"))]
    if is_open and not was_open:
        return [Sentence(N_("保存后申报立即开放，至 %(closes)s 止。"), {"closes": period.closes.isoformat()})]
    return []


def _count(model: type[Any], which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(which)) or 0
