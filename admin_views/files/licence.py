"""The licence scan between two attempts at a form: stored, and named by a sealed word in the form until a row names it.

Never believes a word that this site has not sealed, nor one for a file that has become some enterprise's.
"""

from dataclasses import asdict

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from models import Enterprise, db
from uploads import kinds, sets
from uploads.browser_check import accept_attribute
from uploads.preview import is_shown
from uploads.receive import Received, discard_file, receive

KINDS = tuple(kind for kind in kinds.PERMITTED if is_shown(kind.extensions[0]))
"""A licence is looked at in place: pictures and PDF only."""
ACCEPTED = accept_attribute(KINDS)
SECONDS = 12 * 60 * 60
"""How long a form may be mended; the sweep removes what no row names after a day."""


def receive_licence(file: FileStorage) -> Received:
    """Inspect and store the file. Raises UploadError; then nothing is kept."""
    return receive(file, allowed=KINDS)


def replace_licence(old: Received | None, new: Received) -> None:
    """Remove the file that the new one stands in for."""
    if old is not None and old.storage_name != new.storage_name:
        discard_licence(old)


def discard_licence(received: Received) -> None:
    """Remove a file that no row has come to name: of a form that was sent twice, the other one may have given it to its."""
    if not _is_taken(received):
        discard_file(received.storage_name)


def seal(received: Received) -> str:
    """Return the word that names the file in a form."""
    return _serializer().dumps(asdict(received))


def load_sealed(word: str | None) -> Received | None:
    """Return the file that the word names; None when it is not ours, too old, gone, or in use."""
    try:
        fields = _serializer().loads(word or "", max_age=SECONDS)
        received = Received(**{**fields, "notes": tuple(fields.get("notes", ()))})
    except (BadData, TypeError, AttributeError):
        return None
    if any(sets.storage().missing([received.storage_name])):
        return None
    return None if _is_taken(received) else received


def _is_taken(received: Received) -> bool:
    taken = select(Enterprise.id).where(Enterprise.licence_file == received.storage_name)
    return db.session.scalar(taken) is not None


def attach_to_enterprise(received: Received, enterprise: Enterprise) -> None:
    """Let the enterprise's row name the file."""
    enterprise.licence_file = received.storage_name
    enterprise.licence_name = received.display_name
    enterprise.licence_extension = received.extension
    enterprise.licence_type = received.content_type
    enterprise.licence_pages = received.pages
    enterprise.licence_notes = list(received.notes)
    enterprise.licence_sha256 = received.sha256


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept-licence")
