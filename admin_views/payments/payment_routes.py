"""Adds the pages of payments: runs for the city, one's own payments, and corrected accounts for enterprises."""

from typing import Any

from flask import Flask

from admin_views.payments.account_corrections import CorrectedAccounts
from admin_views.payments.own_payments import OwnPayments
from admin_views.payments.runs import PaymentRuns
from models import AccountCorrection, Grant, PaymentRun

VIEWS: tuple[tuple[type[Any], type[Any], str], ...] = (
    (PaymentRuns, PaymentRun, "runs"),
    (OwnPayments, Grant, "payments"),
    (CorrectedAccounts, AccountCorrection, "accounts"),
)
"""Each view with its model, and the end of its address below its console."""


def register(app: Flask) -> None:
    """Add each view to the menu of its console."""
    consoles = {each.index_view.console: each for each in app.extensions["admin"]}
    for view, model, place in VIEWS:
        endpoint = f"{view.console}_{place}"
        consoles[view.console].add_view(
            view(model, name=view.title, endpoint=endpoint, url=f"/{view.console}/{place}")
        )
