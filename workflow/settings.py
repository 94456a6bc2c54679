"""Lines that the administrator changes without a deployment (D2)."""

from sqlalchemy import Select, select

from models import Setting, db
from workflow.words import N_

SITE_NAME = N_("鄂尔多斯人事人才公共服务大厅")

HELP_LINE, IDLE_MINUTES = "help_line", "idle_minutes"
DEFAULTS = {
    HELP_LINE: ("0477-8587631", N_("咨询与找回密码的电话，显示在每一页")),
    IDLE_MINUTES: ("60", N_("登录后多少分钟没有操作就自动退出，5 至 720；填了一半的内容重新登录后还在")),
}

NAMES = {HELP_LINE: N_("咨询电话"), IDLE_MINUTES: N_("自动退出的时间（分钟）")}


def kept(key: str) -> Select[str]:
    """Return the query for a line that the administrator has set; `worded` makes its answer one."""
    return select(Setting.value).where(Setting.key == key)


def worded(key: str, value: str | None) -> str:
    """Return the line as it is shown: the guide's own where the administrator has set none."""
    return DEFAULTS[key][0] if value is None else value


def setting(key: str) -> str:
    """Return the line that the administrator has set, or the guide's own."""
    return worded(key, db.session.scalar(kept(key)))
