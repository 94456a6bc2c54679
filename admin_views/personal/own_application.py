"""One application of its applicant with its employer, read by one statement that is compiled once: all pages of an application begin with it."""

from functools import cache
from typing import Any

from flask import abort
from flask_login import current_user
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm.attributes import set_committed_value

from accounts.actor_shape import ActorShape
from admin_views.site.page_counts import current_shape
from models import Application, Enterprise, Office, Region
from models.object_statements import ObjectStatement
from workflow import scope


def own_application(number: Any) -> Application:
    """Return the current account's application with this number; 404 for any other."""
    if not str(number).isprintable():
        abort(404)
    shape = current_shape()
    values = {"number": number, **shape.bind_values(current_user._get_current_object())}
    rows = _one(shape).rows(values)
    if not rows:
        abort(404)
    found, enterprise, region, office = rows[0]
    set_committed_value(found, "enterprise", enterprise)
    if enterprise is not None:
        set_committed_value(region, "office", office)
        set_committed_value(enterprise, "region", region)
        if found.submitted_enterprise_id == enterprise.id:
            set_committed_value(found, "submitted_enterprise", enterprise)
        if found.region_id == region.id:
            set_committed_value(found, "region", region)
    return found  # type: ignore[no-any-return]


@cache
def _one(actor: ActorShape) -> ObjectStatement:
    return ObjectStatement(
        lambda: (
            select(Application, Enterprise, Region, Office)
            .select_from(Application)
            .outerjoin(Enterprise, Enterprise.id == Application.enterprise_id)
            .outerjoin(Region, Region.id == Enterprise.region_id)
            .outerjoin(Office, Office.id == Region.office_id)
            .where(scope.visible(actor), Application.number == bindparam("number", type_=String))
        )
    )
