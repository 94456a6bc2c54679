"""「下载申请表」: the form of the saved application as PDF, and what the signed paper says afterwards (A22)."""

from typing import Any

from flask import Response, abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.files.signed_papers import changed_labels
from admin_views.personal.uploads import refusal_text
from admin_views.site import rate_limits
from admin_views.site.base import expose
from admin_views.site.wording import problem_text
from common import paper_codes
from common.characters import code_point
from common.errors import ActionRefused, NotVisible
from documents import printed_forms
from documents.typesetting import TypesettingError
from uploads import attachments
from uploads.responses import as_private_download
from workflow.form.answers import snapshot
from workflow.review import editing
from workflow.transitions import is_editable


class PrintedFormRoutes:
    """The routes of the applicant's view for the printed form."""

    exposed_routes: tuple[str, ...] = ("printed_form", "print_form", "type_form_code")
    get_one: Any
    get_url: Any
    render: Any
    _slots_page: Any

    @expose("/<number>/form/")
    def printed_form(self, number: str) -> Any:
        """Say what is missing, what the font lacks and what has changed since the form was printed; offer the download."""
        return self._printed_form_page(self.get_one(number))

    def _printed_form_page(self, found: Any, failed: str = "", status: int = 200) -> Any:
        content, last = snapshot(found), printed_forms.last_printed(found)
        editable = is_editable(found.state)
        form = self.get_url(".application", number=found.number)
        return self.render(
            "personal/printed_form.html",
            application=found,
            editable=editable,
            failed=failed,
            problems=[
                {"url": f"{form}#{problem.anchor}", "text": problem_text(problem)}
                for problem in (printed_forms.printed_problems(found) if editable else ())
            ],
            unprintable=[
                f"{character} {code_point(character)}"
                for character in printed_forms.unprintable(found, content)
            ],
            last=last,
            changed=changed_labels(printed_forms.changed_since(found, last.snapshot, content))
            if last
            else "",
        ), status

    @expose("/<number>/form/", methods=("POST",))
    def print_form(self, number: str) -> Any:
        """Send the form as PDF, and record what was printed."""
        found = self.get_one(number)
        try:
            rate_limits.count_printing()
            printed = printed_forms.print_form(found)
        except TypesettingError:
            sentence = gettext("现在不能生成申请表，请稍后再试；已填写的内容不受影响。")
            return self._printed_form_page(found, sentence, 503)
        return as_private_download(Response(printed.document.pdf, mimetype="application/pdf"), printed.name)

    @expose("/<number>/attachments/<int:key>/code/", methods=("POST",))
    def type_form_code(self, number: str, key: int) -> Any:
        """Take the code that the applicant typed from a signed form on which none could be read."""
        found = self.get_one(number)
        try:
            attachments.present_file(found, key)
        except NotVisible:
            abort(404)
        typed = request.form.get("form_code", "")
        code = paper_codes.parse(typed)
        if code is None:
            if not is_editable(found.state):
                return redirect(self.get_url(".application", number=number))
            return self._slots_page(found, status=422, typed_codes={key: typed})
        try:
            with editing(found.id, current_user) as application:
                attachments.set_form_code(application, key, code.text)
        except NotVisible:
            abort(404)
        except ActionRefused as refusal:
            flash(refusal_text(refusal), "error")
        return redirect(f"{self.get_url('.attachments', number=number)}#file-{key}")
