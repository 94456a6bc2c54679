"""「补贴标准」 (P3): drafts, their preview on real cases, versions in force. A version in force is never edited."""

from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from admin_views.administration.base import MOST_SHOWN, AdministeredTable, respond_to_refusal
from admin_views.administration.standard_forms import EndForm, StandardForm, standard_form
from admin_views.site.base import confirmed, expose
from admin_views.site.lists import Badge, Column, DataTable
from admin_views.site.standard_rules import conditions_lines, payment_line, standard_title
from admin_views.site.wording import day, translated
from administration import changes
from administration.effects.standards import version_name
from common.calendar import today
from common.errors import ActionRefused, ChangedMeanwhile, ConfirmationRequired, Unacceptable
from common.money import in_yuan
from common.wording import N_, NP_
from models import Standard, StandardState, State, db
from payments import preview, standards
from workflow.transitions import RESULT_WORDS, STATE_WORDS


class StandardRow(NamedTuple):
    """One version in the list, with its conditions in words."""

    id: int
    standard: Standard
    conditions: list[str]


def _days(row: StandardRow) -> str:
    first, last = row.standard.valid_from, row.standard.valid_until
    return gettext("%(first)s 至 %(last)s", first=day(first), last=day(last) if last else gettext("长期"))


def state_badge(row: Standard) -> Badge:
    """Return the badge that says whether a version holds today."""
    if row.state is StandardState.DRAFT:
        return Badge("wait", gettext("草稿"))
    if row.valid_until is not None and row.valid_until < row.valid_from:
        return Badge("idle", gettext("未生效即被取代"))
    if row.valid_until is not None and row.valid_until < today():
        return Badge("idle", gettext("已结束"))
    if row.valid_from > today():
        return Badge("wait", gettext("将生效"))
    return Badge("good", gettext("有效"))


def _case_state(case: preview.Case) -> str:
    row = case.application
    return translated(RESULT_WORDS[row.result] if row.state is State.FINISHED else STATE_WORDS[row.state])


def _gets(which: str, case: preview.Case) -> str:
    standard = getattr(case, which)
    return f"{in_yuan(standard.amount_fen)} · {standard_title(standard)}" if standard else "—"


def _difference(case: preview.Case) -> Badge:
    if not case.differs:
        return Badge("idle", gettext("不变"))
    fen = case.difference_fen
    if not fen:
        return Badge("wait", gettext("只改次数或年数"))
    return Badge("good" if fen > 0 else "late", f"{'+' if fen > 0 else ''}{in_yuan(fen)}")


CASE_COLUMNS = (
    Column("number", N_("编号"), lambda case: case.application.number, cell="title", style="num"),
    Column("name", N_("姓名"), lambda case: case.application.name, style="nowrap"),
    Column("state", N_("业务状态"), _case_state, style="nowrap"),
    Column("now", N_("现行标准（元）"), partial(_gets, "now"), style="num cell-num", kind="num"),
    Column("then", N_("按草稿（元）"), partial(_gets, "then"), style="num cell-num", kind="num"),
    Column("difference", N_("第一年相差（元）"), _difference, cell="badge"),
)


