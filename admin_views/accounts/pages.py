"""What the pages of accounts share."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import (
    render_template,
)

from accounts.attempts import Purpose
from admin_views.accounts.attempts import Found, count_and_try, error_response, locked_text
from admin_views.site.wording import translated
from common.errors import Locked
from common.wording import N_

View = Callable[..., Any]


class LoginPage(NamedTuple):
    """The texts of a login page, as the guide words them."""

    title: str
    login: str
    lead: str
    wrong: str
    registers: bool


LOGIN_PAGES = {
    "personal": LoginPage(
        N_("个人登录"),
        N_("公民身份号码(证件号码)"),
        N_("申请、查询、修改本人的生活补贴。"),
        N_("证件号码或密码不正确，请核对后重新输入。"),
        True,
    ),
    "enterprise": LoginPage(
        N_("企业登录"),
        N_("统一社会信用代码"),
        N_("审核本单位人员提交的申请。"),
        N_("统一社会信用代码或密码不正确，请核对后重新输入。"),
        True,
    ),
    "staff": LoginPage(
        N_("工作人员登录"),
        N_("工作人员账号"),
        N_("人社部门、园区主管部门、市专家服务中心工作人员和系统管理员。"),
        N_("账号或密码不正确，请核对后重新输入。"),
        False,
    ),
}


def try_or_explain(
    purpose: Purpose, subject: str, attempt: Callable[[], Found | None], wording: str
) -> tuple[Found | None, str | Locked | None]:
    """Run a counted attempt. Returns its result, and the error: a sentence after a failure, Locked when locked."""
    try:
        found = count_and_try(purpose, subject, attempt)
    except Locked as locked:
        return None, locked
    return found, translated(wording) if found is None else None


def form_page(template: str, form: Any, *, wrong: str | Locked | None = None, **context: Any) -> Any:
    """Render a page with its form: 422 with errors, 429 when locked."""
    locked = wrong if isinstance(wrong, Locked) else None
    page = render_template(
        template,
        form=form,
        words=LOGIN_PAGES[context["login_kind"]],
        wrong=locked_text(locked) if locked else wrong,
        **context,
    )
    return error_response(page, locked) if form.is_submitted() else page
