"""「保存」: the first one creates the application, a later one changes it while it is editable (A9, A10, A14)."""

from collections.abc import Iterator
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.personal.drafts import changed_elsewhere, save_result, saved_fields, sent_choices, sent_page
from admin_views.personal.form import MOST_EXPERIENCES, form_class
from admin_views.personal.page_parts import notice_unread_text
from admin_views.personal.typed_fields import form_with, typed_fields
from admin_views.site.base import expose
from admin_views.site.typed_back import typed_back
from common.errors import AlreadyUnderWay, ChangedMeanwhile, NoticeUnread, NotPermitted
from drafts import saving
from drafts.merging import Fields
from models import Action, Application, db
from workflow import completeness, review
from workflow.form import versions as description
from workflow.transitions import is_editable

AFTER_SAVE: dict[str, tuple[str, dict[str, Any]]] = {
    "save": (".application", {"saved": 1}),
    "attachments": (".attachments", {}),
    "form": (".printed_form", {}),
    "employer": (".employer", {}),
    "submit": (".application", {"check": 1}),
}
"""Where each button of the foot bar leads after saving: the view, and the query string. 「提交」 leads here while something is missing."""


class SaveRoutes:
    """The routes of the applicant's view that the form is sent to."""

    exposed_routes: tuple[str, ...] = ("begin", "save")
    get_one: Any
    get_url: Any
    compared: Any
    present_base: Any
    _form_page: Any
    _read_only_page: Any

    @expose("/", methods=("POST",))
    def begin(self) -> Any:
        """Create the application on the first save (A9), with the published version of the form."""
        version = description.published()
        form = form_class(version)()
        form.validate()
        if request.form.get("do", "").startswith(("add-experience", "remove-experience")):
            abort(400)  # rows can be added only after the first save (A10)
        try:
            application = review.begin(current_user, form.apply_to)
        except NoticeUnread as refusal:
            return self._not_saved(None, form, notice_unread_text(refusal))
        except AlreadyUnderWay:
            there = review.open_application(current_user)
            if there is None or not is_editable(there.state):
                return self._not_saved(there, form, gettext("您已有一份正在办理的申请，请在它上面修改。"))
            form = form_class(description.form_of(there))()
            form.validate()
            stored = saved_fields(there)
            if not changed_elsewhere(typed_fields(form), stored):
                return self._save(there, form, stored)  # the answer to the same page's first save was lost
            return self.compared(there, form, gettext("您已有一份正在办理的申请，请在它上面修改。"))
        saving.settle_begun(current_user, application, sent_page(), save_result(form, None))
        if request.form.get("form_version", str(version.number)) != str(version.number):
            flash(gettext("申请表刚刚更新，这是新的一版，请逐项核对。"), "info")
        return self._redirect_after_save(application, form)

    @expose("/<number>/", methods=("POST",))
    def save(self, number: str) -> Any:
        """Save the form, then do what the button says: rows, attachments, employer, submission."""
        found = self.get_one(number)
        version = description.form_of(found)
        form = form_class(version)()
        form.validate()
        asked = request.form.get("do", "save")
        if not is_editable(found.state):
            return self._not_editable(found, form)
        stored = saved_fields(found)
        unresolved: list[str] = []
        if "asked" in request.form and form.seen_version == found.version:
            fields, unresolved = sent_choices(form, stored)
            form = form_with(version, fields, found.version)
        if unresolved or asked == "compare":
            return self.compared(found, form, unresolved=unresolved)
        if self._changed_rows(form, asked):
            return self._form_page(found, form, dirty=True)
        return self._save(found, form, stored)

    def _save(self, found: Application, form: Any, stored: Fields) -> Any:
        """Save the page's fields and answer. `stored`: what was saved before."""
        result, page = save_result(form, stored), sent_page()

        def apply(application: Application) -> None:
            form.apply_to(application)
            saving.settle(application.applicant_id, application.id, page, result)

        def perform(version: int) -> None:
            review.perform(found.id, Action.SAVE, current_user, seen_version=version, change=apply)

        try:
            try:
                perform(form.seen_version)
            except ChangedMeanwhile:
                db.session.refresh(found)
                if not is_editable(found.state) or changed_elsewhere(typed_fields(form), saved_fields(found)):
                    raise
                perform(found.version)  # nothing differs: this page saved it, and the answer was lost
        except NoticeUnread as refusal:
            return self._not_saved(found, form, notice_unread_text(refusal))
        except ChangedMeanwhile:
            db.session.refresh(found)
            if not is_editable(found.state):
                return self._not_editable(found, form)
            return self.compared(found, form)
        except NotPermitted:
            return self._not_editable(found, form)
        return self._redirect_after_save(found, form)

    def _not_editable(self, found: Application, form: Any) -> Any:
        """Refuse the change (A14) and return the typed text."""
        sentence = gettext("申请已提交，提交后的信息不可修改。")
        if wants_json():
            return {"failed": sentence, "version": str(found.version), "errors": {}}, 409
        return self._read_only_page(found, 409, sentence, typed_back(form, found))

    def _changed_rows(self, form: Any, asked: str) -> bool:
        """Add or remove a row of the page without saving, for browsers without scripts (A10). Returns whether the button asked for it."""
        if asked == "add-experience":
            if len(form.experiences) < MOST_EXPERIENCES:
                form.experiences.append_entry()
            return True
        if asked.startswith("remove-experience-"):
            gone = asked.removeprefix("remove-experience-")
            form.experiences.entries = [
                entry for entry in form.experiences.entries if entry.name != f"experiences-{gone}"
            ]
            return True
        return False

    def _redirect_after_save(self, application: Application, form: Any) -> Any:
        """Redirect to the button's page after saving; show the form again if some fields could not be saved."""
        number = application.number
        if form.errors:
            form.version.data = str(application.version)
            sentence = gettext("有填写不正确的内容没有保存，已在相应位置标出；其余内容已保存。")
            return self._not_saved(application, form, sentence, 422)
        asked = request.form.get("do", "save")
        if asked == "submit" and not completeness.problems(application):
            view, further = ".confirm", {}
        else:
            view, further = AFTER_SAVE.get(asked, AFTER_SAVE["save"])
        location = self.get_url(view, number=number, **further)
        if not wants_json():
            return redirect(location)
        # The script redirects by itself, unless another button was pressed meanwhile.
        action = self.get_url(".application", number=number)
        answer = {"location": location, "action": action, "version": application.version}
        return answer | self.present_base(application)

    def _not_saved(self, found: Application | None, form: Any, sentence: str, status: int = 422) -> Any:
        """Show the form with the reason why it was not saved and with everything that was typed."""
        if wants_json():
            errors = {
                field.id: [str(error) for error in field.errors] for field in all_fields(form) if field.errors
            }
            answer = {"failed": sentence, "version": form.version.data, "errors": errors}
            return answer | self.present_base(found), status
        return self._form_page(found, form, status=status, failed=sentence, dirty=True)


def wants_json() -> bool:
    """Say whether the page's script sent the request; it shows the answer in place."""
    return request.accept_mimetypes.best == "application/json"


def all_fields(form: Any) -> Iterator[Any]:
    """Yield every field of the page, those of the experience rows included."""
    yield from (field for _, field in form.described_fields())
    for entry in form.experiences:
        yield from entry.form
