"""One row of a batch (P2): its history, the objections against it with their papers, and what can be done."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from accounts.access import may_open_console
from admin_views.files.routes import sent_original
from admin_views.payments.badges import grant_badge
from admin_views.site.base import expose
from admin_views.site.typed import row_number
from admin_views.site.wording import reason_problem, translated
from common.errors import (
    ActionRefused,
    ChangedMeanwhile,
    NotPermitted,
    NotVisible,
    ReasonRefused,
    Unacceptable,
)
from common.money import in_yuan
from common.text import size_text
from models import Grant, GrantAction, GrantEvent, GrantState, Objection, ObjectionDecision, ObjectionFile, db
from payments import grant_moves, grant_scope, objections, publicity, reinstating
from payments.grant_transitions import OBJECTION_WORDS, find_grant_transition, history_wording
from payments.objections import Objector
from uploads.browser_check import accept_attribute
from uploads.errors import UploadError
from uploads.kinds import PERMITTED
from uploads.limits import accepts_attachments
from uploads.receive import discard_file, receive

_EVENT_KINDS = {
    GrantState.GRANTED: "good",
    GrantState.DENIED: "bad",
    GrantState.COMPLETED: "good",
    GrantState.STOPPED: "bad",
}
"""The marks of the history's rows."""


RECONSIDERED = 0
"""Stands for the form that takes a denial back, where the forms of objections stand for their ids."""


def _may_send() -> bool:
    return bool(current_user.is_authenticated and may_open_console(current_user, "city"))


def _changed() -> str:
    return gettext("这一行刚刚有变化，您的操作没有执行。下面是它现在的样子，请核对。")


def _refusal_text(refusal: ActionRefused) -> str:
    if isinstance(refusal, Unacceptable):
        return translated(refusal.sentence.text, refusal.sentence.words)
    return gettext("这件异议已经处理，不能再上传材料。")


class ObjectionForm(FlaskForm):
    """Who objects, and what they say. payments.objections checks the lengths."""

    name = StringField(
        _("异议人"), [DataRequired(_("请填写异议人。匿名的请写“匿名”。"))], render_kw={"maxlength": False}
    )
    contact = StringField(_("联系方式"), render_kw={"maxlength": False})
    text = TextAreaField(_("异议内容"), [DataRequired(_("请填写异议内容。"))], render_kw={"rows": 4})

    def objector(self) -> Objector:
        return Objector(self.name.data or "", self.contact.data or "", self.text.data or "")


