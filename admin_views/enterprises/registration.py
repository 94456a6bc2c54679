"""An enterprise's own registration: its state, the office that reviews it, the reason of a refusal, and resubmission (E2, E3)."""

from typing import Any

from flask import abort, flash, redirect
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from accounts import logins
from accounts.attempts import Purpose
from admin_views.accounts.attempts import count_attempt, locked_text
from admin_views.accounts.enterprise_forms import ResubmissionForm
from admin_views.files.routes import sent_original, sent_picture
from admin_views.site.base import ConsoleView, expose, menu
from admin_views.site.typed import row_number
from common.errors import ChangedMeanwhile, Locked, NotPermitted
from enterprises import registration
from models import Account, Enterprise, Registration, RegistrationAction, RegistrationEvent, db
from uploads.limits import accepts_attachments
from uploads.receive import discard_file
from workflow import scope

STEP_STATES = {
    Registration.PENDING: ("done", "now", "todo"),
    Registration.REFUSED: ("done", "failed", "todo"),
    Registration.APPROVED: ("done", "done", "done"),
}
"""The state of each of the three steps: submitted, reviewed by the office, account approved."""


class RegistrationView(ConsoleView):
    """The only page that an enterprise may open before its approval. It stays available afterwards."""

    console = "enterprise"
    exposed_routes = ("index", "original", "picture")

    def enterprise(self) -> Enterprise:
        """Return the current account's enterprise; no address takes another id."""
        mine = select(Enterprise).where(
            Enterprise.id == current_user.enterprise_id, scope.enterprises(current_user)
        )
        found = db.session.scalars(mine).unique().one_or_none()
        if found is None:
            abort(404)
        return found

    @expose("/", methods=("GET", "POST"))
    @accepts_attachments(when=lambda: bool(current_user.is_authenticated))
    def index(self) -> Any:
        """Show the state of the registration; a refused one can be corrected and submitted again here."""
        found = self.enterprise()
        form = ResubmissionForm(data=_stored_values(found), has_licence=bool(found.licence_file))
        if not form.is_submitted():
            return self._page(found, form)
        if not form.validate():
            return self._page(found, form, 422)
        replaced = found.licence_file if form.received else None
        try:
            if form.credit_code.data != found.credit_code:
                count_attempt(Purpose.CREDIT_CODE, current_user.login_digest)
            self._resubmit(found, form)
        except IntegrityError:
            form.credit_code.errors = [gettext("这个统一社会信用代码已经有账号，请核对。")]
            return self._page(found, form, 422)
        except Locked as locked:
            form.credit_code.errors = [locked_text(locked)]
            return self._page(found, form, 429)
        except (ChangedMeanwhile, NotPermitted):
            db.session.refresh(found)
            form.version.data = str(found.version)
            return self._page(found, form, 409, meanwhile=True)
        if replaced:
            discard_file(replaced)
        flash(
            gettext("已重新提交，现由%(office)s审核。", office=registration.office_of(found).name), "success"
        )
        return redirect(self.get_url(".index"), 303)

    def _resubmit(self, found: Enterprise, form: ResubmissionForm) -> None:
        """Write the form into the registration and submit it, in one transaction."""
        former_code = found.credit_code

        def change(enterprise: Enterprise) -> None:
            form.apply_to(enterprise)
            person = db.session.get_one(Account, current_user.id)
            if person.login == former_code:
                logins.rename(person, enterprise.credit_code)

        registration.decide(
            found.id,
            RegistrationAction.RESUBMIT,
            current_user,
            seen_version=row_number(form.version.data) or 0,
            change=change,
        )

    def _page(
        self, found: Enterprise, form: ResubmissionForm, status: int = 200, *, meanwhile: bool = False
    ) -> Any:
        approved = registration.is_approved(current_user)
        can_correct = bool(registration.steps_for(found, current_user))
        office = registration.office_of(found)
        events = db.session.scalars(
            select(RegistrationEvent)
            .where(RegistrationEvent.enterprise_id == found.id)
            .order_by(RegistrationEvent.id.desc())
        ).all()
        content = self.render(
            "enterprises/registration.html",
            console=found.name if approved else None,
            menu=menu(self.admin, self) if approved else (),
            enterprise=found,
            form=form,
            can_correct=can_correct,
            meanwhile=meanwhile,
            typed_back=_typed_back(form, found) if meanwhile and not can_correct else [],
            office=office,
            events=events,
            trail=STEP_STATES[found.registration],
            badge_kind=registration.BADGES[found.registration],
            words=registration.REGISTRATION_WORDS,
            said_words=registration.ACTION_WORDS,
        )
        return content, status

    @expose("/licence/")
    def original(self) -> Response:
        """Send the own licence as it was uploaded, as a download."""
        found = self.enterprise()
        return sent_original(found.licence_file, found.licence_name, found.licence_type)

    @expose("/licence/<int:sheet>-<int:width>.jpg")
    def picture(self, sheet: int, width: int) -> Response:
        """Send a rendered page of the own licence."""
        found = self.enterprise()
        return sent_picture(found.licence_file, found.licence_extension, sheet, width)


def _typed_back(form: ResubmissionForm, enterprise: Enterprise) -> list[tuple[str, str]]:
    """Return (label, typed text) of each field that differs from the stored row."""
    stored = _stored_values(enterprise)
    regions = {choice.value: choice.label for choice in form.region.choices}
    return [
        (
            str(form[key].label.text),
            str(regions.get(form[key].data, "") if key == "region" else form[key].data),
        )
        for key in ("name", "credit_code", "region", "contact_name", "contact_phone")
        if form[key].data and form[key].data != stored[key]
    ]


def _stored_values(enterprise: Enterprise) -> dict[str, Any]:
    return {
        "name": enterprise.name,
        "credit_code": enterprise.credit_code,
        "region": str(enterprise.region_id),
        "contact_name": enterprise.contact_name,
        "contact_phone": enterprise.contact_phone,
        "version": str(enterprise.version),
    }
