"""Settings that the administrator changes without a deployment (D2)."""

from sqlalchemy import Select, literal_column, select

from common.wording import N_
from models import Setting, db

SITE_NAME = N_("鄂尔多斯人事人才公共服务大厅")

HELP_LINE, IDLE_MINUTES = "help_line", "idle_minutes"
STAFF_SECOND_FACTOR = "staff_second_factor"
REQUIRED, OPTIONAL = "required", "optional"
ENTERPRISE_DAYS, PRELIMINARY_DAYS, CITY_DAYS = "days_enterprise", "days_preliminary", "days_city"
ADMINISTRATOR_DAYS, DIGEST_TIME = "days_administrator", "digest_time"
PUBLICITY_DAYS = "days_publicity"
CONTINUATION_ASKED, CONTINUATION_TERM = "days_continuation_asked", "days_continuation_term"
DAYS_OF_LIMITS = (ENTERPRISE_DAYS, PRELIMINARY_DAYS, CITY_DAYS, ADMINISTRATOR_DAYS)
FILES_AT_ONCE, MOST_FILES_AT_ONCE = "files_at_once", 20
OBJECTION = "objection"
OBJECTION_TEXT = "对本结果有异议的，请与作出审核的{office}联系（电话：{telephone}）。"  # stays Chinese
_LIMIT = N_("每件从到达之日的次日起算，按工作日；0 为不设期限")
DEFAULTS = {
    HELP_LINE: ("0477-8587631", N_("咨询与找回密码的电话，显示在每一页")),
    IDLE_MINUTES: ("60", N_("登录后多少分钟没有操作就自动退出，5 至 720；填了一半的内容重新登录后还在")),
    STAFF_SECOND_FACTOR: (
        OPTIONAL,
        N_("必须使用时，没有设置的工作人员登录后先设置，在此之前不能办理任何业务"),
    ),
    ENTERPRISE_DAYS: ("5", _LIMIT),
    PRELIMINARY_DAYS: ("10", _LIMIT),
    CITY_DAYS: ("15", _LIMIT),
    ADMINISTRATOR_DAYS: ("5", N_("超期这么多个工作日仍未办理的，每个工作日提醒系统管理员；0 为不提醒")),
    PUBLICITY_DAYS: ("5", N_("从公示开始的次日起算，按工作日；正在进行的公示不受影响")),
    CONTINUATION_ASKED: (
        "30",
        N_("分年发放的补贴，后面各年第一笔到期前这么多个工作日，请本人答复是否仍在岗"),
    ),
    CONTINUATION_TERM: (
        "20",
        N_("从询问的次日起算，按工作日，本人答复和单位确认都在期限内；不长于提前的天数，已经询问的不受影响"),
    ),
    DIGEST_TIME: (
        "08:30",
        N_("每个工作日这时提醒各单位：等待审核、今天到期、已超期各几件；没有等待的不提醒"),
    ),
    FILES_AT_ONCE: ("2", N_("同一个人同时在生成的文件（导出、卷宗等）最多几个，1 至 20")),
    OBJECTION: (
        OBJECTION_TEXT,
        N_("审核结果通知书上“如有异议”的文字；{office}、{telephone} 打印时换成审核单位和电话"),
    ),
}

NAMES = {
    HELP_LINE: N_("咨询电话"),
    IDLE_MINUTES: N_("自动退出的时间（分钟）"),
    STAFF_SECOND_FACTOR: N_("工作人员必须使用动态验证码"),
    ENTERPRISE_DAYS: N_("企业审核的办理期限（工作日）"),
    PRELIMINARY_DAYS: N_("初审的办理期限（工作日）"),
    CITY_DAYS: N_("市专家服务中心审核的办理期限（工作日）"),
    ADMINISTRATOR_DAYS: N_("超期多少个工作日后提醒系统管理员"),
    PUBLICITY_DAYS: N_("公示期（工作日）"),
    CONTINUATION_ASKED: N_("在岗确认提前多少个工作日询问"),
    CONTINUATION_TERM: N_("在岗确认的期限（工作日）"),
    DIGEST_TIME: N_("每日提醒的时间"),
    FILES_AT_ONCE: N_("每人同时生成的文件数"),
    OBJECTION: N_("对审核结果有异议的说明"),
}

VALUE_LABELS = {STAFF_SECOND_FACTOR: {REQUIRED: N_("必须使用"), OPTIONAL: N_("自愿使用")}}
"""The labels of the values of a setting that is a choice."""


def value_label(key: str, value: str) -> str:
    """Return the label of a setting's value; a value that is no choice is its own label."""
    return VALUE_LABELS.get(key, {}).get(value, value)


def setting_query(key: str) -> Select[str]:
    """Return the query for a setting's stored value; pass its result to `setting_value`."""
    return select(Setting.value).where(Setting.key == literal_column(f"'{key}'"))


def setting_value(key: str, value: str | None) -> str:
    """Return the stored value, or the guide's default when it is None."""
    return DEFAULTS[key][0] if value is None else value


def setting(key: str) -> str:
    """Return the setting: the administrator's value, or the guide's default."""
    return setting_value(key, db.session.scalar(setting_query(key)))
