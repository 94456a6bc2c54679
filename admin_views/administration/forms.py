"""The administrator's forms. Each declares its fields explicitly; other values of a request are ignored."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import ColumnElement, select
from wtforms import BooleanField, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from accounts.logins import STAFF
from admin_views.accounts.fields import check_telephone
from admin_views.administration.input_fields import TELEPHONE, Chosen, TextLine, WordChoice, clean_lines
from admin_views.site.day_fields import DayField, limits
from admin_views.site.typed import as_name, desk_telephone, half_width, telephone
from admin_views.site.wording import translated
from administration.effects import regions as region_effects
from models import Office, OfficeDuty, Region, RegionKind, Role, db
from workflow.periods import LEAST_DAYS, MOST_DAYS, USUAL_DAYS
from workflow.routing import KIND_WORDS
from workflow.transitions import ROLE_WORDS

LONGEST_TEXT = 20_000
"""Characters of 「申请须知」: ten times its length in 2026."""
LAST_PLACE = 9999
LONGEST_DAYS = 4000
"""Characters. The State Council's whole notice has about a thousand."""


def _given(sentence: Any) -> DataRequired:
    return DataRequired(sentence)


def _offices() -> list[SelectChoice]:
    offices = select(Office.id, Office.name).where(Office.duty == OfficeDuty.REGION).order_by(Office.id)
    return [SelectChoice(row.id, row.name) for row in db.session.execute(offices)]


def _regions(*which: ColumnElement[bool]) -> list[SelectChoice]:
    regions = select(Region.id, Region.name, Region.kind).where(*which).order_by(Region.position, Region.id)
    return [
        SelectChoice(
            row.id, gettext("%(name)s（%(kind)s）", name=row.name, kind=translated(KIND_WORDS[row.kind]))
        )
        for row in db.session.execute(regions)
    ]


def _position() -> IntegerField:
    return IntegerField(
        _("排列顺序"),
        [
            InputRequired(_("请填写数字。")),
            NumberRange(0, LAST_PLACE, message=_("请填写 0 至 9999 的数字。")),
        ],
        default=0,
        description=_("数字小的排在前面。"),
    )


class RegionForm(FlaskForm):
    name = TextLine(_("名称"), 40, _given(_("请填写名称。")))
    code = TextLine(
        _("代码"),
        12,
        _given(_("请填写代码。")),
        Regexp(r"[0-9A-Za-z]+\Z", message=_("代码由数字和字母组成。")),
        normalise=half_width,
        description=_("旗区用六位行政区划代码，园区可自行编排。"),
    )
    kind = WordChoice(
        _("类别"),
        RegionKind,
        KIND_WORDS,
        validators=[InputRequired(_("请选择类别。"))],
        description=_("类别决定审核流程：市直属不经过初审，旗区和市管园区先由负责单位初审。"),
    )
    office_id = Chosen(
        _("负责单位"),
        _offices,
        _("请选择"),
        validators=[InputRequired(_("请选择负责单位。"))],
        description=_("审核本地区的企业账号；旗区和市管园区的申请由它初审。"),
    )
    position = _position()
    active = BooleanField(_("启用"), default=True, description=_("停用后，企业注册时不能再选这个地区。"))


class MergeForm(FlaskForm):
    """The region that another one is merged into, among those that it could be."""

    merged_into_id = Chosen(
        _("并入的地区"),
        list,
        _("请选择"),
        validators=[InputRequired(_("请选择要并入的地区。"))],
        description=_("审核流程相同的地区才能合并。保存前会告诉您有多少企业、申请和工作人员随之划转。"),
    )

    def __init__(self, region: Region, **given: Any) -> None:
        super().__init__(**given)
        choices = _regions(region_effects.merge_targets(region))
        self.merged_into_id.choices = [*(self.merged_into_id.choices or ()), *choices]


class ImportForm(FlaskForm):
    sheet = FileField(
        _("Excel 文件"),
        [FileRequired(_("请先选择要上传的文件。"))],
        description=_("按模板填写的 .xlsx 文件。上传后先核对，确认之前什么都不写入。"),
        render_kw={"accept": ".xlsx"},
    )


class OfficeForm(FlaskForm):
    name = TextLine(_("名称"), 80, _given(_("请填写名称。")))
    telephone = TextLine(
        _("电话"),
        60,
        Optional(),
        TELEPHONE,
        normalise=desk_telephone,
        description=_("显示给申请人和企业，用来提醒本单位审核。"),
    )


class EnterpriseForm(FlaskForm):
    name = TextLine(_("单位名称"), 100, _given(_("请填写单位名称。")), normalise=as_name)
    region_id = Chosen(
        _("所属地区"),
        _regions,
        _("请选择"),
        validators=[InputRequired(_("请选择所属地区。"))],
        description=_("改为其他地区时，正在审核的申请随企业划转；保存前会告诉您有多少件。"),
    )
    contact_name = TextLine(_("联系人"), 60, _given(_("请填写联系人。")), normalise=as_name)
    contact_phone = TextLine(
        _("联系电话"), 30, _given(_("请填写联系电话。")), check_telephone, normalise=telephone
    )
    active = BooleanField(
        _("启用"),
        default=True,
        description=_("停用后不能再被选为工作单位，审核人员不能登录；保存前会告诉您在办的申请怎么处理。"),
    )


def _telephone_of_clerk() -> TextLine:
    return TextLine(
        _("联系电话"),
        30,
        Optional(),
        check_telephone,
        normalise=telephone,
        description=_("手机号码或固定电话；固定电话收不到短信。"),
    )


