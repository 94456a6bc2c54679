"""The way an application goes, and whose desk each step is: from the enterprise's region alone (R1-R3)."""

from dataclasses import dataclass, field

from sqlalchemy import select

from common.wording import N_
from models import REACHED_BITS, Application, Enterprise, Office, OfficeDuty, Region, RegionKind, State, db
from workflow.transitions import (
    CITY_REVIEW,
    DRAFT,
    ENTERPRISE_REVIEW,
    FINISHED,
    FIRST_STEP,
    PRELIMINARY_REVIEW,
    Transition,
)

ROUTES = {
    RegionKind.CITY: (ENTERPRISE_REVIEW, CITY_REVIEW),
    RegionKind.BANNER: (ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, CITY_REVIEW),
    RegionKind.PARK: (ENTERPRISE_REVIEW, PRELIMINARY_REVIEW, CITY_REVIEW),
}

KIND_WORDS = {
    RegionKind.CITY: N_("市直属"),
    RegionKind.BANNER: N_("旗区"),
    RegionKind.PARK: N_("市管园区"),
}

STEP_WORDS = {
    DRAFT: N_("个人申请"),
    ENTERPRISE_REVIEW: N_("企业审核"),
    PRELIMINARY_REVIEW: N_("初审"),
    CITY_REVIEW: N_("市专家服务中心审核"),
}

REVIEW_STEPS = tuple(REACHED_BITS)
"""The states in which somebody reviews, in their order."""

KINDS_WITH_PRELIMINARY_REVIEW = tuple(kind for kind, steps in ROUTES.items() if PRELIMINARY_REVIEW in steps)


@dataclass(frozen=True)
class Responsible:
    """Who has an application at one step: what to call them, whom to telephone, and where messages go.

    Two are equal when they are the same enterprise's or office's, whatever that is called now.
    """

    name: str = field(compare=False)
    telephone: str = field(compare=False)
    enterprise_id: int | None = None
    office_id: int | None = None


def steps(region: Region) -> tuple[State, ...]:
    """Return the review steps of an application whose enterprise belongs to this region."""
    return ROUTES[region.kind]


def remaining_steps(state: State, kind: RegionKind) -> tuple[State, ...]:
    """Return the review steps that lie before an application under review in a region of this kind, its own among them."""
    return tuple(step for step in ROUTES[kind] if REACHED_BITS[step] >= REACHED_BITS[state])


def target(row: Transition, region: Region | None) -> State:
    """Return the state that a transition leads to on the way of this region.

    Raises ValueError when the way is not known yet: no enterprise, no region, no route.
    """
    if isinstance(row.to, State):
        return row.to
    if region is None:
        raise ValueError("the way of an application is unknown without its enterprise's region")
    way = steps(region)
    if row.to is FIRST_STEP:
        return way[0]
    return _next(row.state, way)


def rerouted(state: State, region: Region) -> State:
    """Return where an application goes on that was under review on another way: nobody decides, none is left without a desk.

    A step that the new way has not is left out; one that has been passed already is not gone back to.
    """
    return next(iter(remaining_steps(state, region.kind)), FINISHED)


def _next(state: State, way: tuple[State, ...]) -> State:
    further = [step for step in way if REACHED_BITS[step] > REACHED_BITS[state]]
    return further[0] if further else FINISHED


def final_office() -> Office:
    """Return 市专家服务中心. Raises sqlalchemy.exc.NoResultFound while no office has that duty."""
    return db.session.execute(select(Office).where(Office.duty == OfficeDuty.FINAL).limit(1)).scalar_one()


def responsible_at(step: State, enterprise: Enterprise, region: Region | None = None) -> Responsible:
    """Return whose desk a step is for an application to this enterprise.

    `region` is the one it was submitted in; without it, the enterprise's own of today.
    """
    if step is ENTERPRISE_REVIEW:
        return Responsible(enterprise.name, enterprise.contact_phone, enterprise_id=enterprise.id)
    office = (region or enterprise.region).office if step is PRELIMINARY_REVIEW else final_office()
    return Responsible(office.name, office.telephone, office_id=office.id)


def reached_bits(application: Application, state: State) -> int:
    """Return the desks that an application has been on once it is in this state: it is in their sight from here on."""
    return application.reached | REACHED_BITS.get(state, 0)


def assign_region(application: Application, region: Region) -> None:
    """Give the application to a region. Another office than that of its last one has not had it yet, and does not see it."""
    former = application.region
    if former is None or former.office_id != region.office_id:
        application.reached &= ~REACHED_BITS[PRELIMINARY_REVIEW]
    application.region, application.region_id = region, region.id


def responsible_for(application: Application) -> Responsible | None:
    """Return who has the application now; None while it is with the applicant or finished."""
    if application.state not in REVIEW_STEPS or application.submitted_enterprise is None:
        return None
    return responsible_at(application.state, application.submitted_enterprise, application.region)
