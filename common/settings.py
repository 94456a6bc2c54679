"""Settings that the administrator changes without a deployment (D2)."""

from sqlalchemy import Select, select

from common.wording import N_
from models import Setting, db

SITE_NAME = N_("鄂尔多斯人事人才公共服务大厅")

HELP_LINE, IDLE_MINUTES = "help_line", "idle_minutes"
STAFF_SECOND_FACTOR = "staff_second_factor"
REQUIRED, OPTIONAL = "required", "optional"
DEFAULTS = {
    HELP_LINE: ("0477-8587631", N_("咨询与找回密码的电话，显示在每一页")),
    IDLE_MINUTES: ("60", N_("登录后多少分钟没有操作就自动退出，5 至 720；填了一半的内容重新登录后还在")),
    STAFF_SECOND_FACTOR: (
        OPTIONAL,
        N_("必须使用时，没有设置的工作人员登录后先设置，在此之前不能办理任何业务"),
    ),
}

NAMES = {
    HELP_LINE: N_("咨询电话"),
    IDLE_MINUTES: N_("自动退出的时间（分钟）"),
    STAFF_SECOND_FACTOR: N_("工作人员必须使用动态验证码"),
}

VALUE_LABELS = {STAFF_SECOND_FACTOR: {REQUIRED: N_("必须使用"), OPTIONAL: N_("自愿使用")}}
"""The labels of the values of a setting that is a choice."""


def value_label(key: str, value: str) -> str:
    """Return the label of a setting's value; a value that is no choice is its own label."""
    return VALUE_LABELS.get(key, {}).get(value, value)


def setting_query(key: str) -> Select[str]:
    """Return the query for a setting's stored value; pass its result to `setting_value`."""
    return select(Setting.value).where(Setting.key == key)


def setting_value(key: str, value: str | None) -> str:
    """Return the stored value, or the guide's default when it is None."""
    return DEFAULTS[key][0] if value is None else value


def setting(key: str) -> str:
    """Return the setting: the administrator's value, or the guide's default."""
    return setting_value(key, db.session.scalar(setting_query(key)))
