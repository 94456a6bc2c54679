"""The states of batches and grants as badges."""

from typing import Any

from flask_babel import gettext

from admin_views.site.lists import Badge
from admin_views.site.wording import translated
from common.calendar import today
from payments import publicity
from payments.grant_transitions import GRANT_BADGES, GRANT_STATE_WORDS


def grant_badge(row: Any) -> Badge:
    """Return the state of a grant as a badge."""
    return Badge(GRANT_BADGES[row.state], translated(GRANT_STATE_WORDS[row.state]))


def batch_badge(row: Any) -> Badge:
    """Return where the publicity of a batch stands, by its days."""
    if today() < row.opens:
        return Badge("idle", gettext("尚未开始"))
    if publicity.is_over(row):
        return Badge("idle", gettext("已结束"))
    return Badge("wait", gettext("公示中"))
