"""Commands of `flask --app app`: setting up, keys, what is unsafe, the diagram, the worker. Each is loaded when it is called."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from werkzeug.local import LocalProxy
from werkzeug.utils import import_string

from models import db

PLACES = {
    "prepare": "commands.prepare:prepare",
    "create-admin": "commands.create_admin:create_admin",
    "doctor": "commands.doctor:examine",
    "generate-keys": "commands.keys:generate_keys",
    "reseal": "commands.reseal:reseal",
    "diagram": "commands.diagram:print_diagram",
    "sample-data": "commands.sample_data.applications:sample_data",
    "worker": "commands.work:work",
    "db": "flask_migrate.cli:db",
}


class Commands(AppGroup):
    """Loads a command only when it is called: together they need half as much again as the site itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all."""
        return sorted({*super().list_commands(ctx), *PLACES})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return one; None where there is none of that name."""
        if name in PLACES and name not in self.commands:
            self.add_command(import_string(PLACES[name]))
        return super().get_command(ctx, name)


def register(app: Flask) -> None:
    """Add the commands to the application, and what those that migrate ask for."""
    app.cli = Commands(app.name, commands=app.cli.commands)
    app.extensions["migrate"] = LocalProxy(lambda: _migrations(app))


def _migrations(app: Flask) -> Any:
    from flask_migrate import Migrate  # brings alembic, which no page needs

    Migrate(app, db, render_as_batch=True)  # puts itself where this was asked for
    return app.extensions["migrate"]
