"""「市专家服务中心」 reviews last: passes, returns or refuses (O2)."""

from flask import Flask

from admin_views.review import application_list
from admin_views.review.bulk import BulkDecisions
from admin_views.review.console import ReviewConsole
from admin_views.review.corrections import NameCorrection
from admin_views.review.deputies import DeputyPage
from admin_views.site.base import Console
from common.wording import N_
from models import Application


class CityConsole(NameCorrection, ReviewConsole):
    """All applications that have reached the city."""

    console = "city"
    exposed_routes = (*ReviewConsole.exposed_routes, *NameCorrection.exposed_routes)
    console_title = N_("市专家服务中心审核")
    filters = ReviewConsole.filters | {"result": application_list.BY_RESULT}


def register(app: Flask) -> None:
    """Add `/city/`."""
    index = CityConsole(Application, name=N_("申请审核"), endpoint="city", url="/city")
    admin = Console(app, name=N_("市专家服务中心审核"), index_view=index)
    admin.add_view(BulkDecisions(index))
    admin.add_view(DeputyPage(index))
