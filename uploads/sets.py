"""The one UploadSet: which extensions may come in (A11), how big, and the directory they go to.

Never serves a file: UPLOADS_AUTOSERVE stays off, files go out through responses.py alone.
"""

from pathlib import Path

from flask import Flask, current_app
from flask_babel import LazyString, gettext
from flask_uploads import UploadSet, configure_uploads

from uploads.limits import MAX_BYTES, enforce_limits
from uploads.local_disk import LocalDisk
from uploads.parts import LocalParts
from uploads.preview import PreviewCache
from uploads.storage import PartStore, Storage

EXTENSIONS = ("jpg", "gif", "png", "jpeg", "bmp", "doc", "docx", "xls", "xlsx", "pdf")
"""In the guide's order, which is also the order in which the page names them."""

PERMITTED = LazyString(lambda: gettext("、").join(EXTENSIONS))
"""The extensions as a list in a sentence."""

attachments = UploadSet("attachments", EXTENSIONS)

__all__ = ["EXTENSIONS", "MAX_BYTES", "PERMITTED", "attachments", "parts", "previews", "register", "storage"]


def register(app: Flask) -> None:
    """Configure the set from `app.config["ATTACHMENTS_DIR"]`, an absolute path outside the code; make it ready.

    Raises RuntimeError when the application would serve uploaded files by itself.
    """
    if app.config.get("UPLOADS_AUTOSERVE"):
        raise RuntimeError("UPLOADS_AUTOSERVE would show every attachment to everybody")
    app.config["UPLOADED_ATTACHMENTS_DEST"] = str(Path(app.config["ATTACHMENTS_DIR"]).absolute())
    configure_uploads(app, attachments)
    destination = Path(app.upload_set_config[attachments.name].destination)  # type: ignore[attr-defined]
    app.extensions["attachments"] = LocalDisk(destination)
    app.extensions["attachment_previews"] = PreviewCache(destination / "previews")
    enforce_limits(app)
    app.extensions["attachment_parts"] = LocalParts(destination / "parts")


def storage() -> Storage:
    """Return the storage for attachments of the current Flask application."""
    found: Storage = current_app.extensions["attachments"]
    return found


def previews() -> PreviewCache:
    """Return the preview cache of the current Flask application."""
    found: PreviewCache = current_app.extensions["attachment_previews"]
    return found


def parts() -> PartStore:
    """Return the store of unfinished uploads of the current Flask application."""
    found: PartStore = current_app.extensions["attachment_parts"]
    return found
