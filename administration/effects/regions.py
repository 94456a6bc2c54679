"""Consequences of changing a region's kind or office, deactivating it, or merging it into another one."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from administration.effects.counts import (
    EVERY_REGION,
    IS_UNDER_REVIEW,
    AlsoChanged,
    count_by_step,
    lock_under_review,
)
from common.counting import count_rows
from common.errors import Unacceptable
from common.wording import N_, Sentence
from enterprises import notifications
from models import (
    Account,
    Application,
    Enterprise,
    Office,
    Region,
    Registration,
    State,
    db,
)
from workflow import routing
from workflow.decision import Decision
from workflow.review import reroute
from workflow.transitions import CITY_REVIEW, ENTERPRISE_REVIEW, PRELIMINARY_REVIEW


def lock_region(key: int | None) -> None:
    """Lock all regions against other changes, and this region's open applications and enterprises until the transaction ends.

    A new region (None) has none.
    """
    db.session.execute(EVERY_REGION.with_for_update(key_share=True)).all()
    if key is None:
        return
    under_review = select(Application.id).where(Application.region_id == key, IS_UNDER_REVIEW)
    its_own = select(Enterprise.id).where(Enterprise.region_id == key).order_by(Enterprise.id)
    db.session.execute(under_review.order_by(Application.id).with_for_update()).all()
    db.session.execute(its_own.with_for_update(key_share=True)).all()


def preview_region(region: Region, before: Mapping[str, Any]) -> list[Sentence]:
    """Return who will review the region's open applications after its kind or its office has changed."""
    if "merged_into_id" in before:
        return _preview_merge(region, before)
    if before.get("active") is False and region.merged_into is not None:
        words = {"into": region.merged_into.name}
        raise Unacceptable("active", Sentence(N_("本地区已并入%(into)s，不能再启用。"), words))
    sentences: list[Sentence] = []
    at = count_by_step(Application.region_id == region.id)
    if "kind" in before:
        words = {
            "region": region.name,
            "before": routing.KIND_WORDS[before["kind"]],
            "kind": routing.KIND_WORDS[region.kind],
            "count": str(at.total()),
        }
        if routing.ROUTES[before["kind"]] == routing.steps(region):
            sentences.append(Sentence(N_("%(region)s由%(before)s改为%(kind)s，审核流程不变。"), words))
        else:
            wording = N_("%(region)s由%(before)s改为%(kind)s，正在审核的申请 %(count)s 件按新的流程办理。")
            sentences += [Sentence(wording, words), *preview_by_step(at, region)]
    if "office_id" in before:
        words = {
            "region": region.name,
            "office": region.office.name,
            "count": str(at[PRELIMINARY_REVIEW] if PRELIMINARY_REVIEW in routing.steps(region) else 0),
            "pending": str(count_rows(Enterprise, _pending_in(region))),
        }
        wording = N_(
            "%(region)s改由%(office)s负责，待初审的申请 %(count)s 件、待审核的企业账号 %(pending)s 家转到该单位。"
        )
        sentences.append(Sentence(wording, words))
    if before.get("active") and not region.active:
        words = {
            "region": region.name,
            "count": str(count_rows(Enterprise, Enterprise.region_id == region.id)),
        }
        wording = N_(
            "%(region)s停用后，注册企业时不能再选，本地区的 %(count)s 家企业不能再被选为工作单位；正在审核的申请照常办理。"
        )
        sentences.append(Sentence(wording, words))
    return sentences


def apply_region_effects(region: Region, before: Mapping[str, Any], person: Account) -> AlsoChanged:
    """Move the region's open applications to its new route or to its new office. Returns the other rows that changed."""
    if "merged_into_id" in before:
        return _merge(region, before, person)
    if not before.keys() & {"kind", "office_id"}:
        return ()
    reasons = {  # stays Chinese: stored text
        "kind": f"{region.name}改为{routing.KIND_WORDS[region.kind]}。",
        "office_id": f"{region.name}改由{region.office.name}负责。",
    }
    why = "".join(sentence for column, sentence in reasons.items() if column in before)
    for application in lock_under_review(Application.region_id == region.id):
        former = _former_responsible(application, before)
        if _route_differs(application, region, before) or routing.responsible_for(application) != former:
            reroute(application, region, former, person, Decision(why))
    if "office_id" in before:
        for enterprise in db.session.scalars(select(Enterprise).where(_pending_in(region))).unique():
            notifications.remind_of_registration(enterprise)
    return ()


def _route_differs(application: Application, region: Region, before: Mapping[str, Any]) -> bool:
    """Say whether the remaining steps of the application have changed.

    The application then needs a new version: a reviewer who still sees the former route must not pass the application
    to a step that no longer exists.
    """
    former = before.get("kind", region.kind)
    return routing.remaining_steps(application.state, former) != routing.remaining_steps(
        application.state, region.kind
    )


def merge_into(region: Region, into_id: int | None) -> None:
    """Mark a region as merged into another one. The other region's office takes over and may read the old records."""
    into = db.session.get(Region, into_id)
    if into is None or into.id == region.id:
        raise Unacceptable("merged_into_id", Sentence(N_("请选择要并入的地区。")))
    region.merged_into_id, region.office_id, region.active = into.id, into.office_id, False


def merge_targets(region: Region) -> ColumnElement[bool]:
    """Return the criterion of the regions that this one can be merged into: active and with the same route."""
    kinds = [kind for kind, route in routing.ROUTES.items() if route == routing.steps(region)]
    return and_(Region.active, Region.kind.in_(kinds), Region.id != region.id)


