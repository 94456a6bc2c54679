"""The routes of files: the original as a download, and rendered pages; for the applicant's and the reviewers' views."""

from functools import cache
from typing import Any, NamedTuple

from flask import abort
from flask_login import current_user
from sqlalchemy import bindparam, select
from werkzeug.wrappers import Response

from accounts.actor_shape import ActorShape
from admin_views.files.papers import FileUrl
from admin_views.site.base import address_of, expose
from models import Application, Attachment
from models.statements import CompiledStatement
from uploads import first_look, responses
from uploads.errors import NoPreview
from uploads.sets import previews, storage
from workflow import scope


class PaperRoutes:
    """The routes of a view whose rows are applications with attachments."""

    exposed_routes: tuple[str, ...] = ("original", "picture")
    get_url: Any

    def paper_address(self, application: Application) -> FileUrl:
        """Return the function that builds the URLs of this application's files."""

        files = f"{address_of(self)}{application.number}/papers/"  # type: ignore[arg-type]  # of a view

        def address(view: str, file: Attachment, **further: int) -> str:
            """As the two routes below; url_for takes longer than drawing the link, and each page of a file has two."""
            own = f"{files}{file.id}/"
            return own if view == ".original" else "{}{sheet}-{width}.jpg".format(own, **further)

        return address

    @expose("/<number>/papers/<int:key>/")
    def original(self, number: str, key: int) -> Response:
        """Send a file as it was uploaded, as a download."""
        found = attachment(number, key)
        return sent_original(found.storage_name, found.display_name, found.content_type)

    @expose("/<number>/papers/<int:key>/<int:sheet>-<int:width>.jpg")
    def picture(self, number: str, key: int, sheet: int, width: int) -> Response:
        """Send a rendered page of a file."""
        found = attachment(number, key)
        return sent_picture(found.storage_name, found.extension, sheet, width)


class FoundFile(NamedTuple):
    """What is sent of an attachment."""

    storage_name: str
    extension: str
    display_name: str
    content_type: str


@cache
def _attachment(actor: ActorShape) -> CompiledStatement:
    return CompiledStatement(
        lambda: (
            select(*(getattr(Attachment, name) for name in FoundFile._fields))
            .join(Application, Application.id == Attachment.application_id)
            .where(
                Attachment.id == bindparam("key"),
                Application.number == bindparam("number"),
                scope.attachments(actor),
            )
        )
    )


def attachment(number: str, key: int) -> FoundFile:
    """Return an attachment in the current account's scope; 404 for any other."""
    shape = ActorShape.of(current_user)
    values = {"key": key, "number": number, **shape.bind_values(current_user)}
    found = _attachment(shape).execute(values)
    if not found:
        abort(404)
    return FoundFile(*found[0])


def sent_original(storage_name: str | None, display_name: str | None, content_type: str | None) -> Response:
    """Return a stored file as a download, after the caller has checked the scope; 404 when there is none."""
    if not storage_name:
        abort(404)
    try:
        return responses.send_original(
            storage(), storage_name, display_name or "", content_type or "application/octet-stream"
        )
    except (FileNotFoundError, ValueError):  # missing, or not a name of the storage
        abort(404)


def sent_picture(storage_name: str | None, extension: str | None, sheet: int, width: int) -> Response:
    """Return a rendered page, after the caller has checked the scope; 404 when there is none."""
    if not storage_name or not extension:
        abort(404)
    try:
        return responses.send_preview(
            storage(), previews(), storage_name, extension, sheet, width,
            before_drawing=lambda: first_look.take_from_worker(storage_name, sheet, width),
        )  # fmt: skip
    except (NoPreview, FileNotFoundError, ValueError):
        abort(404)