class StaffForm(FlaskForm):
    """`office_id` is asked of clerks of offices alone; the others' desk follows from their role."""

    name = TextLine(_("姓名"), 60, _given(_("请填写姓名。")), normalise=as_name)
    phone = _telephone_of_clerk()
    office_id = Chosen(
        _("单位"),
        _offices,
        _("请选择"),
        validators=[InputRequired(_("请选择单位。"))],
        description=_("换单位后，不再看到原单位的申请。"),
    )
    may_export_full = BooleanField(
        _("可以导出完整的证件号码和银行账号"),
        description=_("不勾选时，导出的号码只显示前四位和后两位。每次导出完整号码须写明原因，并留下记录。"),
    )


class NewStaffForm(FlaskForm):
    name = TextLine(_("姓名"), 60, _given(_("请填写姓名。")), normalise=as_name)
    login = TextLine(
        _("登录名"),
        60,
        _given(_("请填写登录名。")),
        Regexp(r"[0-9A-Za-z_.]{3,60}\Z", message=_("登录名为 3 位以上的字母、数字、下划线或点。")),
        normalise=half_width,
        description=_("字母、数字、下划线或点，不区分大小写；建立后不能修改。"),
    )
    role = RadioField(
        _("身份"),
        [InputRequired(_("请选择身份。"))],
        coerce=str,
        choices=lambda: [SelectChoice(role.value, translated(ROLE_WORDS[role])) for role in STAFF],
        description=_("建立后不能修改；换岗到其他身份时另建账号。"),
    )
    office_id = Chosen(
        _("单位"),
        _offices,
        _("请选择"),
        description=_("身份为“%(role)s”时必须选择；其他身份不用选。", role=_(ROLE_WORDS[Role.OFFICE])),
    )
    phone = _telephone_of_clerk()

    def validate_office_id(self, field: Chosen) -> None:
        if self.role.data == Role.OFFICE.value and field.data is None:
            raise ValidationError(_("请选择单位。"))


class MaterialForm(FlaskForm):
    name = TextLine(_("名称"), 80, _given(_("请填写名称。")))
    shows = TextAreaField(
        _("须显示的内容"),
        [Optional(), Length(max=400, message=_("最多 %(max)d 个字。"))],
        filters=[clean_lines],
        description=_("写在上传处，告诉申请人这份材料要看得到什么。"),
    )
    position = _position()
    required = BooleanField(_("必需"), default=True, description=_("没有上传就不能提交。"))
    printed_form = BooleanField(
        _("由系统生成的申请表"),
        description=_("上传处可以下载填好的申请表；上传的文件由二维码核对与申请内容是否一致。"),
    )
    active = BooleanField(_("启用"), default=True, description=_("停用后不再要求上传。"))


class NoticeForm(FlaskForm):
    version = TextLine(
        _("版本"), 40, _given(_("请填写版本。")), description=_("申请人看得到，例如：2026 年第 2 版。")
    )
    body = TextAreaField(
        _("正文"),
        [_given(_("请填写正文。")), Length(max=LONGEST_TEXT, message=_("最多 %(max)d 个字。"))],
        filters=[clean_lines],
        description=_("从现行版本的文字开始修改。空一行另起一段。"),
        render_kw={"rows": 22},
    )


class PeriodForm(FlaskForm):
    name = TextLine(_("名称"), 60, _given(_("请填写名称。")), description=_("例如：2027 年度申报。"))
    opens = DayField(
        _("开始日期"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("从这一天起可以提交。"),
        render_kw=limits(DayField),
    )
    closes = DayField(
        _("结束日期"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("这一天仍可以提交。"),
        render_kw=limits(DayField),
    )
    resubmit_days = IntegerField(
        _("回退后的期限（工作日）"),
        [
            InputRequired(_("请填写数字。")),
            NumberRange(LEAST_DAYS, MOST_DAYS, message=_("请填写 %(min)d 至 %(max)d 的数字。")),
        ],
        default=USUAL_DAYS,
        description=_(
            "本期的申请被回退或撤回后，在这么多个工作日内可以重新提交，申报期已结束也可以。修改只对以后的回退有效。"
        ),
    )


class NewCalendarYearForm(FlaskForm):
    year = IntegerField(
        _("年份"),
        [
            InputRequired(_("请填写年份，例如：2027。")),
            NumberRange(1000, 9999, message=_("请填写年份，例如：2027。")),
        ],
    )
    holidays = TextAreaField(
        _("放假"),
        [_given(_("请填写放假的日期。")), Length(max=LONGEST_DAYS, message=_("最多 %(max)d 个字。"))],
        filters=[clean_lines],
        description=_("国务院办公厅通知里放假的日期，一行一个节日，例如：10月1日（周五）至7日（周四）。"),
        render_kw={"rows": 8},
    )
    workdays = TextAreaField(
        _("调休上班"),
        [Optional(), Length(max=LONGEST_DAYS, message=_("最多 %(max)d 个字。"))],
        filters=[clean_lines],
        description=_("通知里要上班的周六和周日，例如：9月26日（周日）、10月9日（周六）。"),
        render_kw={"rows": 4},
    )
    source = TextLine(_("依据"), 200, Optional(), description=_("通知的名称或文号，可以不填。"))
    active = BooleanField(
        _("启用"),
        default=True,
        description=_("停用后改用系统内置的安排；没有内置的年份按周一至周五计算。"),
    )


class CalendarYearForm(NewCalendarYearForm):
    """The year of a row never changes."""

    year = None
