"""What every reviewer's console is: a list, and one application with its papers, its history and the table's buttons.

A console says what is special about it and nothing else. Decisions go through workflow.review, rows through scope.
"""

from functools import cache
from typing import Any

from flask import abort
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, String, bindparam, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from accounts.actor_shape import ActorShape
from admin_views.files.routes import PaperRoutes
from admin_views.review.ahead import AheadRoutes
from admin_views.review.application_page import ApplicationPage
from admin_views.review.assignments import Assignments
from admin_views.review.deciding import Deciding
from admin_views.review.list_page import ListPage, console_wording
from admin_views.review.marks import MarkRoutes
from admin_views.review.next_application import NextApplication
from admin_views.review.notes import Notes
from admin_views.review.take_back import TakeBackRoutes
from admin_views.site.base import ScopedView, menu
from admin_views.site.page_counts import current_actor
from models import Application, Enterprise, Office, Period, Region
from models.object_statements import ObjectStatement
from models.statements import open_session
from workflow import scope


class ReviewConsole(
    ListPage,
    ApplicationPage,
    NextApplication,
    Deciding,
    Assignments,
    Notes,
    TakeBackRoutes,
    MarkRoutes,
    AheadRoutes,
    PaperRoutes,
    ScopedView,
):
    """The list and the page of one application for reviewers."""

    exposed_routes = (
        *ListPage.exposed_routes,
        *ApplicationPage.exposed_routes,
        *Deciding.exposed_routes,
        *Assignments.exposed_routes,
        *Notes.exposed_routes,
        *TakeBackRoutes.exposed_routes,
        *MarkRoutes.exposed_routes,
        *AheadRoutes.exposed_routes,
        *PaperRoutes.exposed_routes,
    )
    runs_without_session = ("index_view", "application")
    lookup_column = "number"

    def criterion(self) -> ColumnElement[bool]:
        return scope.visible(current_user)

    def rows(self, *columns: Any) -> Select[Any]:
        rows = super().rows(*columns)
        return rows if columns else rows.options(joinedload(Application.period))

    def get_one(self, id: Any) -> Application:
        """Return the application with this number; 404 where this account sees none. Without a session it belongs to none."""
        if not str(id).isprintable():
            abort(404)
        actor, shape = current_actor()
        values = {"number": id, **shape.bind_values(actor)}
        rows = _one(shape, only_read=open_session() is None).rows(values)
        if not rows:
            abort(404)
        found, period, region, office, enterprise = rows[0]
        if region is not None:
            set_committed_value(region, "office", office)
        set_committed_value(found, "region", region)
        set_committed_value(found, "period", period)
        set_committed_value(found, "submitted_enterprise", enterprise)
        return found  # type: ignore[no-any-return]

    def render(self, template: str, **context: Any) -> str:
        context.setdefault("console", console_wording(type(self)).console)
        context.setdefault("menu", menu(self.admin, self))
        return super().render(template, **context)


@cache
def _one(actor: ActorShape, *, only_read: bool) -> ObjectStatement:
    return ObjectStatement(
        lambda: (
            select(Application, Period, Region, Office, Enterprise)
            .select_from(Application)
            .outerjoin(Period, Period.id == Application.period_id)
            .outerjoin(Region, Region.id == Application.region_id)
            .outerjoin(Office, Office.id == Region.office_id)
            .outerjoin(Enterprise, Enterprise.id == Application.submitted_enterprise_id)
            .where(scope.visible(actor), Application.number == bindparam("number", type_=String))
        ),
        only_read=only_read,
        only={
            Period: ("name",),
            Region: ("name", "kind", "office_id"),
            Office: ("name", "telephone"),
            Enterprise: ("name", "contact_phone"),
        },
    )
