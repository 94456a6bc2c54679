"""The consoles: Flask-Admin views, the applicant's and each reviewer's, on one scoped base."""

from flask import Flask

from admin_views import messages, metrics, portal
from admin_views.accounts import routes, second_factor
from admin_views.administration import overview
from admin_views.documents import application_files, decision_check, export_page, own_data, own_files
from admin_views.payments import continuations, payment_routes, stop
from admin_views.payments import routes as payments
from admin_views.personal import application
from admin_views.review import city, enterprise, office
from admin_views.site import (
    code_points,
    errors,
    exporting,
    frame,
    languages,
    login_session,
    rate_limits,
    request_log,
    security_headers,
    sending,
)
from admin_views.site.base import RowId
from admin_views.site.compiled_templates import CompiledTemplates
from admin_views.site.frame import Templates
from admin_views.site.languages import CachedDomain, chosen_language
from admin_views.site.login_session import load_account
from admin_views.site.routing import LazyRule
from admin_views.statistics import page as statistics

__all__ = [
    "CachedDomain",
    "CompiledTemplates",
    "LazyRule",
    "Templates",
    "chosen_language",
    "load_account",
    "rate_limits",
    "register",
]

CONSOLES = (
    request_log,
    security_headers,
    languages,
    sending,
    frame,
    code_points,
    errors,
    exporting,
    login_session,
    portal,
    metrics,
    routes,
    second_factor,
    messages,
    export_page,
    own_files,
    application,
    enterprise,
    office,
    city,
    continuations,
    payments,
    stop,
    overview,
    own_data,
    decision_check,
    application_files,
    payment_routes,
    statistics,
)


def register(app: Flask) -> None:
    """Add the frame, the error pages and every console to the application."""
    app.url_map.converters["int"] = RowId
    for part in CONSOLES:
        part.register(app)
