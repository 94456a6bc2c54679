"""「个人业务经办」: the applicant's start page."""

from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select

from admin_views.site.base import ConsoleView, expose, menu
from common.wording import N_
from models import Application, State, db
from payments import continuation
from workflow import periods, routing, scope
from workflow.transitions import RESULT_WORDS, STATE_WORDS, is_editable

CONSOLE_NAME = N_("人事人才公共服务大厅")


NEWEST_MESSAGES = 8


class PersonalHome(ConsoleView):
    """「个人业务经办」: the quick entries and the newest messages."""

    console = "personal"
    exposed_routes = ("index_view",)

    @expose("/")
    def index_view(self) -> str:
        """Return the start page with 「人才经办快捷入口」 (A4)."""
        from admin_views.messages import newest

        latest = db.session.scalars(
            select(Application).where(scope.visible(current_user)).order_by(Application.id.desc()).limit(1)
        ).first()
        return self.render(
            "personal/home.html",
            console=gettext(CONSOLE_NAME),
            menu=menu(self.admin, self),
            latest=latest,
            open=latest is not None and latest.state is not State.FINISHED,
            state_words=STATE_WORDS,
            result_words=RESULT_WORDS,
            desk=routing.responsible_for(latest) if latest else None,
            admission=periods.admission(latest if latest and is_editable(latest.state) else None),
            open_question=continuation.open_question(current_user),
            messages=newest(current_user, NEWEST_MESSAGES),
        )
