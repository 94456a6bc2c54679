"""「申请」 in the administration: all of them, to look at. Nothing here decides, and nothing shows a hidden number (D4)."""

from typing import Any

from admin_views import review_list
from admin_views.administration_base import Administration
from admin_views.paper_routes import PaperRoutes
from admin_views.review import ReviewConsole
from workflow.words import N_


class Applications(Administration, ReviewConsole):
    """Every application, whatever its state; what was submitted can be read."""

    opened = ("index_view", "application", *PaperRoutes.opened)
    title = N_("申请")
    tabs = ("all",)
    list_frame = "administration/frame.html"
    shows_unsubmitted = True
    filters: Any = {
        "state": review_list.BY_STATE,
        "result": review_list.BY_RESULT,
        "submitted": review_list.BY_SUBMITTED,
    }