def _preview_merge(region: Region, before: Mapping[str, Any]) -> list[Sentence]:
    """Return what moves together with the region. Raises Unacceptable when the routes of the two regions differ."""
    into = db.session.get_one(Region, region.merged_into_id)
    if not into.active:
        raise Unacceptable(
            "merged_into_id", Sentence(N_("%(into)s已停用，请选择其他地区。"), {"into": into.name})
        )
    if routing.steps(into) != routing.steps(region):
        words = {
            "region": region.name,
            "kind": routing.KIND_WORDS[region.kind],
            "into": into.name,
            "into_kind": routing.KIND_WORDS[into.kind],
        }
        wording = N_(
            "%(region)s是%(kind)s，%(into)s是%(into_kind)s，审核流程不同，不能合并。请先修改类别，或逐家划转企业。"
        )
        raise Unacceptable("merged_into_id", Sentence(wording, words))
    at = count_by_step(Application.region_id == region.id)
    pending = count_rows(Enterprise, _pending_in(region))
    words = {
        "region": region.name,
        "into": into.name,
        "office": into.office.name,
        "enterprises": str(count_rows(Enterprise, Enterprise.region_id == region.id)),
        "count": str(at.total()),
        "pending": str(pending),
    }
    sentences = [
        Sentence(
            N_(
                "%(region)s并入%(into)s：%(enterprises)s 家企业划转到%(into)s；%(region)s停用，原有记录保留。"
            ),
            words,
        ),
        Sentence(N_("正在审核的申请 %(count)s 件随之划转，每件的历史中留下记录。"), words),
        *preview_by_step(at, into),
    ]
    if pending:
        sentences.append(Sentence(N_("待审核的企业账号 %(pending)s 家，由%(office)s审核。"), words))
    if "office_id" in before:
        sentences.append(_preview_office_merge(before["office_id"], into.office))
    return sentences


def _preview_office_merge(former_id: int, office: Office) -> Sentence:
    words = {"former": str(db.session.get(Office, former_id)), "office": office.name}
    if left := db.session.scalars(select(Region.name).where(Region.office_id == former_id)).all():
        wording = N_("%(former)s还负责%(regions)s，其工作人员不变动。")
        return Sentence(wording, words | {"regions": "、".join(left)})
    clerks = count_rows(Account, Account.office_id == former_id)
    wording = N_(
        "%(former)s不再负责任何地区，并入%(office)s：工作人员 %(clerks)s 人今后办理%(office)s的业务。"
    )
    return Sentence(wording, words | {"clerks": str(clerks)})


def _merge(region: Region, before: Mapping[str, Any], person: Account) -> AlsoChanged:
    """Move the region's open applications and enterprises, and the staff of an office that has no region any more."""
    into = db.session.get_one(Region, region.merged_into_id)
    why = f"{region.name}并入{into.name}"  # stays Chinese: stored text
    for application in lock_under_review(Application.region_id == region.id):
        reroute(application, into, _former_responsible(application, before), person, Decision(why))
    also_changed: list[tuple[Account | Enterprise, Mapping[str, Any]]] = []
    for enterprise in db.session.scalars(select(Enterprise).where(Enterprise.region_id == region.id)).all():
        enterprise.region = into
        enterprise.version += 1
        also_changed.append((enterprise, {"region_id": region.id}))
        if enterprise.registration is Registration.PENDING:
            notifications.remind_of_registration(enterprise)
    former_id = before.get("office_id")
    if former_id is not None and not count_rows(Region, Region.office_id == former_id):
        for account in db.session.scalars(select(Account).where(Account.office_id == former_id)).all():
            account.office_id = into.office_id
            also_changed.append((account, {"office_id": former_id}))
    db.session.flush()
    return also_changed


def _pending_in(region: Region) -> ColumnElement[bool]:
    return and_(Enterprise.region_id == region.id, Enterprise.registration == Registration.PENDING)


def _former_responsible(application: Application, before: Mapping[str, Any]) -> routing.Responsible | None:
    """Return who was responsible for the application before the region's office changed."""
    if application.state is PRELIMINARY_REVIEW and "office_id" in before:
        return routing.Responsible("", "", office_id=before["office_id"])
    return routing.responsible_for(application)


def preview_by_step(at: Counter[State], region: Region) -> list[Sentence]:
    """Return what the region's route means for the applications at each step; `at` counts them."""
    has_preliminary_review = PRELIMINARY_REVIEW in routing.steps(region)
    office = region.office.name
    wordings = {
        ENTERPRISE_REVIEW: N_("待企业审核的 %(count)s 件，企业审核通过后由%(office)s初审。")
        if has_preliminary_review
        else N_("待企业审核的 %(count)s 件，企业审核通过后直接由市专家服务中心审核。"),
        PRELIMINARY_REVIEW: N_("待初审的 %(count)s 件，改由%(office)s初审。")
        if has_preliminary_review
        else N_("待初审的 %(count)s 件不再经过初审，直接由市专家服务中心审核。"),
        CITY_REVIEW: N_("待市专家服务中心审核的 %(count)s 件，仍由市专家服务中心审核。"),
    }
    return [
        Sentence(wording, {"count": str(at[state]), "office": office})
        for state, wording in wordings.items()
        if at[state]
    ]
