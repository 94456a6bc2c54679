"""Locks an application, or an enterprise, until the transaction ends. Call within `exclusive()`."""

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from accounts.actor_shape import Actor, ActorShape
from common.errors import NotVisible
from models import Account, Application, Enterprise, Region, db
from models.object_statements import ObjectStatement
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
    values = {"key": key, **shape.bind_values(person)}
    if whole:
        for application, region in _whole(shape, column, sight).rows(values, anew=True):
            set_committed_value(application, "region", region)
            return application  # type: ignore[no-any-return]
        raise NotVisible
    application = db.session.scalars(_part(shape, column, sight), values).one_or_none()
    if application is None:
        raise NotVisible
    return application


@cache
def _whole(actor: ActorShape, column: Any, sight: Sight) -> ObjectStatement:
    return ObjectStatement(
        select(Application, Region)
        .outerjoin(Region, Region.id == Application.region_id)
        .where(column == bindparam("key"), sight(actor))
        .with_for_update(of=Application)
    )


@cache
def _part(actor: ActorShape, column: Any, sight: Sight) -> Select[Application]:
    return (
        select(Application)
        .where(column == bindparam("key"), sight(actor))
        .options(joinedload(Application.region).lazyload(Region.office), load_only(*DECISION_COLUMNS))
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    )


_ENTERPRISE = ObjectStatement(
    select(Enterprise).where(Enterprise.id == bindparam("id", type_=Integer)).with_for_update(read=True)
)
"""Without its region: a joined one would still be the one from before the wait."""


def lock_enterprise(enterprise_id: int) -> Enterprise:
    """Return an enterprise, read anew and locked against changes; waits for a transaction that is moving or closing it."""
    [[enterprise]] = _ENTERPRISE.rows({"id": enterprise_id}, anew=True)
    return enterprise  # type: ignore[no-any-return]
