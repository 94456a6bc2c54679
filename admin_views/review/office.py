"""初审: a banner's, district's or park's office reviews what belongs to its regions, and approves their enterprises (O1, O3)."""

from flask import Flask

from admin_views.enterprises.approval import EnterpriseAccounts
from admin_views.review.bulk import BulkDecisions
from admin_views.review.console import ReviewConsole
from admin_views.review.corrections import NameCorrection
from admin_views.review.deputies import DeputyPage
from admin_views.review.terms import Terms
from admin_views.site.base import Console
from common.wording import N_, NP_
from models import Application, Enterprise


class OfficeConsole(NameCorrection, ReviewConsole):
    """The applications of the office's regions."""

    console = "office"
    exposed_routes = (*ReviewConsole.exposed_routes, *NameCorrection.exposed_routes)
    console_title = N_("初审")


def register(app: Flask) -> None:
    """Add `/office/`."""
    index = OfficeConsole(Application, name=N_("申请审核"), endpoint="office", url="/office")
    admin = Console(app, name=N_("初审"), index_view=index)
    admin.add_view(BulkDecisions(index))
    admin.add_view(
        EnterpriseAccounts(
            Enterprise, name=NP_("list", "企业账号"), endpoint="office_enterprises", url="/office/enterprises"
        )
    )
    admin.add_view(Terms(Application, name=Terms.title, endpoint="office_terms", url="/office/terms"))
    admin.add_view(DeputyPage(index))
