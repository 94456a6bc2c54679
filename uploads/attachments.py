"""Attaches stored files to an application, and removes them (A11). A file that was submitted once is never deleted.

The caller is within `workflow.review.editing`, which says who may change the application and holds its lock.
"""

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, func, select

from common.errors import ActionRefused, NotVisible
from models import Application, Attachment, Material, db
from models.statements import CompiledStatement
from uploads.first_look import draw_later
from uploads.receive import Received

MAX_FILES = 20
"""Files per material: enough for a contract photographed page by page."""

MOST_STORED_BYTES = 4 * 1024**3
"""Of one application, with the files that were submitted and removed since: those are kept, and could fill the disk in time."""


class TooManyFiles(ActionRefused):
    """The material has as many files as it may have."""


class TooMuchStored(ActionRefused):
    """The files of the application take as much room as they may."""


def attach(application: Application, material_id: int, file: Received) -> Attachment:
    """Attach a received file. Raises what `require_room` raises; the caller then discards the file."""
    require_room(application, material_id)
    attachment = Attachment(
        application_id=application.id,
        material_id=material_id,
        display_name=file.display_name,
        extension=file.extension,
        content_type=file.content_type,
        size=file.size,
        pages=file.pages,
        sha256=file.sha256,
        storage_name=file.storage_name,
        notes=list(file.notes),
        form_code=file.form_code,
    )
    db.session.add(attachment)
    draw_later(file.storage_name, file.extension)
    return attachment


def asked_for() -> Sequence[tuple[int, bool]]:
    """Return the ids of the materials that are asked for, in order, each with whether it is the form that the system prints."""
    return [(material_id, is_printed) for material_id, is_printed in _ASKED_FOR.execute({})]


_ASKED_FOR = CompiledStatement(
    lambda: (
        select(Material.id, Material.printed_form)
        .where(Material.active)
        .order_by(Material.position, Material.id)
    )
)


def require_room(application: Application, material_id: int) -> None:
    """Raise NotVisible when the material is not asked for, TooManyFiles when it has as many files as it may have, TooMuchStored."""
    rows = _ROOM.execute({"application_id": application.id, "material_id": material_id})
    if not rows:
        raise NotVisible
    files, stored_bytes = rows[0]
    if files >= MAX_FILES:
        raise TooManyFiles
    if (stored_bytes or 0) >= MOST_STORED_BYTES:
        raise TooMuchStored


_ROOM = CompiledStatement(
    lambda: select(
        select(func.count(Attachment.id))
        .where(
            Attachment.application_id == bindparam("application_id", type_=Integer),
            Attachment.material_id == bindparam("material_id", type_=Integer),
            Attachment.removed_after.is_(None),
        )
        .scalar_subquery(),
        select(func.sum(Attachment.size))
        .where(Attachment.application_id == bindparam("application_id", type_=Integer))
        .scalar_subquery(),
    ).where(Material.id == bindparam("material_id", type_=Integer), Material.active)
)


def remove(application: Application, attachment_id: int) -> Sequence[str]:
    """Remove a file from the application. Returns the storage names that can be deleted after the commit.

    A file that was submitted once stays for the offices that have seen it. Raises NotVisible.
    """
    attachment = present_file(application, attachment_id)
    if attachment.submitted_round is not None:
        attachment.removed_after = application.round
        return ()
    db.session.delete(attachment)
    return (attachment.storage_name,)


def set_form_code(application: Application, attachment_id: int, code: str) -> None:
    """Store the code that the applicant has typed from a signed form (A22). Raises NotVisible for a file that has none."""
    attachment = present_file(application, attachment_id)
    if attachment.form_code is None or (attachment.form_code and not attachment.form_code_typed):
        raise NotVisible
    attachment.form_code, attachment.form_code_typed = code, True


def present_file(application: Application, attachment_id: int) -> Attachment:
    """Return a file that has not been removed. Raises NotVisible."""
    attachment = db.session.scalars(
        select(Attachment).where(
            Attachment.id == attachment_id,
            Attachment.application_id == application.id,
            Attachment.removed_after.is_(None),
        )
    ).one_or_none()
    if attachment is None:
        raise NotVisible
    return attachment


def is_printed_form(material_id: int) -> bool:
    """Say whether the material is the form that the system prints, whose files are searched for its code."""
    found = select(Material.printed_form).where(Material.id == material_id)
    return bool(db.session.scalar(found))
