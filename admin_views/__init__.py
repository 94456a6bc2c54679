"""The consoles: Flask-Admin views, the applicant's and each reviewer's, on one scoped base."""

from flask import Flask
from sqlalchemy.orm import joinedload

from admin_views import (
    accounts,
    administration,
    city,
    enterprise,
    errors,
    frame,
    messages,
    office,
    personal,
    portal,
)
from admin_views.base import RowId
from admin_views.languages import Catalogue, chosen_language
from models import Account, Office, db

__all__ = ["Catalogue", "chosen_language", "load_account", "register"]

CONSOLES = (frame, errors, portal, accounts, messages, personal, enterprise, office, city, administration)


WITH_PLACE = (joinedload(Account.office).joinedload(Office.regions), joinedload(Account.enterprise))
"""Who asks is loaded in one statement with what every page says and every scope needs of them."""


def load_account(identifier: str) -> Account | None:
    """Return the account of a session; None when it has been deactivated or its password changed since."""
    number, _, stamp = identifier.partition(".")
    account = db.session.get(Account, int(number), options=WITH_PLACE) if number.isdecimal() else None
    holds = account is not None and account.is_active and account.session_stamp == stamp
    return account if holds else None


def register(app: Flask) -> None:
    """Add the frame, the error pages and every console to the application."""
    app.url_map.converters["int"] = RowId
    for part in CONSOLES:
        part.register(app)
