"""The route of an application and who is responsible at each step. Both follow from the enterprise's region alone (R1-R3)."""

from dataclasses import dataclass, field

from sqlalchemy import select

from common.wording import N_
from models import REACHED_BITS, Application, Enterprise, Office, OfficeDuty, Region, RegionKind, State
from models.object_statements import ObjectStatement
from models.statements import constant
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
    """The enterprise or office that is responsible for an application at one step, with its telephone.

    Two are equal if they are the same enterprise or office, whatever its current name.
    """

    name: str = field(compare=False)
    telephone: str = field(compare=False)
    enterprise_id: int | None = None
    office_id: int | None = None


def steps(region: Region) -> tuple[State, ...]:
    """Return the review steps of an application whose enterprise belongs to this region."""
    return ROUTES[region.kind]


def remaining_steps(state: State, kind: RegionKind) -> tuple[State, ...]:
    """Return the review steps that remain in a region of this kind, including the current one."""
    return tuple(step for step in ROUTES[kind] if REACHED_BITS[step] >= REACHED_BITS[state])


def target(transition: Transition, region: Region | None) -> State:
    """Return the state to which a transition leads on the route of this region.

    Raises ValueError when the route is unknown because the application names no enterprise yet.
    """
    if isinstance(transition.to, State):
        return transition.to
    if region is None:
        raise ValueError("the route of an application is unknown without its enterprise's region")
    route = steps(region)
    if transition.to is FIRST_STEP:
        return route[0]
    return _next(transition.state, route)


def rerouted(state: State, region: Region) -> State:
    """Return the state of an application under review after a change of its route. Nothing is decided by that.

    It stays at its step, or moves on to the next step that the new route has; it never goes back to a passed step.
    """
    return next(iter(remaining_steps(state, region.kind)), FINISHED)


def _next(state: State, route: tuple[State, ...]) -> State:
    later = [step for step in route if REACHED_BITS[step] > REACHED_BITS[state]]
    return later[0] if later else FINISHED


_FINAL_OFFICE = ObjectStatement(
    lambda: select(Office).where(Office.duty == constant(OfficeDuty.FINAL)).limit(constant(1)), only_read=True
)


def final_office() -> Office:
    """Return 市专家服务中心, in no session. Raises LookupError while no office has that duty."""
    offices = _FINAL_OFFICE.objects({})
    if not offices:
        raise LookupError("no office decides finally")
    return offices[0]  # type: ignore[no-any-return]


def responsible_at(step: State, enterprise: Enterprise, region: Region | None = None) -> Responsible:
    """Return who is responsible for a step of an application to this enterprise.

    `region` is the region of the submission; None means the current region of the enterprise.
    """
    if step is ENTERPRISE_REVIEW:
        return Responsible(enterprise.name, enterprise.contact_phone, enterprise_id=enterprise.id)
    office = (region or enterprise.region).office if step is PRELIMINARY_REVIEW else final_office()
    return Responsible(office.name, office.telephone, office_id=office.id)


def reached_bits(application: Application, state: State) -> int:
    """Return `Application.reached` for an application that enters this state. A step once reached keeps its access."""
    return application.reached | REACHED_BITS.get(state, 0)


def reached_in(application: Application, region: Region) -> int:
    """Return `Application.reached` for an application that comes to this region.

    When that changes the office, the new office starts without access: the preliminary-review bit is cleared.
    """
    former = application.region
    if former is not None and former.office_id == region.office_id:
        return application.reached
    return application.reached & ~REACHED_BITS[PRELIMINARY_REVIEW]


def responsible_for(application: Application) -> Responsible | None:
    """Return who is responsible now; None while the application is with its applicant or finished."""
    if application.state not in REVIEW_STEPS or application.submitted_enterprise is None:
        return None
    return responsible_at(application.state, application.submitted_enterprise, application.region)
