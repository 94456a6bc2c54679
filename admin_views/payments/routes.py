"""Adds the pages of 「公示与发放」: those of the city's console, and the public ones."""

from flask import Flask

from admin_views.payments import public
from admin_views.payments.batches import Batches
from admin_views.payments.console import city_console
from admin_views.payments.waiting import WaitingForBatch
from models import Application, Batch


def register(app: Flask) -> None:
    """Add `/city/publicity/`, `/city/batches/` and `/publicity/`."""
    console = city_console(app)
    console.add_view(
        WaitingForBatch(
            Application, name=WaitingForBatch.title, endpoint="city_publicity", url="/city/publicity"
        )
    )
    console.add_view(Batches(Batch, name=Batches.title, endpoint="city_batches", url="/city/batches"))
    app.register_blueprint(public.blueprint)
