"""The form of a new payment run."""

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from admin_views.site.day_fields import DayField, limits
from admin_views.site.typed import row_number
from models import Period, db
from payments.due import RunChoice

EVERY_PERIOD = ""


class MakeForm(FlaskForm):
    """What a new run is made of."""

    due_until = DayField(
        _("到期日截至"),
        [InputRequired(_("请填写日期，例如：2026-11-23。"))],
        description=_("这一天（含当日）以前到期、还没有发放的款项。"),
        render_kw=limits(DayField),
    )
    period = SelectField(_("申报期"), validate_choice=False)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        periods = db.session.execute(select(Period.id, Period.name).order_by(Period.opens.desc()).limit(100))
        every = SelectChoice(EVERY_PERIOD, gettext("全部申报期"))
        self.period.choices = [every, *(SelectChoice(str(row.id), row.name) for row in periods)]

    def choice(self) -> RunChoice:
        period = row_number(self.period.data)
        return RunChoice(self.due_until.data or date.min, period)
