"""What an administrator's change sets off: told in sentences before it is confirmed, and then done (D3).

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
    Invitation,
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

WITH_THE_APPLICANT = tuple(state for state in State if editable(state))
MOST_NAMED = 5
"""Colleagues that a sentence names; the number says how many there are."""
IS_UNDER_REVIEW = Application.state.in_(tuple(routing.REACH))
IS_WITH_THE_APPLICANT = Application.state.in_(WITH_THE_APPLICANT)

# --- an enterprise moves to another region


def hold_applications_of_enterprise(key: int) -> None:
    """Let no application to this enterprise be decided until the transaction ends."""
    held = select(Application.id).where(Application.submitted_enterprise_id == key, IS_UNDER_REVIEW)
    db.session.execute(held.order_by(Application.id).with_for_update()).all()


def of_enterprise(enterprise: Enterprise, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell what moves along with the enterprise (D3)."""
    if "region_id" not in before:
        return []
    region = enterprise.region
    its_own = Application.submitted_enterprise_id == enterprise.id
    moving = _steps_of(its_own)
    told = [
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
        *_by_step(moving, region),
    ]
    if begun := _count(Application, and_(IS_WITH_THE_APPLICANT, its_own)):
        told.append(
            Sentence(
                N_("已回退或撤回的申请 %(count)s 件，重新提交时按新地区的流程办理。"), {"count": str(begun)}
            )
        )
    if enterprise.registration is Registration.PENDING:
        told.append(Sentence(N_("企业账号的注册改由%(office)s审核。"), {"office": region.office.name}))
    if not region.active:
        told.append(Sentence(N_("%(region)s已停用，本企业不能再被选为工作单位。"), {"region": region.name}))
    return told


def move_along(enterprise: Enterprise, before: Mapping[str, Any], person: Account) -> None:
    """Move what is under review along with the enterprise; each leaves a line in its history (D3)."""
    if "region_id" not in before:
        return
    region = enterprise.region
    why = f"企业划转至{region.name}"  # stays Chinese: a line of the record, as it is written once
    for application in _under_review(Application.submitted_enterprise_id == enterprise.id):
        reroute(application, region, routing.desk_of(application), person, why)
    if enterprise.registration is Registration.PENDING:
        messages.remind_of_registration(enterprise)


# --- a region takes another way, or is answered for by another office


