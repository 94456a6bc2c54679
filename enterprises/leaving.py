"""The open work of a reviewer or clerk who leaves, and the colleagues who take it over."""

from sqlalchemy import ColumnElement, and_, select

from common.counting import count_rows
from common.wording import N_, Sentence
from models import (
    Account,
    Application,
    Enterprise,
    Invitation,
    Registration,
    Role,
    db,
)
from workflow import scope

MOST_NAMED = 5
"""Colleagues that a sentence names; the others are only counted."""


def name_and_login(account: Account) -> dict[str, str]:
    return {"name": account.name, "login": account.login or ""}


def preview_removal(account: Account) -> list[Sentence]:
    """Return the consequences of removing a reviewer of an enterprise. The reviewer who removes them always remains."""
    sentences = [
        Sentence(
            N_("%(name)s（%(login)s）立即退出系统，不能再登录；办过的业务仍记在其名下。"),
            name_and_login(account),
        ),
        *preview_open_work(account, Account.enterprise_id == account.enterprise_id, str(account.enterprise)),
    ]
    invited = count_rows(Invitation, Invitation.invited_by_id == account.id)
    if invited:
        sentences.append(
            Sentence(N_("其发出、尚未接受的邀请 %(count)s 个一并撤回。"), {"count": str(invited)})
        )
    return sentences


def preview_open_work(leaver: Account, colleagues: ColumnElement[bool], name: str) -> list[Sentence]:
    """Return the amount of open work and who takes it over. When nobody remains, return what the administrator can do."""
    others = db.session.scalars(
        select(Account.name).where(colleagues, Account.active, Account.id != leaver.id).order_by(Account.id)
    ).all()
    pending = and_(scope.enterprises(leaver), Enterprise.registration == Registration.PENDING)
    applications, registrations = (
        count_rows(Application, scope.waiting(leaver)),
        count_rows(Enterprise, pending),
    )
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