class GrantPage:
    """The page of one row and its routes, for `Batches`."""

    exposed_routes: tuple[str, ...] = ("grant", "enter", "attach", "decide", "reconsider", "original")
    get_one: Any
    get_url: Any
    render: Any
    title: str

    @expose("/<number>/<int:position>/")
    def grant(self, number: str, position: int) -> Any:
        """Return one row of a batch."""
        return self._grant_page(self._grant(number, position))

    @expose("/<number>/<int:position>/objections/", methods=("POST",))
    def enter(self, number: str, position: int) -> Any:
        """Enter an objection."""
        grant = self._grant(number, position)
        form = ObjectionForm()
        if not form.validate():
            return self._grant_page(grant, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)
        seen = row_number(request.form.get("version")) or 0
        try:
            objections.enter(current_user._get_current_object(), grant.id, form.objector(), seen_version=seen)
        except Unacceptable as refusal:
            sentence = translated(refusal.sentence.text, refusal.sentence.words)
            if refusal.field:
                form[refusal.field].errors = [sentence]
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._grant_page(
                self._grant(number, position), status, form=form, wrong="" if refusal.field else sentence
            )
        except (ChangedMeanwhile, NotPermitted):
            return self._grant_page(
                self._grant(number, position), HTTPStatus.CONFLICT, form=form, wrong=_changed()
            )
        flash(gettext("已登记异议，这一行暂缓发放。可以继续上传材料。"), "success")
        return redirect(self._address(grant), HTTPStatus.SEE_OTHER)

    @expose("/<number>/<int:position>/objections/<int:key>/files/", methods=("POST",))
    @accepts_attachments(most=objections.MOST_FILES, when=_may_send)
    def attach(self, number: str, position: int, key: int) -> Any:
        """Add papers to an objection; those that are refused are named, the others are kept."""
        grant = self._grant(number, position)
        self._objection(grant, key)
        stored, faults = 0, list[str]()
        for file in [each for each in request.files.getlist("file") if each.filename]:
            try:
                self._store(key, file)
                stored += 1
            except UploadError as error:
                faults.append(str(error))
            except ActionRefused as refusal:
                faults.append(_refusal_text(refusal))
        for fault in faults:
            flash(fault, "error")
        if stored:
            flash(gettext("已上传 %(count)s 份材料。", count=stored), "success")
        elif not faults:
            flash(gettext("请先选择文件，再点“上传材料”。"), "error")
        return redirect(self._address(grant), HTTPStatus.SEE_OTHER)

    def _store(self, key: int, file: Any) -> None:
        received = receive(file)
        try:
            objections.attach_file(current_user._get_current_object(), key, received)
        except BaseException:
            discard_file(received.storage_name)
            raise

    @expose("/<number>/<int:position>/objections/<int:key>/decide/", methods=("POST",))
    def decide(self, number: str, position: int, key: int) -> Any:
        """Decide an objection."""
        grant = self._grant(number, position)
        self._objection(grant, key)
        reason = request.form.get("reason", "")
        decision = next(
            (each for each in ObjectionDecision if each.value == request.form.get("decision")), None
        )
        if decision is None:
            abort(HTTPStatus.NOT_FOUND)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        try:
            objections.decide_objection(current_user._get_current_object(), key, decision, reason)
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写处理意见，申请人会看到这段文字。"))
            return self._grant_page(grant, status, wrong_reason={key: wrong}, typed={key: reason})
        except ChangedMeanwhile:
            already = gettext("这件异议已经处理过，没有重复处理。")
            return self._grant_page(self._grant(number, position), HTTPStatus.CONFLICT, wrong=already)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        flash(gettext("已处理异议，申请人会收到通知。"), "success")
        return redirect(self._address(grant), HTTPStatus.SEE_OTHER)

    @expose("/<number>/<int:position>/reconsider/", methods=("POST",))
    def reconsider(self, number: str, position: int) -> Any:
        """Take a denial back; its objections are to be decided again."""
        grant = self._grant(number, position)
        reason = request.form.get("reason", "")
        seen = row_number(request.form.get("version")) or 0
        status, wrong = HTTPStatus.UNPROCESSABLE_ENTITY, ""
        try:
            reinstating.reconsider(
                grant.id, current_user._get_current_object(), seen_version=seen, reason=reason
            )
        except ReasonRefused as refusal:
            wrong = reason_problem(refusal, gettext("请填写原因，申请人会看到这段文字。"))
        except Unacceptable as refusal:
            wrong = translated(refusal.sentence.text, refusal.sentence.words)
        except (ChangedMeanwhile, NotPermitted):
            return self._grant_page(self._grant(number, position), HTTPStatus.CONFLICT, wrong=_changed())
        if wrong:
            grant = self._grant(number, position)
            return self._grant_page(
                grant, status, wrong_reason={RECONSIDERED: wrong}, typed={RECONSIDERED: reason}
            )
        flash(gettext("已撤销不予发放，异议待重新处理，申请人会收到通知。"), "success")
        return redirect(self._address(grant), HTTPStatus.SEE_OTHER)

    @expose("/<number>/<int:position>/objections/<int:key>/files/<int:file>/")
    def original(self, number: str, position: int, key: int, file: int) -> Response:
        """Send a paper of an objection, as a download."""
        self._objection(self._grant(number, position), key)
        found = db.session.scalars(
            select(ObjectionFile).where(ObjectionFile.id == file, ObjectionFile.objection_id == key)
        ).one_or_none()
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return sent_original(found.storage_name, found.display_name, found.content_type)

    def _grant_page(
        self,
        grant: Grant,
        status: int = HTTPStatus.OK,
        *,
        form: ObjectionForm | None = None,
        wrong: str = "",
        wrong_reason: Mapping[int, str] | None = None,
        typed: Mapping[int, str] | None = None,
    ) -> Any:
        actor = current_user._get_current_object()
        batch = grant.batch
        may_object = find_grant_transition(
            grant.state, GrantAction.OBJECT, actor.role
        ) is not None and publicity.is_running(batch)
        denied = find_grant_transition(grant.state, GrantAction.RECONSIDER, actor.role) is not None
        events = db.session.scalars(
            select(GrantEvent).where(GrantEvent.grant_id == grant.id).order_by(GrantEvent.id.desc())
        )
        content = self.render(
            "payments/grant.html",
            title=gettext("第 %(position)s 号 %(name)s", position=grant.position, name=grant.name),
            list_title=translated(self.title),
            grant=grant,
            batch=batch,
            badge_of=grant_badge(grant),
            amount=in_yuan(grant.amount_fen),
            can_stop=grant.granted_at is not None,
            history=[
                {
                    "kind": _EVENT_KINDS.get(event.to_state, "wait"),
                    "label": translated(history_wording(event.from_state, event.action)),
                    "who": event.actor_name,
                    "when": event.at,
                    "reason": event.reason,
                }
                for event in events
            ],
            objections=objections.of_grant(actor, grant.id),
            decisions=OBJECTION_WORDS,
            Decision=ObjectionDecision,
            form=(form or ObjectionForm(formdata=None)) if may_object else None,
            refused_form=None if may_object else form,
            accept=accept_attribute(PERMITTED),
            most_files=objections.MOST_FILES,
            size_text=size_text,
            denied=denied,
            not_reconsidered=denied
            and (grant_moves.second_person_refusal(grant, actor) or reinstating.granted_meanwhile(grant)),
            wrong=wrong,
            wrong_reason=wrong_reason or {},
            typed=typed or {},
        )
        return content, status

    def _grant(self, number: str, position: int) -> Grant:
        """Return a row in the current account's scope; 404 for any other."""
        batch = self.get_one(number)
        found = db.session.scalars(
            select(Grant).where(
                Grant.batch_id == batch.id, Grant.position == position, grant_scope.grants(current_user)
            )
        ).one_or_none()
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return found

    def _objection(self, grant: Grant, key: int) -> Objection:
        found = db.session.scalars(
            select(Objection).where(
                Objection.id == key,
                Objection.grant_id == grant.id,
                objections.objections_in_sight(current_user),
            )
        ).one_or_none()
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        return found

    def _address(self, grant: Grant) -> str:
        return str(self.get_url(".grant", number=grant.batch.number, position=grant.position))
