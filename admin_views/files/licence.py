"""The licence scan while a form has errors: the file is stored, and a signed value in the form refers to it.

Never accepts a value that this site has not signed, or a file that a row already refers to.
"""

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from models import Enterprise, db
from uploads import kinds, sets
from uploads.browser_check import accept_attribute
from uploads.errors import StorageUnavailable
from uploads.first_look import draw_later
from uploads.preview import has_preview
from uploads.receive import Received, discard_file, receive

KINDS = tuple(kind for kind in kinds.PERMITTED if has_preview(kind.extensions[0]))
"""Images and PDF only: the page shows the licence."""
ACCEPTED = accept_attribute(KINDS)
SECONDS = 12 * 60 * 60
"""How long the signed value is accepted; the sweep removes unreferenced files after a day."""


def receive_licence(file: FileStorage) -> Received:
    """Check and store the file. Raises UploadError; then nothing is stored."""
    return receive(file, allowed=KINDS)


def replace_licence(old: Received | None, new: Received) -> None:
    """Remove the file that the new one replaces."""
    if old is not None and old.storage_name != new.storage_name:
        discard_licence(old)


def discard_licence(received: Received) -> None:
    """Remove a file unless a row references it: the form may have been sent twice, and the other request used it."""
    if not _is_referenced(received):
        discard_file(received.storage_name)


def seal(received: Received) -> str:
    """Return the signed value that references the file in a form."""
    return _serializer().dumps(received._asdict())


def load_sealed(value: str | None) -> Received | None:
    """Return the file of a signed value; None if the value is invalid or too old, or the file is gone or in use."""
    try:
        fields = _serializer().loads(value or "", max_age=SECONDS)
        received = Received(**{**fields, "notes": tuple(fields.get("notes", ()))})
    except (BadData, TypeError, AttributeError):
        return None
    if _is_gone(received):
        return None
    return None if _is_referenced(received) else received


def _is_gone(received: Received) -> bool:
    try:
        return any(sets.storage().missing([received.storage_name]))
    except StorageUnavailable:  # the signature says that it was stored within the last hours
        return False


def _is_referenced(received: Received) -> bool:
    referring = select(Enterprise.id).where(Enterprise.licence_file == received.storage_name)
    return db.session.scalar(referring) is not None


def attach_to_enterprise(received: Received, enterprise: Enterprise) -> None:
    """Reference the file in the enterprise's row."""
    enterprise.licence_file = received.storage_name
    enterprise.licence_name = received.display_name
    enterprise.licence_extension = received.extension
    enterprise.licence_type = received.content_type
    enterprise.licence_pages = received.pages
    enterprise.licence_notes = list(received.notes)
    enterprise.licence_sha256 = received.sha256
    draw_later(received.storage_name, received.extension)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept-licence")
