"""Uploads in parts that can be resumed (A21): which there are, how far each is, and the next part of one.

Never decides who may upload: the caller has locked the application for editing, or has checked its scope.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, select

from models import PartialUpload, db, exclusive, now
from uploads.errors import Fault, FileRefused
from uploads.inspection import check_announced_size
from uploads.names import display_name
from uploads.sets import parts
from uploads.storage import GRACE_PERIOD

MOST_AT_ONCE = 10
"""Unfinished uploads of one application, hence at most 200 MB. A further one takes the place of the one untouched longest."""

LIFETIME: timedelta = GRACE_PERIOD
"""How long an upload can be resumed after its last part."""


class WrongOffset(Exception):
    """A part does not begin where the upload is; `received` says where that is."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class TooLong(Exception):
    """A part goes beyond the announced size."""


def begin(
    application_id: int, material_id: int, filename: str, size: int, sha256: str
) -> tuple[PartialUpload, list[str]]:
    """Add an upload, within the transaction of the caller. Raises FileRefused when it is too big.

    Returns it and the tokens of those that it has displaced; the caller removes their bytes after the commit.
    """
    check_announced_size(filename, size)
    oldest_last = _unfinished(application_id).order_by(PartialUpload.updated_at.desc(), PartialUpload.token)
    displaced = db.session.scalars(oldest_last.offset(MOST_AT_ONCE - 1)).all()
    for upload in displaced:
        db.session.delete(upload)
    upload = PartialUpload(
        token=secrets.token_hex(16),
        application_id=application_id,
        material_id=material_id,
        display_name=display_name(filename),
        size=size,
        sha256=sha256,
    )
    db.session.add(upload)
    return upload, [one.token for one in displaced]


def unfinished(application_id: int) -> Sequence[PartialUpload]:
    """Return the uploads that can be resumed, of which at least one part has arrived."""
    begun = _unfinished(application_id).where(PartialUpload.received > 0)
    return db.session.scalars(begun.order_by(PartialUpload.updated_at, PartialUpload.token)).all()


def find(application_id: int, token: str, *, lock: bool = False) -> PartialUpload:
    """Return an upload of this application. Raises LookupError for a stranger's, an expired and an unknown one."""
    query = select(PartialUpload).where(
        PartialUpload.token == token,
        PartialUpload.application_id == application_id,
        PartialUpload.updated_at > now() - LIFETIME,
    )
    upload = db.session.scalars(query.with_for_update() if lock else query).one_or_none()
    if upload is None:
        raise LookupError(token)
    return upload


def append(application_id: int, token: str, offset: int, content: bytes) -> PartialUpload:
    """Add a part to an upload. Of two at the same offset the second finds the first there.

    Raises LookupError as `find`, WrongOffset, TooLong, StorageFull.
    """
    with exclusive():
        upload = find(application_id, token, lock=True)
        if upload.finished_at is None:
            # Fewer bytes than were recorded: the database was restored, the parts were not.
            upload.received = min(upload.received, parts().size(token))
        fits = offset == upload.received
        if fits and offset + len(content) > upload.size:
            raise TooLong
        if fits and content:
            parts().append(token, offset, content)
            upload.received += len(content)
            upload.updated_at = now()
    if not fits:
        raise WrongOffset(upload.received)
    return upload


def check_content(upload: PartialUpload, sha256: str) -> None:
    """Raise FileRefused when the browser announced another content than has arrived."""
    if upload.sha256 and upload.sha256 != sha256:
        raise FileRefused(Fault.BROKEN_OFF, name=upload.display_name)


def remove(application_id: int, token: str) -> None:
    """Give an upload up. Raises LookupError as `find`."""
    with exclusive():
        db.session.delete(find(application_id, token, lock=True))
    parts().remove(token)


def delete_expired() -> None:
    """Delete the rows of uploads that can no longer be resumed; sweeping.py removes their bytes."""
    with exclusive():
        db.session.execute(delete(PartialUpload).where(PartialUpload.updated_at <= now() - LIFETIME))


def _unfinished(application_id: int) -> Select[PartialUpload]:
    return select(PartialUpload).where(
        PartialUpload.application_id == application_id,
        PartialUpload.finished_at.is_(None),
        PartialUpload.updated_at > now() - LIFETIME,
    )
