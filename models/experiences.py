"""The rows of 学习工作经历 of one application, read by a statement that is compiled once."""

from sqlalchemy import Integer, bindparam, inspect, select
from sqlalchemy.orm.attributes import set_committed_value

from models.applications import Application, Experience
from models.object_statements import ObjectStatement

_ROWS = ObjectStatement(
    lambda: (
        select(Experience)
        .where(Experience.application_id == bindparam("application_id", type_=Integer))
        .order_by(Experience.position)
    )
)


def experiences_of(application: Application) -> list[Experience]:
    """Return `application.experiences`. Where they are not loaded yet, SQLAlchemy would take twice as long to load them."""
    known = inspect(application)
    if known.persistent and "experiences" in known.unloaded:
        set_committed_value(application, "experiences", _ROWS.objects({"application_id": application.id}))
    return application.experiences
