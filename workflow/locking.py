"""Locks an application, or an enterprise, until the transaction ends. Call within `exclusive()`."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, lazyload, load_only

from accounts.actor_shape import Actor, ActorShape
from common.errors import NotVisible
from models import Account, Application, Enterprise, Region, db
from workflow import scope

Sight = Callable[[Actor], scope.Criterion]

DECISION_COLUMNS = (
    Application.number, Application.name, Application.applicant_id, Application.state, Application.result,
    Application.reached, Application.version, Application.submitted_enterprise_id, Application.region_id,
    Application.arrived_at, Application.period_id, Application.resubmit_by, Application.marked,
)  # fmt: skip
"""The columns that a decision needs. SQLAlchemy loads another column when it is read."""


def lock(key: int | str, person: Account, whole: bool = True, sight: Sight = scope.visible) -> Application:
    """Return the application, read anew and held until the transaction ends. Raises NotVisible.

    `whole`: `whole=False` loads only `DECISION_COLUMNS`. `sight`: which applications this account can lock.
    """
    column = Application.number if isinstance(key, str) else Application.id
    shape = ActorShape.of(person)
    statement = _lock_query(shape, column, whole, sight)
    application = db.session.scalars(statement, {"key": key, **shape.bind_values(person)}).one_or_none()
    if application is None:
        raise NotVisible
    return application


@cache
def _lock_query(actor: ActorShape, column: Any, whole: bool, sight: Sight) -> Select[Application]:
    parts = [] if whole else [load_only(*DECISION_COLUMNS)]
    return (
        select(Application)
        .where(column == bindparam("key"), sight(actor))
        .options(joinedload(Application.region).lazyload(Region.office), *parts)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    )


def lock_enterprise(enterprise_id: int) -> Enterprise:
    """Return an enterprise, read anew and locked against changes; waits for a transaction that is moving or closing it."""
    alone = [lazyload(Enterprise.region)]  # a joined region would still be the one from before the wait
    held: Any = {"read": True}
    return db.session.get_one(
        Enterprise, enterprise_id, options=alone, with_for_update=held, populate_existing=True
    )