def of_region(region: Region, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell who has what is under review once the region is of another kind or another office's."""
    told: list[Sentence] = []
    at = _steps_of(Application.region_id == region.id)
    if "kind" in before:
        words = {
            "region": region.name,
            "before": routing.KIND_WORDS[before["kind"]],
            "kind": routing.KIND_WORDS[region.kind],
            "count": str(at.total()),
        }
        if routing.ROUTES[before["kind"]] == routing.steps(region):
            told.append(Sentence(N_("%(region)s由%(before)s改为%(kind)s，审核流程不变。"), words))
        else:
            wording = N_("%(region)s由%(before)s改为%(kind)s，正在审核的申请 %(count)s 件按新的流程办理。")
            told += [Sentence(wording, words), *_by_step(at, region)]
    if "office_id" in before:
        words = {
            "region": region.name,
            "office": region.office.name,
            "count": str(at[PRELIMINARY_REVIEW] if PRELIMINARY_REVIEW in routing.steps(region) else 0),
            "pending": str(_count(Enterprise, _pending_in(region))),
        }
        wording = N_(
            "%(region)s改由%(office)s负责，待初审的申请 %(count)s 件、待审核的企业账号 %(pending)s 家转到该单位。"
        )
        told.append(Sentence(wording, words))
    if before.get("active") and not region.active:
        words = {"region": region.name, "count": str(_count(Enterprise, Enterprise.region_id == region.id))}
        wording = N_(
            "%(region)s停用后，注册企业时不能再选，本地区的 %(count)s 家企业不能再被选为工作单位；正在审核的申请照常办理。"
        )
        told.append(Sentence(wording, words))
    return told


def hand_over_region(region: Region, before: Mapping[str, Any], person: Account) -> None:
    """Lay what is under review onto the region's new way, or onto the desk of its new office."""
    if not before.keys() & {"kind", "office_id"}:
        return
    said = {  # stays Chinese: a line of the record, as it is written once
        "kind": f"{region.name}改为{routing.KIND_WORDS[region.kind]}。",
        "office_id": f"{region.name}改由{region.office.name}负责。",
    }
    why = "".join(sentence for column, sentence in said.items() if column in before)
    for application in _under_review(Application.region_id == region.id):
        desk = _desk(application, before)
        if routing.rerouted(application.state, region) is not application.state or (
            routing.desk_of(application) != desk
        ):
            reroute(application, region, desk, person, why)
    if "office_id" in before:
        for enterprise in db.session.scalars(select(Enterprise).where(_pending_in(region))).unique():
            messages.remind_of_registration(enterprise)


def _pending_in(region: Region) -> ColumnElement[bool]:
    return and_(Enterprise.region_id == region.id, Enterprise.registration == Registration.PENDING)


def _desk(application: Application, before: Mapping[str, Any]) -> routing.Desk | None:
    """Return who had the application before its region was given to another office."""
    if application.state is PRELIMINARY_REVIEW and "office_id" in before:
        return routing.Desk("", "", office_id=before["office_id"])
    return routing.desk_of(application)


def _by_step(at: Counter[State], region: Region) -> list[Sentence]:
    """Return what the new way means for those at each step."""
    way, office = routing.steps(region), region.office.name
    first = PRELIMINARY_REVIEW in way
    wordings = {
        ENTERPRISE_REVIEW: N_("待企业审核的 %(count)s 件，企业审核通过后由%(office)s初审。")
        if first
        else N_("待企业审核的 %(count)s 件，企业审核通过后直接由市专家服务中心审核。"),
        PRELIMINARY_REVIEW: N_("待初审的 %(count)s 件，改由%(office)s初审。")
        if first
        else N_("待初审的 %(count)s 件不再经过初审，直接由市专家服务中心审核。"),
        CITY_REVIEW: N_("待市专家服务中心审核的 %(count)s 件，仍由市专家服务中心审核。"),
    }
    return [
        Sentence(wording, {"count": str(at[state]), "office": office})
        for state, wording in wordings.items()
        if at[state]
    ]


def _steps_of(which: ColumnElement[bool]) -> Counter[State]:
    """Return how many of these are at each step of their review."""
    counted = (
        select(Application.state, func.count()).where(IS_UNDER_REVIEW, which).group_by(Application.state)
    )
    return Counter(dict(db.session.execute(counted).all()))


def _under_review(which: ColumnElement[bool]) -> Sequence[Application]:
    """Return these, read anew and held until the transaction ends."""
    return db.session.scalars(
        select(Application)
        .where(IS_UNDER_REVIEW, which)
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


def of_reviewer(account: Account) -> list[Sentence]:
    """Tell what follows when a reviewer of an enterprise is removed; the one who removes them is always left."""
    told = [
        Sentence(
            N_("%(name)s（%(login)s）立即退出系统，不能再登录；办过的业务仍记在其名下。"), _who(account)
        ),
        *_work_left(account, Account.enterprise_id == account.enterprise_id, str(account.enterprise)),
    ]
    invited = _count(Invitation, Invitation.invited_by_id == account.id)
    if invited:
        told.append(Sentence(N_("其发出、尚未接受的邀请 %(count)s 个一并撤回。"), {"count": str(invited)}))
    return told


def _empty_desk(account: Account, office_id: int | None) -> list[Sentence]:
    """Tell who of an office goes on with the work of somebody who leaves it."""
    if office_id is None:
        return []
    leaver = Account(id=account.id, role=account.role, office_id=office_id)
    return _work_left(leaver, Account.office_id == office_id, str(db.session.get(Office, office_id)))


def _work_left(leaver: Account, desk: ColumnElement[bool], name: str) -> list[Sentence]:
    """Tell how much waits on a desk and who else can take it; where nobody is left, what to do about it."""
    others = db.session.scalars(
        select(Account.name).where(desk, Account.active, Account.id != leaver.id).order_by(Account.id)
    ).all()
    pending = and_(scope.enterprises(leaver), Enterprise.registration == Registration.PENDING)
    applications, registrations = _count(Application, scope.waiting(leaver)), _count(Enterprise, pending)
    words = {
        "desk": name,
        "count": str(applications),
        "pending": str(registrations),
        "others": str(len(others)),
        "names": "、".join(others[:MOST_NAMED]),
    }
    if not others:
        wordings = [N_("%(desk)s没有其他可以登录的人员，送来的申请将无人办理（现有 %(count)s 件）。")]
        if registrations:
            wordings.append(N_("待审核的企业账号 %(pending)s 家也将无人办理。"))
        wordings.append(N_("补救办法：先为%(desk)s新增工作人员，或把其他工作人员换到该单位。"))
    else:
        wordings = []
        if applications:
            wordings.append(
                N_("%(desk)s待办的申请 %(count)s 件，由其他 %(others)s 位人员继续办理：%(names)s。")
            )
        if registrations:
            wordings.append(
                N_("待审核的企业账号 %(pending)s 家，由其他 %(others)s 位人员继续办理：%(names)s。")
            )
    return [Sentence(wording, words) for wording in wordings]


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
    begun = _count(Application, IS_WITH_THE_APPLICANT)
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
    begun = _count(Application, IS_WITH_THE_APPLICANT)
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
