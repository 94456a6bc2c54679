"""「代办」 (W5) in the administration: deputies of clerks, and offices that stand in for others."""

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectField
from wtforms.validators import InputRequired

from admin_views.administration.base import Administration
from admin_views.review.deputies import OFFICES, DeputyForm, DeputyPage, choices
from admin_views.site.base import ConsoleView
from admin_views.site.typed import chosen_id
from desk import deputies
from models import Office, db


class AdministratorDeputyForm(DeputyForm):
    """The same for somebody else, or for an office."""

    account = SelectField(
        _("谁不在岗"), [InputRequired(_("请选择谁不在岗。"))], coerce=chosen_id, validate_choice=False
    )

    def offer(self, rows: Iterable[Any], label: Callable[[Any], str]) -> None:
        self.deputy.choices = self.account.choices = choices(rows, label)


class AdministeredDeputies(Administration, DeputyPage):
    """An administrator names deputies for clerks and for offices."""

    frame = "administration/frame.html"

    def __init__(self) -> None:
        ConsoleView.__init__(
            self, name=self.title, endpoint="administration_deputies", url="/administration/deputies"
        )

    def is_accessible(self) -> bool:
        return ConsoleView.is_accessible(self)

    def _forms(self, sent: str | None) -> dict[str, Any]:
        forms = {
            "": AdministratorDeputyForm() if sent == "" else AdministratorDeputyForm(formdata=None),
            OFFICES: AdministratorDeputyForm(prefix=OFFICES)
            if sent == OFFICES
            else AdministratorDeputyForm(formdata=None, prefix=OFFICES),
        }
        forms[""].offer(deputies.clerks(), lambda row: f"{row.name}（{row.office}）")  # stays Chinese
        offices = db.session.scalars(select(Office).order_by(Office.id).limit(deputies.MOST_SHOWN)).all()
        forms[OFFICES].offer(offices, str)
        return forms

    def _name(self, kind: str, form: Any, days: deputies.Days) -> None:
        name = deputies.name_for_office if kind == OFFICES else deputies.name_for_account
        name(current_user, form.account.data, form.deputy.data, days)

    def _menu(self) -> dict[str, Any]:
        return {}
