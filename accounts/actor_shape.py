"""A stand-in for an account, so that one compiled query serves every account of the same shape.

Compiling a list query takes longer than PostgreSQL takes to answer it. The criteria of a scope (workflow/scope.py) therefore
accept either an `Account` or an `ActorShape`. A query built from a shape holds bind parameters in place of the account's ids
and is cached by the shape; `bind_values` fills the parameters for one account. No rule of the procedure stands here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import Integer, bindparam

from common.single_objects import single_object
from models import Account, RegionKind, Role
from models.accounts import Membership

MOST_SHAPES = 1000


@dataclass(frozen=True, eq=False)
class ActorShape:
    """What the SQL of the criteria depends on: the role, what the account belongs to, and the kinds of its regions.

    `of` returns one object for each shape, so that caches keyed by it compare identities.
    """

    role: Role
    has_enterprise: bool
    has_office: bool
    region_kinds: tuple[RegionKind, ...]
    absent_office_count: int = 0

    id = bindparam("actor_id", type_=Integer)

    @classmethod
    @single_object(MOST_SHAPES)
    def _with(cls, *parts: Any) -> Self:
        return cls(*parts)

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return the shape of an account. For accounts of equal shape a criterion differs in its values alone."""
        return cls._of_member(account.role, account.membership)

    @classmethod
    @single_object(MOST_SHAPES)
    def _of_member(cls, role: Role, member: Membership) -> Self:
        kinds = tuple(kind for _, kind in member.regions)
        belongs = member.enterprise_id is not None, member.office_id is not None
        return cls._with(role, *belongs, kinds, len(member.absent_office_ids))

    def bind_values(self, account: Account) -> dict[str, Any]:
        """Return the values of the bind parameters for an account of this shape."""
        return {"actor_id": account.id, **_values_of_member(account.membership)}

    @property
    def regions(self) -> list[tuple[Any, RegionKind]]:
        return list(zip(_parameters("actor_region", len(self.region_kinds)), self.region_kinds, strict=True))

    @property
    def absent_office_ids(self) -> list[Any]:
        return _parameters("actor_absent_office", self.absent_office_count)

    @property
    def enterprise_id(self) -> Any:
        return bindparam("actor_enterprise_id", type_=Integer) if self.has_enterprise else None

    @property
    def office_id(self) -> Any:
        return bindparam("actor_office_id", type_=Integer) if self.has_office else None


Actor = Account | ActorShape


def region_ids(actor: Actor, kinds: Collection[RegionKind] = tuple(RegionKind)) -> list[Any]:
    """Return the ids of those of the office's regions that are of these kinds.

    They are literals: with a sub-query the planner cannot use the index that also gives the sort order.
    """
    regions = (actor if isinstance(actor, ActorShape) else actor.membership).regions
    return [key for key, kind in regions if kind in kinds]


def absent_office_ids(actor: Actor) -> list[Any]:
    """Return the ids of the offices for which the account's office stands in today (W5)."""
    return (actor if isinstance(actor, ActorShape) else actor.membership).absent_office_ids


@lru_cache(maxsize=MOST_SHAPES)
def _values_of_member(member: Membership) -> dict[str, Any]:
    """Return the values of all colleagues alike. The caller copies them."""
    return {
        "actor_enterprise_id": member.enterprise_id,
        "actor_office_id": member.office_id,
        **_values("actor_region", [key for key, _kind in member.regions]),
        **_values("actor_absent_office", member.absent_office_ids),
    }


def _values(name: str, ids: list[int]) -> dict[str, Any]:
    return {f"{name}_{index}": key for index, key in enumerate(ids)}


def _parameters(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}_{index}", type_=Integer) for index in range(count)]
