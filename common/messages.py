"""The wording and lifetime of every message, and messages to one account."""

from datetime import timedelta

from common.wording import N_
from models import (
    Account,
    Channel,
    Delivery,
    Message,
    db,
    now,
)

WORDING = {
    "to_review": N_("%(name)s的申请 %(number)s 待您审核。"),
    "handed_over": N_("同事把%(name)s的申请 %(number)s 交给您办理。"),
    "passed_on": N_("您的申请 %(number)s：%(said)s，现由%(desk)s办理。"),
    "taken_back": N_("您的申请 %(number)s 的上一次审核决定已被收回，仍由%(desk)s办理。原因：%(reason)s"),
    "no_longer_to_review": N_("%(name)s的申请 %(number)s 已由%(desk)s收回，不再待您审核。原因：%(reason)s"),
    "returned": N_("您的申请 %(number)s 已回退，请修改后重新提交。原因：%(reason)s"),
    "returned_until": N_(
        "您的申请 %(number)s 已回退，请在 %(by)s（含当日）前修改后重新提交。原因：%(reason)s"
    ),
    "term_extended": N_("您的申请 %(number)s 可以重新提交的期限延长至 %(by)s（含当日）。原因：%(reason)s"),
    "passed": N_("您的申请 %(number)s 已审核通过，业务结束。"),
    "refused": N_("您的申请 %(number)s 审核不通过，业务结束。原因：%(reason)s"),
    "employer_closed": N_("您的申请 %(number)s：%(reason)s"),
    "name_corrected": N_("您的申请 %(number)s：%(said)s。如有疑问，请拨打咨询电话。%(reason)s"),
    "number_corrected": N_(
        "您的证件号码已更正，今后请用更正后的号码登录。如有疑问，请拨打咨询电话。%(reason)s"
    ),
    "own_name_corrected": N_("您账号的姓名已修改。如非本人操作，请立即修改密码并拨打咨询电话。"),
    "digest": N_(
        "等待您审核的申请有 %(waiting)s 件，其中今天到期 %(due_today)s 件，已超期 %(overdue)s 件；最久的已等待 %(longest)s 个工作日。"
    ),
    "overdue_digest": N_(
        "超期较久仍未审核的申请有 %(overdue)s 件，最久的一件是 %(number)s，已等待 %(longest)s 个工作日，请督促办理。"
    ),
    "grant_publicized": N_(
        "您的申请 %(number)s 已列入第 %(batch)s 批公示，公示期为 %(opens)s 至 %(closes)s（含首尾两日）。"
    ),
    "grant_objected": N_(
        "第 %(batch)s 批公示期间，有人对您的申请 %(number)s 提出异议，正在核实，核实期间暂缓发放。如需说明情况，请拨打咨询电话。"
    ),
    "grant_objection_dismissed": N_("对您的申请 %(number)s 提出的异议，经核实不成立。处理意见：%(reason)s"),
    "grant_denied": N_(
        "对您的申请 %(number)s 提出的异议，经核实成立，本次补贴不予发放。处理意见：%(reason)s"
    ),
    "grant_granted": N_("您的申请 %(number)s 公示期已满，补贴予以发放。"),
    "grant_stopped": N_("您的申请 %(number)s 的补贴停止发放。原因：%(reason)s"),
    "grant_reinstated": N_("您的申请 %(number)s 的补贴恢复发放，原来的停止已撤销。原因：%(reason)s"),
    "grant_reconsidered": N_(
        "您的申请 %(number)s 原来的“不予发放”已撤销，对它的异议将重新处理，处理期间暂缓发放。原因：%(reason)s"
    ),
    "grant_held": N_("您的申请 %(number)s 的后续补贴暂缓发放，确认在岗后恢复。原因：%(reason)s"),
    "continuation_asked": N_(
        "您的申请 %(number)s 的补贴分年发放。第 %(year)s 年发放之前，请在 %(by)s（含当日）前答复是否继续在%(enterprise)s工作，并请单位确认。"
    ),
    "continuation_to_confirm": N_(
        "%(name)s已答复继续在本单位工作（申请 %(number)s，第 %(year)s 年），请在 %(by)s（含当日）前确认。"
    ),
    "continuation_confirmed": N_(
        "已确认您继续在%(enterprise)s工作，申请 %(number)s 第 %(year)s 年的补贴按期发放。"
    ),
    "payment_refused": N_("您的一笔补贴被银行退回，没有到账。请登录后在“补贴发放”中更正收款账号。"),
    "payment_reversed": N_("您已到账的一笔补贴被银行冲回，将重新发放。请登录后在“补贴发放”中查看。"),
    "account_to_confirm": N_("有更正的收款账号待本单位确认。"),
    "account_confirmed": N_("您更正的收款账号已确认，退回的补贴将在下一批发放。"),
    "account_not_confirmed": N_("您更正的收款账号没有得到确认，请登录后在“补贴发放”中查看原因并重新填写。"),
    "registration_waiting": N_("%(enterprise)s注册了企业账号，待您审核。"),
    "registration_approved": N_("企业账号已审核通过，可以审核本单位人员的申请。"),
    "registration_refused": N_("企业账号未通过审核，请修改后重新提交。原因：%(reason)s"),
    "invitation": N_(
        "%(inviter)s邀请您担任%(enterprise)s的审核人员。请在 7 天内打开本系统首页，点击“企业登录”和“接受邀请”，输入登录名%(login)s和邀请码%(code)s。如与您无关，请忽略。"
    ),
    "reviewers_changed": N_("本单位审核人员有变动，请核对。"),
    "second_factor_off": N_("您的动态验证码已停用或被重置。如非本人提出，请立即修改密码并联系系统管理员。"),
    "recovery_code_renewed": N_(
        "您的找回码已更换，原来的不能再用。如非本人操作，请立即修改密码，并再更换一次找回码。"
    ),
    "recovery_code_given": N_(
        "系统管理员为您换了新的找回码，原来的不能再用。如非本人提出，请立即拨打咨询电话。"
    ),
    "password_reset": N_("您的重设密码验证码是%(code)s，30 分钟内有效。如非本人操作，请忽略。"),
    "registration_tried": N_(
        "有人用您的证件号码或统一社会信用代码再次注册账号。您原来的账号和密码没有改变；如果是您本人，请用原来的密码登录，忘记了可以重设。"
    ),
    "renewed_permit_tried": N_(
        "有人用与您只差末两位（换证次数）的证件号码再次注册账号，没有建立新账号。如果是您本人，请用注册时的号码 %(number)s 和原来的密码登录，忘记了可以重设。"
    ),
    "phone_changed": N_(
        "您账号的联系电话已修改，今后的通知不再发到原来的号码。如非本人操作，请立即修改密码并拨打咨询电话。"
    ),
    "email_changed": N_(
        "您账号的电子邮箱已修改，今后的通知不再发到原来的邮箱。如非本人操作，请立即修改密码并拨打咨询电话。"
    ),
}


