"""Consequences of changing a material, a notice, a version of the form or a period."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from common.calendar import today
from common.counting import count_rows
from common.wording import N_, Sentence
from models import (
    Application,
    Attachment,
    FormVersion,
    Material,
    Notice,
    Period,
    State,
    db,
)
from workflow import scope


def preview_material(material: Material, before: Mapping[str, Any]) -> list[Sentence]:
    """Return which applicants must upload the material now or no longer, and under which name uploaded files stay."""
    return [*_preview_name(material, before), *_preview_requirement(material, before)]


def _preview_name(material: Material, before: Mapping[str, Any]) -> list[Sentence]:
    former = before.get("name")
    some = select(Attachment.id).where(Attachment.material_id == material.id).limit(1)
    if not former or db.session.scalar(some) is None:
        return []
    words = {"former": former, "name": material.name}
    return [Sentence(N_("此前上传的文件仍按原名称“%(former)s”显示，新上传的按“%(name)s”。"), words)]


def _preview_requirement(material: Material, before: Mapping[str, Any]) -> list[Sentence]:
    if before.get("active") and not material.active:
        return [
            Sentence(
                N_("“%(material)s”停用后不再要求上传；已上传的文件仍然保留。"), {"material": material.name}
            )
        ]
    newly_required = not before or before.get("required") is False or before.get("active") is False
    begun = count_rows(Application, scope.IS_WITH_APPLICANT)
    if not (newly_required and material.required and material.active and begun):
        return []
    return [
        Sentence(
            N_(
                "尚未提交的申请 %(count)s 件（含已回退的），须上传“%(material)s”后才能提交；已提交的不受影响。"
            ),
            {"count": str(begun), "material": material.name},
        )
    ]


def preview_notice(notice: Notice) -> list[Sentence]:
    """Return that the version cannot be changed any more, and how many applicants must read it."""
    begun = count_rows(Application, scope.IS_WITH_APPLICANT)
    return [
        Sentence(
            N_("“%(version)s”发布后立即生效，不能修改或撤回，只能再发布新的版本。"),
            {"version": notice.version},
        ),
        Sentence(
            N_("申请人须重新阅读 30 秒后才能保存和提交，涉及尚未提交的申请 %(count)s 件（含已回退的）。"),
            {"count": str(begun)},
        ),
    ]


def preview_form_version(row: FormVersion, before: Mapping[str, Any]) -> list[Sentence]:
    """Return which applications use a newly published version of the form; a draft has no consequences."""
    if "published_at" not in before:
        return []
    under_way = count_rows(Application, Application.state != State.FINISHED)
    words = {"number": str(row.number), "count": str(under_way)}
    return [
        Sentence(N_("第 %(number)s 版发布后立即生效，不能修改或撤回，只能再发布新的版本。"), words),
        Sentence(
            N_("正在办理的申请 %(count)s 件（含尚未提交和已回退的）仍用各自开始时的版本，不受影响。"), words
        ),
        Sentence(N_("此后新开始的申请用第 %(number)s 版。"), words),
    ]


def preview_period(period: Period, before: Mapping[str, Any]) -> list[Sentence]:
    """Return whether the change opens or closes applications today."""
    day = today()
    if db.session.scalar(
        select(Period.id).where(Period.id != period.id, Period.opens <= day, Period.closes >= day)
    ):
        return []
    opens, closes = before.get("opens", period.opens), before.get("closes", period.closes)
    was_open = period.id is not None and bool(before) and opens <= day <= closes
    is_open = period.opens <= day <= period.closes
    if was_open and not is_open:
        return [
            Sentence(N_("保存后申报立即关闭：申请人可以保存，不能提交。")),
            Sentence(N_("已回退或撤回的申请在各自的期限内仍可以重新提交。")),
        ]
    if is_open and not was_open:
        return [Sentence(N_("保存后申报立即开放，至 %(closes)s 止。"), {"closes": period.closes.isoformat()})]
    return []
