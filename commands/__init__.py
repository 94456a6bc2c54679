"""Commands of `flask --app app`: setup, keys, doctor, backup, diagram, worker. Each module is loaded when its command is called."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from werkzeug.local import LocalProxy
from werkzeug.utils import import_string

from models import db

IMPORT_PATHS = {
    "backup": "commands.backups.backup:backup",
    "restore": "commands.backups.restore:restore_backup",
    "prepare": "commands.prepare:prepare",
    "create-admin": "commands.create_admin:create_admin",
    "doctor": "commands.doctor.command:examine",
    "generate-keys": "commands.keys:generate_keys",
    "recount": "commands.recount:recount_statistics",
    "reseal": "commands.reseal:reseal",
    "reconcile": "commands.reconcile:reconcile",
    "diagram": "commands.diagram:print_diagram",
    "storage": "commands.storage:storage_commands",
    "sample-data": "commands.sample_data.command:sample_data",
    "worker": "commands.work:work",
    "db": "flask_migrate.cli:db",
}


class Commands(AppGroup):
    """Loads a command only when it is called: importing all of them takes half as long as importing the site."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *IMPORT_PATHS})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command; None for an unknown name."""
        if name in IMPORT_PATHS and name not in self.commands:
            self.add_command(import_string(IMPORT_PATHS[name]))
        return super().get_command(ctx, name)


def register(app: Flask) -> None:
    """Add the commands to the application, and the extension that migrations need."""
    app.cli = Commands(app.name, commands=app.cli.commands)
    app.extensions["migrate"] = LocalProxy(lambda: _migrations(app))


def _migrations(app: Flask) -> Any:
    from flask_migrate import Migrate  # imports alembic, which no page needs

    Migrate(app, db, render_as_batch=True)  # replaces the proxy in app.extensions
    return app.extensions["migrate"]
