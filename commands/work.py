"""The worker beside the site."""

import click
from flask import current_app
from flask.cli import with_appcontext

from worker import process


@click.command("worker")
@click.option(
    "--threads", default=process.THREADS, show_default=True, help="How many tasks at the same time."
)
@click.option("--beside", type=int, help="The number of the process to end with.")
@with_appcontext
def work(threads: int, beside: int | None) -> None:
    """Send messages by mail and SMS and sweep the storage, until it is told to end."""
    process.run(current_app._get_current_object(), threads, beside=beside)  # type: ignore[attr-defined]
