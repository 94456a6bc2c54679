"""An enterprise's own registration: where it stands, who has it, why it was sent back; mended and sent in again (E2, E3)."""

from typing import Any

from flask import abort, flash, redirect
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from accounts import logins
from accounts.attempts import Purpose
from admin_views.accounts.attempts import counted, locked_text
from admin_views.accounts.forms import MendedEnterpriseForm
from admin_views.files import licence
from admin_views.site.base import Closed, menu
from admin_views.site.typed import count
from common.errors import ChangedMeanwhile, Locked, NotPermitted
from common.initials import initials
from enterprises import registration
from models import Account, Enterprise, Region, Registration, RegistrationAction, RegistrationEvent, db
from uploads import responses
from uploads.errors import NotShown
from uploads.limits import accepts_attachments
from uploads.receive import discard
from uploads.sets import previews, storage
from workflow import scope

TRAIL = {
    Registration.PENDING: ("done", "now", "todo"),
    Registration.REFUSED: ("done", "failed", "todo"),
    Registration.APPROVED: ("done", "done", "done"),
}
"""How far each of the three steps is: sent in, reviewed by the office, opened."""


class RegistrationView(Closed):
    """The one page that is open to an enterprise before its approval, and stays open afterwards."""

    console = "enterprise"
    exposed_routes = ("index", "original", "picture")

    def enterprise(self) -> Enterprise:
        """Return the enterprise of whoever is looking; there is no address that names another."""
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
        """Return where the registration stands; a refused one can be mended here and sent in again."""
        found = self.enterprise()
        form = MendedEnterpriseForm(data=_as_it_is(found), already_there=bool(found.licence_file))
        if not form.is_submitted():
            return self._page(found, form)
        if not form.validate():
            return self._page(found, form, 422)
        replaced = found.licence_file if form.received else None
        try:
            if form.credit_code.data != found.credit_code:
                counted(Purpose.CREDIT_CODE, current_user.login_digest)
            self._send_in_again(found, form)
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
            discard(replaced)
        flash(
            gettext("已重新提交，现由%(office)s审核。", office=registration.office_of(found).name), "success"
        )
        return redirect(self.get_url(".index"), 303)

    def _send_in_again(self, found: Enterprise, form: MendedEnterpriseForm) -> None:
        """Lay what was typed into the registration and send it in, or leave everything as it is."""

        former_code = found.credit_code

        def change(enterprise: Enterprise) -> None:
            apply_form(form, enterprise)
            person = db.session.get_one(Account, current_user.id)
            if person.login == former_code:
                logins.rename(person, enterprise.credit_code)

        registration.decide(
            found.id,
            RegistrationAction.RESUBMIT,
            current_user,
            seen_version=count(form.version.data) or 0,
            change=change,
        )

    def _page(
        self, found: Enterprise, form: MendedEnterpriseForm, status: int = 200, *, meanwhile: bool = False
    ) -> Any:
        approved = registration.is_approved(current_user)
        mends = bool(registration.steps_for(found, current_user))
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
            mends=mends,
            meanwhile=meanwhile,
            typed_back=_typed_back(form, found) if meanwhile and not mends else [],
            office=office,
            events=events,
            trail=TRAIL[found.registration],
            badge_kind=registration.BADGES[found.registration],
            words=registration.REGISTRATION_WORDS,
            said_words=registration.ACTION_WORDS,
        )
        return content, status

    @expose("/licence/")
    def original(self) -> Response:
        """Return one's own licence as it was uploaded, as a download."""
        found = self.enterprise()
        try:
            return responses.send_original(
                storage(), found.licence_file or "", found.licence_name or "", found.licence_type or ""
            )
        except (FileNotFoundError, ValueError):
            abort(404)

    @expose("/licence/<int:sheet>-<int:width>.jpg")
    def picture(self, sheet: int, width: int) -> Response:
        """Return our picture of one page of one's own licence."""
        found = self.enterprise()
        try:
            return responses.send_preview(
                storage(), previews(), found.licence_file or "", found.licence_extension or "", sheet, width
            )
        except (NotShown, FileNotFoundError, ValueError):
            abort(404)


def apply_form(form: Any, enterprise: Enterprise) -> None:
    """Lay what was typed into the enterprise's row, the licence that was sent included."""
    enterprise.name = form.name.data
    enterprise.initials = initials(form.name.data)
    enterprise.credit_code = form.credit_code.data
    enterprise.region = db.session.get_one(Region, int(form.region.data))
    enterprise.contact_name = form.contact_name.data
    enterprise.contact_phone = form.contact_phone.data
    if form.received is not None:
        licence.attach_to_enterprise(form.received, enterprise)


def _typed_back(form: MendedEnterpriseForm, enterprise: Enterprise) -> list[tuple[str, str]]:
    """Return what was typed otherwise than it is stored, with its labels."""
    stored = _as_it_is(enterprise)
    regions = {choice.value: choice.label for choice in form.region.choices}
    return [
        (
            str(form[key].label.text),
            str(regions.get(form[key].data, "") if key == "region" else form[key].data),
        )
        for key in ("name", "credit_code", "region", "contact_name", "contact_phone")
        if form[key].data and form[key].data != stored[key]
    ]


def _as_it_is(enterprise: Enterprise) -> dict[str, Any]:
    return {
        "name": enterprise.name,
        "credit_code": enterprise.credit_code,
        "region": str(enterprise.region_id),
        "contact_name": enterprise.contact_name,
        "contact_phone": enterprise.contact_phone,
        "version": str(enterprise.version),
    }
