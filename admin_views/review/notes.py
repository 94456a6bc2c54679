"""Internal notes on the page of an application: the card, and the form that adds one (W7)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request
from flask_babel import gettext
from flask_login import current_user

from admin_views.site.base import address_of, expose
from admin_views.site.wording import translated
from common.errors import NotPermitted, NotVisible, Unacceptable
from desk import notes


class Notes:
    """The route of a reviewer's console; the notes themselves are read by desk/page_context.py."""

    exposed_routes: tuple[str, ...] = ("add_note",)
    get_one: Callable[[Any], Any]
    _page: Any

    @expose("/<number>/notes/", methods=("POST",))
    def add_note(self, number: str) -> Any:
        """Write a note."""
        found = self.get_one(number)
        text = request.form.get("text", "")
        try:
            notes.add_note(found.number, text, current_user._get_current_object())
        except Unacceptable as refusal:
            wrong = translated(refusal.sentence.text, refusal.sentence.words)
            return self._page(found, HTTPStatus.UNPROCESSABLE_ENTITY, note_typed=text, note_wrong=wrong)
        except (NotPermitted, NotVisible):
            abort(HTTPStatus.NOT_FOUND)
        flash(gettext("已保存备注。"), "success")
        return redirect(f"{address_of(self)}{number}/#notes", HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]  # of a view
