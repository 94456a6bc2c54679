"""The worker process."""

import click
from flask import current_app
from flask.cli import with_appcontext

from worker import process


@click.command("worker")
@click.option("--threads", default=process.THREADS, show_default=True, help="Number of concurrent tasks.")
@click.option("--beside", type=int, help="Process id: the worker ends when that process ends.")
@with_appcontext
def work(threads: int, beside: int | None) -> None:
    """Send messages by mail and SMS and sweep the storage, until it is stopped."""
    process.run(current_app._get_current_object(), threads, beside=beside)  # type: ignore[attr-defined]
