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
from models.accounts import Membership
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
        return cls._of_member(account.role, account.membership)

    @classmethod
    @lru_cache(maxsize=MOST_SHAPES)
    def _of_member(cls, role: Role, member: Membership) -> Self:
        counts = len(member.regions), len(_reviewed(member)), len(member.absent_office_ids)
        return cls._with(role, member.enterprise_id is not None, member.office_id is not None, *counts)

    def bind_values(self, account: Account) -> dict[str, Any]:
        """Return the values of the bind parameters for an account of this shape."""
        return {"actor_id": account.id, **_values_of_member(account.membership)}

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
    return actor.reviewed_region_ids if isinstance(actor, ActorShape) else _reviewed(actor.membership)


def _reviewed(member: Membership) -> list[int]:
    return [key for key, kind in member.regions if kind in KINDS_WITH_PRELIMINARY_REVIEW]


@lru_cache(maxsize=MOST_SHAPES)
def _values_of_member(member: Membership) -> dict[str, Any]:
    """Return the values of all colleagues alike. The caller copies them."""
    return {
        "actor_enterprise_id": member.enterprise_id,
        "actor_office_id": member.office_id,
        **_values("actor_region", [key for key, _kind in member.regions]),
        **_values("actor_reviewed_region", _reviewed(member)),
        **_values("actor_absent_office", member.absent_office_ids),
    }


def _values(name: str, ids: list[int]) -> dict[str, Any]:
    return {f"{name}_{index}": key for index, key in enumerate(ids)}


def absent_office_ids(actor: Actor) -> list[Any]:
    """Return the ids of the offices for which the account's office stands in today (W5)."""
    return (actor if isinstance(actor, ActorShape) else actor.membership).absent_office_ids


def _parameters(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}_{index}", type_=Integer) for index in range(count)]
