"""The consoles: Flask-Admin views, the applicant's and each reviewer's, on one scoped base."""

from flask import Flask

from admin_views import (
    accounts,
    administration,
    city,
    code_points,
    enterprise,
    entrance,
    errors,
    frame,
    languages,
    messages,
    office,
    personal,
    portal,
    second_factor,
    sending,
)
from admin_views.base import Address, RowId
from admin_views.entrance import load_account
from admin_views.frame import Templates
from admin_views.languages import Catalogue, chosen_language

__all__ = ["Catalogue", "Templates", "chosen_language", "load_account", "register"]

CONSOLES = (
    languages,
    sending,
    frame,
    code_points,
    errors,
    entrance,
    portal,
    accounts,
    second_factor,
    messages,
    personal,
    enterprise,
    office,
    city,
    administration,
)


def register(app: Flask) -> None:
    """Add the frame, the error pages and every console to the application."""
    app.url_rule_class = Address
    app.url_map.converters["int"] = RowId
    for part in CONSOLES:
        part.register(app)
