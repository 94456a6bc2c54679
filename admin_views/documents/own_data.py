"""「我的数据」 (A24): what is stored about whoever is logged in, how long, who looked at full numbers, and all of it as a ZIP file."""

from typing import Any

from flask import Blueprint, Flask, current_app, g, render_template
from flask_babel import gettext
from flask_login import current_user, login_required
from flask_wtf import FlaskForm

from admin_views.accounts.attempts import error_response, flood_key, knows_password
from admin_views.accounts.fields import present_password_field
from admin_views.documents import own_files
from admin_views.site.lists import Column, DataTable
from admin_views.site.wording import translated
from common.wording import N_
from documents.kinds import register_kind
from documents.own_data import looks, stored_data
from documents.own_data_file import OWN_DATA, OWN_DATA_TITLE, own_data_kind
from models import Role
from uploads.sets import storage
from workflow.form.living_allowance import FIELDS
from workflow.transitions import ROLE_WORDS

STORED_COLUMNS = (
    Column("label", N_("数据"), lambda row: translated(row.label), cell="title"),
    Column(
        "count", N_("数量"), lambda row: "" if row.count is None else str(row.count), style="num", empty="—"
    ),
    Column("kept", N_("保存多久"), lambda row: translated(row.kept.text, row.kept.words)),
)
LOOK_COLUMNS = (
    Column("at", N_("时间"), cell="stamp", style="num"),
    Column("desk", N_("单位"), lambda row: row.desk or translated(ROLE_WORDS[row.role]), cell="title"),
    Column(
        "field",
        N_("号码"),
        lambda row: translated(FIELDS[row.field].label) if row.field in FIELDS else row.field,
    ),
    Column("number", N_("申请编号"), style="num"),
)


class OwnDataForm(FlaskForm):
    """The file has all numbers in full, so it asks for the password."""

    present_password = present_password_field()


@login_required
def data_page() -> Any:
    """Show what is stored."""
    return _page(OwnDataForm(formdata=None))


@login_required
def make_data() -> Any:
    """Ask for the file, with the password."""
    form = OwnDataForm()
    if form.validate_on_submit() and knows_password(form):
        return own_files.begin(OWN_DATA, {"account": current_user.id}, OWN_DATA_TITLE)
    return error_response(_page(form), g.get("locked"))


def _page(form: OwnDataForm) -> str:
    person = current_user._get_current_object()
    is_applicant = person.role is Role.APPLICANT
    return render_template(
        "documents/own_data.html",
        title=gettext("我的数据"),
        form=form,
        stored=DataTable(STORED_COLUMNS, stored_data(person)),
        looks=DataTable(LOOK_COLUMNS, looks(person)) if is_applicant else None,
    )


def register(app: Flask) -> None:
    """Add `/account/data/`."""
    register_kind(own_data_kind(storage))
    limited = app.extensions["limits"].limited(
        make_data,
        lambda: str(current_app.config["LOGIN_LIMIT_ADDRESS"]),
        lambda: flood_key(None),
    )
    pages = Blueprint("own_data", __name__)
    pages.add_url_rule("/account/data/", "page", data_page)
    pages.add_url_rule("/account/data/", "make", limited, methods=("POST",))
    app.register_blueprint(pages)
