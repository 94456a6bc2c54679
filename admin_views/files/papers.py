"""Attachments as the viewer shows them: a group for each material, with the URLs of pictures and originals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import request
from sqlalchemy import Integer, Select, and_, bindparam, or_, select
from sqlalchemy.orm import outerjoin
from sqlalchemy.orm.attributes import set_committed_value

from accounts.actor_shape import ActorShape
from admin_views.files.signed_papers import PaperRemark
from common.text import size_text
from models import Account, Application, Attachment, Material
from models.object_statements import ObjectStatement
from workflow import routing, scope


class ViewerFile(NamedTuple):
    """One file; `picture(page, width)` returns the URL of a rendered page."""

    id: int
    name: str
    extension: str
    pages: int | None
    size: str
    new: bool
    original: str
    picture: Callable[[int, int], str]
    notes: Sequence[str] = ()
    former: str = ""
    """The material's name at the upload, if it differs from the current one."""
    sha256: str = ""
    remark: PaperRemark | None = None
    """Whether a signed form agrees with the application."""


class FileGroup(NamedTuple):
    """The files of one material that were uploaded under one name of it, in upload order.

    `title` is that name; `present` is the current name, if it differs.
    """

    number: int
    title: str
    files: Sequence[ViewerFile]
    present: str = ""
    material_id: int = 0


FileUrl = Callable[..., str]
"""Returns the URL of a view ("original" or "picture") for a file."""


Slots = Sequence[tuple[Material, list[Attachment]]]
"""Materials in their order, each with files in the order of upload."""


def visible_files(application: Application, actor: Account) -> Slots:
    """Return the submitted files that an account may fetch, former ones among them (workflow.scope.attachments). Materials that
    nobody uploads any more come only with files. The objects belong to no session."""
    return send_visible_files(application, actor)()


def send_visible_files(application: Application, actor: Account) -> Callable[[], Slots]:
    """Ask for them within `read_together()`; the returned function returns them after the block."""
    shape = ActorShape.of(actor)
    values = {"application_id": application.id, **shape.bind_values(actor)}
    rows = _visible_files(shape).send(values)
    return lambda: _slots(rows())


def _slots(rows: Iterable[Sequence[Any]]) -> Slots:
    found: dict[int, tuple[Material, list[Attachment]]] = {}
    for material, file in rows:
        files = found.setdefault(material.id, (material, []))[1]
        if file is not None:
            set_committed_value(file, "material", material)
            files.append(file)
    return list(found.values())


@cache
def _visible_files(actor: ActorShape) -> ObjectStatement:
    return ObjectStatement(lambda: _files_query(actor), only_read=True)


def _files_query(actor: ActorShape) -> Select[*tuple[Any, ...]]:
    application_id = bindparam("application_id", type_=Integer)
    of_application = and_(
        Attachment.material_id == Material.id,
        Attachment.application_id == application_id,
        Attachment.submitted_round.is_not(None),
        scope.attachments(actor, application_id),
    )
    return (
        select(Material, Attachment)
        .select_from(outerjoin(Material, Attachment, of_application))
        .where(or_(Material.active, Attachment.id.is_not(None)))
        .order_by(Material.position, Material.id, Attachment.id)
    )


def submitted_files(application: Application, visible: Slots) -> Slots:
    """Return each material with those of these files that the last submission has."""
    shown = (None, _shown_round(application))
    found = [
        (material, [file for file in files if file.removed_after in shown]) for material, files in visible
    ]
    return [(material, files) for material, files in found if material.active or files]


def _shown_round(application: Application) -> int:
    """Return the round whose files are shown; while the applicant edits, files removed since are still shown."""
    return -1 if application.state in routing.REVIEW_STEPS else application.round


def viewer_file(
    file: Attachment, address: FileUrl, seen_round: int | None = None, remark: PaperRemark | None = None
) -> ViewerFile:
    """Return a file as a page shows it; a file is new if it was first submitted after `seen_round`."""
    return ViewerFile(
        file.id,
        file.display_name,
        file.extension,
        file.pages,
        size_text(file.size),
        seen_round is not None and file.submitted_round is not None and file.submitted_round > seen_round,
        address(".original", file),
        lambda sheet, width: address(".picture", file, sheet=sheet, width=width),
        file.notes,
        file.material_name if file.material_name != file.material.name else "",
        file.sha256,
        remark,
    )


def file_groups(
    found: Slots,
    address: FileUrl,
    seen_round: int | None = None,
    remarks: Mapping[int, PaperRemark] = MappingProxyType({}),
) -> list[FileGroup]:
    """Return the groups of a viewer: one for each material, and one for each former name of it that files have."""
    groups = []
    for number, (material, files) in enumerate(found, 1):
        names = dict.fromkeys(file.material_name for file in files) or {material.name: None}
        for name in names:
            named = [
                viewer_file(file, address, seen_round, remarks.get(file.id))
                for file in files
                if file.material_name == name
            ]
            present = material.name if name != material.name else ""
            groups.append(FileGroup(number, name, named, present, material.id))
    return groups


def viewer_values(found: Sequence[FileGroup]) -> Mapping[str, Any]:
    """Return the context of viewer.html: the groups, and the file that the URL names, else the first."""
    files = [file for group in found for file in group.files]
    named = request.args.get("paper", type=int)
    chosen = next((file for file in files if file.id == named), files[0] if files else None)
    return {"groups": found, "chosen_paper": chosen, "paper_count": len(files)}
