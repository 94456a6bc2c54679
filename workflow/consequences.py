"""What an administrator's change sets off: told in sentences before it is confirmed, and then done (D3).

Nothing here decides an application. One that is under review stays with exactly one desk; who has it now is told so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from accounts import logins, passwords
from common.calendar import today
from common.errors import NotPermitted, Unacceptable
from common.settings import REQUIRED, STAFF_SECOND_FACTOR
from common.wording import N_, Sentence
from models import (
    Account,
    Application,
    Attachment,
    Enterprise,
    FormVersion,
    Invitation,
    Material,
    Notice,
    Office,
    Period,
    Region,
    Registration,
    Role,
    Setting,
    State,
    db,
)
from workflow import notifications, routing, scope
from workflow.review import employer_closed, reroute
from workflow.transitions import CITY_REVIEW, ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, WITH_THE_APPLICANT

WITHOUT_SECOND_FACTOR = and_(Account.role.in_(logins.STAFF), Account.active, ~Account.second_factor)
MOST_NAMED = 5
"""Colleagues that a sentence names; the number says how many there are."""
IS_UNDER_REVIEW = Application.state.in_(tuple(routing.REACH))
EVERY_REGION = select(Region.id).order_by(Region.id)

Followed = Sequence[tuple[Account | Enterprise, Mapping[str, Any]]]
"""Rows that changed along with the one that was changed, each with its columns as they were: for the audit trail."""

# --- an enterprise moves to another region, or is closed


def hold_applications_of_enterprise(key: int) -> None:
    """Let no application to this enterprise be decided or sent in until the transaction ends, and no region be changed:
    it could be the one into which the enterprise moves."""
    db.session.execute(EVERY_REGION.with_for_update(read=True)).all()
    held = select(Application.id).where(or_(_submitted_to(key), _names(key)))
    db.session.execute(held.order_by(Application.id).with_for_update()).all()


def of_enterprise(enterprise: Enterprise, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell what moves along with the enterprise (D3), and what closing it or opening it again means (D1)."""
    told = _of_moving(enterprise, before) if "region_id" in before else []
    if "active" in before:
        told += _of_opening(enterprise) if enterprise.active else _of_closing(enterprise)
    return told


def follow_enterprise(enterprise: Enterprise, before: Mapping[str, Any], person: Account) -> Followed:
    """Do what that sets off; each application has a line of it in its history."""
    if "region_id" in before:
        _move_along(enterprise, person)
    if "active" in before and not enterprise.active:
        _let_go(enterprise, person)
    return ()


def _submitted_to(key: int) -> ColumnElement[bool]:
    return and_(IS_UNDER_REVIEW, Application.submitted_enterprise_id == key)


def _names(key: int) -> ColumnElement[bool]:
    return and_(scope.IS_WITH_THE_APPLICANT, Application.enterprise_id == key)


def _of_moving(enterprise: Enterprise, before: Mapping[str, Any]) -> list[Sentence]:
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
    if begun := _count(Application, and_(scope.IS_WITH_THE_APPLICANT, its_own)):
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


def _move_along(enterprise: Enterprise, person: Account) -> None:
    region = enterprise.region
    why = f"企业划转至{region.name}"  # stays Chinese: a line of the record, as it is written once
    for application in _under_review(Application.submitted_enterprise_id == enterprise.id):
        reroute(application, region, routing.desk_of(application), person, why)
    if enterprise.registration is Registration.PENDING:
        notifications.remind_of_registration(enterprise)


