"""「上传附件」: one slot for each material, 「上传材料」, then 「确认」 (A11, A12).

With scripts each file has a progress bar; without them the form is posted as a whole.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.files.papers import viewer_file
from admin_views.files.routes import PaperRoutes
from admin_views.files.signed_papers import PaperRemark, for_owner
from admin_views.personal.uploads import UploadRoutes, refusal_text
from admin_views.site.base import expose
from admin_views.site.languages import cached_per_language
from common.errors import ActionRefused, NotVisible
from common.text import size_text
from models import Application, Attachment, Material
from uploads import attachments, browser_check, partial
from uploads.errors import UploadError
from uploads.limits import accepts_attachments
from uploads.receive import discard_file, receive
from uploads.sets import EXTENSIONS
from workflow import completeness, progress
from workflow.form.answers import snapshot
from workflow.review import editing
from workflow.transitions import is_editable

_kinds_for_scripts = cached_per_language(browser_check.kinds_for_scripts)

FILE = "material-{}"
MOST_AT_ONCE = 10
"""How many files of the maximal size one request may carry: without scripts all slots are sent together."""


class AttachmentRoutes(UploadRoutes, PaperRoutes):
    """The routes of the applicant's view for attachments."""

    _marks: Any
    exposed_routes = (
        "attachments",
        "upload",
        "remove",
        *UploadRoutes.exposed_routes,
        *PaperRoutes.exposed_routes,
    )

    @expose("/<number>/attachments/")
    def attachments(self, number: str) -> Any:
        """Show the slots with what has been uploaded."""
        found = self.get_one(number)
        if not is_editable(found.state):
            return redirect(self.get_url(".application", number=number))
        return self._slots_page(found)

    def _slots_page(
        self,
        found: Application,
        errors: dict[int, list[str]] | None = None,
        status: int = 200,
        typed_codes: Mapping[int, str] = MappingProxyType({}),
    ) -> Any:
        slots = completeness.slots(found)
        remarks = signed_form_remarks(found, slots)
        marks = self._marks(found, progress.history(found), slots) if found.round else {"marks_at": {}}
        content = self.render(
            "personal/attachments.html",
            application=found,
            slots=[
                (
                    material,
                    [
                        viewer_file(file, self.paper_address(found), remark=remarks.get(file.id))
                        for file in files
                    ],
                )
                for material, files in slots
            ],
            errors=errors or {},
            typed_codes=typed_codes,
            unfinished=_unfinished(found, self.get_url),
            marks_at=marks["marks_at"],
            accept=browser_check.accept_attribute(),
            formats=_kinds_for_scripts(),
            extensions=gettext("、").join(EXTENSIONS),
            lacking=sum(material.required and not files for material, files in slots),
        )
        return content, status

    @expose("/<number>/attachments/", methods=("POST",))
    @accepts_attachments(most=MOST_AT_ONCE, when=lambda: bool(current_user.is_authenticated))
    def upload(self, number: str) -> Any:
        """Store the chosen files; a refused file does not affect the others."""
        found = self.get_one(number)
        application_id = found.id
        materials = attachments.asked_for()
        errors: dict[int, list[str]] = {}
        stored: list[Attachment] = []
        for material_id, is_printed_form in materials:
            for file in request.files.getlist(FILE.format(material_id)):
                if not file.filename:
                    continue
                try:
                    stored.append(self._store(application_id, material_id, file, is_printed_form))
                except UploadError as error:
                    errors.setdefault(material_id, []).append(str(error))
                except ActionRefused as refusal:
                    errors.setdefault(material_id, []).append(refusal_text(refusal))
        if request.accept_mimetypes.best == "application/json":
            sentences = [sentence for several in errors.values() for sentence in several]
            if not stored and not sentences:
                sentences = [gettext("没有收到文件，请重新选择。")]
            return {"errors": sentences, "files": len(stored)}, 422 if sentences else 200
        if errors:
            return self._slots_page(found, errors, 422)
        if stored:
            flash(gettext("已上传 %(count)s 个文件，请核对后点“确认”。", count=len(stored)), "success")
        else:
            flash(gettext("请先选择文件，再点“上传材料”。"), "error")
        return redirect(self.get_url(".attachments", number=number))

    def _store(self, application_id: int, material_id: int, file: Any, is_printed_form: bool) -> Attachment:
        received = receive(file, find_form_code=is_printed_form, small_picture=True)
        try:
            with editing(application_id, current_user) as application:
                return attachments.attach(application, material_id, received)
        except BaseException:
            discard_file(received.storage_name)
            raise

    @expose("/<number>/attachments/<int:key>/remove/", methods=("POST",))
    def remove(self, number: str, key: int) -> Any:
        """Remove a file."""
        found = self.get_one(number)
        try:
            with editing(found.id, current_user) as application:
                removed = attachments.remove(application, key)
            for name in removed:
                discard_file(name)
        except NotVisible:
            abort(404)
        except ActionRefused as refusal:
            flash(refusal_text(refusal), "error")
        else:
            flash(gettext("已删除文件。"), "success")
        return redirect(self.get_url(".attachments", number=number))


def signed_form_remarks(
    found: Application, slots: Sequence[tuple[Material, list[Attachment]]]
) -> dict[int, PaperRemark]:
    """Return whether signed forms agree with what is saved now, by file id."""
    files = [file for _, several in slots for file in several if file.form_code is not None]
    return for_owner(found, files, snapshot(found)) if files else {}


class Unfinished(NamedTuple):
    """An upload that broke off, as the page shows it; the same file is recognised by `size` and `sha256`."""

    token: str
    name: str
    size: int
    sha256: str
    arrived: str
    whole: str
    percent: int
    url: str


def _unfinished(found: Application, address: Callable[..., str]) -> dict[int, list[Unfinished]]:
    """Return the uploads that can be resumed, by material."""
    shown: dict[int, list[Unfinished]] = {}
    for upload in partial.unfinished(found.id):
        url = address(".upload_part", number=found.number, token=upload.token)
        shown.setdefault(upload.material_id, []).append(
            Unfinished(
                upload.token,
                upload.display_name,
                upload.size,
                upload.sha256,
                size_text(upload.received),
                size_text(upload.size),
                upload.received * 100 // upload.size,
                url,
            )
        )
    return shown
