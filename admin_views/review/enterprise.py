"""「企业」: checks the persons who name it and their papers, passes upward or returns (E5, E6)."""

from flask import Flask
from flask_login import current_user

from admin_views.enterprises.registration import RegistrationView
from admin_views.enterprises.reviewers import Reviewers
from admin_views.review.bulk import BulkDecisions
from admin_views.review.console import ReviewConsole
from admin_views.review.deputies import DeputyPage
from admin_views.site.base import Console
from common.wording import N_
from enterprises.registration import is_approved
from models import Account, Application


class EnterpriseConsole(ReviewConsole):
    """企业审核. Before its registration is approved nothing of it exists (E3)."""

    console = "enterprise"
    console_title = N_("企业审核")

    def is_accessible(self) -> bool:
        return super().is_accessible() and is_approved(current_user)


def register(app: Flask) -> None:
    """Add `/enterprise/`."""
    index = EnterpriseConsole(Application, name=N_("申请审核"), endpoint="enterprise", url="/enterprise")
    admin = Console(app, name=N_("企业审核"), index_view=index)
    admin.add_view(BulkDecisions(index))
    admin.add_view(
        Reviewers(Account, name=Reviewers.title, endpoint="reviewers", url="/enterprise/reviewers")
    )
    admin.add_view(
        RegistrationView(name=N_("企业账号"), endpoint="registration", url="/enterprise/registration")
    )
    admin.add_view(DeputyPage(index, colleagues="reviewers.index_view"))
