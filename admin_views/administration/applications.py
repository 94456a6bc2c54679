"""「申请」 in the administration: read only. Nothing here decides, and numbers stay masked (D4)."""

from collections.abc import Mapping
from typing import Any

from admin_views.administration.base import Administration
from admin_views.files.routes import PaperRoutes
from admin_views.review import application_list
from admin_views.review.console import ReviewConsole
from admin_views.review.corrections import NumberCorrection
from admin_views.review.period_filter import BY_PERIOD
from common.wording import N_
from models import State


class Applications(NumberCorrection, Administration, ReviewConsole):
    """All applications. Submitted content can be read, and a wrong name or number corrected."""

    exposed_routes = (
        "index_view",
        "application",
        *NumberCorrection.exposed_routes,
        *PaperRoutes.exposed_routes,
    )
    runs_without_session = ("index_view",)  # the corrections read the applicant's account
    title = N_("申请")
    tabs = ("all",)
    list_frame = "administration/frame.html"
    shows_unsubmitted = True
    filters: Any = {
        "state": application_list.BY_STATE,
        "result": application_list.BY_RESULT,
        "submitted": application_list.BY_SUBMITTED,
        "period": BY_PERIOD,
    }

    def _sorts(self, tab: str, chosen: Mapping[str, str]) -> frozenset[str]:
        """As in other consoles, without the orders that leave out the rows somebody searches for."""
        sorts = super()._sorts(tab, chosen)
        looks_for_drafts = "q" in chosen or chosen.get("state") == State.DRAFT.value
        return frozenset(key for key in sorts if not (looks_for_drafts and application_list.leaves_out(key)))
