"""Locks an application, or an enterprise, until the transaction ends. Call within `exclusive()`."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from accounts.actor_shape import Actor, ActorShape
from common.errors import NotVisible
from models import Account, Application, Enterprise, Region
from models.object_statements import ObjectStatement
from workflow import scope

Sight = Callable[[Actor], scope.Criterion]


def lock(key: int | str, person: Account, sight: Sight = scope.visible) -> Application:
    """Return the application, read anew and held until the transaction ends. Raises NotVisible.

    `sight`: which applications this account can lock.
    """
    column = Application.number if isinstance(key, str) else Application.id
    shape = ActorShape.of(person)
    values = {"key": key, **shape.bind_values(person)}
    for application, region in _applications(shape, column, sight).rows(values, anew=True):
        # The join has the regions from before a wait: one that has been assigned since is read when it is used.
        if region is not None:
            set_committed_value(application, "region", region)
        return application  # type: ignore[no-any-return]
    raise NotVisible


@cache
def _applications(actor: ActorShape, column: Any, sight: Sight) -> ObjectStatement:
    return ObjectStatement(
        lambda: (
            select(Application, Region)
            .outerjoin(Region, Region.id == Application.region_id)
            .where(column == bindparam("key"), sight(actor))
            .with_for_update(of=Application)
        )
    )


_ENTERPRISE = ObjectStatement(
    lambda: select(Enterprise).where(Enterprise.id == bindparam("id")).with_for_update(read=True)
)
"""Without its region: a joined one would still be the one from before the wait."""


def lock_enterprise(enterprise_id: int) -> Enterprise:
    """Return an enterprise, read anew and locked against changes; waits for a transaction that is moving or closing it."""
    [[enterprise]] = _ENTERPRISE.rows({"id": enterprise_id}, anew=True)
    return enterprise  # type: ignore[no-any-return]