def _of_closing(enterprise: Enterprise) -> list[Sentence]:
    at = _steps_of(Application.submitted_enterprise_id == enterprise.id)
    begun = _count(Application, _names(enterprise.id))
    words = {
        "enterprise": enterprise.name,
        "reviewers": str(_count(Account, _reviewers(enterprise))),
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


def _of_opening(enterprise: Enterprise) -> list[Sentence]:
    words = {
        "enterprise": enterprise.name,
        "reviewers": str(_count(Account, _reviewers(enterprise))),
    }
    if enterprise.registration is not Registration.APPROVED:
        return [Sentence(N_("%(enterprise)s恢复启用后，审核人员 %(reviewers)s 人可以登录。"), words)]
    wording = N_(
        "%(enterprise)s恢复启用后，可以再被选为工作单位，审核人员 %(reviewers)s 人可以登录；停用时回退的申请不会自动恢复。"
    )
    return [Sentence(wording, words)]


def _let_go(enterprise: Enterprise, person: Account) -> None:
    """Give back what the closed enterprise has on its desk, tell everybody who named it, and end its sessions."""
    why = {  # stays Chinese: a line of the record, as it is written once
        ENTERPRISE_REVIEW: f"工作单位“{enterprise.name}”已停用，请改选其他工作单位后重新提交。",
        **dict.fromkeys(
            (PRELIMINARY_REVIEW, CITY_REVIEW), f"工作单位“{enterprise.name}”已停用，您的申请照常办理。"
        ),
        **dict.fromkeys(
            WITH_THE_APPLICANT, f"工作单位“{enterprise.name}”已停用，请改选其他工作单位后再提交。"
        ),
    }
    for application in _held(or_(_submitted_to(enterprise.id), _names(enterprise.id))):
        employer_closed(application, person, why[application.state])
    for account in db.session.scalars(select(Account).where(_reviewers(enterprise))):
        passwords.end_sessions(account)


def _reviewers(enterprise: Enterprise) -> ColumnElement[bool]:
    return and_(Account.enterprise_id == enterprise.id, Account.active)


# --- a region takes another way, is answered for by another office, or merged into another region


def hold_region(key: int) -> None:
    """Let one transaction at a time change regions, and nothing of this one be decided or sent in until it ends."""
    under_review = select(Application.id).where(Application.region_id == key, IS_UNDER_REVIEW)
    its_own = select(Enterprise.id).where(Enterprise.region_id == key).order_by(Enterprise.id)
    db.session.execute(EVERY_REGION.with_for_update(key_share=True)).all()
    db.session.execute(under_review.order_by(Application.id).with_for_update()).all()
    db.session.execute(its_own.with_for_update(key_share=True)).all()


def of_region(region: Region, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell who has what is under review once the region is of another kind or another office's."""
    if "merged_into_id" in before:
        return _of_merging(region, before)
    if before.get("active") is False and region.merged_into is not None:
        words = {"into": region.merged_into.name}
        raise Unacceptable("active", Sentence(N_("本地区已并入%(into)s，不能再启用。"), words))
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


def hand_over_region(region: Region, before: Mapping[str, Any], person: Account) -> Followed:
    """Lay what is under review onto the region's new way, or onto the desk of its new office."""
    if "merged_into_id" in before:
        return _merge(region, before, person)
    if not before.keys() & {"kind", "office_id"}:
        return ()
    said = {  # stays Chinese: a line of the record, as it is written once
        "kind": f"{region.name}改为{routing.KIND_WORDS[region.kind]}。",
        "office_id": f"{region.name}改由{region.office.name}负责。",
    }
    why = "".join(sentence for column, sentence in said.items() if column in before)
    for application in _under_review(Application.region_id == region.id):
        desk = _desk(application, before)
        if _goes_otherwise(application, region, before) or routing.desk_of(application) != desk:
            reroute(application, region, desk, person, why)
    if "office_id" in before:
        for enterprise in db.session.scalars(select(Enterprise).where(_pending_in(region))).unique():
            notifications.remind_of_registration(enterprise)
    return ()


def _goes_otherwise(application: Application, region: Region, before: Mapping[str, Any]) -> bool:
    """Say whether any step that lies before the application is another one than it was. If so its version changes: who passes
    it at this moment has the former way before them, and would lay it onto a desk that nobody sits at."""
    former = before.get("kind", region.kind)
    return routing.ahead(application.state, former) != routing.ahead(application.state, region.kind)


def merge_into(region: Region, into_id: int | None) -> None:
    """Write into a region's row that it is merged into another one: its old records are that one's office's to read."""
    into = db.session.get(Region, into_id)
    if into is None or into.id == region.id:
        raise Unacceptable("merged_into_id", Sentence(N_("请选择要并入的地区。")))
    region.merged_into_id, region.office_id, region.active = into.id, into.office_id, False


def could_take(region: Region) -> ColumnElement[bool]:
    """Return the regions that this one could be merged into: in use, and with the same way of review."""
    kinds = [kind for kind, way in routing.ROUTES.items() if way == routing.steps(region)]
    return and_(Region.active, Region.kind.in_(kinds), Region.id != region.id)


def _of_merging(region: Region, before: Mapping[str, Any]) -> list[Sentence]:
    """Tell what moves with the region. Raises Unacceptable where the two have not the same way."""
    into = db.session.get_one(Region, region.merged_into_id)
    if not into.active:
        raise Unacceptable(
            "merged_into_id", Sentence(N_("%(into)s已停用，请选择其他地区。"), {"into": into.name})
        )
    if routing.steps(into) != routing.steps(region):
        words = {
            "region": region.name,
            "kind": routing.KIND_WORDS[region.kind],
            "into": into.name,
            "into_kind": routing.KIND_WORDS[into.kind],
        }
        wording = N_(
            "%(region)s是%(kind)s，%(into)s是%(into_kind)s，审核流程不同，不能合并。请先修改类别，或逐家划转企业。"
        )
        raise Unacceptable("merged_into_id", Sentence(wording, words))
    at = _steps_of(Application.region_id == region.id)
    pending = _count(Enterprise, _pending_in(region))
    words = {
        "region": region.name,
        "into": into.name,
        "office": into.office.name,
        "enterprises": str(_count(Enterprise, Enterprise.region_id == region.id)),
        "count": str(at.total()),
        "pending": str(pending),
    }
    told = [
        Sentence(
            N_(
                "%(region)s并入%(into)s：%(enterprises)s 家企业划转到%(into)s；%(region)s停用，原有记录保留。"
            ),
            words,
        ),
        Sentence(N_("正在审核的申请 %(count)s 件随之划转，每件的历史中留下记录。"), words),
        *_by_step(at, into),
    ]
    if pending:
        told.append(Sentence(N_("待审核的企业账号 %(pending)s 家，由%(office)s审核。"), words))
    if "office_id" in before:
        told.append(_of_merging_office(before["office_id"], into.office))
    return told


def _of_merging_office(former_id: int, office: Office) -> Sentence:
    words = {"former": str(db.session.get(Office, former_id)), "office": office.name}
    if left := db.session.scalars(select(Region.name).where(Region.office_id == former_id)).all():
        wording = N_("%(former)s还负责%(regions)s，其工作人员不变动。")
        return Sentence(wording, words | {"regions": "、".join(left)})
    clerks = _count(Account, Account.office_id == former_id)
    wording = N_(
        "%(former)s不再负责任何地区，并入%(office)s：工作人员 %(clerks)s 人今后办理%(office)s的业务。"
    )
    return Sentence(wording, words | {"clerks": str(clerks)})


def _merge(region: Region, before: Mapping[str, Any], person: Account) -> Followed:
    """Move what is under review, the enterprises, and the people of an office that is left without a region."""
    into = db.session.get_one(Region, region.merged_into_id)
    why = f"{region.name}并入{into.name}"  # stays Chinese: a line of the record, as it is written once
    for application in _under_review(Application.region_id == region.id):
        reroute(application, into, _desk(application, before), person, why)
    followed: list[tuple[Account | Enterprise, Mapping[str, Any]]] = []
    for enterprise in db.session.scalars(select(Enterprise).where(Enterprise.region_id == region.id)).all():
        enterprise.region = into
        enterprise.version += 1
        followed.append((enterprise, {"region_id": region.id}))
        if enterprise.registration is Registration.PENDING:
            notifications.remind_of_registration(enterprise)
    former_id = before.get("office_id")
    if former_id is not None and not _count(Region, Region.office_id == former_id):
        for account in db.session.scalars(select(Account).where(Account.office_id == former_id)).all():
            account.office_id = into.office_id
            followed.append((account, {"office_id": former_id}))
    db.session.flush()
    return followed


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
    """Return those of these that are under review, read anew and held until the transaction ends."""
    return _held(and_(IS_UNDER_REVIEW, which))


def _held(which: ColumnElement[bool]) -> Sequence[Application]:
    """Return these, read anew and held until the transaction ends."""
    return db.session.scalars(
        select(Application)
        .where(which)
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
    if "second_factor" in before:
        if own:
            raise Unacceptable("", Sentence(N_("自己的动态验证码请在“我的账号”中停用。")))
        told.append(
            Sentence(
                N_(
                    "%(name)s（%(login)s）立即退出系统，原动态验证码和备用码作废，本人登录后可以重新设置。请先确认是本人提出的。"
                ),
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


def of_setting(row: Setting, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Tell whom a second step that everybody must take sends out. Raises Unacceptable for who has none: it leads by example."""
    if row.key != STAFF_SECOND_FACTOR or row.value != REQUIRED or before.get("value") == REQUIRED:
        return []
    if not person.second_factor:
        sentence = N_("请先为自己的账号设置动态验证码（点右上角您的姓名），再要求所有工作人员使用。")
        raise Unacceptable("value", Sentence(sentence))
    words = {"count": str(_count(Account, WITHOUT_SECOND_FACTOR))}
    wording = N_("还没有设置动态验证码的工作人员 %(count)s 位立即退出系统，下次登录时须先设置。")
    return [Sentence(wording, words)]


def carry_out_setting(row: Setting, before: Mapping[str, Any], _person: Account) -> Followed:
    """End the sessions that began without the second step that is required now."""
    if row.key == STAFF_SECOND_FACTOR and row.value == REQUIRED and "value" in before:
        for account in db.session.scalars(select(Account).where(WITHOUT_SECOND_FACTOR)):
            passwords.end_sessions(account)
    return ()


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
    office = db.session.get_one(Office, office_id)
    leaver = Account(id=account.id, role=account.role, office_id=office_id, office=office)
    return _work_left(leaver, Account.office_id == office_id, office.name)


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
        wordings.append(
            N_("补救办法：先为%(desk)s新增工作人员，或把其他工作人员换到该单位。")
            if leaver.role is Role.OFFICE
            else N_("补救办法：先为%(desk)s新增工作人员。")
        )
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
    """Tell whom a material is asked of anew, that it is asked no longer, and that files keep the name they were uploaded under."""
    return [*_keeps_its_name(material, before), *_asked(material, before)]


def _keeps_its_name(material: Material, before: Mapping[str, Any]) -> list[Sentence]:
    former = before.get("name")
    some = select(Attachment.id).where(Attachment.material_id == material.id).limit(1)
    if not former or db.session.scalar(some) is None:
        return []
    words = {"former": former, "name": material.name}
    return [Sentence(N_("此前上传的文件仍按原名称“%(former)s”显示，新上传的按“%(name)s”。"), words)]


def _asked(material: Material, before: Mapping[str, Any]) -> list[Sentence]:
    if before.get("active") and not material.active:
        return [
            Sentence(
                N_("“%(material)s”停用后不再要求上传；已上传的文件仍然保留。"), {"material": material.name}
            )
        ]
    asked_anew = not before or before.get("required") is False or before.get("active") is False
    begun = _count(Application, scope.IS_WITH_THE_APPLICANT)
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
    begun = _count(Application, scope.IS_WITH_THE_APPLICANT)
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


def of_form_version(row: FormVersion, before: Mapping[str, Any], _person: Account) -> list[Sentence]:
    """Tell whom a new version of the form concerns; a draft concerns nobody yet."""
    if "published_at" not in before:
        return []
    under_way = _count(Application, Application.state != State.FINISHED)
    words = {"number": str(row.number), "count": str(under_way)}
    return [
        Sentence(N_("第 %(number)s 版发布后立即生效，不能修改或撤回，只能再发布新的版本。"), words),
        Sentence(
            N_("正在办理的申请 %(count)s 件（含尚未提交和已回退的）仍用各自开始时的版本，不受影响。"), words
        ),
        Sentence(N_("此后新开始的申请用第 %(number)s 版。"), words),
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
        return [
            Sentence(N_("保存后申报立即关闭：申请人可以保存，不能提交。")),
            Sentence(N_("已回退或撤回的申请在各自的期限内仍可以重新提交。")),
        ]
    if is_open and not was_open:
        return [Sentence(N_("保存后申报立即开放，至 %(closes)s 止。"), {"closes": period.closes.isoformat()})]
    return []


def _count(model: type[Any], which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(which)) or 0
