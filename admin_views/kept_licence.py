"""The licence scan between two attempts at a form: stored, and named by a sealed word in the form until a row names it.

Never believes a word that this site has not sealed, nor one for a file that has become some enterprise's.
"""

from dataclasses import asdict

from flask import current_app
from flask_babel import gettext
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from models import Enterprise, db
from uploads import sets
from uploads.errors import Fault, Refused
from uploads.names import display_name, extension_of
from uploads.preview import is_shown
from uploads.receive import Received, discard, receive

EXTENSIONS = tuple(filter(is_shown, sets.EXTENSIONS))
"""A licence is looked at in place: pictures and PDF only."""
ACCEPTED = ",".join(f".{extension}" for extension in EXTENSIONS)
SECONDS = 12 * 60 * 60
"""How long a form may be mended; the sweep removes what no row names after a day."""


def take_in(file: FileStorage) -> Received:
    """Inspect and store the file. Raises UploadError; then nothing is kept."""
    name = display_name(file.filename or "")
    if (extension := extension_of(name)) not in EXTENSIONS and extension:
        raise Refused(
            Fault.EXTENSION, name=name, extension=extension, permitted=gettext("、").join(EXTENSIONS)
        )
    return receive(file)


def replace(old: Received | None, new: Received) -> None:
    """Remove the file that the new one stands in for."""
    if old is not None and old.storage_name != new.storage_name:
        let_go(old)


def let_go(received: Received) -> None:
    """Remove a file that no row has come to name: of a form that was sent twice, the other one may have given it to its."""
    if not _is_taken(received):
        discard(received.storage_name)


def sealed(received: Received) -> str:
    """Return the word that names the file in a form."""
    return _serializer().dumps(asdict(received))


def opened(word: str | None) -> Received | None:
    """Return the file that the word names; None when it is not ours, too old, gone, or in use."""
    try:
        received = Received(**_serializer().loads(word or "", max_age=SECONDS))
    except (BadData, TypeError):
        return None
    if any(sets.storage().missing([received.storage_name])):
        return None
    return None if _is_taken(received) else received


def _is_taken(received: Received) -> bool:
    taken = select(Enterprise.id).where(Enterprise.licence_file == received.storage_name)
    return db.session.scalar(taken) is not None


def lay(received: Received, enterprise: Enterprise) -> None:
    """Let the enterprise's row name the file."""
    enterprise.licence_file = received.storage_name
    enterprise.licence_name = received.display_name
    enterprise.licence_extension = received.extension
    enterprise.licence_type = received.content_type
    enterprise.licence_pages = received.pages
    enterprise.licence_sha256 = received.sha256


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept-licence")
