"""Consequences of changing a clerk's account or a setting about accounts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, select

from accounts import logins, passwords
from administration.effects.counts import AlsoChanged
from common.counting import count_rows
from common.errors import NotPermitted, Unacceptable
from common.settings import REQUIRED, STAFF_SECOND_FACTOR
from common.wording import N_, Sentence
from enterprises.leaving import name_and_login, preview_open_work
from models import (
    Account,
    Office,
    Role,
    Setting,
    db,
)

WITHOUT_SECOND_FACTOR = and_(Account.role.in_(logins.STAFF), Account.active, ~Account.second_factor)


def lock_administrators() -> None:
    """Lock all administrators' accounts: of two changes that only one may make, the second sees the first.

    Two administrators who deactivate each other must not both succeed, nor two periods that overlap.
    """
    administrators = select(Account.id).where(Account.role == Role.ADMINISTRATOR).order_by(Account.id)
    db.session.execute(administrators.with_for_update(key_share=True)).all()


def preview_account(account: Account, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Return what the clerk loses, and who takes over the work.

    Raises Unacceptable when administrators would lock themselves out, NotPermitted for a change of role or login.
    """
    if "role" in before or "login" in before:
        raise NotPermitted
    own = account.id == person.id
    sentences: list[Sentence] = []
    if before.get("active"):
        if own:
            raise Unacceptable("active", Sentence(N_("不能停用自己的账号，请由另一位系统管理员办理。")))
        sentences += [
            Sentence(N_("%(name)s（%(login)s）立即退出系统，不能再登录。"), name_and_login(account)),
            *_preview_open_work(account, account.office_id),
        ]
    if "password_hash" in before:
        if own:
            raise Unacceptable("", Sentence(N_("自己的密码请在“我的账号”中修改。")))
        sentences.append(
            Sentence(
                N_("%(name)s（%(login)s）立即退出系统，原密码和原找回码不能再用；新的只显示一次。"),
                name_and_login(account),
            )
        )
    if "second_factor" in before:
        if own:
            raise Unacceptable("", Sentence(N_("自己的动态验证码请在“我的账号”中停用。")))
        sentences.append(
            Sentence(
                N_(
                    "%(name)s（%(login)s）立即退出系统，原动态验证码和备用码作废，本人登录后可以重新设置。请先确认是本人提出的。"
                ),
                name_and_login(account),
            )
        )
    if "may_export_full" in before:
        sentences += _preview_full_exports(account, own=own)
    if "office_id" in before and account.office is not None:
        sentences += [
            Sentence(
                N_("%(name)s今后办理%(office)s的业务，不再看到原单位的申请。"),
                {"name": account.name, "office": account.office.name},
            ),
            *_preview_open_work(account, before["office_id"]),
        ]
    return sentences


def _preview_full_exports(account: Account, *, own: bool) -> list[Sentence]:
    if account.may_export_full:
        if own:
            sentence = N_("不能给自己的账号授予导出完整号码的权限，请由另一位系统管理员办理。")
            raise Unacceptable("may_export_full", Sentence(sentence))
        wording = N_(
            "%(name)s（%(login)s）可以导出看得到的申请的完整证件号码和银行账号；每次须写明原因，每件申请都留下“查看全号”的记录。"
        )
        return [Sentence(wording, name_and_login(account))]
    wording = N_(
        "%(name)s（%(login)s）不能再导出完整号码；正在生成的完整号码文件不再生成，已生成的不能再下载。"
    )
    return [Sentence(wording, name_and_login(account))]


def preview_setting(row: Setting, before: Mapping[str, Any], person: Account) -> list[Sentence]:
    """Return how many of the staff will be logged out because they have no second factor.

    Raises Unacceptable when the administrator has none either.
    """
    if row.key != STAFF_SECOND_FACTOR or row.value != REQUIRED or before.get("value") == REQUIRED:
        return []
    if not person.second_factor:
        sentence = N_("请先为自己的账号设置动态验证码（点右上角您的姓名），再要求所有工作人员使用。")
        raise Unacceptable("value", Sentence(sentence))
    words = {"count": str(count_rows(Account, WITHOUT_SECOND_FACTOR))}
    wording = N_("还没有设置动态验证码的工作人员 %(count)s 位立即退出系统，下次登录时须先设置。")
    return [Sentence(wording, words)]


def apply_setting_effects(row: Setting, before: Mapping[str, Any]) -> AlsoChanged:
    """End the sessions that were started without the second factor that is now required."""
    if row.key == STAFF_SECOND_FACTOR and row.value == REQUIRED and "value" in before:
        for account in db.session.scalars(select(Account).where(WITHOUT_SECOND_FACTOR)):
            passwords.end_sessions(account)
    return ()


def _preview_open_work(account: Account, office_id: int | None) -> list[Sentence]:
    """Return who takes over the open work of a clerk who leaves an office."""
    if office_id is None:
        return []
    office = db.session.get_one(Office, office_id)
    leaver = Account(id=account.id, role=account.role, office_id=office_id, office=office)
    return preview_open_work(leaver, Account.office_id == office_id, office.name)