class Standards(AdministeredTable):
    """The versions of the standards, newest first within a name; drafts on top."""

    exposed_routes = ("index_view", "create_view", "edit_view", "preview", "renew", "discard")
    title = NP_("list", "补贴标准")
    columns = (
        Column("name", N_("名称"), lambda row: row.standard.name, cell="title", style="nowrap"),
        Column(
            "version",
            N_("版本"),
            lambda row: gettext("第 %(number)s 版", number=row.standard.version),
            style="nowrap",
        ),
        Column("period", N_("申报期"), lambda row: str(row.standard.period or gettext("每个申报期"))),
        Column("conditions", N_("条件"), lambda row: row.conditions, cell="items"),
        Column("priority", N_("优先级"), lambda row: row.standard.priority, style="num"),
        Column("paid", N_("发放"), lambda row: payment_line(row.standard)),
        Column("days", N_("有效期"), _days, style="num"),
        Column("state", N_("状态"), lambda row: state_badge(row.standard), cell="badge"),
    )
    list_template = "administration/standards.html"
    form_template = "administration/standard.html"
    full_width_fields = ("name",)

    def list_rows(self) -> Any:
        rows = db.session.scalars(
            self.rows()
            .where(Standard.state != StandardState.DISCARDED)
            .order_by(Standard.state, Standard.priority, Standard.name, Standard.id.desc())
            .options(joinedload(Standard.period))
            .limit(MOST_SHOWN)
        ).all()
        fields = standards.condition_fields()
        return [StandardRow(row.id, row, conditions_lines(row, fields)) for row in rows]

    # The form: a draft as a whole, of a version in force the last day

    def create_form(self, obj: Any = None) -> Any:
        return standard_form(standards.condition_fields())(obj=obj)

    def edit_form(self, obj: Any = None) -> Any:
        if obj.state is not StandardState.DRAFT:
            return EndForm(obj=obj)
        form = self.create_form(obj)
        if request.method != "POST":
            form.show(obj)
        return form

    def prefill(self, form: StandardForm) -> None:
        form.valid_from.data = today()

    def form_context(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {"save_word": gettext("保存草稿"), "drafted": True}
        if row.state is StandardState.DISCARDED:
            abort(HTTPStatus.NOT_FOUND)
        return self._about(row) | {
            "save_word": gettext("保存草稿") if row.state is StandardState.DRAFT else None
        }

    def _about(self, row: Standard) -> dict[str, Any]:
        successor = db.session.scalars(
            self.rows().where(Standard.replaces_id == row.id, Standard.state != StandardState.DISCARDED)
        ).first()
        drafted = row.state is StandardState.DRAFT
        ended = row.valid_until is not None and row.valid_until < today()
        return {
            "name": standard_title(row),
            "badge_of_row": state_badge(row),
            "drafted": drafted,
            "can_end": not drafted and not ended,
            "successor": successor,
            "successor_title": standard_title(successor) if successor else "",
            "conditions": conditions_lines(row, standards.condition_fields()),
            "payment": payment_line(row),
            "fingerprint": changes.fingerprint(row),
        }

    def saved(self, row: Standard) -> Any:
        if row.state is not StandardState.DRAFT:
            return super().saved(row)
        flash(gettext("已保存草稿，还没有生效。请核对预览。"), "success")
        return redirect(self.get_url(".preview", key=row.id))

    # A draft before it holds

    @expose("/<key>/preview/", methods=("GET", "POST"))
    def preview(self, key: str) -> Any:
        """Show what the draft changes on real cases; put it into force once that is confirmed."""
        row = self.get_one(key)
        if row.state is not StandardState.DRAFT:
            return redirect(self.get_url(".edit_view", key=key))
        if request.method != "POST":
            return self._preview(row)
        try:
            changes.change(
                Standard,
                row.id,
                current_user,
                standards.put_into_force,
                seen=request.form.get("seen", ""),
                confirmed=confirmed(),
            )
        except ConfirmationRequired as question:
            return self._preview(self.get_one(key), question=question)
        except ChangedMeanwhile:
            return self._preview(self.get_one(key), meanwhile=True), HTTPStatus.CONFLICT
        except Unacceptable as refusal:
            wrong = translated(refusal.sentence.text, refusal.sentence.words)
            return self._preview(self.get_one(key), wrong=wrong), HTTPStatus.UNPROCESSABLE_ENTITY
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        flash(gettext("已生效：%(name)s", name=standard_title(self.get_one(key))), "success")
        return redirect(self.get_url(".index_view"))

    def _preview(self, row: Standard, **context: Any) -> str:
        comparison = preview.compare(row)
        return self.render(
            "administration/standard_preview.html",
            title=gettext("补贴标准"),
            row=row,
            comparison=comparison,
            numbers=comparison.numbers,
            most=preview.MOST_OF_KIND,
            listing=DataTable(CASE_COLUMNS, comparison.sample),
            in_yuan=in_yuan,
            **{"question": None, "meanwhile": False, "wrong": "", **context} | self._about(row),
        )

    @expose("/<key>/version/", methods=("POST",))
    def renew(self, key: str) -> Any:
        """Begin the draft of the next version, or go on with the one that was begun."""
        row = self.get_one(key)
        if row.state is not StandardState.IN_FORCE:
            abort(HTTPStatus.NOT_FOUND)
        following = select(Standard.id).where(
            Standard.replaces_id == row.id, Standard.state != StandardState.DISCARDED
        )
        known = db.session.scalar(following)
        if known is None:
            try:
                known = changes.add(standards.next_version(row), current_user).id
            except ChangedMeanwhile:
                known = db.session.scalar(following)
            except Unacceptable as refusal:
                flash(translated(refusal.sentence.text, refusal.sentence.words), "error")
                known = row.id
            except ActionRefused as refusal:
                return respond_to_refusal(refusal)
        return redirect(self.get_url(".edit_view", key=known))

    @expose("/<key>/discard/", methods=("POST",))
    def discard(self, key: str) -> Any:
        """Discard a draft."""
        row = self.get_one(key)
        try:
            changes.change(
                Standard,
                row.id,
                current_user,
                standards.discard,
                seen=request.form.get("seen", ""),
                confirmed=confirmed(),
            )
        except ChangedMeanwhile:
            return self._preview(self.get_one(key), meanwhile=True), HTTPStatus.CONFLICT
        except ActionRefused as refusal:
            return respond_to_refusal(refusal)
        flash(gettext("已放弃草稿：%(name)s", name=version_name(row)), "success")
        return redirect(self.get_url(".index_view"))
