"""A stand-in for an account, so that one compiled query serves every account of the same shape.

Compiling a list query takes longer than PostgreSQL takes to answer it. The criteria in workflow/scope.py therefore accept
either an `Account` or an `ActorShape`. A query built from a shape holds bind parameters in place of the account's ids and
is cached by the shape; `bind_values` fills the parameters for one account. No rule of the procedure stands here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import Integer, bindparam

from models import Account, Role
from workflow.routing import KINDS_WITH_PRELIMINARY_REVIEW

MOST_SHAPES = 1000


@dataclass(frozen=True, eq=False)
class ActorShape:
    """What the SQL of the criteria depends on: the role, what the account belongs to, and how many regions it has.

    `of` returns one object for each shape, so that caches keyed by it compare identities.
    """

    role: Role
    has_enterprise: bool
    has_office: bool
    region_count: int
    reviewed_region_count: int
    absent_office_count: int = 0

    id = bindparam("actor_id", type_=Integer)

    @classmethod
    @lru_cache(maxsize=MOST_SHAPES)
    def _with(cls, *parts: Any) -> Self:
        return cls(*parts)

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return the shape of an account. For accounts of equal shape a criterion differs in its values alone."""
        regions = account.membership.regions
        return cls._with(
            account.role,
            account.enterprise_id is not None,
            account.office_id is not None,
            len(regions),
            len(reviewed_region_ids(account)) if regions else 0,
            len(absent_office_ids(account)) if regions else 0,
        )

    def bind_values(self, account: Account) -> dict[str, Any]:
        """Return the values of the bind parameters for an account of this shape."""
        values: dict[str, Any] = {
            "actor_id": account.id,
            "actor_enterprise_id": account.enterprise_id,
            "actor_office_id": account.office_id,
        }
        if self.region_count:
            values |= _values("actor_region", region_ids(account))
            values |= _values("actor_reviewed_region", reviewed_region_ids(account))
        if self.absent_office_count:
            values |= _values("actor_absent_office", absent_office_ids(account))
        return values

    @property
    def region_ids(self) -> list[Any]:
        return _parameters("actor_region", self.region_count)

    @property
    def reviewed_region_ids(self) -> list[Any]:
        return _parameters("actor_reviewed_region", self.reviewed_region_count)

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


def region_ids(actor: Actor) -> list[Any]:
    """Return the office's region ids as literals: with a sub-query the planner cannot use the index that also gives the sort order."""
    return actor.region_ids if isinstance(actor, ActorShape) else [key for key, _ in actor.membership.regions]


def reviewed_region_ids(actor: Actor) -> list[Any]:
    """Return the ids of those regions in which the office does the preliminary review."""
    if isinstance(actor, ActorShape):
        return actor.reviewed_region_ids
    return [key for key, kind in actor.membership.regions if kind in KINDS_WITH_PRELIMINARY_REVIEW]


def _values(name: str, ids: list[int]) -> dict[str, Any]:
    return {f"{name}_{index}": key for index, key in enumerate(ids)}


def absent_office_ids(actor: Actor) -> list[Any]:
    """Return the ids of the offices for which the account's office stands in today (W5)."""
    if isinstance(actor, ActorShape):
        return actor.absent_office_ids
    return sorted({one.office_id for one in actor.membership.stands_in})


def _parameters(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}_{index}", type_=Integer) for index in range(count)]
