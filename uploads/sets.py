"""The one UploadSet: which extensions may come in (A11), how big, and the directory they go to.

Never serves a file: UPLOADS_AUTOSERVE stays off, files go out through responses.py alone.
"""

from pathlib import Path

from flask import Flask, current_app
from flask_babel import LazyString, gettext
from flask_uploads import UploadSet, configure_uploads

from server.long_body import WHEN_ONE_BEGINS
from uploads import decoding
from uploads.errors import StorageUnavailable
from uploads.limits import MAX_BYTES, enforce_limits
from uploads.multipart import RegionRequest
from uploads.storage import PartStore, Previews, Storage, fresh_name
from uploads.storage_locations import configured_location, places_at

EXTENSIONS = ("jpg", "gif", "png", "jpeg", "bmp", "doc", "docx", "xls", "xlsx", "pdf")
"""In the guide's order, which is also the order in which the page names them."""

PERMITTED = LazyString(lambda: gettext("、").join(EXTENSIONS))
"""The extensions as a list in a sentence."""

attachments = UploadSet("attachments", EXTENSIONS)

__all__ = [
    "EXTENSIONS",
    "MAX_BYTES",
    "PERMITTED",
    "attachments",
    "is_storage_available",
    "parts",
    "previews",
    "register",
    "storage",
]


def register(app: Flask) -> None:
    """Configure the set from `app.config["ATTACHMENTS_DIR"]`, an absolute path outside the code; make it ready.

    Raises RuntimeError when the application would serve uploaded files by itself, InvalidLocation for a wrong TALENT_STORAGE_URL.
    """
    if app.config.get("UPLOADS_AUTOSERVE"):
        raise RuntimeError("UPLOADS_AUTOSERVE would show every attachment to everybody")
    app.config["UPLOADED_ATTACHMENTS_DEST"] = str(Path(app.config["ATTACHMENTS_DIR"]).absolute())
    configure_uploads(app, attachments)
    places = places_at(configured_location(app.config))
    app.extensions["attachments"] = places.files
    app.extensions["attachment_previews"] = places.previews
    app.extensions["attachment_parts"] = places.parts
    enforce_limits(app)
    app.request_class = RegionRequest
    if decoding.prepare not in WHEN_ONE_BEGINS:
        WHEN_ONE_BEGINS.append(decoding.prepare)


def storage() -> Storage:
    """Return the storage for attachments of the current Flask application."""
    found: Storage = current_app.extensions["attachments"]
    return found


def is_storage_available() -> bool:
    """Say whether the storage answers, by asking for a file that nobody has."""
    try:
        storage().open(fresh_name()).close()
    except FileNotFoundError:
        return True
    except (StorageUnavailable, OSError):
        return False
    return True


def previews() -> Previews:
    """Return the preview cache of the current Flask application."""
    found: Previews = current_app.extensions["attachment_previews"]
    return found


def parts() -> PartStore:
    """Return the store of unfinished uploads of the current Flask application."""
    found: PartStore = current_app.extensions["attachment_parts"]
    return found