PAGE_WORDING = {
    "invitation": N_("您被邀请担任本单位的审核人员。"),
    "password_reset": N_("有人用您的登录名申请重设密码，验证码已发到您登记的手机或邮箱。"),
}
"""Wording for pages where WORDING has placeholders for secrets: pages never show them."""


LIFETIMES = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(minutes=30),
    "phone_changed": timedelta(days=3),
    "email_changed": timedelta(days=3),
}
"""How long after its creation a message may be sent. Other messages may be sent at any time."""


SENT_TO_INACTIVE_ACCOUNTS = frozenset({"invitation"})
"""Kinds that are also sent to accounts that cannot log in yet; all others go to active accounts only."""


CHANGE_KINDS = {Channel.SMS: "phone_changed", Channel.MAIL: "email_changed"}


WARNING_INTERVAL = timedelta(days=1)


def write_message(account: Account, kind: str, words: dict[str, str], urgent: bool = False) -> Message:
    """Write a message to one account. Only the receiver may read `words`: no page and no log shows them.

    Call within `exclusive()`. An urgent message is sent before others, by every channel for which the account has an address.
    """
    message = Message(kind=kind, account_id=account.id, secret_words=words, urgent=urgent)
    db.session.add(message)
    return message


def warn_of_change(account: Account, channel: Channel, former: str) -> None:
    """Send a warning to the former telephone or mailbox of the account. Call within `exclusive()`."""
    message = Message(kind=CHANGE_KINDS[channel], account_id=account.id, urgent=True, expanded_at=now())
    db.session.add_all(
        [
            message,
            Delivery(message=message, account_id=account.id, channel=channel, address=former, urgent=True),
        ]
    )


def wording_of(kind: str) -> str:
    """Return the wording of a kind of message for a page."""
    return PAGE_WORDING.get(kind) or WORDING[kind]
